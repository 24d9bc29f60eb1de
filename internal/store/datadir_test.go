package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/secret"
	"patchbay/internal/store"
	"patchbay/internal/store/storetest"
)

func open(dir string) (*store.Store, error) {
	return store.Open(context.Background(), store.Options{DataDir: dir, Box: storetest.Box()})
}

// filled is a data directory that has been used and closed.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := storetest.NewWorld(t, s)
	for range 50 {
		w.Send("+15551230000", strings.Repeat("text ", 50))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func refused(t *testing.T, dir string, want ...string) {
	t.Helper()
	s, err := open(dir)
	if err == nil {
		s.Close()
		t.Fatal("it opened")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, dir, dir, "in use")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = open(dir); err != nil {
		t.Fatalf("after the first was closed: %v", err)
	}
	s.Close()
}

func TestADamagedDatabaseIsRefusedByName(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"not SQLite": func([]byte) []byte { return []byte("hello, I am a text file and no database") },
		"truncated":  func(b []byte) []byte { return b[:len(b)/2] },
		"cut short":  func(b []byte) []byte { return b[:50] },
		"emptied":    func([]byte) []byte { return nil },
		"zeroed":     func(b []byte) []byte { clear(b[4096:]); return b },
		"bit flips": func(b []byte) []byte {
			for i := 4096; i < len(b); i += 4096 { // in the head of every page
				b[i] ^= 0x55
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			path := filepath.Join(dir, "patchbay.db")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b = damage(b)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, dir, path)
			if after, _ := os.ReadFile(path); string(after) != string(b) {
				t.Error("refusing it changed it")
			}
		})
	}
}

func TestAMissingDatabaseIsNotMadeAnew(t *testing.T) {
	dir := filled(t)
	path := filepath.Join(dir, "patchbay.db")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, path, "missing")
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a new one")
	}
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	dir := filled(t)
	db, err := sql.Open("sqlite", filepath.Join(dir, "patchbay.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, "99999", "newer")
}

func TestAWrongKeyIsRefused(t *testing.T) {
	dir := filled(t)
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(context.Background(), store.Options{DataDir: dir, Box: box}); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("with another key: %v, %v", s, err)
	}
	if s, err := open(dir); err != nil {
		t.Errorf("with the right key: %v", err)
	} else {
		s.Close()
	}
}

func TestADirectoryThatCannotBeUsedIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, file)
	refused(t, filepath.Join(file, "below"))
	if os.Getuid() == 0 {
		t.Log("root may write anywhere: a read-only directory is not tried")
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	refused(t, dir)
}

func TestAnInterruptedFirstStartIsFinished(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "patchbay.db"), nil, 0o600); err != nil { // as far as SQLite got
		t.Fatal(err)
	}
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	storetest.NewWorld(t, s)
	s.Close()
}

func TestALookDoesNotDisturb(t *testing.T) {
	dir := t.TempDir()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := storetest.NewWorld(t, s)
	w.Send("+15551230000", "hello")
	look, err := store.Open(context.Background(), store.Options{DataDir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	counts, err := look.Counts(context.Background())
	if err != nil || counts["accepted"] != 1 || counts["outbound/queued"] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if err := look.Sweep(context.Background(), w.Now); err == nil {
		t.Error("it writes")
	}
}

func TestSecretsAreNotOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	s, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := storetest.NewWorld(t, s)
	const canary = "canary-7f3a9c-secret"
	i := *w.Intg
	i.Properties, i.Key = map[string]string{"API key": canary + "-property"}, canary+"-key"
	if err := s.PutIntegration(w.Ctx, &i); err != nil {
		t.Fatal(err)
	}
	w.NewWebhook(canary + "-hook")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(f); err != nil || strings.Contains(string(b), canary) {
			t.Errorf("%s holds a secret in clear (%v)", f, err)
		}
	}
}
