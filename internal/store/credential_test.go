package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/store"
	"patchbay/internal/store/storetest"
)

func TestNothingOfACredentialLiesOpenOnTheDisk(t *testing.T) {
	e := &onSQLite{map[*store.Store]string{}}
	w := storetest.NewWorld(t, e.Open(t))
	if err := w.PutCredential(w.Ctx, w.Acct, w.Intg.ID, "k", directory.Credential{Token: "t0k3n-canary", Refresh: "r3fr3sh-canary"}, w.Now); err != nil {
		t.Fatal(err)
	}
	a := directory.Authorization{AccountID: w.Acct, IntegrationID: w.Intg.ID, Verifier: "v3rifi3r-canary", Expires: w.Now.Add(time.Hour)}
	if err := w.KeepAuthorization(w.Ctx, "st4te-canary", a); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(e.dirs[w.Store], "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "canary") {
			t.Errorf("%s holds what must be sealed", filepath.Base(name))
		}
	}
}
