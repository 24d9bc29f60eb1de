package access_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/access"
	"patchbay/internal/directory"
)

func TestKeysAreLongRandomAndRecognisable(t *testing.T) {
	form := regexp.MustCompile(`^pbk_[a-z2-7]{26,}$`) // 26 base32 letters: 130 bits
	seen := map[string]bool{}
	for range 1000 {
		k := access.NewKey()
		if !form.MatchString(k) {
			t.Fatalf("key %q does not look like %s", k, form)
		}
		if seen[k] {
			t.Fatal("the same key twice")
		}
		seen[k] = true
	}
}

func TestHintGivesAwayAtMostAThird(t *testing.T) {
	for _, k := range []string{"", "k", "abc", "secret", access.NewKey()} {
		h := strings.TrimSuffix(access.Hint(k), "…")
		if !strings.HasPrefix(k, h) || len(h)*3 > len(k) {
			t.Errorf("hint of a key of %d characters shows %d", len(k), len(h))
		}
	}
}

func TestHashTellsKeysApart(t *testing.T) {
	if access.Hash("a") == access.Hash("b") {
		t.Error("two keys, one hash")
	}
	if once, again := access.Hash("a"), access.Hash("a"); once != again {
		t.Error("one key, two hashes")
	}
}

func TestBearerReadsTheHeader(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{"Bearer k", "k"}, {"bearer k", "k"}, {"BEARER  k ", "k"},
		{"", ""}, {"Bearer", ""}, {"Basic k", ""}, {"k", ""}, {"Bearer ", ""},
	} {
		if got := access.Bearer(c.header); got != c.want {
			t.Errorf("Bearer(%q): got %q, want %q", c.header, got, c.want)
		}
	}
}

func TestWhoSeesWhat(t *testing.T) {
	number := &directory.Number{AccountID: "A", OrgID: "1", Users: []string{"u1"}}
	for _, c := range []struct {
		name           string
		p              access.Principal
		organization   string
		seesIt, number bool
	}{
		{"the account", access.Principal{AccountID: "A", Role: directory.AccountAdmin}, "1", true, true},
		{"another account", access.Principal{AccountID: "B", Role: directory.AccountAdmin}, "1", true, false},
		{"its organization", access.Principal{AccountID: "A", Role: directory.OrgAdmin, OrgID: "1"}, "1", true, true},
		{"another organization", access.Principal{AccountID: "A", Role: directory.OrgAdmin, OrgID: "2"}, "1", false, false},
		{"no organization", access.Principal{AccountID: "A", Role: directory.OrgAdmin}, "", false, false},
		{"an assigned user", access.Principal{AccountID: "A", Role: directory.UserRole, OrgID: "1", UserID: "u1"}, "1", true, true},
		{"a user who is not assigned", access.Principal{AccountID: "A", Role: directory.UserRole, OrgID: "1", UserID: "u2"}, "1", true, false},
		{"an unknown role", access.Principal{AccountID: "A", Role: "root"}, "1", false, false},
	} {
		if got := c.p.SeesOrganization(c.organization); got != c.seesIt {
			t.Errorf("%s: sees the organization: got %v, want %v", c.name, got, c.seesIt)
		}
		if got := c.p.SeesNumber(number); got != c.number {
			t.Errorf("%s: sees the number: got %v, want %v", c.name, got, c.number)
		}
	}
}

func TestNobodyGrantsMoreThanTheyHave(t *testing.T) {
	account := access.Principal{Role: directory.AccountAdmin}
	org := access.Principal{Role: directory.OrgAdmin, OrgID: "1"}
	user := access.Principal{Role: directory.UserRole, OrgID: "1", UserID: "u"}
	for _, c := range []struct {
		who  access.Principal
		role directory.Role
		org  string
		want bool
	}{
		{account, directory.AccountAdmin, "", true},
		{account, directory.UserRole, "2", true},
		{org, directory.OrgAdmin, "1", true},
		{org, directory.UserRole, "1", true},
		{org, directory.UserRole, "2", false},
		{org, directory.AccountAdmin, "", false},
		{org, directory.AccountAdmin, "1", false},
		{user, directory.UserRole, "1", false},
	} {
		if got := c.who.MayGrant(c.role, c.org); got != c.want {
			t.Errorf("%s grants %s of %q: got %v, want %v", c.who.Role, c.role, c.org, got, c.want)
		}
	}
}

func TestEveryCollectionThatIsWrittenIsReadAndDeleted(t *testing.T) {
	has := map[string]bool{}
	for _, r := range access.Matrix {
		if key := r.Method + " " + r.Pattern; has[key] {
			t.Errorf("%s twice", key)
		} else {
			has[key] = true
		}
	}
	for _, r := range access.Matrix {
		if !strings.HasPrefix(r.Pattern, "/v1/") {
			continue
		}
		if r.Public() && !slices.Contains([]string{"/v1/openapi.json", "/v1/docs", "/v1/sign-in", "/v1/sign-out", "/v1/invitation"}, r.Pattern) {
			t.Errorf("%s %s asks for no key", r.Method, r.Pattern)
		}
		if strings.HasPrefix(r.Pattern, "/v1/studio/") {
			continue // questions: nothing is made
		}
		if strings.HasSuffix(r.Pattern, ".csv") {
			continue // a file of what the collection beside it has
		}
		collection, one := r.Pattern, ""
		switch {
		case r.Method == "PUT":
			collection, one = r.Pattern[:strings.LastIndex(r.Pattern, "/")], r.Pattern
		case r.Method == "POST" && slices.Contains([]string{"check", "retry", "dismiss", "pause", "resume", "rollback", "webhook", "sign-in", "sign-out", "invitation"}, r.Pattern[strings.LastIndex(r.Pattern, "/")+1:]):
			continue // it does something to what is there, and makes nothing
		case r.Method == "POST" && strings.Count(r.Pattern, "{id}") == 0:
			one = r.Pattern + "/{id}"
			if r.Pattern == "/v1/organizations" {
				one = r.Pattern + "/{orgid}"
			}
		default:
			continue
		}
		for _, want := range []string{"GET " + collection, "GET " + one, "DELETE " + one} {
			if want == "DELETE /v1/conversations/{id}" {
				continue // it is closed, and stays as history
			}
			if !has[want] {
				t.Errorf("%s %s has no %s", r.Method, r.Pattern, want)
			}
		}
	}
}
