package access

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/argon2"

	"patchbay/internal/fault"
)

func TestAPasswordOpensWhatItsHashKeepsAndNothingElse(t *testing.T) {
	p := NewPasswords()
	for _, password := range []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "a\x00b", "\xff", strings.Repeat("x", 512), " with spaces "} {
		hash, err := p.Hash(t.Context(), password)
		if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, password+"$") {
			t.Fatalf("%q: %s, %v", password, hash, err)
		}
		if right, stale, err := p.Check(t.Context(), hash, password); !right || stale || err != nil {
			t.Errorf("%q: right %v, stale %v, %v", password, right, stale, err)
		}
		if right, _, _ := p.Check(t.Context(), hash, password+"x"); right {
			t.Errorf("%q with one more letter opens it", password)
		}
	}
	one, _ := p.Hash(t.Context(), "same")
	two, _ := p.Hash(t.Context(), "same")
	if one == two {
		t.Error("two hashes of one password are the same: there is no salt")
	}
	hash, _ := p.Hash(t.Context(), "caf\u00e9")
	if right, _, _ := p.Check(t.Context(), hash, "cafe\u0301"); !right {
		t.Error("é that another keyboard typed in two parts is another password")
	}
}

func TestNothingOpensWhatIsNoHash(t *testing.T) {
	p := NewPasswords()
	for _, hash := range []string{"", "x", "$argon2id$", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "$argon2id$v=16$m=19456,t=2,p=1$AAAA$AAAA", p.none} {
		if right, _, err := p.Check(t.Context(), hash, ""); right || err != nil {
			t.Errorf("%q: right %v, %v", hash, right, err)
		}
	}
}

func TestAPasswordUnderOldFiguresIsRightAndStale(t *testing.T) {
	salt := []byte("sixteen bytes ok")
	old := fmt.Sprintf("$argon2id$v=19$m=%d,t=1,p=1$%s$%s", 8<<10, phc.EncodeToString(salt), phc.EncodeToString(argon2.IDKey([]byte("word"), salt, 1, 8<<10, 1, 32)))
	for _, c := range []struct {
		password     string
		right, stale bool
	}{{"word", true, true}, {"sword", false, false}} {
		if right, stale, err := NewPasswords().Check(t.Context(), old, c.password); right != c.right || stale != c.stale || err != nil {
			t.Errorf("%q: right %v, stale %v, %v", c.password, right, stale, err)
		}
	}
}

func TestPasswordsAreWorkedOnAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPasswords()
		hold, begun := make(chan struct{}), make(chan struct{}, 10)
		for range 10 {
			go func() { _ = p.inTurn(t.Context(), func() { begun <- struct{}{}; <-hold }) }()
		}
		synctest.Wait()
		if len(begun) != hashesAtOnce {
			t.Errorf("%d at once, want %d", len(begun), hashesAtOnce)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Hash(gone, "x"); err == nil {
			t.Error("whoever has gone is still waited for")
		}
		close(hold)
		synctest.Wait()
	})
}

func TestAPasswordThatAnybodyGuessesIsRefused(t *testing.T) {
	for _, c := range []struct {
		password string
		want     bool
	}{
		{"correct horse battery", true}, {"zwölf Ameisen", true}, {strings.Repeat("abcde", 100), true}, {"😀😁😂🤣😃😄😅😆😉😊", true},
		{"", false}, {"short", false}, {"123456789", false}, {"aaaaaaaaaaaa", false}, {"abababababab", false}, {strings.Repeat("abcde", 103), false},
		{"ann@example.com", false}, {"ANN@Example.com", false},
	} {
		err := Acceptable(c.password, "password", "101@acme", "ann@example.com", "")
		if (err == nil) != c.want || err != nil && (fault.CodeOf(err) != fault.Invalid || strings.Contains(err.Error(), c.password) && c.password != "") {
			t.Errorf("%.40q: %v", c.password, err)
		}
	}
}
