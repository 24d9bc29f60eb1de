package outbound

import (
	"context"
	"errors"
	"strings"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

const (
	// busyEnough is how often a provider may say "not now" to a message before its number's failover gets it.
	busyEnough = 3
	// detourEvery is how often messages are looked for that wait for a paused integration, though there is another way: those of the next
	// detourBatch numbers.
	detourEvery = 2 * time.Second
	detourBatch = 100
)

// mayLeave reports whether a message may go by another provider after this attempt: only what this one certainly did not take, no part of it
// and not in an earlier attempt. moved: its number has left this provider, so the first "not now" is enough.
func mayLeave(s *message.Send, t *taught, st *message.Settlement, moved bool) bool {
	if s.Unfinished || s.Again || s.Message.Part > 0 || len(st.MessageIDs) > 0 || t.own || t.late || t.renew {
		return false
	}
	switch st.Attempt.Outcome {
	case message.Unreached:
		return st.Status == message.Sending
	case message.Busy:
		return st.Status == message.Sending && (moved || s.Tries+1 >= busyEnough)
	case message.Refused:
		return t.result.AuthFailed // the key was refused, not the message
	}
	return false
}

// detour gives a message that came back another way, if it may go there and there is one.
func (f *Flow) detour(ctx context.Context, s *message.Send, t *taught, st *message.Settlement) {
	if !mayLeave(s, t, st, true) || !st.Now.Before(s.Message.Expires) {
		return
	}
	m := &s.Message
	number, err := found(f.o.Store.Number(ctx, m.AccountID, m.NumberID))
	if err != nil || number == nil {
		return // it stays where it is
	}
	to := ""
	switch m.IntegrationID {
	case number.Failover: // it is there already
	case number.IntegrationID:
		if mayLeave(s, t, st, false) {
			to = number.Failover
		}
	default:
		to = number.IntegrationID
	}
	if to == "" {
		return
	}
	if paused, err := f.o.Store.Pauses(ctx, m.AccountID, m.OrgID); err != nil || paused[to].Cause != "" {
		return
	}
	way, err := f.wayBy(ctx, m, number, to)
	if err != nil || way == nil {
		f.o.Log.Info("a message has no other way", "message", m.ID, "integration", to, "why", err)
		return
	}
	st.Move, st.Status, st.Aside, st.Again = way, message.Sending, false, false
	st.ErrorCode, st.ErrorText = "", ""
	f.o.Log.Info("a message goes by another provider", "message", m.ID, "from", m.ServiceID, "to", way.ServiceID)
}

// wayBy is a message's way by an integration, or nil when that one does not take such messages.
func (f *Flow) wayBy(ctx context.Context, m *message.Message, n *directory.Number, integrationID string) (*message.Way, error) {
	r, err := f.route(ctx, m.AccountID, integrationID, "")
	if err != nil {
		return nil, err
	}
	if err := fits(m.Content, r.bound.Service); err != nil {
		return nil, err
	}
	to := *m
	to.IntegrationID = integrationID
	sending, err := f.sending(ctx, &to, n, r)
	if err != nil {
		return nil, err
	}
	parts, err := r.bound.Parts(sending)
	if err != nil {
		return nil, err
	}
	return &message.Way{IntegrationID: integrationID, ServiceID: r.bound.ID, ServiceVersion: r.bound.Version, Parts: parts,
		LaneKey: laneKey(&to, r.bound.Limits)}, nil
}

// MoveNumber moves a number to another integration of its organization, with the messages that wait for it. What may have been taken stays
// where it is, and what is on its way follows when it comes back. Repeated, it takes along what a crash has left behind.
func (f *Flow) MoveNumber(ctx context.Context, n *directory.Number, to string) error {
	if _, err := f.route(ctx, n.AccountID, to, ""); err != nil {
		return asField(err, "service")
	}
	_, err := f.reroute(ctx, n, n.IntegrationID, to, to)
	return err
}

// asField says a fault of another field.
func asField(err error, field string) error {
	if code := fault.CodeOf(err); code != fault.Internal {
		return fault.New(code, field, "cannot be used now: %s", textOf(err))
	}
	return err
}

// reroute gives the messages of a number that wait by one integration their way by another.
func (f *Flow) reroute(ctx context.Context, n *directory.Number, from, to, finally string) (moved int, err error) {
	r := message.Rerouting{
		AccountID: n.AccountID, NumberID: n.ID, From: from,
		Holds: func(key string) bool { return mayHold(key, from, n.ID) },
		Way: func(m *message.Message) (*message.Way, error) {
			way, err := f.wayBy(ctx, m, n, to)
			if code := fault.CodeOf(err); err != nil && code != fault.Internal && code != fault.Unavailable {
				return nil, nil // the other provider does not take this one: it stays
			}
			return way, err
		},
	}
	for more := true; more; {
		some := 0
		if some, more, err = f.o.Store.Reroute(ctx, r, finally); err != nil {
			return moved, err
		}
		moved += some
	}
	return moved, nil
}

// mayHold reports whether a lane of the integration may hold messages of the number: it is the number's, or all numbers'. See laneKey.
func mayHold(key, integrationID, numberID string) bool {
	rest, ok := strings.CutPrefix(key, integrationID)
	if !ok {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	return first == "" || first == numberID || len(first) < 6 // a share of the integration's, counted by contacts
}

// detours takes messages that wait for a paused integration to their numbers' failover, until ctx ends.
func (f *Flow) detours(ctx context.Context) {
	ticker := time.NewTicker(detourEvery)
	defer ticker.Stop()
	last := ""
	for {
		var err error
		if last, err = f.detourSome(ctx, last); err != nil && ctx.Err() == nil {
			f.o.Log.Error("take messages to their failover", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// detourSome looks at the numbers after that one, and gives the last it has looked at; empty: there are no more. What cannot be moved of one
// number keeps no other's waiting.
func (f *Flow) detourSome(ctx context.Context, after string) (last string, err error) {
	numbers, err := f.o.Store.Detours(ctx, time.Now(), after, detourBatch)
	if err != nil {
		return after, err
	}
	for i := range numbers {
		err = errors.Join(err, f.detourNumber(ctx, &numbers[i]))
	}
	if len(numbers) == detourBatch {
		last = numbers[detourBatch-1].ID
	}
	return last, err
}

func (f *Flow) detourNumber(ctx context.Context, n *directory.Number) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = lane.Panic(p)
		}
	}()
	moved, err := f.reroute(ctx, n, n.IntegrationID, n.Failover, "")
	if moved > 0 {
		f.o.Log.Info("messages go by the failover of their number", "count", moved, "integration", n.Failover)
	}
	return err
}
