package outbound

import (
	"fmt"
	"net/http"
	"time"

	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// taught is what one attempt taught us.
type taught struct {
	result     message.Result
	status     int  // of the answer; 0: none came
	idempotent bool // the provider takes the same part twice as one
	renew      bool // the provider refused the token, and there may be a better one
	own        bool // what kept it is of this message alone, not of its provider
	asks       bool // the provider can be asked what became of it
	late       bool // nothing was tried: the message's time was over
	asked      bool // the provider was, or could not be
	request    string
	answer     string
	duration   time.Duration
	pace       time.Duration // no other message of the lane begins sooner after this one
}

// Codes of ours, where the provider gave none.
const (
	codeExpired  = "expired"
	codeHeld     = "held" // its integration is off, or lacks something
	codeFile     = "file" // what is in a file of the message cannot be had
	codeInternal = "internal"
)

// decide says what becomes of a message and of its lane after an attempt. It is pure: random gives the jitter.
//
// Two rules stand above the rest. What may have been taken is not sent again, unless the provider is known to take the
// same part twice as one. And an answer that named the message is never followed by another try.
func decide(s message.Send, t taught, now time.Time, random func() float64) message.Settlement {
	r := t.result
	if len(r.MessageIDs) > 0 && (r.Outcome == message.Busy || r.Outcome == message.Unreached) {
		r.Outcome = message.Refused
	}
	st := message.Settlement{
		LaneID: s.LaneID, Epoch: s.Epoch, MessageID: s.Message.ID, Now: now,
		MessageIDs: cleanAll(r.MessageIDs), Pauses: s.Pauses,
	}
	if t.asks {
		st.AskAt = now.Add(message.FirstAsk)
	}
	if t.pace > 0 {
		st.PaceAt = s.At.Add(t.pace)
	}
	st.OptedOut = r.OptedOut
	renew := t.renew && r.Outcome == message.Refused && len(r.MessageIDs) == 0 && now.Before(s.Message.Expires)
	if r.AuthFailed && !renew {
		st.Attention = "the provider refused the credentials"
	}

	st.Standing = standing(&t, r, renew)

	switch r.Outcome {
	case message.Accepted:
		st.Status, st.PartTaken, st.Pauses = message.Sent, true, 0
		if s.Message.Part+1 < s.Message.Parts {
			st.Status = message.Sending
		}
	case message.Refused:
		st.Status, st.Pauses = message.Failed, 0
		if renew { // nothing of it was taken
			st.Status, st.RetryAt, st.Again = message.Sending, now, s.Again
			r.ErrorText += "; it is tried again with a new token"
		}
	case message.Busy, message.Unreached:
		comeAgain(&st, s, t, now, random)
	default: // unclear, and whatever else a reader may have said: the cautious word
		r.Outcome = message.Maybe
		if r.ErrorText == "" {
			r.ErrorText = "no whole answer came: the provider may have taken it"
		}
		st.Status = message.Unclear
		if t.idempotent && len(r.MessageIDs) == 0 && now.Before(s.Message.Expires) {
			// Its contact waits, so that a later text does not overtake it; nobody else does.
			st.Status, st.Again, st.Aside = message.Sending, true, true
			st.RetryAt = now.Add(lane.Backoff(s.Tries+1, random))
		}
	}
	if st.Status != message.Sending && st.Status != message.Sent {
		st.ErrorCode, st.ErrorText = clean(r.ErrorCode), clean(r.ErrorText)
	}
	if st.Status == message.Expired {
		st.ErrorCode = codeExpired
	}
	st.Attempt = message.Attempt{
		N: s.N, Part: s.Message.Part, At: s.At, Duration: t.duration, Outcome: r.Outcome, Again: s.Again,
		Request: clean(t.request), Response: clean(t.answer),
		ErrorCode: clean(r.ErrorCode), ErrorText: clean(r.ErrorText),
	}
	if st.Attempt.ErrorText == "" {
		st.Attempt.ErrorText = clean(r.Warning)
	}
	return st
}

// standing is what an attempt says of its integration as a whole. A provider that says when to come again works, and has its own pace; a
// refusal is about the message, unless it is about the key: a 403 may be either, so one after the other counts as failing.
func standing(t *taught, r message.Result, renew bool) message.Standing {
	if !t.asked || renew {
		return message.Unsaid
	}
	switch r.Outcome {
	case message.Accepted:
		return message.Works
	case message.Refused:
		switch {
		case r.AuthFailed:
			return message.KeyRefused
		case t.status == http.StatusForbidden:
			return message.Fails
		}
		return message.Works
	case message.Busy:
		if r.RetryAfter > 0 || t.status == http.StatusTooManyRequests || t.status < 400 {
			return message.Unsaid
		}
	case message.Unreached:
	default:
		if t.status >= 200 && t.status < 300 {
			return message.Unsaid // it answered, in words that the file does not know
		}
	}
	return message.Fails
}

// comeAgain is for what was certainly not taken. A provider that is down, throttles us or cannot be reached says so to
// everybody: the lane pauses. Any other "not now" is about this contact, and the lane goes on without it.
func comeAgain(st *message.Settlement, s message.Send, t taught, now time.Time, random func() float64) {
	if t.late || !now.Before(s.Message.Expires) {
		st.Status = message.Expired
		if s.Again { // an earlier attempt may have been taken: that its time is over does not say that it was not
			st.Status = message.Unclear
		}
		return
	}
	st.Status, st.Again = message.Sending, s.Again
	if t.own || t.result.Outcome == message.Busy && t.status != 429 && t.status != 503 {
		st.Aside, st.Pauses = true, 0
		st.RetryAt = now.Add(lane.Wait(s.Tries+1, t.result.RetryAfter, random))
		return
	}
	st.Pauses = s.Pauses + 1
	st.RetryAt = now.Add(lane.Wait(max(s.Tries, s.Pauses)+1, t.result.RetryAfter, random))
}

// late is the result of a message whose time was over before this attempt left.
func late(m *message.Message) taught {
	return taught{late: true, result: message.Result{
		Outcome: message.Unreached, ErrorCode: codeExpired,
		ErrorText: fmt.Sprintf("its time was over at %s, before a provider took it", m.Expires.UTC().Format(time.RFC3339)),
	}}
}

// maxID is how long a provider's id may be. What is longer names nothing: no receipt could be matched by it.
const maxID = 255

func cleanAll(ids []string) []string {
	out := ids[:0:0]
	for _, id := range ids {
		if len(id) <= maxID {
			out = append(out, clean(id))
		}
	}
	return out
}
