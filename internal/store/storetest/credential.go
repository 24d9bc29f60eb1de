package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

func (w *World) credential(key string) *directory.Credential {
	w.t.Helper()
	c, err := w.Credential(w.Ctx, w.Acct, w.Intg.ID, key)
	w.must(err)
	return c
}

// hold takes the credential and says whether it could.
func (w *World) hold(key, holder string, at time.Time) bool {
	w.t.Helper()
	_, held, err := w.HoldCredential(w.Ctx, w.Acct, w.Intg.ID, key, holder, at, at.Add(time.Minute))
	w.must(err)
	return held
}

func keepsCredentials(t *testing.T, w *World) {
	if c := w.credential("k1"); c != nil {
		t.Fatalf("before anything: %+v", c)
	}
	want := directory.Credential{Token: "t0k3n-canary", Refresh: "r3fr3sh-canary", Obtained: w.Now.UTC(), Expires: w.Now.Add(time.Hour).UTC()}
	if !w.hold("k1", "me", w.Now) {
		t.Fatal("nobody had it, and it could not be held")
	}
	if c := w.credential("k1"); c != nil {
		t.Errorf("held, and already %+v", c)
	}
	kept, err := w.KeepCredential(w.Ctx, w.Acct, w.Intg.ID, "k1", "me", want, w.Now)
	w.must(err)
	if !kept {
		t.Fatal("its holder could not keep it")
	}
	w.Reopen()
	if c := w.credential("k1"); c == nil || *c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
	if c := w.credential("k2"); c != nil {
		t.Errorf("under another key: %+v", c)
	}
	them := NewWorld(t, w.Store)
	if c, err := w.Credential(w.Ctx, them.Acct, w.Intg.ID, "k1"); err != nil || c != nil {
		t.Errorf("another account sees %+v, %v", c, err)
	}
	_, _, err = w.HoldCredential(w.Ctx, them.Acct, w.Intg.ID, "k1", "them", w.Now, w.Now)
	WantFault(t, err, fault.NotFound)
	WantFault(t, w.PutCredential(w.Ctx, them.Acct, w.Intg.ID, "k1", want, w.Now), fault.NotFound)

	w.must(w.DeleteIntegration(w.Ctx, w.Acct, w.Intg.ID))
	if c := w.credential("k1"); c != nil {
		t.Errorf("its integration is gone, and it is still %+v", c)
	}
	WantFault(t, w.PutCredential(w.Ctx, w.Acct, w.Intg.ID, "k1", want, w.Now), fault.NotFound)
}

func holdsCredentials(t *testing.T, w *World) {
	var group sync.WaitGroup
	var holders atomic.Int32
	for i := range 50 {
		group.Go(func() {
			_, held, err := w.HoldCredential(w.Ctx, w.Acct, w.Intg.ID, "k", fmt.Sprint("holder ", i), w.Now, w.Now.Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			if held {
				holders.Add(1)
			}
		})
	}
	group.Wait()
	if n := holders.Load(); n != 1 {
		t.Fatalf("%d hold it at once", n)
	}
	c := directory.Credential{Token: "a"}
	kept, err := w.KeepCredential(w.Ctx, w.Acct, w.Intg.ID, "k", "nobody", c, w.Now)
	w.must(err)
	if kept || w.credential("k") != nil {
		t.Error("whoever does not hold it kept something")
	}
	later := w.Now.Add(2 * time.Minute)
	if !w.hold("k", "next", later) {
		t.Fatal("the time of its holder is over, and nobody else can have it")
	}
	w.must(w.ReleaseCredential(w.Ctx, w.Intg.ID, "k", "nobody"))
	if w.hold("k", "other", later) {
		t.Error("whoever does not hold it gave it back")
	}
	w.must(w.ReleaseCredential(w.Ctx, w.Intg.ID, "k", "next"))
	if !w.hold("k", "other", later) {
		t.Error("it was given back, and cannot be held")
	}
	if w.engine.Alone() {
		w.Reopen()
		if !w.hold("k", "me", later) {
			t.Error("its holder is dead, nobody else lives, and it is still held")
		}
		w.must(w.ReleaseCredential(w.Ctx, w.Intg.ID, "k", "me"))
		w.hold("k", "other", later)
	}
	// What a person authorizes counts, whoever was renewing what was before.
	w.must(w.PutCredential(w.Ctx, w.Acct, w.Intg.ID, "k", directory.Credential{Token: "person"}, later))
	if kept, err := w.KeepCredential(w.Ctx, w.Acct, w.Intg.ID, "k", "other", c, later); err != nil || kept {
		t.Errorf("a slow renewal overwrote it: %v, %v", kept, err)
	}
	if got := w.credential("k"); got == nil || got.Token != "person" {
		t.Errorf("got %+v", got)
	}
}

func dropsCredentials(t *testing.T, w *World) {
	put := func(key string, at time.Time) {
		t.Helper()
		w.must(w.PutCredential(w.Ctx, w.Acct, w.Intg.ID, key, directory.Credential{Token: "of " + key}, at))
	}
	has := func(want ...string) {
		t.Helper()
		var got []string
		for _, key := range []string{"old", "new", "next"} {
			if w.credential(key) != nil {
				got = append(got, key)
			}
		}
		wantEqual(t, "credentials", got, want)
	}
	put("old", w.Now)
	put("new", w.Now.Add(time.Minute))
	has("old", "new") // messages under way finish with the old one
	put("new", w.Now.Add(25*time.Hour))
	has("new")
	put("next", w.Now.Add(26*time.Hour))
	w.must(w.DropCredentials(w.Ctx, w.Acct, w.Intg.ID, "next"))
	has("next")
	other := w.NewOrg("other.example")
	i := w.NewIntegration(other, "carrier")
	w.must(w.PutCredential(w.Ctx, w.Acct, i.ID, "k", directory.Credential{Token: "x"}, w.Now))
	w.must(w.KeepAuthorization(w.Ctx, "st", directory.Authorization{AccountID: w.Acct, IntegrationID: i.ID, Expires: w.Now.Add(time.Hour)}))
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, other.ID))
	if c, err := w.Credential(w.Ctx, w.Acct, i.ID, "k"); err != nil || c != nil {
		t.Errorf("its organization is gone, and it is still %+v, %v", c, err)
	}
	if a, err := w.TakeAuthorization(w.Ctx, "st", w.Now); err != nil || a != nil {
		t.Errorf("its organization is gone, and it is still %+v, %v", a, err)
	}
}

func takesAuthorizationsOnce(t *testing.T, w *World) {
	want := directory.Authorization{AccountID: w.Acct, IntegrationID: w.Intg.ID, Key: "k", Verifier: "v3rifi3r-canary", Expires: w.Now.Add(time.Hour).UTC()}
	w.must(w.KeepAuthorization(w.Ctx, "st4te-canary", want))
	w.Reopen()
	for _, state := range []string{"", "st4te", "ST4TE-CANARY", "' OR 1=1"} {
		if a, err := w.TakeAuthorization(w.Ctx, state, w.Now); err != nil || a != nil {
			t.Errorf("%q: %+v, %v", state, a, err)
		}
	}
	var group sync.WaitGroup
	var takers atomic.Int32
	for range 20 {
		group.Go(func() {
			a, err := w.TakeAuthorization(w.Ctx, "st4te-canary", w.Now)
			if err != nil {
				t.Error(err)
			}
			if a != nil {
				takers.Add(1)
				wantEqual(t, "authorization", *a, want)
			}
		})
	}
	group.Wait()
	if n := takers.Load(); n != 1 {
		t.Errorf("%d came back with one state", n)
	}
	w.must(w.KeepAuthorization(w.Ctx, "late", want))
	if a, err := w.TakeAuthorization(w.Ctx, "late", w.Now.Add(2*time.Hour)); err != nil || a != nil {
		t.Errorf("too late: %+v, %v", a, err)
	}
	w.must(w.KeepAuthorization(w.Ctx, "never", want))
	w.must(w.Sweep(w.Ctx, w.Now.Add(2*time.Hour)))
	if a, err := w.TakeAuthorization(w.Ctx, "never", w.Now); err != nil || a != nil {
		t.Errorf("swept: %+v, %v", a, err)
	}
	WantFault(t, w.KeepAuthorization(w.Ctx, "x", directory.Authorization{AccountID: w.Acct, IntegrationID: "no such"}), fault.NotFound)
}

func hurriesWhatWaitedForACredential(t *testing.T, w *World) {
	ack, err := w.Accept(w.Ctx, w.Outbound(w.Num, number(1), "x"))
	w.must(err)
	now := time.Now()
	list, _, err := w.ClaimSends(w.Ctx, now, 1)
	w.must(err)
	if len(list) != 1 {
		t.Fatalf("claimed %d", len(list))
	}
	s := list[0].Work
	_, err = w.SettleSend(w.Ctx, message.Settlement{LaneID: s.LaneID, Epoch: s.Epoch, MessageID: s.Message.ID, Now: now, Status: message.Sending, Pauses: 3,
		RetryAt: now.Add(time.Hour), Attempt: message.Attempt{N: s.N, At: s.At, Outcome: message.Unreached}})
	w.must(err)
	if list, _, err = w.ClaimSends(w.Ctx, now.Add(time.Minute), 1); err != nil || len(list) != 0 {
		t.Fatalf("the lane pauses, and gave out %d, %v", len(list), err)
	}
	w.must(w.PutCredential(w.Ctx, w.Acct, w.Intg.ID, "k", directory.Credential{Token: "x"}, now.Add(time.Minute)))
	list, _, err = w.ClaimSends(w.Ctx, now.Add(time.Minute), 1)
	w.must(err)
	if len(list) != 1 || list[0].Work.Message.ID != ack.ID {
		t.Fatalf("what waited for the credential still waits: %d", len(list))
	}
}
