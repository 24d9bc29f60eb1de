package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/directory"
	"patchbay/internal/media/s3test"
)

// storageOf is a test server's bucket, as an operator names it.
func storageOf(s *s3test.Server, prefix string) app.Storage {
	return app.Storage{URL: s.MediaURL(prefix), AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey, Private: []string{s.Host()}}
}

// kept are the bucket's objects but the one that names it.
func kept(s *s3test.Server) (names []string) {
	for _, name := range s.Names() {
		if !strings.HasSuffix(name, "/id") {
			names = append(names, name)
		}
	}
	return names
}

func TestFilesOfAServerLieInABucket(t *testing.T) {
	p, s := newProvider(t), s3test.Start(t)
	dir := t.TempDir()
	o := app.Options{AllowPrivateEgress: []string{p.host(), s.Host()}, DataDir: dir, Media: storageOf(s, "one")}
	w := startWith(t, o)
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	ana := tm.keys[directory.UserRole]
	up := ana.call(201, "POST", "/v1/media?name=a.txt", "0123456789", "Content-Type", "text/plain")
	if a := w.as("").call(206, "GET", up.str("url"), nil, "Range", "bytes=3-5"); string(a.body) != "345" {
		t.Errorf("a part of it: %q", a.body)
	}
	if names := kept(s); len(names) != 1 || string(s.Data(names[0])) != "0123456789" || !strings.HasPrefix(names[0], "one/") {
		t.Fatalf("the bucket holds %q", s.Names())
	}
	sent := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "media": []string{up.str("id")}}).str("id")
	m := w.account.until("/v1/messages/"+sent, hasStatus("sent"))
	if a := w.as("").call(200, "GET", m.list("media")[0]["url"].(string), nil); string(a.body) != "0123456789" {
		t.Errorf("the message's file: %q", a.body)
	}

	// Away: what is uploaded is refused, what is shown is not gone, and texts go on.
	s.Fail(s3test.Always(503, "SlowDown"))
	if a := ana.try("POST", "/v1/media?name=b.txt", "later", "Content-Type", "text/plain"); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("uploaded while it is away: %d %s", a.status, a.body)
	}
	w.as("").call(503, "GET", up.str("url"), nil)
	text := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "a text"}).str("id")
	w.account.until("/v1/messages/"+text, hasStatus("sent"))
	s.Fail(nil)
	w.as("").call(200, "GET", up.str("url"), nil)

	// Erased with its contact, once nothing else tells of it.
	ana.call(204, "DELETE", "/v1/media/"+up.str("id"), nil)
	w.account.call(200, "POST", "/v1/organizations/"+tm.org+"/contacts/%2B15550100001/erase", nil)
	if names := kept(s); len(names) != 0 {
		t.Errorf("after the erasure: %q", names)
	}
	if text := w.log.String(); strings.Contains(text, "canary") || !strings.Contains(text, "files wait") {
		t.Error("the log holds the secret key, or no word about the bucket")
	}
}

func TestABackupSaysThatFilesAreElsewhereAndVerifyFindsThem(t *testing.T) {
	p, s := newProvider(t), s3test.Start(t)
	dir := t.TempDir()
	w := startWith(t, app.Options{AllowPrivateEgress: []string{p.host(), s.Host()}, DataDir: dir, Media: storageOf(s, "one")})
	for range 3 {
		w.account.call(201, "POST", "/v1/media?name=a.txt", "hello", "Content-Type", "text/plain")
	}
	to := filepath.Join(t.TempDir(), "backup")
	m, err := app.Backup(t.Context(), dir, "", to)
	if err != nil || !m.Bucket || m.Files != 0 {
		t.Fatalf("%+v, %v", m, err)
	}
	back := t.TempDir()
	copyFile(t, filepath.Join(dir, "patchbay.key"), filepath.Join(back, "patchbay.key"))
	r, err := app.Restore(t.Context(), to, back, "", slog.New(slog.DiscardHandler))
	if err != nil || !r.Bucket {
		t.Errorf("%+v, %v", r, err)
	}
	verify := func(at string, st app.Storage) *app.Report {
		t.Helper()
		r, err := app.Installation{DataDir: at, Media: st}.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, at := range []string{dir, back} {
		if r := verify(at, storageOf(s, "one")); len(r.Problems)+len(r.Notes) != 0 || r.Counts["files"] != 3 {
			t.Errorf("%+v", r)
		}
		if r := verify(at, app.Storage{}); len(r.Problems) != 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "--media-url") {
			t.Errorf("without the bucket: %+v", r)
		}
	}
	s.Put("one/00/00"+strings.Repeat("a", 46), []byte("of nobody"), 3*time.Hour)
	if r := verify(dir, storageOf(s, "one")); len(r.Problems) != 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "1 files belong to nothing") {
		t.Errorf("with an orphan: %+v", r)
	}
	if r := verify(dir, storageOf(s, "two")); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "3 files that are said to be kept") {
		t.Errorf("in an empty place: %+v", r)
	}
	s.Fail(s3test.Always(403, "AccessDenied"))
	if r, err := (app.Installation{DataDir: dir, Media: storageOf(s, "one")}).Verify(t.Context()); err == nil {
		t.Errorf("of a bucket that says no: %+v", r)
	}
}

func TestFilesMoveIntoABucketAndNoneIsLeftBehind(t *testing.T) {
	p, s := newProvider(t), s3test.Start(t)
	dir := t.TempDir()
	w := startWith(t, app.Options{AllowPrivateEgress: []string{p.host()}, DataDir: dir})
	url := w.account.call(201, "POST", "/v1/media?name=a.txt", "hello", "Content-Type", "text/plain").str("url")
	w.account.call(201, "POST", "/v1/media?name=b.txt", "$to$ é😀", "Content-Type", "text/plain")
	path := url[strings.Index(url, "/media/"):]
	move := func(st app.Storage) (int, error) {
		return app.MoveFiles(t.Context(), dir, "", st, slog.New(slog.DiscardHandler))
	}
	if n, err := move(storageOf(s, "one")); err == nil {
		t.Errorf("of a server that runs: %d files", n)
	}
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	begin := func(dir string, st app.Storage) error {
		a, err := app.Start(context.Background(), app.Options{Listen: "127.0.0.1:0", DataDir: dir, Media: st, BootstrapKey: bootstrapKey, AllowPrivateEgress: []string{s.Host()}})
		if err == nil {
			err = a.Close()
		}
		return err
	}
	refused := func(what string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", what, err, want)
		}
	}
	refused("a start in front of an empty bucket", begin(dir, storageOf(s, "one")), "patchbay move")
	s.Fail(func(r *http.Request) (int, string) {
		if r.Method == http.MethodPut && len(kept(s)) == 1 {
			return 403, "AccessDenied"
		}
		return 0, ""
	})
	if n, err := move(storageOf(s, "one")); n != 1 || err == nil {
		t.Errorf("cut off: %d, %v", n, err)
	}
	s.Fail(nil)
	if n, err := move(storageOf(s, "one")); n != 2 || err != nil {
		t.Fatalf("begun again: %d, %v", n, err)
	}
	refused("a start with the directory", begin(dir, app.Storage{}), "--media-url")
	refused("another installation in the same place", begin(t.TempDir(), storageOf(s, "one")), "another installation")
	if err := begin(t.TempDir(), storageOf(s, "two")); err != nil {
		t.Errorf("another installation in a place of its own: %v", err)
	}
	refused("a place of another", begin(dir, storageOf(s, "two")), "another place")
	if err := os.RemoveAll(filepath.Join(dir, "media")); err != nil {
		t.Fatal(err)
	}
	again := startWith(t, app.Options{AllowPrivateEgress: []string{s.Host()}, DataDir: dir, Media: storageOf(s, "one")})
	if a := again.as("").call(200, "GET", path, nil); string(a.body) != "hello" {
		t.Errorf("its link shows %q", a.body)
	}
}

func TestWhatSettingsOfABucketCannotBe(t *testing.T) {
	s := s3test.Start(t)
	good := storageOf(s, "one")
	for name, o := range map[string]app.Options{
		"no key":         {Media: app.Storage{URL: good.URL}},
		"a path":         {Media: app.Storage{URL: "/mnt", AccessKey: "a", SecretKey: "b"}},
		"two places":     {Media: good, MediaDir: "/mnt", DatabaseURL: "postgres://x"},
		"a missing file": {Media: app.Storage{URL: good.URL, AccessKey: "a", SecretFile: "/nowhere"}},
		"not listed":     {Media: good},
	} {
		o.Listen, o.DataDir = "127.0.0.1:0", t.TempDir()
		a, err := app.Start(t.Context(), o)
		var setting *app.WrongSetting
		if err == nil || strings.Contains(err.Error(), "canary") || name != "not listed" && name != "a missing file" && !errors.As(err, &setting) {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
}

func TestOnlyTheServerReachesItsStorage(t *testing.T) {
	s := s3test.Start(t)
	w := startWith(t, app.Options{AllowPrivateEgress: []string{s.Host()}, Media: storageOf(s, "one")})
	w.account.call(201, "PUT", "/v1/services/acme", strings.ReplaceAll(filesOf, "URL", s.URL))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"User": "me", "Password": "s3cret"})
	before := len(s.Asked())
	w.account.rpc("message", map[string]any{"orgid": tm.org, "from": "+15550100001", "to": tm.number, "content": s.URL + "/" + s3test.Bucket + "/secret", "type": 7})
	w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return strings.Contains(string(a.body), `"state":"blocked"`) })
	if asked := s.Asked(); len(asked) != before {
		t.Errorf("a tenant's address led to the storage: %q", asked[before:])
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
