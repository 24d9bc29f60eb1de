package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// lookEvery is how often it is looked whose providers have to be asked, besides when the directory changes.
const lookEvery = time.Minute

// Run asks what is due until ctx ends, and waits for what is in flight to be told so.
func (a *Asker) Run(ctx context.Context) error {
	var flying sync.WaitGroup
	defer flying.Wait()
	slots := make(chan struct{}, a.o.Slots)
	tick := time.NewTicker(a.o.Every)
	defer tick.Stop()
	var looked time.Time
	var generation uint64
	for {
		if now := a.o.Store.Generation(); looked.IsZero() || now != generation || time.Since(looked) > lookEvery {
			if err := a.look(ctx); err != nil && ctx.Err() == nil {
				a.o.Log.Error("look whose providers have to be asked", "err", err)
			} else {
				looked, generation = time.Now(), now
			}
		}
		polls, _, err := a.o.Store.ClaimPolls(ctx, time.Now(), cap(slots)-len(slots))
		if err != nil && ctx.Err() == nil {
			a.o.Log.Error("claim polls", "err", err)
		}
		for _, p := range polls {
			slots <- struct{}{} // there is one for each that was claimed
			flying.Go(func() {
				defer func() { <-slots }()
				a.turn(ctx, p)
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

const lookAtOnce = 500

// look wakes the polls of the integrations whose services receive by asking.
func (a *Asker) look(ctx context.Context) error {
	type key struct{ account, service string }
	receives := map[key]bool{}
	after := ""
	for {
		list, services, err := a.o.Store.PolledIntegrations(ctx, after, lookAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].IntegrationID
		var wake []message.Poll
		for i, p := range list {
			k := key{p.AccountID, services[i]}
			if _, known := receives[k]; !known {
				svc, err := a.o.Shelf.Get(ctx, k.account, k.service, "")
				receives[k] = err == nil && svc.Has(service.Receive)
			}
			if receives[k] {
				p.What = message.PollMessages
				wake = append(wake, p)
			}
		}
		if len(wake) > 0 {
			if err := a.o.Store.WakePolls(ctx, wake, time.Now()); err != nil {
				return err
			}
		}
	}
}

// turn is one turn of asking. A panic in it harms nobody else; its lease ends by itself.
func (a *Asker) turn(ctx context.Context, p message.Poll) {
	defer func() {
		if r := recover(); r != nil {
			a.o.Log.Error("panic while asking a provider", "integration", p.IntegrationID, "what", p.What, "err", lane.Panic(r))
		}
	}()
	w, err := a.polled(ctx, &p)
	switch {
	case err != nil:
	case w == nil:
		err = a.o.Store.SleepPoll(ctx, p)
	case p.What == message.PollMessages:
		err = a.messages(ctx, w, p)
	default:
		err = a.receipts(ctx, w, p)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, lane.ErrFenced) {
		a.o.Log.Error("ask a provider", "integration", p.IntegrationID, "what", p.What, "err", err)
	}
}

// polled is the way of a turn; nil: the integration cannot be asked at present.
func (a *Asker) polled(ctx context.Context, p *message.Poll) (*way, error) {
	in, err := a.o.Store.Integration(ctx, p.AccountID, p.IntegrationID)
	if err == nil && (in == nil || !in.Enabled) {
		return nil, nil
	}
	var w *way
	if err == nil {
		w, err = a.way(ctx, in)
	}
	if code := fault.CodeOf(err); err != nil && code != fault.Internal && code != fault.Unavailable {
		return nil, nil // it is gone, or misses something
	}
	call := map[string]string{message.PollMessages: service.Receive, message.PollReceipts: service.GetStatus}[p.What]
	if err != nil || !w.bound.Has(call) {
		return nil, err
	}
	return w, nil
}

// pause keeps the pace of the provider's limits between two requests of a turn.
func (a *Asker) pause(ctx context.Context, w *way) {
	every := lane.Pace(w.bound.Limits.MessagesPerSecond).Every()
	if every <= 0 {
		return
	}
	select {
	case <-time.After(every):
	case <-ctx.Done():
	}
}

// enough is how many failures in a row an operator is told of.
const enough = 5

// broke notes that the provider could not be asked.
func (a *Asker) broke(ctx context.Context, w *way, p *message.Poll, s *said) {
	p.Failures++
	a.o.Log.Warn("a provider could not be asked", "integration", p.IntegrationID, "what", p.What, "outcome", s.Outcome, "code", s.ErrorCode, "failures", p.Failures)
	switch {
	case s.AuthFailed:
		a.attend(ctx, w.in, directory.AboutCredentials, "the provider refused the credentials: "+s.ErrorText)
	case p.Failures == enough && p.What == message.PollMessages:
		a.attend(ctx, w.in, directory.AboutMessages, fmt.Sprintf("the provider was asked for messages %d times in vain: %s", enough, s.ErrorText))
	}
}

// mended notes that the provider answers again.
func (a *Asker) mended(ctx context.Context, w *way, p *message.Poll) {
	if p.Failures == 0 {
		return
	}
	p.Failures = 0
	a.attend(ctx, w.in, directory.AboutCredentials, "")
	if p.What == message.PollMessages {
		a.attend(ctx, w.in, directory.AboutMessages, "")
	}
}
