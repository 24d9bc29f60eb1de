package outbound

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

func TestWhatAnAttemptSaysOfItsIntegration(t *testing.T) {
	for _, c := range []struct {
		name   string
		result message.Result
		status int
		asked  bool
		renew  bool
		want   message.Standing
	}{
		{"taken", message.Result{Outcome: message.Accepted}, 200, true, false, message.Works},
		{"refused", message.Result{Outcome: message.Refused}, 400, true, false, message.Works},
		{"refused in a body of 200", message.Result{Outcome: message.Refused}, 200, true, false, message.Works},
		{"forbidden, which may be the number or the key", message.Result{Outcome: message.Refused}, 403, true, false, message.Fails},
		{"a refused key", message.Result{Outcome: message.Refused, AuthFailed: true}, 401, true, false, message.KeyRefused},
		{"a refused key by the file's word", message.Result{Outcome: message.Refused, AuthFailed: true}, 200, true, false, message.KeyRefused},
		{"a refused token that may be renewed", message.Result{Outcome: message.Refused, AuthFailed: true}, 401, true, true, message.Unsaid},
		{"429", message.Result{Outcome: message.Busy}, 429, true, false, message.Unsaid},
		{"503 that says when", message.Result{Outcome: message.Busy, RetryAfter: time.Second}, 503, true, false, message.Unsaid},
		{"503 without a word", message.Result{Outcome: message.Busy}, 503, true, false, message.Fails},
		{"500", message.Result{Outcome: message.Busy}, 500, true, false, message.Fails},
		{"busy by the file's word", message.Result{Outcome: message.Busy}, 200, true, false, message.Unsaid},
		{"unreached", message.Result{Outcome: message.Unreached}, 0, true, false, message.Fails},
		{"no answer in time", message.Result{Outcome: message.Maybe}, 0, true, false, message.Fails},
		{"502", message.Result{Outcome: message.Maybe}, 502, true, false, message.Fails},
		{"an answer that the file does not know", message.Result{Outcome: message.Maybe}, 200, true, false, message.Unsaid},
		{"a file of the message that cannot be had", message.Result{Outcome: message.Unreached}, 0, false, false, message.Unsaid},
		{"an attempt that a crash interrupted", interrupted, 0, false, false, message.Unsaid},
	} {
		if got := standing(&taught{asked: c.asked, status: c.status}, c.result, c.renew); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Thirty numbers of a provider that is down cost it five requests and then one at a time, and everybody else nothing.
func TestAProviderThatIsDownIsAskedByOneMessageAtATime(t *testing.T) {
	r := newRig(t, base, func(o *Options) { o.Slots = 1 })
	healthy := r.second(base)
	var down atomic.Bool
	down.Store(true)
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, a ask) {
		if req.URL.Path == "/messages" && down.Load() {
			http.Error(w, "down", http.StatusInternalServerError)
			return
		}
		takes(w, req, a)
	})
	var stuck []string
	for i := range 30 {
		n := r.number(fmt.Sprintf("+6112355%04d", i))
		stuck = append(stuck, r.send(Draft{AccountID: r.account, From: n.Value, To: "+61855555555", Content: "x"}))
	}
	r.run()
	r.until("it is paused", func() bool { return r.paused() != nil })
	if n := r.asked("/messages"); n != 5 {
		t.Errorf("the provider was asked %d times before it was paused, want 5", n)
	}
	for range 20 {
		r.reaches(r.send(Draft{AccountID: r.account, From: healthy.Value, To: "+61855555555", Content: "y"}), message.Sent)
	}
	if p := r.paused(); p == nil || p.Cause != directory.PausedFailing {
		t.Errorf("paused: %+v", p)
	}
	if n := r.asked("/messages"); n > 9 { // probes, after 1, 2, 4 and 8 s at the earliest: the healthy one's messages take no such time
		t.Errorf("while it is paused the provider was asked %d times", n-5)
	}
	down.Store(false)
	for _, id := range stuck {
		r.reaches(id, message.Sent)
	}
	r.until("it is not paused", func() bool { return r.paused() == nil })
}

// A key that is refused costs the message that found out, and no other.
func TestARefusedKeyHoldsWhatIsQueuedUntilAnotherIsThere(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(says(401, `{"error": "bad key"}`))
	r.run()
	r.reaches(r.send(r.text("+61855555555", "finds out")), message.Failed)
	id := r.send(r.text("+61855555556", "waits"))
	r.until("it is paused", func() bool { p := r.paused(); return p != nil && p.Cause == directory.PausedCredentials })
	r.provider.answer(takes)
	if v := r.view(id); v.Status != message.Queued || len(r.provider.got()) != 1 {
		t.Errorf("the next message is %s after %d requests", v.Status, len(r.provider.got()))
	}
	changed := *r.integration
	changed.Properties = map[string]string{"API key": "a-better-key"}
	if err := r.store.PutIntegration(t.Context(), &changed); err != nil {
		t.Fatal(err)
	}
	r.reaches(id, message.Sent)
}

// second is a number of another service of the same provider, whose requests have a path of their own.
func (r *rig) second(file string) *directory.Number {
	r.t.Helper()
	r.put(renamed(file))
	in := &directory.Integration{AccountID: r.account, OrgID: r.org.ID, ServiceID: "second", Enabled: true, Properties: map[string]string{"API key": "second-canary"}}
	if err := r.store.PutIntegration(r.t.Context(), in); err != nil {
		r.t.Fatal(err)
	}
	n := &directory.Number{AccountID: r.account, OrgID: r.org.ID, IntegrationID: in.ID, ServiceID: "second", Value: "+61123456999", Country: "AU"}
	if err := r.store.CreateNumber(r.t.Context(), n); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// renamed is a file under another id, whose requests have a path of their own.
func renamed(file string) string {
	return strings.NewReplacer(`"id": "acme"`, `"id": "second"`, "PROVIDER/", "PROVIDER/second/").Replace(file)
}

func (r *rig) paused() *directory.Pause {
	r.t.Helper()
	all, err := r.store.Pauses(r.t.Context(), r.account, r.org.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	if p, is := all[r.integration.ID]; is {
		return &p
	}
	return nil
}

// asked is how many requests came to the path.
func (r *rig) asked(path string) (n int) {
	for _, a := range r.provider.got() {
		if a.Path == path {
			n++
		}
	}
	return n
}
