package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/app"
)

// fileHost is a server of files that remembers who asked with what.
type fileHost struct {
	*provider
	mu    sync.Mutex
	asked map[string]string // path → Authorization
}

func newFileHost(t *testing.T, serve http.HandlerFunc) *fileHost {
	h := &fileHost{provider: newProvider(t), asked: map[string]string{}}
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked[r.URL.Path] = r.Header.Get("Authorization")
		h.mu.Unlock()
		serve(w, r)
	})
	return h
}

func (h *fileHost) saw(path string) (authorization string, asked bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	authorization, asked = h.asked[path]
	return authorization, asked
}

const filesOf = `{"id": "acme", "properties": [{"name": "User", "secret": false}, "Password"], "auth": {"type": "Basic", "username": "$User$", "password": "$Password$"},
  "API": {
    "SendMessage": {"request_url": "https://api.example.com/messages", "request_parameters": {"to": "$to$", "text": "$content$"}, "response_map": {"id": "$messageid$"}},
    "GetFile": {"hosts": ["127.0.0.1"], "request_url": "URL/media/$mediaid$", "response_map": {"location": "$url$"}}},
  "Webhook": [{"event_type": "message", "request_parameters": {"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$text?$", "files": "$urls?$", "media": "$mediaid?$"}}]}`

func TestProtectedFilesAreFetchedWithCredentialsThatOnlyTheNamedHostSees(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	const basic = "Basic bWU6czNjcmV0"
	give := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(picture.Bytes())
	}
	storage := newFileHost(t, func(w http.ResponseWriter, _ *http.Request) { give(w) })
	storageURL := strings.Replace(storage.URL, "127.0.0.1", "localhost", 1)
	api := newFileHost(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != basic:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, storageURL+"/moved", http.StatusFound)
		case r.URL.Path == "/media/m1":
			fmt.Fprintf(w, `{"location": "%s/asked"}`, storageURL)
		default:
			give(w)
		}
	})
	w := start(t, api.host(), strings.Replace(storage.host(), "127.0.0.1", "localhost", 1))
	w.account.call(201, "PUT", "/v1/services/acme", strings.ReplaceAll(filesOf, "URL", api.URL))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"User": "me", "Password": "s3cret"})
	w.post(tm.webhook, "application/json", fmt.Sprintf(
		`{"id":"1","from":"+15550100001","to":"+15550001001","text":"look","files":["%s/direct","%s/moved","%s/elsewhere"],"media":"m1"}`, api.URL, api.URL, storageURL))
	w.account.until("/v1/messages?direction=inbound", func(a answer) bool {
		return len(a.list("data")) == 1 && strings.Count(string(a.body), `"state":"stored"`) == 4
	})
	for _, c := range []struct {
		host *fileHost
		path string
		want string
	}{{api, "/direct", basic}, {api, "/moved", basic}, {api, "/media/m1", basic}, {storage, "/moved", ""}, {storage, "/asked", ""}, {storage, "/elsewhere", ""}} {
		if got, asked := c.host.saw(c.path); got != c.want || !asked {
			t.Errorf("%s saw %q (asked %v), want %q", c.path, got, asked, c.want)
		}
	}
	if log := w.log.String(); strings.Contains(log, "s3cret") || strings.Contains(log, basic[6:]) {
		t.Error("the log holds the credentials")
	}
}

func TestWhatAProgramNamesIsFetchedWithoutCredentials(t *testing.T) {
	api := newFileHost(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	w := start(t, api.host())
	w.account.call(201, "PUT", "/v1/services/acme", strings.ReplaceAll(filesOf, "URL", api.URL))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"User": "me", "Password": "s3cret"})
	w.account.rpc("message", map[string]any{"orgid": tm.org, "from": "+15550100001", "to": tm.number, "content": api.URL + "/private", "type": 7})
	w.account.until("/v1/messages?direction=inbound", func(a answer) bool {
		return strings.Contains(string(a.body), `"state":"failed"`)
	})
	if got, asked := api.saw("/private"); got != "" || !asked {
		t.Errorf("a program's word had %q sent to the provider (asked %v)", got, asked)
	}
}

func TestFilesThatBelongToNothingAreRemovedAtTheStart(t *testing.T) {
	data := t.TempDir()
	name := filepath.Join(data, "media", "ab", "ab"+strings.Repeat("0", 30))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("of an organization that is gone"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	w := startWith(t, app.Options{DataDir: data})
	w.account.until("/v1/organizations", func(answer) bool {
		_, err := os.Stat(name)
		return errors.Is(err, fs.ErrNotExist)
	})
}
