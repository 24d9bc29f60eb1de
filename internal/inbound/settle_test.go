package inbound

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// C20: unmatched, with the reason, and a message once the file is mended.
func TestAnUnmatchedCallbackIsReadAgainWithTheMendedFile(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, plainService)
	tn := g.enable(account, "a.example", "plain", nil)
	tn.number("+15550001111", "US", 1)
	tn.takes(tn.request(`{"method":"sms","params":{"from":"+15552223333","to":"+15550001111","content":"hello"}}`))
	list := tn.callbacks(account, true)
	if len(list) != 1 || list[0].Reason == "" {
		t.Fatalf("unmatched: %+v", list)
	}
	id := list[0].ID
	cb, err := g.flow.Replay(t.Context(), account, id)
	if err != nil || cb.State != message.CallbackUnmatched || cb.Reason == "" {
		t.Fatalf("replayed before it is mended: %+v, %v", cb, err)
	}
	g.put(account, strings.Replace(plainService, `{"event_key": "message"`, `{"event_key": "sms", "event_type": "message",
		"request_parameters": {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "content": "$content$"}}}, {"event_key": "message"`, 1))
	cb, err = g.flow.Replay(t.Context(), account, id)
	if err != nil || cb.State != message.CallbackDone {
		t.Fatalf("replayed: %+v, %v", cb, err)
	}
	if got := g.messages(account); len(got) != 1 || got[0].Content != "hello" || got[0].Created.UnixMicro() != cb.At.UnixMicro() {
		t.Errorf("got %+v", got)
	}
	if _, err := g.flow.Replay(t.Context(), account, id); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a second time: %v", err)
	}
	if _, err := g.flow.Replay(t.Context(), account, "nothing"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("of no id: %v", err)
	}
	if _, err := g.flow.Replay(t.Context(), g.account("two"), id); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("of another account: %v", err)
	}
}

func TestReplayingAPartNeverRepeatsTheRest(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, `{"id":"batch","name":"Batch","class":"sms","Webhook":[{"event_type":"message",
		"request_parameters":[{"from":"$from$","to":"$to$","text":"$content$"}]}]}`)
	tn := g.enable(account, "a.example", "batch", nil)
	tn.number("+15550001111", "US", 1)
	tn.takes(tn.request(`[{"from":"+15552223333","to":"+15550001111","text":"one"},{"from":"+15552223333","to":"+15550002222","text":"two"},
		{"from":"+15552223333","to":"+15550001111","text":"one"}]`))
	if n := len(g.messages(account)); n != 2 {
		t.Fatalf("%d messages, want the two to a number of ours", n)
	}
	list := g.callbacks(account, true)
	if len(list) != 1 {
		t.Fatalf("%d unmatched", len(list))
	}
	tn.number("+15550002222", "US", 1)
	if cb, err := g.flow.Replay(t.Context(), account, list[0].ID); err != nil || cb.State != message.CallbackDone {
		t.Fatalf("replayed: %+v, %v", cb, err)
	}
	if n := len(g.messages(account)); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}

// A9: what was kept and not applied when the process died is applied by the next.
func TestWhatACrashLeftPendingIsApplied(t *testing.T) {
	tn := acmeTenant(t)
	for _, id := range []string{"m1", "m2"} {
		r := tn.signed(in(id, "+15552223333", "+15550001111", "hello"))
		tn.must(tn.store.KeepCallback(t.Context(), &message.Callback{
			ID: message.NewID(), AccountID: tn.account, ServiceID: "acme", ServiceVersion: "1", Method: "POST",
			URL: r.HTTP.URL, Header: r.HTTP.Header, Body: r.HTTP.Body, IntegrationIDs: []string{tn.in.ID}, State: message.CallbackPending,
		}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	applied := make(chan struct{}, 8)
	tn.flow.store = watched{tn.store, applied}
	go func() { ended <- tn.flow.Run(ctx) }()
	<-applied
	<-applied
	cancel()
	tn.must(<-ended)
	if n := len(tn.messages(tn.account)); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

// watched is the store, and says when it has applied a callback.
type watched struct {
	*store.Store
	applied chan struct{}
}

func (w watched) ApplyCallback(ctx context.Context, a message.Applied) error {
	err := w.Store.ApplyCallback(ctx, a)
	w.applied <- struct{}{}
	return err
}

// broken is the store, unable to apply anything.
type broken struct {
	*store.Store
	panics bool
}

var errBroken = errors.New("this row cannot be written")

func (b broken) ReceiveCallback(context.Context, *message.Callback, message.Applied) error {
	return errBroken
}

func (b broken) ApplyCallback(ctx context.Context, a message.Applied) error {
	if len(a.Arrivals)+len(a.Receipts) == 0 {
		return b.Store.ApplyCallback(ctx, a)
	}
	if b.panics {
		panic("poison")
	}
	return errBroken
}

// deadly is the store of a process that ends when it applies the message m-deadly.
type deadly struct{ *store.Store }

func (d deadly) ReceiveCallback(context.Context, *message.Callback, message.Applied) error {
	return errBroken
}

func (d deadly) ApplyCallback(ctx context.Context, a message.Applied) error {
	for _, in := range a.Arrivals {
		if in.ProviderID == "m-deadly" {
			runtime.Goexit() // no panic, which the settler would survive: nothing more happens
		}
	}
	return d.Store.ApplyCallback(ctx, a)
}

// A17: each process that applies it ends there and then.
func TestACallbackThatEndsTheProcessEachTimeIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tn := acmeTenant(t)
		live := func() (ended bool) { // one life of the program, until it has nothing to do or is dead
			flow := New(Config{Store: deadly{tn.store}, Shelf: tn.shelf, Files: tn.flow.files, Log: tn.flow.log})
			tn.flow = flow
			over := make(chan bool, 1)
			go func() {
				defer func() { over <- ended }()
				ended = true
				for flow.settleAll(t.Context(), map[string]int{}) {
				}
				ended = false
			}()
			return <-over
		}
		tn.flow.store = deadly{tn.store}
		for _, id := range []string{"m1", "m-deadly", "m2", "m3"} {
			tn.takes(tn.signed(in(id, "+15552223333", "+15550001111", "hello from "+id)))
		}
		for n := 1; n <= maxTries; n++ {
			if !live() {
				t.Fatalf("life %d did not end over it; log: %s", n, tn.log)
			}
			if n == 2 { // the others were not counted a second time, and are through
				tn.takes(tn.signed(in("m4", "+15552223333", "+15550001111", "hello from m4")))
			}
		}
		if live() || len(tn.messages(tn.account)) != 4 {
			t.Fatalf("it is begun once more, or holds up the others: %d messages; log: %s", len(tn.messages(tn.account)), tn.log)
		}
		if list := tn.callbacks(tn.account, true); len(list) != 0 {
			t.Fatalf("another node may still be at it: %+v", list)
		}
		<-time.After(lifetime) // of the bubble's clock
		if live() {
			t.Fatal("it is begun once more")
		}
		list := tn.callbacks(tn.account, true)
		if len(list) != 1 || !strings.Contains(list[0].Reason, errDeadly.Error()) {
			t.Fatalf("set aside: %+v; log: %s", list, tn.log)
		}
		tn.flow.store = tn.store // a program that is mended
		if cb, err := tn.flow.Replay(t.Context(), tn.account, list[0].ID); err != nil || cb.State != message.CallbackDone {
			t.Errorf("replayed: %+v, %v", cb, err)
		}
		if n := len(tn.messages(tn.account)); n != 5 {
			t.Errorf("%d messages", n)
		}
	})
}

// A17: a poisonous callback is acknowledged, for it is kept, and ends among the unmatched.
func TestACallbackThatCannotBeAppliedIsSetAsideAndCanBeReplayed(t *testing.T) {
	for _, panics := range []bool{false, true} {
		tn := acmeTenant(t)
		whole := tn.flow.store
		tn.flow.store = broken{tn.store, panics}
		tn.takes(tn.signed(in("m1", "+15552223333", "+15550001111", "hello")))
		tries := map[string]int{}
		for range maxTries {
			tn.flow.settleAll(t.Context(), tries)
		}
		list := tn.callbacks(tn.account, true)
		if len(list) != 1 || list[0].Reason == "" {
			t.Fatalf("panics %t: unmatched %+v; log %s", panics, list, tn.log)
		}
		tn.flow.store = whole
		if cb, err := tn.flow.Replay(t.Context(), tn.account, list[0].ID); err != nil || cb.State != message.CallbackDone {
			t.Fatalf("replayed: %+v, %v", cb, err)
		}
		if n := len(tn.messages(tn.account)); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	}
}

func TestAPendingCallbackOfAnIntegrationThatIsGoneWaitsAmongTheUnmatched(t *testing.T) {
	tn := acmeTenant(t)
	tn.flow.store = broken{tn.store, false}
	tn.takes(tn.signed(in("m1", "+15552223333", "+15550001111", "hello")))
	tn.flow.store = tn.store
	tn.must(tn.store.DeleteIntegration(t.Context(), tn.account, tn.in.ID))
	tn.settleAll()
	if list := tn.callbacks(tn.account, true); len(list) != 1 || list[0].Reason == "" {
		t.Errorf("unmatched: %+v", list)
	}
}
