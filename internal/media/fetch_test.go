package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
)

// web is a server, and its address as the door's list names it.
func web(t *testing.T, h http.HandlerFunc) (url, hostport string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL, strings.TrimPrefix(s.URL, "http://")
}

func door(t *testing.T, allowed ...string) *exchange.Door {
	t.Helper()
	d, err := exchange.NewDoor(exchange.Config{AllowPrivate: allowed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestWhatAnAddressGives(t *testing.T) {
	internal := 0
	inside, _ := web(t, func(http.ResponseWriter, *http.Request) { internal++ })
	url, addr := web(t, func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; path {
		case "/file", "/named.png":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(pngOf(2, 2))
		case "/disposition":
			w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''%c3%a9.png`)
			_, _ = w.Write(pngOf(2, 2))
		case "/hop3", "/hop2", "/hop1":
			http.Redirect(w, r, "/hop"+string(path[4]-1), http.StatusFound)
		case "/hop0":
			http.Redirect(w, r, "file", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, inside, http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		case "/scheme":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		case "/garbage":
			w.Header().Set("Location", "http://[::bad/")
			w.WriteHeader(http.StatusFound)
		case "/busy":
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/empty":
		case "/lying": // announces more than comes
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("short"))
		case "/huge":
			w.Header().Set("Content-Length", "5368709120")
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		case "/infinite":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		default:
			var status int
			w.Header().Set("Location", "/file") // of a redirect only
			_, _ = fmt.Sscanf(path, "/%d", &status)
			w.WriteHeader(status)
		}
	})
	for _, c := range []struct {
		url   string
		state message.MediaState // "" = fetched
		about string             // name, or reason
		after time.Duration
	}{
		{url + "/file", "", "", 0},
		{url + "/named.png", "", "named.png", 0},
		{url + "/disposition", "", "é.png", 0},
		{url + "/hop1", "", "", 0},
		{url + "/hop2", "", "", 0},
		{url + "/hop3", message.MediaFailed, "on and on", 0},
		{url + "/loop", message.MediaFailed, "on and on", 0},
		{url + "/inside", message.MediaBlocked, "could not connect", 0},
		{url + "/metadata", message.MediaBlocked, "could not connect", 0},
		{url + "/scheme", message.MediaBlocked, "only http", 0},
		{url + "/nowhere", message.MediaFailed, "302", 0},
		{url + "/garbage", message.MediaFailed, "not a valid URL", 0},
		{inside, message.MediaBlocked, "could not connect", 0},
		{"http://10.0.0.1/x.png", message.MediaBlocked, "could not connect", 0},
		{"file:///etc/passwd", message.MediaBlocked, "only http", 0},
		{"http://%zz", message.MediaFailed, "not a valid URL", 0},
		{"", message.MediaBlocked, "only http", 0},
		{url + "/404", message.MediaPending, "404", 0},
		{url + "/403", message.MediaPending, "403", 0},
		{url + "/425", message.MediaPending, "425", 0},
		{url + "/429", message.MediaPending, "429", 0},
		{url + "/500", message.MediaPending, "500", 0},
		{url + "/204", message.MediaPending, "204", 0},
		{url + "/busy", message.MediaPending, "503", 2 * time.Minute},
		{url + "/304", message.MediaFailed, "304", 0},
		{url + "/410", message.MediaFailed, "410", 0},
		{url + "/401", message.MediaFailed, "401", 0},
		{url + "/empty", message.MediaPending, "empty", 0},
		{url + "/lying", message.MediaPending, "broke off", 0},
		{url + "/huge", message.MediaFailed, "larger than 10 MiB", 0},
		{url + "/infinite", message.MediaFailed, "larger than 10 MiB", 0},
		{"data:image/png;base64,aGVsbG8=", "", "", 0},
		{"DATA:;base64,aGVsbG8", "", "", 0},
		{"data:text/plain,a%20b", "", "", 0},
		{"data:image/png;base64,%%%", message.MediaFailed, "cannot be decoded", 0},
		{"data:image/png", message.MediaFailed, "no data", 0},
		{"data:,", message.MediaFailed, "empty", 0},
		{"data:," + strings.Repeat("x", MaxBytes+1), message.MediaFailed, "larger", 0},
	} {
		name := c.url[:min(len(c.url), 60)]
		var got counter
		found, err := Fetch(t.Context(), door(t, addr), Source{URL: c.url}, &got)
		var f *FetchError
		switch {
		case c.state == "" && (err != nil || got == 0 || found.Name != c.about):
			t.Errorf("%s: %+v, %d bytes, %v; want a file called %q", name, found, got, err, c.about)
		case c.state != "" && (!errors.As(err, &f) || f.State != c.state || !strings.Contains(f.Reason, c.about) || f.After != c.after):
			t.Errorf("%s: %+v, %v; want %s, %q, after %v", name, f, err, c.state, c.about, c.after)
		}
		if got > MaxBytes {
			t.Errorf("%s: %d bytes were written", name, got)
		}
	}
	if internal != 0 {
		t.Errorf("%d requests went inside", internal)
	}
}

type counter int

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

func TestCredentialsGoOnlyWhereTheyBelong(t *testing.T) {
	var storage []http.Header
	storageURL, storageAddr := web(t, func(w http.ResponseWriter, r *http.Request) {
		storage = append(storage, r.Header)
		_, _ = w.Write(pngOf(1, 1))
	})
	storageURL = strings.Replace(storageURL, "127.0.0.1", "localhost", 1) // another host, as the browser counts
	storageAddr = strings.Replace(storageAddr, "127.0.0.1", "localhost", 1)
	var api []http.Header
	apiURL, apiAddr := web(t, func(w http.ResponseWriter, r *http.Request) {
		api = append(api, r.Header)
		http.Redirect(w, r, storageURL+"/x", http.StatusFound)
	})
	d := door(t, apiAddr, storageAddr)
	for _, c := range []struct {
		hosts []string
		want  string
	}{{nil, ""}, {[]string{"127.0.0.1"}, "Basic x"}, {[]string{"example.com", "*.0.0.1"}, "Basic x"}, {[]string{"*.127.0.0.1", "0.0.1"}, ""}} {
		api, storage = nil, nil
		_, err := Fetch(t.Context(), d, Source{
			URL: apiURL, Header: http.Header{"Authorization": {"Basic x"}}, Hosts: c.hosts, Pool: "1", Secrets: []string{"hunter22"},
		}, io.Discard)
		if err != nil || len(api) != 1 || api[0].Get("Authorization") != c.want {
			t.Errorf("hosts %v: %v, the provider saw %v; want %q", c.hosts, err, api, c.want)
		}
		if len(storage) != 1 || storage[0].Get("Authorization") != "" || storage[0].Get("Referer") != "" || storage[0].Get("Cookie") != "" {
			t.Errorf("hosts %v: the storage saw %v", c.hosts, storage)
		}
	}
}

func TestCredentialsGoByHTTPSOrStayOnThisMachine(t *testing.T) {
	for _, c := range []struct {
		url   string
		plain bool
		want  bool
	}{
		{"https://api.example.com/a", false, true}, {"https://API.example.com./a", false, true}, {"https://a.cdn.example.com/a", false, true},
		{"https://cdn.example.com/a", false, false}, {"https://api.example.com.evil.example/a", false, false}, {"https://evil.example/?api.example.com", false, false},
		{"http://api.example.com/a", false, false}, {"http://api.example.com/a", true, true}, {"http://evil.example/a", true, false},
		{"http://127.0.0.1:1/a", false, true}, {"http://[::1]:1/a", false, true}, {"http://localhost/a", false, true}, {"http://10.0.0.1/a", false, false},
		{"https://api.example.com@evil.example/a", false, false},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		s := Source{Hosts: []string{"api.example.com", "*.CDN.example.com", "127.0.0.1", "::1", "localhost", "10.0.0.1"}, Plain: c.plain}
		if got := s.trusts(u); got != c.want {
			t.Errorf("%s (plain %v): %v", c.url, c.plain, got)
		}
	}
}

func TestAnAddressThatMustBeAskedForIsFollowed(t *testing.T) {
	var asked, given http.Header
	storageURL, storageAddr := web(t, func(w http.ResponseWriter, r *http.Request) {
		given = r.Header
		_, _ = w.Write(pngOf(2, 2))
	})
	storageURL = strings.Replace(storageURL, "127.0.0.1", "localhost", 1)
	storageAddr = strings.Replace(storageAddr, "127.0.0.1", "localhost", 1)
	apiURL, apiAddr := web(t, func(w http.ResponseWriter, r *http.Request) {
		switch asked = r.Header; r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/huge":
			_, _ = w.Write(make([]byte, maxAnswer+1))
		default:
			_, _ = io.WriteString(w, storageURL+"/file.png")
		}
	})
	d := door(t, apiAddr, storageAddr)
	source := func(path string) Source {
		return Source{
			URL: apiURL + path, Header: http.Header{"Authorization": {"Basic x"}}, Hosts: []string{"127.0.0.1"}, Pool: "1",
			Answer: func(_ string, body []byte) (string, error) {
				if path == "/none" {
					return "", errors.New("it names none")
				}
				return string(body), nil
			},
		}
	}
	var b bytes.Buffer
	found, err := Fetch(t.Context(), d, source("/media/1"), &b)
	if err != nil || !bytes.Equal(b.Bytes(), pngOf(2, 2)) || found.Name != "file.png" || asked.Get("Authorization") != "Basic x" || given.Get("Authorization") != "" {
		t.Errorf("got %+v, %v; asked with %v, given to %v", found, err, asked, given)
	}
	for path, want := range map[string]FetchError{
		"/none": {State: message.MediaPending, Reason: "it names none"},
		"/gone": {State: message.MediaFailed, Reason: "the provider answered 410", Status: 410},
		"/huge": {State: message.MediaFailed, Reason: "the file is larger than 1 MiB"},
	} {
		var got *FetchError
		if _, err := Fetch(t.Context(), d, source(path), io.Discard); !errors.As(err, &got) || *got != want {
			t.Errorf("%s: got %v, want %v", path, err, want.Reason)
		}
	}
}

func TestASlowFileEndsWithItsTime(t *testing.T) {
	url, addr := web(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(pngOf(1, 1)[:20])
		w.(http.Flusher).Flush()
		<-r.Context().Done() // one byte a year
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var b bytes.Buffer
	_, err := Fetch(ctx, door(t, addr), Source{URL: url}, &b)
	var f *FetchError
	if !errors.As(err, &f) || f.State != message.MediaPending {
		t.Errorf("got %v, want another try", err)
	}
}

func TestADiskErrorIsNotTheProvidersFault(t *testing.T) {
	url, addr := web(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(pngOf(1, 1)) })
	full := errors.New("disk full")
	_, err := Fetch(t.Context(), door(t, addr), Source{URL: url}, writerFunc(func([]byte) (int, error) { return 0, full }))
	var f *FetchError
	if errors.As(err, &f) || !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

func TestRetryAfterInBothForms(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "0": 0, "-5": 0, "1e9": 0, "NaN": 0, "": 0, "soon": 0, "99999999": time.Hour, "99999999999999999999": 0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Thu, 01 Jan 2026 03:05:05 GMT": 0, "Fri, 02 Jan 2099 03:05:05 GMT": time.Hour,
	} {
		if got := readRetryAfter(in, now); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}
