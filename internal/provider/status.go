package provider

import (
	"context"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

const (
	askAtOnce = 20            // messages taken at a time
	askOnTurn = 500           // and in a turn, so that no integration keeps others waiting
	askLast   = 4 * time.Hour // the longest wait between two questions
)

// receipts asks what became of the messages that are due.
func (a *Asker) receipts(ctx context.Context, w *way, p message.Poll) error {
	keep := context.WithoutCancel(ctx)
	for asked := 0; ; asked += askAtOnce {
		list, err := a.o.Store.Awaited(ctx, p, time.Now(), askAtOnce)
		if err != nil {
			return err
		}
		if len(list) == 0 || asked >= askOnTurn {
			return a.o.Store.EndReceipts(keep, p, time.Now())
		}
		for i := range list {
			answers, s := a.status(ctx, w, &list[i])
			if ctx.Err() != nil {
				return a.o.Store.EndReceipts(keep, p, time.Now())
			}
			if s != nil { // it is about the provider, not about this message
				a.broke(keep, w, &p, s)
				return a.o.Store.EndReceipts(keep, p, time.Now().Add(lane.Wait(p.Failures, s.RetryAfter, a.o.Random)))
			}
			a.mended(keep, w, &p)
			if err := a.o.Store.TakeReceipts(keep, p, list[i].Message.ID, answers, askAgain(w, &list[i], time.Now(), a.o.Random)); err != nil {
				return err
			}
			a.pause(ctx, w)
		}
	}
}

// status asks about one message, once for each id that the provider has given it. Where it could not be asked at all, s says why.
func (a *Asker) status(ctx context.Context, w *way, m *message.Awaited) (receipts []message.Receipt, s *said) {
	refs := m.Refs
	if !w.bound.AsksByMessageID() {
		refs = []string{""}
	}
	if !time.Now().Before(m.Until) {
		return nil, nil
	}
	for _, ref := range refs {
		c := service.Calling{MessageID: ref, Sending: service.Sending{ID: m.Message.ID, From: m.Message.From, To: m.Message.To}}
		if n, err := a.o.Store.Number(ctx, m.Message.AccountID, m.Message.NumberID); err == nil && n != nil {
			c.Country, c.OutboundFormat = n.Country, n.OutboundFormat
		} else if fault.CodeOf(err) == fault.Internal && err != nil {
			one := failed(message.Unreached, err)
			return nil, &one
		}
		one := a.call(ctx, w, service.GetStatus, c, 0)
		switch {
		case one.Outcome == message.Refused && !one.AuthFailed:
			a.o.Log.Info("the provider does not say what became of a message", "message", m.Message.ID, "code", one.ErrorCode)
			continue // it does not know this one, or not yet
		case one.Outcome != message.Accepted:
			return nil, &one
		}
		told, err := a.o.Inbox.Told(ctx, w.in, w.bound.Answer(service.GetStatus, c, one.url, one.response, time.Now()))
		if err != nil {
			failure := failed(message.Unreached, err)
			return nil, &failure
		}
		if why := told.Unmatched(); why != "" {
			a.o.Log.Warn("an answer about a message is read by no model", "message", m.Message.ID, "why", why)
		}
		receipts = append(receipts, told.Receipts()...)
	}
	return receipts, nil
}

// askAgain is when a message is asked about next: at twice the interval each time, a fifth more or less so that what was sent together
// is not asked about together. The zero time: never.
func askAgain(w *way, m *message.Awaited, now time.Time, random func() float64) time.Time {
	if w.bound.AsksByMessageID() && len(m.Refs) == 0 {
		return time.Time{} // there is nothing to ask with
	}
	wait := message.FirstAsk << min(m.Tries+1, 12)
	wait = min(wait, askLast)
	at := now.Add(time.Duration(float64(wait) * (0.8 + 0.4*random())))
	if at.After(m.Until) {
		if now.Before(m.Until.Add(-time.Minute)) {
			return m.Until.Add(-time.Second) // once more, at the end
		}
		return time.Time{}
	}
	return at
}
