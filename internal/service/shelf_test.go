package service

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"patchbay/internal/fault"
)

// kept is the files of accounts, as a store keeps them.
type kept struct {
	current map[string]string // "account/service" → version
	sources map[string]string // "account/version" → source
	asked   int
	broken  error
}

func (k *kept) ServiceSource(_ context.Context, account, service, version string) ([]byte, string, error) {
	k.asked++
	if k.broken != nil {
		return nil, "", k.broken
	}
	if version == "" {
		version = k.current[account+"/"+strings.ToLower(service)]
	}
	if s, ok := k.sources[account+"/"+version]; ok {
		return []byte(s), version, nil
	}
	return nil, "", fault.New(fault.NotFound, "service", "no such service")
}

func (k *kept) put(t *testing.T, account, source string) *Service {
	t.Helper()
	s := load(t, source)
	k.current[account+"/"+strings.ToLower(s.ID)] = s.Version
	k.sources[account+"/"+s.Version] = source
	return s
}

func shelf(t *testing.T) (*Shelf, *kept) {
	t.Helper()
	k := &kept{current: map[string]string{}, sources: map[string]string{}}
	s, err := NewShelf(fstest.MapFS{"acme.json": {Data: []byte(`{"id": "acme", "name": "Built in"}`)}, "notes.txt": {}}, k)
	if err != nil {
		t.Fatal(err)
	}
	return s, k
}

func TestAnAccountsOwnFileHidesTheCatalogues(t *testing.T) {
	s, k := shelf(t)
	ctx := t.Context()
	k.put(t, "a", `{"id": "Acme", "name": "Own"}`)
	for _, c := range []struct{ account, id, want string }{{"a", "acme", "Own"}, {"a", "ACME", "Own"}, {"b", "acme", "Built in"}, {"b", "Acme", "Built in"}, {"", "acme", "Built in"}} {
		got, err := s.Get(ctx, c.account, c.id, "")
		if err != nil || got.Name != c.want {
			t.Errorf("%s of %q: got %v, %v; want %s", c.id, c.account, got, err, c.want)
		}
	}
	if _, err := s.Get(ctx, "a", "other", ""); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("got %v, want not found", err)
	}
	if len(s.Catalogue()) != 1 || s.Catalogue()[0].ID != "acme" {
		t.Errorf("catalogue: %v", s.Catalogue())
	}
}

func TestAVersionOfOneAccountIsNoneOfAnother(t *testing.T) {
	s, k := shelf(t)
	private := k.put(t, "a", `{"id": "mine", "name": "Own"}`)
	if _, err := s.Get(t.Context(), "a", "mine", private.Version); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "b", "mine", private.Version); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAMessageKeepsTheVersionItWasAcceptedUnder(t *testing.T) {
	s, k := shelf(t)
	old := k.put(t, "a", `{"id": "mine", "name": "Old"}`)
	k.put(t, "a", `{"id": "mine", "name": "New"}`)
	if got, err := s.Get(t.Context(), "a", "mine", old.Version); err != nil || got.Name != "Old" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := s.Get(t.Context(), "a", "mine", ""); err != nil || got.Name != "New" {
		t.Errorf("got %v, %v", got, err)
	}
	builtin := s.Catalogue()[0]
	k.put(t, "a", `{"id": "acme", "name": "Own"}`)
	if got, err := s.Get(t.Context(), "a", "acme", builtin.Version); err != nil || got.Name != "Built in" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := s.Get(t.Context(), "b", "acme", "a version of another release"); err != nil || got.Name != "Built in" {
		t.Errorf("a version that this build no longer has: got %v, %v", got, err)
	}
}

func TestACurrentVersionIsLookedUpOnceAndForgottenOnAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := shelf(t)
		name := func() string {
			got, err := s.Get(t.Context(), "a", "mine", "")
			if err != nil {
				t.Fatal(err)
			}
			return got.Name
		}
		k.put(t, "a", `{"id": "mine", "name": "One"}`)
		for range 10 {
			name()
		}
		if k.asked != 1 {
			t.Errorf("the store was asked %d times", k.asked)
		}
		k.put(t, "a", `{"id": "mine", "name": "Two"}`)
		s.Forget("a", "Mine")
		if got := name(); got != "Two" {
			t.Errorf("after a write here: got %s", got)
		}
		k.put(t, "a", `{"id": "mine", "name": "Three"}`)
		time.Sleep(currentFor + time.Millisecond) // of the bubble's clock
		if got := name(); got != "Three" {
			t.Errorf("after a write on another node: got %s", got)
		}
	})
}

func TestAStoreThatFailsHidesNothing(t *testing.T) {
	s, k := shelf(t)
	k.broken = errors.New("the disk is gone")
	if got, err := s.Get(t.Context(), "a", "acme", ""); !errors.Is(err, k.broken) {
		t.Errorf("an account's own file may hide the catalogue's, so without the store nobody knows: got %v, %v", got, err)
	}
}

func TestABrokenCatalogueIsRefusedAtStart(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"a file with an error": {"a.json": {Data: []byte(`{"id": "a b"}`)}},
		"two files of one id":  {"a.json": {Data: []byte(`{"id": "x"}`)}, "b.json": {Data: []byte(`{"id": "X"}`)}},
	} {
		if _, err := NewShelf(files, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
