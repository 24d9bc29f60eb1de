package outbound

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"patchbay/internal/exchange"
	"patchbay/internal/failpoint"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/media"
	"patchbay/internal/message"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// work moves one message one step: it tries the part that the claim began, and settles what that taught us.
func (f *Flow) work(ctx context.Context, c lane.Claimed[message.Send], more func() bool) (*lane.Claimed[message.Send], error) {
	t := f.try(ctx, c.Work)
	st := decide(c.Work, t, time.Now(), f.o.Random)
	f.detour(ctx, &c.Work, &t, &st)
	if st.Attempt.Outcome != message.Accepted {
		f.o.Log.Info("attempt", "message", st.MessageID, "n", st.Attempt.N, "outcome", st.Attempt.Outcome, "status", st.Status,
			"http", t.status)
	}
	return f.settle(ctx, st, more)
}

// try makes the attempt that was committed before us. Whatever goes wrong, it says what is known of the handset: a panic
// before the request left harms only this message, and one after it leaves the message unclear.
func (f *Flow) try(ctx context.Context, s message.Send) (t taught) {
	left := s.Unfinished
	defer func() {
		if p := recover(); p != nil {
			f.o.Log.Error("panic in an attempt", "message", s.Message.ID, "n", s.N, "err", lane.Panic(p))
			t.broke(f.breaks(&s.Message), left)
		}
	}()
	m := &s.Message
	if !s.Unfinished && !time.Now().Before(m.Expires) {
		return late(m)
	}
	r, sending, wants, err := f.way(ctx, m)
	if s.Unfinished {
		wants = media.Need{} // nothing is sent: only of what types its files are
	}
	var unfit error
	if err == nil {
		unfit = f.fit(ctx, m, sending, wants)
	}
	t.asks = err == nil && r.bound.Has(service.GetStatus)
	if s.Unfinished {
		t.idempotent = err == nil && r.bound.Idempotent(sending, m.Part)
		if t.result = interrupted; s.Interrupted+1 >= poisonAfter {
			t.quarantine("we stopped at it again and again: the provider may have taken it")
		}
		return t
	}
	if err != nil {
		return f.held(m, err)
	}
	t.pace = paceOf(r.bound.Limits, m)
	if unfit != nil {
		t.result, t.own = f.noFile(unfit), true
		return t
	}
	t.idempotent = r.bound.Idempotent(sending, m.Part)
	at := service.Attempt{Now: s.At, UUID: uuid.NewString()}
	if at.Token, err = f.token(ctx, r); err != nil {
		return f.held(m, err)
	}
	if at.Token != "" {
		defer func() { f.judgeToken(r, &s, at.Token, &t) }()
	}
	done, ready := f.prepare(ctx, r, sending, m.Part, at, &t)
	defer done()
	if !ready {
		return t
	}
	req, err := r.bound.Request(sending, m.Part, at)
	if err != nil {
		t.result = message.Result{Outcome: message.Refused, ErrorCode: codeOf(err), ErrorText: textOf(err)}
		return t
	}
	left, t.asked = true, true
	x := f.o.Door.Do(ctx, req, exchange.Options{Timeout: r.bound.Limits.Timeout, Pool: r.integration.ID, Secrets: r.secrets})
	left = x.Phase != exchange.Unreached
	t.record(x.Request, x.Answer, x.Duration)
	t.result, t.status = f.read(r, sending, m.Part, req, x)
	return t
}

// interrupted is what is known of an attempt that was begun and never ended.
var interrupted = message.Result{
	Outcome: message.Maybe, ErrorCode: message.CodeInterrupted,
	ErrorText: "we stopped before its answer came: the provider may have taken it",
}

const (
	maxErrorCode = 64   // bytes of a provider's code that are kept
	maxErrorText = 1000 // and of its words
)

// read is what an exchange says. Without an answer only the phase counts; with one, the service file has the word.
func (f *Flow) read(way *route, s *service.Sending, part int, req *wire.Request, x exchange.Exchange) (message.Result, int) {
	switch {
	case x.Phase == exchange.Unreached, x.Phase != exchange.Answered && failpoint.Bug("unclear"):
		return message.Result{Outcome: message.Unreached, ErrorText: errorText(x.Err)}, 0
	case x.Phase != exchange.Answered || x.Response == nil:
		return message.Result{Outcome: message.Maybe, ErrorText: errorText(x.Err)}, 0
	}
	r := way.bound.Response(s, part, x.Response, time.Now())
	// A provider that refuses a key likes to quote it.
	way.hide(req, &r)
	if x.Response.Cut && r.Outcome == message.Accepted && len(r.MessageIDs) == 0 {
		// The part that would have said yes or no did not come.
		r = message.Result{Outcome: message.Maybe, ErrorText: errorText(x.Err)}
	}
	return r, x.Response.Status
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// way is how a message gets to its provider.
func (f *Flow) way(ctx context.Context, m *message.Message) (*route, *service.Sending, media.Need, error) {
	r, err := f.route(ctx, m.AccountID, m.IntegrationID, m.ServiceVersion)
	if err != nil {
		return nil, nil, media.Need{}, err
	}
	number, err := found(f.o.Store.Number(ctx, m.AccountID, m.NumberID))
	if err != nil {
		return nil, nil, media.Need{}, err
	}
	s, err := f.sending(ctx, m, number, r)
	if err != nil {
		return nil, nil, media.Need{}, err
	}
	n, err := f.need(ctx, r, number, m.AccountID, m.OrgID)
	return r, s, n, err
}

// held keeps a message that has no way to its provider at present: an integration that was switched off or misses a value
// may come back. It is tried again until its time is over.
func (f *Flow) held(m *message.Message, err error) taught {
	r := message.Result{Outcome: message.Unreached, ErrorCode: codeHeld, ErrorText: textOf(err)}
	if fault.CodeOf(err) == fault.Internal {
		f.o.Log.Error("route a message", "message", m.ID, "err", err)
	}
	return taught{result: r}
}

// codeOf and textOf are what a fault says to whoever looks at the message; what is no fault stays in the log.
func codeOf(err error) string { return string(fault.CodeOf(err)) }

func textOf(err error) string {
	var known *fault.Error
	if errors.As(err, &known) {
		return known.Error()
	}
	return "an internal error"
}

const (
	settleFor   = time.Hour       // what cannot be kept in this time is left open, and so becomes unclear
	settlePause = 5 * time.Second // the longest wait between two tries
)

// settle ends the attempt in the store. What an attempt taught us is not given up while there is a chance to keep it: the
// lane stays ours, by its renewals, until the database is back.
func (f *Flow) settle(ctx context.Context, st message.Settlement, more func() bool) (*lane.Claimed[message.Send], error) {
	// The end of the drain time cuts off what is in flight, not the record of how it ended.
	keep := context.WithoutCancel(ctx)
	began := time.Now()
	for n := 1; ; n++ {
		st.More, st.Repeated = more(), n > 1
		next, err := f.o.Store.SettleSend(keep, st)
		if err == nil {
			return next, nil
		}
		err = fmt.Errorf("settle message %s, attempt %d, %s: %w", st.MessageID, st.Attempt.N, st.Attempt.Outcome, err)
		ours := fault.CodeOf(err) == fault.Internal && !errors.Is(err, lane.ErrFenced)
		if ours && n == poisonAfter {
			quarantined(&st)
		}
		if ours && n >= 2*poisonAfter || errors.Is(err, lane.ErrFenced) || errors.Is(err, lane.ErrLost) || ctx.Err() != nil || time.Since(began) > settleFor {
			return nil, err
		}
		f.o.Log.Error("settle", "err", err)
		select {
		case <-time.After(min(lane.Backoff(n, f.o.Random), settlePause)):
		case <-ctx.Done(): // once more, now
		}
	}
}
