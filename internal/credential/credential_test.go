package credential

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

func TestAHundredSendersOnTwoNodesAskOnce(t *testing.T) {
	r := newRig(t, flowOfProgram)
	nodes := []*Keeper{r.k, r.keeper(r.store)}
	r.hold = make(chan struct{})
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			if got, err := nodes[i%2].Token(t.Context(), r.in, r.bound); err != nil || got != "t0k3n-canary-1" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	<-r.seen
	close(r.hold)
	group.Wait()
	r.wantTimes(1)
	if form := r.asked[0]; form.Get("grant_type") != "client_credentials" || form.Get("client_secret") != "s3cr3t-canary" {
		t.Errorf("asked with %v", form)
	}
	// A restart finds it where it was kept.
	if got, err := r.keeper(r.store).Token(t.Context(), r.in, r.bound); err != nil || got != "t0k3n-canary-1" {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	r.wantTimes(1)
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	r := newRig(t, flowOfPerson)
	now := time.Now()
	r.put(directory.Credential{Token: "old-canary", Refresh: "r-canary-0", Obtained: now.Add(-59 * time.Minute), Expires: now.Add(time.Minute)})
	r.hold = make(chan struct{})
	if got := r.token(); got != "old-canary" { // nobody waits while it holds
		t.Errorf("got %q", got)
	}
	if form := <-r.seen; form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "r-canary-0" {
		t.Errorf("asked with %v", form)
	}
	for range 10 {
		if got := r.token(); got != "old-canary" {
			t.Errorf("while it is renewed: %q", got)
		}
	}
	close(r.hold)
	r.k.work.Wait()
	if got := r.token(); got != "t0k3n-canary-1" {
		t.Errorf("got %q", got)
	}
	r.wantTimes(1)
	if c := r.kept(); c.Refresh != "r3fr3sh-canary-1" || c.Expires.Sub(c.Obtained) != time.Hour {
		t.Errorf("kept %+v", c)
	}
}

func TestARefreshTokenThatIsNotReplacedGoesOn(t *testing.T) {
	r := newRig(t, flowOfPerson)
	past := time.Now().Add(-time.Hour)
	r.put(directory.Credential{Token: "old-canary", Refresh: "r-canary-0", Obtained: past.Add(-time.Hour), Expires: past})
	r.answers(func(int, url.Values) (int, string) { return 200, `{"access_token": "new-canary"}` })
	if got := r.token(); got != "new-canary" {
		t.Errorf("got %q", got)
	}
	if c := r.kept(); c.Refresh != "r-canary-0" || !c.Expires.IsZero() {
		t.Errorf("kept %+v", c)
	}
	// It did not say how long it holds: until it is refused.
	for range 5 {
		r.token()
	}
	r.wantTimes(1)
}

func TestWhenATokenEnds(t *testing.T) {
	at := time.Now()
	for _, c := range []struct {
		life        time.Duration
		after       time.Duration
		usable, due bool
	}{
		{0, 1000 * time.Hour, true, false},
		{time.Hour, 0, true, false}, {time.Hour, 54 * time.Minute, true, false}, {time.Hour, 55 * time.Minute, true, true},
		{time.Hour, time.Hour - 11*time.Second, true, true}, {time.Hour, time.Hour - 10*time.Second, false, true}, {time.Hour, 2 * time.Hour, false, true},
		{10 * time.Second, 0, true, false}, {10 * time.Second, 8 * time.Second, true, true}, {10 * time.Second, 9 * time.Second, false, true},
		{time.Millisecond, 0, true, false},
	} {
		have := &directory.Credential{Token: "t", Obtained: at}
		if c.life > 0 {
			have.Expires = at.Add(c.life)
		}
		if usable, due := isUsable(have, at.Add(c.after)), isDue(have, at.Add(c.after)); usable != c.usable || due != c.due {
			t.Errorf("%v of %v: usable %v, due %v; want %v, %v", c.after, c.life, usable, due, c.usable, c.due)
		}
	}
	if isUsable(&directory.Credential{}, at) {
		t.Error("no token is usable")
	}
}

func TestARefusedTokenIsReplacedOnceForAll(t *testing.T) {
	r := newRig(t, flowOfProgram)
	first := r.token()
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if !r.k.Refused(r.in, r.bound, first) {
				t.Error("nobody has tried another token yet")
			}
			if got, err := r.k.Token(t.Context(), r.in, r.bound); err != nil || got != "t0k3n-canary-2" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	group.Wait()
	r.wantTimes(2)
	// The provider refuses the new one, too: it is not the token that it refuses.
	for range 10 {
		if r.k.Refused(r.in, r.bound, "t0k3n-canary-2") {
			t.Error("a token is fetched over and over")
		}
		r.token()
	}
	r.wantTimes(2)
	// It took it for a while, and then no more: that is news.
	r.k.Worked(r.in, r.bound, "t0k3n-canary-2")
	if !r.k.Refused(r.in, r.bound, "t0k3n-canary-2") || r.token() != "t0k3n-canary-3" {
		t.Error("a token that worked is not replaced")
	}
	r.wantTimes(3)
}

func TestATokenThatAnotherNodeHasReplacedIsTakenFromThere(t *testing.T) {
	r := newRig(t, flowOfProgram)
	other := r.keeper(r.store)
	first := r.token()
	if got, err := other.Token(t.Context(), r.in, r.bound); err != nil || got != first {
		t.Fatalf("got %q, %v", got, err)
	}
	r.k.Refused(r.in, r.bound, first)
	second := r.token()
	if !other.Refused(r.in, r.bound, first) {
		t.Error("the other node gives up")
	}
	if got, err := other.Token(t.Context(), r.in, r.bound); err != nil || got != second {
		t.Errorf("got %q, %v; want %q", got, err, second)
	}
	r.wantTimes(2)
}

func TestAServiceThatGivesNoTokenIsLeftAlone(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		body      string
		want      string
		attention bool
	}{
		{"down", 503, `down`, `the service "acme" gave no token: http_503`, false},
		{"refusing, with our secret in its words", 401, `{"error": "invalid_client", "error_description": "no client me with s3cr3t-canary"}`,
			`the service "acme" gave no token: invalid_client: no client me with •••`, true},
		{"nonsense", 200, `{}`, "no_token", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, flowOfProgram)
			r.answers(func(int, url.Values) (int, string) { return c.status, c.body })
			for range 20 {
				r.noToken(fault.Unavailable, c.want)
			}
			r.wantTimes(1)
			r.k.work.Wait()
			if got := r.attention(); (len(got) > 0) != c.attention {
				t.Errorf("attention %q", got)
			}
			// Its time is over, and the service is itself again.
			r.answers(func(int, url.Values) (int, string) { return 200, `{"access_token": "new"}` })
			e := r.k.entry(r.in.ID, r.bound.TokenKey())
			e.mu.Lock()
			if wait := time.Until(e.until); wait <= 0 || wait > 10*time.Second {
				t.Errorf("the next is asked in %v", wait)
			}
			e.until = time.Time{}
			e.mu.Unlock()
			if got := r.token(); got != "new" {
				t.Errorf("got %q", got)
			}
			r.k.work.Wait()
			if got := r.attention(); len(got) > 0 {
				t.Errorf("attention %q", got)
			}
		})
	}
}

func TestPausesGrowToFiveMinutes(t *testing.T) {
	for n := 1; n < 100; n++ {
		want := min(time.Second<<min(n-1, 20), 5*time.Minute)
		for range 20 {
			if got := pause(n, false); got < want*3/4 || got > want*5/4 {
				t.Fatalf("after %d: %v", n, got)
			}
		}
	}
	if got := pause(1, true); got < 3*time.Second {
		t.Errorf("after a refusal: %v", got)
	}
}

func TestAnUnreachableServiceIsNoHaste(t *testing.T) {
	r := newRig(t, flowOfProgram)
	r.Close()
	for range 5 {
		r.noToken(fault.Unavailable, `the service "acme" gave no token`)
	}
}

func TestACallerThatCannotWaitGoesItsWay(t *testing.T) {
	r := newRig(t, flowOfProgram)
	r.hold = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-r.seen; cancel() }()
	if got, err := r.k.Token(ctx, r.in, r.bound); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %q, %v", got, err)
	}
	close(r.hold) // the fetch went on without it
	if got := r.token(); got != "t0k3n-canary-1" {
		t.Errorf("got %q", got)
	}
	r.wantTimes(1)
}

func TestACrashBetweenTheAnswerAndTheDiskLosesNothing(t *testing.T) {
	r := newRig(t, flowOfPerson)
	past := time.Now().Add(-time.Hour)
	r.put(directory.Credential{Token: "old-canary", Refresh: "r-canary-0", Obtained: past.Add(-time.Hour), Expires: past})
	r.hold = make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		_, err := r.k.Token(context.Background(), r.in, r.bound)
		failed <- err
	}()
	<-r.seen
	if err := r.store.Close(); err != nil { // the disk is gone before the answer is there
		t.Fatal(err)
	}
	close(r.hold)
	if err := <-failed; fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("what could not be kept was used: %v", err)
	}
	// The next life begins with what is on the disk: the refresh token of before, which a service takes until its successor was seen.
	r.openStore()
	r.k = r.keeper(r.store)
	e := r.kept()
	if e.Refresh != "r-canary-0" {
		t.Fatalf("kept %+v", e)
	}
	if got := r.token(); got != "t0k3n-canary-2" {
		t.Errorf("got %q", got)
	}
	if form := r.asked[1]; form.Get("refresh_token") != "r-canary-0" {
		t.Errorf("asked with %v", form)
	}
}

// flaky is a real store whose disk can be away for one kind of write.
type flaky struct {
	Store
	away atomic.Bool
}

func (f *flaky) KeepCredential(ctx context.Context, accountID, integrationID, key, holder string, c directory.Credential, now time.Time) (bool, error) {
	if f.away.Load() {
		return false, errors.New("the disk is away")
	}
	return f.Store.KeepCredential(ctx, accountID, integrationID, key, holder, c, now)
}

func TestWhatCouldNotBeKeptIsKeptLaterNotAskedForAgain(t *testing.T) {
	r := newRig(t, flowOfPerson)
	past := time.Now().Add(-time.Hour)
	r.put(directory.Credential{Token: "old-canary", Refresh: "r-canary-0", Obtained: past.Add(-time.Hour), Expires: past})
	disk := &flaky{Store: r.store}
	disk.away.Store(true)
	r.k = r.keeper(disk)
	r.noToken(fault.Unavailable, "could not be kept")
	disk.away.Store(false)
	e := r.k.entry(r.in.ID, r.bound.TokenKey())
	e.mu.Lock()
	e.until = time.Time{}
	e.mu.Unlock()
	if got := r.token(); got != "t0k3n-canary-1" {
		t.Errorf("got %q", got)
	}
	r.wantTimes(1) // the refresh token that it was got with is used up
	if c := r.kept(); c.Refresh != "r3fr3sh-canary-1" {
		t.Errorf("kept %+v", c)
	}
}

func TestOtherPropertiesAreAnotherToken(t *testing.T) {
	r := newRig(t, flowOfProgram)
	before, old := r.token(), r.bound
	r.in.Properties = map[string]string{"Client secret": "0ther-canary"}
	r.bind()
	r.must(r.k.Changed(t.Context(), r.in, r.bound))
	if got := r.token(); got == before || r.asked[1].Get("client_secret") != "0ther-canary" {
		t.Errorf("got %q, asked with %v", got, r.asked[1])
	}
	if c, err := r.store.Credential(t.Context(), r.in.AccountID, r.in.ID, old.TokenKey()); err != nil || c != nil {
		t.Errorf("the old one is still there: %+v, %v", c, err)
	}
	if got, err := r.k.Token(t.Context(), r.in, old); err != nil || got == before {
		t.Errorf("the old one is remembered: %q, %v", got, err)
	}
}

func TestAClosedKeeperFetchesNothing(t *testing.T) {
	r := newRig(t, flowOfProgram)
	r.must(r.k.Close())
	r.noToken(fault.Unavailable, "closing")
	r.wantTimes(0)
}
