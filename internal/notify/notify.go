// Package notify tells programs and browsers what happened: signed webhooks with retries, and a stream that can be resumed.
// It tells only what the store has committed, in the order in which it was committed.
package notify

import (
	"context"

	"patchbay/internal/message"
)

// Reader reads notifications as they were committed.
type Reader interface {
	NotificationsAfter(ctx context.Context, f message.NotificationFilter, afterSeq int64, limit int) ([]message.Notification, error)
	LastNotification(ctx context.Context) (int64, error)
}
