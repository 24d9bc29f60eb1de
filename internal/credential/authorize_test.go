package credential

import (
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/fault"
)

func (r *rig) status() string {
	r.Helper()
	got, err := r.k.Status(r.Context(), r.in, r.bound)
	r.must(err)
	return got
}

func TestAPersonAuthorizesOnce(t *testing.T) {
	r := newRig(t, flowOfPerson)
	if got := r.status(); got != NeedsAuthorization {
		t.Errorf("status %q", got)
	}
	r.noToken(fault.Conflict, "nobody has authorized the integration at its provider: open the authorize_url that PUT …/integrations/acme answers")
	r.wantTimes(0)
	r.k.work.Wait()
	if got := r.attention(); len(got) != 1 {
		t.Errorf("attention %q", got)
	}

	back := r.signIn()
	if name, err := r.k.Complete(t.Context(), back); err != nil || name != "Acme" {
		t.Fatalf("got %q, %v", name, err)
	}
	if got := r.attention(); len(got) != 0 {
		t.Errorf("attention %q", got)
	}
	if got := r.status(); got != Authorized {
		t.Errorf("status %q", got)
	}
	if got := r.token(); got != "t0k3n-canary-1" {
		t.Errorf("got %q", got)
	}
	if _, err := r.k.Complete(t.Context(), back); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a second time: %v", err)
	}
	r.wantTimes(1)
	// The refresh token of then renews it.
	r.k.Refused(r.in, r.bound, "t0k3n-canary-1")
	if got := r.token(); got != "t0k3n-canary-2" || r.asked[1].Get("refresh_token") != "r3fr3sh-canary-1" {
		t.Errorf("got %q, asked with %v", got, r.asked[1])
	}
}

func TestNobodyComesBackWithAStateThatIsNotTheirs(t *testing.T) {
	r := newRig(t, flowOfPerson)
	back := r.signIn()
	for _, state := range []string{"", "x", back.State + "x", back.State[1:], strings.ToUpper(back.State), "' OR '1'='1", "\x00"} {
		if _, err := r.k.Complete(t.Context(), Return{State: state, Code: "c0de-canary"}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%q: %v", state, err)
		}
	}
	r.wantTimes(0)
	seen := map[string]bool{}
	for range 50 {
		if s := r.signIn().State; seen[s] {
			t.Fatal("two states are the same")
		} else {
			seen[s] = true
		}
	}
}

func TestWhatGoesWrongAtTheProviderIsSaid(t *testing.T) {
	for _, c := range []struct {
		name string
		back Return
		body string
		code fault.Code
		want string
	}{
		{"no", Return{Error: "access_denied", Description: "the user said <b>no</b> to c0de-canary"}, "", fault.Forbidden, "the provider did not authorize: access_denied: the user said <b>no</b>"},
		{"no, without words", Return{Error: "access_denied"}, "", fault.Forbidden, "the provider did not authorize: access_denied"},
		{"nothing", Return{}, "", fault.Invalid, "neither a code nor an error"},
		{"a code that is none", Return{Code: "c0de-canary"}, `{"error": "invalid_grant", "error_description": "no code c0de-canary"}`, fault.Unavailable, `the service "acme" gave no token: invalid_grant: no code •••`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, flowOfPerson)
			c.back.State = r.signIn().State
			r.answers(func(int, url.Values) (int, string) { return 400, c.body })
			_, err := r.k.Complete(t.Context(), c.back)
			if fault.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.want) || c.back.Code != "" && strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v; want %s that says %q", err, c.code, c.want)
			}
			if _, err := r.k.Complete(t.Context(), c.back); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("the state is good again: %v", err)
			}
			if got := r.status(); got != NeedsAuthorization {
				t.Errorf("status %q", got)
			}
		})
	}
}

func TestWhatChangedMeanwhileWasAuthorizedByNobody(t *testing.T) {
	r := newRig(t, flowOfPerson)
	back := r.signIn()
	r.in.Properties = map[string]string{"Client secret": "0ther-canary"}
	r.must(r.store.PutIntegration(t.Context(), r.in))
	if _, err := r.k.Complete(t.Context(), back); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("other properties: %v", err)
	}
	r.bind()
	back = r.signIn()
	r.must(r.store.DeleteIntegration(t.Context(), r.in.AccountID, r.in.ID))
	if _, err := r.k.Complete(t.Context(), back); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a removed integration: %v", err)
	}
	r.wantTimes(0)
}

func TestAnAuthorizationThatTheProviderTakesNoMoreIsAskedForAgain(t *testing.T) {
	r := newRig(t, flowOfPerson)
	if _, err := r.k.Complete(t.Context(), r.signIn()); err != nil {
		t.Fatal(err)
	}
	r.answers(func(int, url.Values) (int, string) {
		return 400, `{"error": "invalid_grant", "error_description": "r3fr3sh-canary-1 was revoked"}`
	})
	r.k.Refused(r.in, r.bound, r.token())
	r.noToken(fault.Conflict, "its provider takes the authorization no more")
	if c := r.kept(); !c.Revoked || c.Refresh != "" || c.Token != "" {
		t.Errorf("kept %+v", c)
	}
	if got := r.status(); got != NeedsAuthorization {
		t.Errorf("status %q", got)
	}
	r.k.work.Wait()
	if got := r.attention(); len(got) != 1 || strings.Contains(got[0], "canary") {
		t.Errorf("attention %q", got)
	}
	asked := r.times()
	r.k = r.keeper(r.store) // nobody is asked again, after a restart neither
	r.noToken(fault.Conflict, "nobody has authorized")
	r.wantTimes(asked)
	if _, err := r.k.Complete(t.Context(), r.signIn()); err != nil {
		t.Fatal(err)
	}
	r.token()
}

func TestOnlyPeopleAreSentToProviders(t *testing.T) {
	r := newRig(t, flowOfProgram)
	if address, err := r.k.Authorize(t.Context(), r.in, r.bound); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("got %q, %v", address, err)
	}
	if got := r.status(); got != "" {
		t.Errorf("status %q", got)
	}
}
