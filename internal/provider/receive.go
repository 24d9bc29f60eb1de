package provider

import (
	"context"
	"time"

	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// maxPages is how many answers one turn reads: a provider that always has more must not keep others waiting.
const maxPages = 50

// messages asks for messages, from where the last answer ended, until nothing is new.
func (a *Asker) messages(ctx context.Context, w *way, p message.Poll) error {
	interval := w.bound.Interval()
	// What is known when we stop is kept all the same.
	keep := context.WithoutCancel(ctx)
	for page := 1; ; page++ {
		c := service.Calling{Cursor: p.Cursor}
		s := a.call(ctx, w, service.Receive, c, 0)
		if ctx.Err() != nil {
			return a.o.Store.TakeAnswer(keep, p, nil, message.Applied{}, false, time.Now())
		}
		if s.Outcome != message.Accepted {
			a.broke(keep, w, &p, &s)
			return a.o.Store.TakeAnswer(keep, p, nil, message.Applied{}, false, time.Now().Add(afterFailure(interval, p.Failures, s.RetryAfter, a.o.Random)))
		}
		told, err := a.o.Inbox.Told(ctx, w.in, w.bound.Answer(service.Receive, c, s.url, s.response, time.Now()))
		if err != nil {
			p.Failures++ // ours; the messages are still at the provider
			at := time.Now().Add(afterFailure(interval, p.Failures, 0, a.o.Random))
			if end := a.o.Store.TakeAnswer(keep, p, nil, message.Applied{}, false, at); end != nil {
				return end
			}
			return err
		}
		a.mended(keep, w, &p)
		cursor := s.Values["cursor"]
		moved := cursor != "" && cursor != p.Cursor
		if moved {
			p.Cursor = cursor
		}
		more := moved && told.Says() && page < maxPages
		if err := told.Keep(keep, p, more, time.Now().Add(interval)); err != nil || !more {
			return err
		}
		p.Digest = told.Digest()
		a.pause(ctx, w)
	}
}

// afterFailure is how long a provider that could not be asked is left alone: never less than it is when all is well, nor than it says.
func afterFailure(interval time.Duration, failures int, retryAfter time.Duration, random func() float64) time.Duration {
	return max(interval, lane.Wait(failures, retryAfter, random))
}
