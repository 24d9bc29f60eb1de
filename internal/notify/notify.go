// Package notify tells programs and browsers what happened: signed webhooks with retries, and a stream that can be resumed.
// It tells only what the store has committed, in the order in which it was committed.
package notify
