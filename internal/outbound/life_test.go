package outbound

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// crash leaves an attempt open, as a process does that dies with a request in flight, and starts the next life.
func (r *rig) crash() {
	r.t.Helper()
	claimed, _, err := r.store.ClaimSends(r.t.Context(), time.Now(), 1)
	if err != nil || len(claimed) != 1 {
		r.t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	r.door.Close()
	if err := r.store.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.open()
}

func TestAfterACrashAnOpenAttemptIsUnclearAndTheRestGoesOn(t *testing.T) {
	r := newRig(t, base)
	first := r.send(r.text("+61855555555", "one"))
	second := r.send(r.text("+61855555555", "two"))
	r.crash()
	if err := r.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := r.view(first)
	if v.Status != message.Unclear || v.ErrorCode != message.CodeInterrupted {
		t.Errorf("the interrupted message is %s (%s), want unclear (%s)", v.Status, v.ErrorCode, message.CodeInterrupted)
	}
	if got := outcomesOf(v); !slices.Equal(got, []message.Outcome{message.Maybe}) {
		t.Errorf("its attempts: %v", got)
	}
	r.run()
	r.reaches(second, message.Sent)
	if got := r.bodies(); !slices.Equal(got, []string{"two"}) {
		t.Errorf("the provider got %v, want only the second message", got)
	}
}

func TestAfterACrashAnIdempotentMethodTriesAgainAndMarksIt(t *testing.T) {
	r := newRig(t, idempotent)
	id := r.send(r.text("+61855555555", "one"))
	r.crash()
	if err := r.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.run()
	v := r.reaches(id, message.Sent)
	if len(v.Attempts) != 2 || v.Attempts[0].Outcome != message.Maybe || !v.Attempts[1].Again {
		t.Errorf("attempts: %+v; want an unclear one and a marked repetition", v.Attempts)
	}
	if got := len(r.provider.got()); got != 1 {
		t.Errorf("the provider got %d requests, want 1: the first attempt never left", got)
	}
}

func TestRecoverLooksAtWhatWasInFlightAndNotAtTheBacklog(t *testing.T) {
	r := newRig(t, base)
	for range 50 {
		r.send(r.text("+61855555555", "hi"))
	}
	r.crash()
	open, err := r.store.OpenAttempts(t.Context())
	if err != nil || len(open) != 1 {
		t.Fatalf("%d open attempts, %v; want 1", len(open), err)
	}
	if err := r.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, err = r.store.OpenAttempts(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("%d open attempts after recovery, %v", len(open), err)
	}
	if err := r.Recover(t.Context()); err != nil {
		t.Errorf("a second recovery: %v", err)
	}
}

func TestAMessageWhoseTimeIsOverExpiresUnsent(t *testing.T) {
	r := newRig(t, base, func(o *Options) { o.Validity = time.Nanosecond })
	id := r.send(r.text("+61855555555", "hi"))
	r.run()
	v := r.reaches(id, message.Expired)
	if got := len(r.provider.got()); got != 0 {
		t.Errorf("the provider got %d requests", got)
	}
	if v.ErrorCode != codeExpired {
		t.Errorf("error code %q, want %q", v.ErrorCode, codeExpired)
	}
}

func TestAMessageClaimedTooLateIsSettledWithoutARequest(t *testing.T) {
	r := newRig(t, base)
	id := r.send(r.text("+61855555555", "hi"))
	s := message.Send{N: 1, At: time.Now(), Message: r.view(id).Message}
	s.Message.Expires = time.Now().Add(-time.Second)
	st := decide(s, r.try(t.Context(), s), time.Now(), func() float64 { return 0 })
	if st.Status != message.Expired || st.Attempt.Outcome != message.Unreached || len(r.provider.got()) != 0 {
		t.Errorf("got %s, %s, and %d requests", st.Status, st.Attempt.Outcome, len(r.provider.got()))
	}
}

func TestAResentMessageIsANewOneThatNamesTheOld(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(inTurn(raw(true, ""), takes))
	n := r.mine
	n.Footer = "STOP to end"
	if err := r.store.UpdateNumber(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	r.run()
	old := r.reaches(r.send(r.text("+61855555555", "hi")), message.Unclear)
	ack, err := r.Resend(t.Context(), r.account, old.ID, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	v := r.reaches(ack.ID, message.Sent)
	if ack.ID == old.ID || v.ResendOf != old.ID {
		t.Errorf("the new message %s names %q, want %s", ack.ID, v.ResendOf, old.ID)
	}
	if v.Content != old.Content || v.Content != "hi\nSTOP to end" {
		t.Errorf("resent as %q, it was %q", v.Content, old.Content)
	}
	if got := r.view(old.ID).Status; got != message.Unclear {
		t.Errorf("the old one became %s", got)
	}
	if _, err := r.Resend(t.Context(), r.account, ack.ID, "", nil); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("resending what the provider has: got %v, want conflict", err)
	}
	if _, err := r.Resend(t.Context(), directory.NewAccountID(), old.ID, "", nil); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("resending another account's message: got %v, want not found", err)
	}
}

func TestAnUnclearMessageCanBeDismissedAndNothingElse(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(inTurn(raw(true, ""), takes))
	r.run()
	id := r.reaches(r.send(r.text("+61855555555", "hi")), message.Unclear).ID
	if err := r.Dismiss(t.Context(), r.account, id); err != nil {
		t.Fatal(err)
	}
	if v := r.view(id); v.Status != message.Failed || v.ErrorCode != "dismissed" {
		t.Errorf("got %s (%s), want failed (dismissed)", v.Status, v.ErrorCode)
	}
	sent := r.reaches(r.send(r.text("+61855555555", "hi")), message.Sent).ID
	if err := r.Dismiss(t.Context(), r.account, sent); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("dismissing a sent message: got %v, want conflict", err)
	}
}

func TestAQueuedMessageCanBeTakenBackAndASentOneCannot(t *testing.T) {
	r := newRig(t, base)
	id := r.send(r.text("+61855555555", "one"))
	next := r.send(r.text("+61855555555", "two"))
	if err := r.Cancel(t.Context(), r.account, id); err != nil {
		t.Fatal(err)
	}
	r.run()
	r.reaches(next, message.Sent)
	if got := r.view(id).Status; got != message.Cancelled {
		t.Errorf("got %s, want cancelled", got)
	}
	if got := r.bodies(); !slices.Equal(got, []string{"two"}) {
		t.Errorf("the provider got %v, want only the second", got)
	}
	if err := r.Cancel(t.Context(), r.account, next); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("taking back what was sent: got %v, want conflict", err)
	}
}

func TestEachIntegrationSendsWithItsOwnCredentials(t *testing.T) {
	r := newRig(t, base)
	ctx, now := t.Context(), time.Now()
	other := &directory.Organization{ID: directory.NewID(now), AccountID: r.account, Name: "Other", Domain: "other", Status: 1, Created: now}
	if err := r.store.CreateOrganization(ctx, other); err != nil {
		t.Fatal(err)
	}
	theirs := &directory.Integration{AccountID: r.account, OrgID: other.ID, ServiceID: "acme", Enabled: true,
		Properties: map[string]string{"API key": "another-canary"}, Created: now}
	if err := r.store.PutIntegration(ctx, theirs); err != nil {
		t.Fatal(err)
	}
	n := &directory.Number{ID: directory.NewID(now), AccountID: r.account, OrgID: other.ID, IntegrationID: theirs.ID, ServiceID: "acme",
		Value: "+61123456800", Country: "AU", Created: now}
	if err := r.store.CreateNumber(ctx, n); err != nil {
		t.Fatal(err)
	}
	r.run()
	r.reaches(r.send(r.text("+61855555555", "mine")), message.Sent)
	r.reaches(r.send(Draft{AccountID: r.account, From: n.Value, To: "+61855555555", Content: "theirs"}), message.Sent)
	changed := *r.integration
	changed.Properties = map[string]string{"API key": "rotated"}
	if err := r.store.PutIntegration(ctx, &changed); err != nil {
		t.Fatal(err)
	}
	r.reaches(r.send(r.text("+61855555555", "mine")), message.Sent)
	var keys []string
	for _, a := range r.provider.got() {
		keys = append(keys, strings.TrimPrefix(a.Header.Get("Authorization"), "Bearer "))
	}
	if want := []string{apiKey, "another-canary", "rotated"}; !slices.Equal(keys, want) {
		t.Errorf("requests carried %q, want %q", keys, want)
	}
}

func TestAMessageFinishesOnTheFileThatItWasAcceptedUnder(t *testing.T) {
	r := newRig(t, base)
	old := r.send(r.text("+61855555555", "one"))
	r.put(strings.Replace(base, `"content": "$content$"`, `"content": "$content$ (new)"`, 1))
	fresh := r.send(r.text("+61855555555", "two"))
	r.run()
	r.reaches(old, message.Sent)
	r.reaches(fresh, message.Sent)
	if got, want := r.bodies(), []string{"one", "two (new)"}; !slices.Equal(got, want) {
		t.Errorf("the provider got %v, want %v", got, want)
	}
}

func TestThePlaceToCallBackIsOneForAccountAndService(t *testing.T) {
	r := newRig(t, strings.Replace(base, `"content": "$content$"`, `"content": "$content$", "hook": "$webhook_url$"`, 1))
	r.run()
	r.reaches(r.send(r.text("+61855555555", "hi")), message.Sent)
	keyed := *r.integration
	keyed.Key = "k3y"
	if err := r.store.PutIntegration(t.Context(), &keyed); err != nil {
		t.Fatal(err)
	}
	r.reaches(r.send(r.text("+61855555555", "hi")), message.Sent)
	plain := `"hook":"https://patchbay.example/services/acme/a` + r.account
	for i, want := range []string{plain + `"}`, plain + `/k3y"}`} {
		if got := r.provider.got()[i].Body; !strings.HasSuffix(got, want) {
			t.Errorf("request %d: got %s, want it to end in %s", i+1, got, want)
		}
	}
}

func TestAPanicHarmsOnlyItsMessage(t *testing.T) {
	r := newRig(t, base)
	poison := r.send(r.text("+61855555555", "one"))
	claimed, _, err := r.store.ClaimSends(t.Context(), time.Now(), 1)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	broken := New(Options{Store: r.store, Log: r.Flow.o.Log}) // it has no shelf and no door: whatever it touches panics
	for n := 1; ; n++ {
		if _, err := broken.work(t.Context(), claimed[0], func() bool { return false }); err != nil {
			t.Fatal(err)
		}
		v := r.view(poison)
		if n == poisonAfter {
			if v.Status != message.Failed || v.ErrorCode != message.CodeQuarantined {
				t.Errorf("the third panic before anything left: got %s (%s), want failed (%s)", v.Status, v.ErrorCode, message.CodeQuarantined)
			}
			break
		}
		if v.Status != message.Sending || v.Attempts[n-1].ErrorCode != codeInternal {
			t.Fatalf("panic %d before anything left: got %s, %+v, want another try", n, v.Status, v.Attempts)
		}
		if claimed, _, err = r.store.ClaimSends(t.Context(), time.Now().Add(time.Minute), 1); err != nil || len(claimed) != 1 {
			t.Fatalf("claimed %d, %v", len(claimed), err)
		}
	}
	next := r.send(r.text("+61855555556", "two"))
	if claimed, _, err = r.store.ClaimSends(t.Context(), time.Now().Add(time.Minute), 1); err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	broken = New(Options{Store: r.store, Shelf: r.shelf, Log: r.Flow.o.Log})
	if _, err := broken.work(t.Context(), claimed[0], func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	if v := r.view(next); v.Status != message.Unclear {
		t.Errorf("a panic while it was leaving: got %s, want unclear", v.Status)
	}
	unfinished := r.send(r.text("+61855555556", "three"))
	r.crash()
	if err := New(Options{Store: r.store, Log: r.Flow.o.Log}).Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := r.view(unfinished); v.Status != message.Unclear {
		t.Errorf("a panic while settling what a crash left: got %s, want unclear", v.Status)
	}
}

func TestDrainLetsARequestInFlightEnd(t *testing.T) {
	r := newRig(t, base)
	in, gate := make(chan struct{}), make(chan struct{})
	r.provider.answer(inTurn(func(w http.ResponseWriter, req *http.Request, a ask) {
		close(in)
		<-gate
		takes(w, req, a)
	}, takes))
	first := r.send(r.text("+61855555555", "one"))
	second := r.send(r.text("+61855555555", "two"))
	r.run()
	<-in
	r.cancel()
	close(gate)
	r.stop()
	if got := r.view(first).Status; got != message.Sent {
		t.Errorf("the message in flight is %s, want sent", got)
	}
	if got := r.view(second).Status; got != message.Queued {
		t.Errorf("the next one is %s, want queued: nothing begins while draining", got)
	}
}

func TestASettlementOfALaneThatWasTakenOverChangesNothingAndIsNotRepeated(t *testing.T) {
	r := newRig(t, base)
	id := r.send(r.text("+61855555555", "hi"))
	now := time.Now()
	stale, _, err := r.store.ClaimSends(t.Context(), now, 1)
	if err != nil || len(stale) != 1 {
		t.Fatalf("claimed %d, %v", len(stale), err)
	}
	fresh, _, err := r.store.ClaimSends(t.Context(), now.Add(2*lane.LeaseFor), 1) // the lease ended: another node takes it
	if err != nil || len(fresh) != 1 || !fresh[0].Work.Unfinished {
		t.Fatalf("claimed %+v, %v; want the unfinished attempt", fresh, err)
	}
	if _, err := r.work(t.Context(), stale[0], func() bool { return false }); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("the stale holder settled with %v, want the fenced error at once", err)
	}
	if v := r.view(id); v.Status != message.Sending || len(v.MessageIDs) != 0 {
		t.Errorf("the stale holder changed the message: %s, ids %q", v.Status, v.MessageIDs)
	}
	if _, err := r.work(t.Context(), fresh[0], func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	if v := r.view(id); v.Status != message.Unclear {
		t.Errorf("the message is %s, want unclear: its attempt may have left", v.Status)
	}
	if got := len(r.provider.got()); got != 1 {
		t.Errorf("the provider got %d requests, want 1", got)
	}
}

// failing is the real store, away for some settlements.
type failing struct {
	Store
	left atomic.Int32
}

func (s *failing) SettleSend(ctx context.Context, st message.Settlement) (*lane.Claimed[message.Send], error) {
	if s.left.Add(-1) >= 0 {
		return nil, fault.New(fault.Unavailable, "", "disk I/O error")
	}
	return s.Store.SettleSend(ctx, st)
}

func TestWhatAnAttemptTaughtUsIsKeptWhenTheDatabaseComesBack(t *testing.T) {
	r := newRig(t, base)
	away := &failing{Store: r.store}
	away.left.Store(3)
	id := r.send(r.text("+61855555555", "hi"))
	claimed, _, err := r.store.ClaimSends(t.Context(), time.Now(), 1)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	o := r.Flow.o
	o.Store = away
	if _, err := New(o).work(t.Context(), claimed[0], func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	if v := r.view(id); v.Status != message.Sent || len(r.provider.got()) != 1 {
		t.Errorf("the message is %s after %d requests, want sent after 1", v.Status, len(r.provider.got()))
	}
}

// refusing is the database when it cannot keep what an attempt was like.
type refusing struct {
	Store
	tries int
}

func (s *refusing) SettleSend(ctx context.Context, st message.Settlement) (*lane.Claimed[message.Send], error) {
	if s.tries++; st.Attempt.Request != "" {
		return nil, errors.New("no such text can be kept")
	}
	return s.Store.SettleSend(ctx, st)
}

func TestAnAttemptThatCannotBeKeptPutsItsMessageAside(t *testing.T) {
	r := newRig(t, base)
	o := r.Flow.o
	broken := &refusing{Store: r.store}
	o.Store = broken
	id := r.send(r.text("+61855555555", "hi"))
	claimed, _, err := r.store.ClaimSends(t.Context(), time.Now(), 1)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	if _, err := New(o).work(t.Context(), claimed[0], func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	if v := r.view(id); v.Status != message.Unclear || v.ErrorCode != message.CodeQuarantined || broken.tries != poisonAfter+1 {
		t.Errorf("the message is %s (%s) after %d tries to keep that it was taken, want unclear", v.Status, v.ErrorCode, broken.tries)
	}
	r.run()
	r.reaches(r.send(r.text("+61855555555", "next")), message.Sent)
}

// Three crashes in the middle of the same message are no accident, even where the provider takes the same text twice as one.
func TestAMessageThatCrashesUsAgainAndAgainIsPutAside(t *testing.T) {
	r := newRig(t, idempotent)
	id := r.send(r.text("+61855555555", "poison"))
	for n := 1; n <= poisonAfter; n++ {
		r.crash()
		if err := r.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		v := r.view(id)
		if want := map[bool]message.Status{true: message.Unclear, false: message.Sending}[n == poisonAfter]; v.Status != want {
			t.Fatalf("after crash %d it is %s, want %s", n, v.Status, want)
		}
	}
	if v := r.view(id); v.ErrorCode != message.CodeQuarantined {
		t.Errorf("code %s", v.ErrorCode)
	}
}

func TestAMessageWhoseIntegrationLacksAValueWaitsUntilItIsThere(t *testing.T) {
	r := newRig(t, base, func(o *Options) { o.Random = func() float64 { return 0.2 } })
	id := r.send(r.text("+61855555555", "hi"))
	lacking := *r.integration
	lacking.Properties = nil
	if err := r.store.PutIntegration(t.Context(), &lacking); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Accept(t.Context(), r.text("+61855555555", "hi")); fault.CodeOf(err) != fault.Conflict || !strings.Contains(err.Error(), "API key") {
		t.Errorf("accepting without the API key: got %v, want a conflict that names it", err)
	}
	r.run()
	v := r.tried(id, 1)
	if a := v.Attempts[0]; v.Status != message.Sending || a.Outcome != message.Unreached || a.ErrorCode != codeHeld || !strings.Contains(a.ErrorText, "API key") {
		t.Errorf("got %s after %s (%s: %s), want a held message that says what is missing", v.Status, a.Outcome, a.ErrorCode, a.ErrorText)
	}
	if err := r.store.PutIntegration(t.Context(), r.integration); err != nil {
		t.Fatal(err)
	}
	r.reaches(id, message.Sent)
	if got := len(r.provider.got()); got != 1 {
		t.Errorf("the provider got %d requests, want 1", got)
	}
}
