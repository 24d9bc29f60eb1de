package media

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// shelf is a Store in memory; every save is told on saved.
type shelf struct {
	mu    sync.Mutex
	rows  map[string]message.Media
	due   map[string]time.Time
	saved chan message.Media
}

func newShelf(ms ...message.Media) *shelf {
	s := &shelf{rows: map[string]message.Media{}, due: map[string]time.Time{}, saved: make(chan message.Media, 1000)}
	for _, m := range ms {
		s.rows[m.ID] = m
	}
	return s
}

func (s *shelf) PendingMedia(_ context.Context, now time.Time, n int) (out []message.Media, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.rows {
		if m.State == message.MediaPending && !s.due[m.ID].After(now) && len(out) < n {
			out = append(out, m)
		}
	}
	return out, nil
}

func (s *shelf) SaveMedia(_ context.Context, m message.Media, retryAt time.Time) error {
	s.mu.Lock()
	s.rows[m.ID], s.due[m.ID] = m, retryAt
	s.mu.Unlock()
	s.saved <- m
	return nil
}

func (s *shelf) Media(_ context.Context, id string) (*message.Media, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.rows[id]; ok {
		return &m, nil
	}
	return nil, fault.New(fault.NotFound, "", "no such file")
}

func (s *shelf) RefitMedia(_ context.Context, m message.Media, oldPath string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows[m.ID].Path != oldPath {
		return fault.New(fault.Conflict, "", "it is another file")
	}
	s.rows[m.ID] = m
	return nil
}

func get(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestALinkIsForOneFileAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, current := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
		before, l := NewLinks([][]byte{old}), NewLinks([][]byte{current, old})
		link := l.Path("0198-a", time.Now())
		if id, _, ok := l.check(link); !ok || id != "0198-a" {
			t.Fatalf("%s: %q, %v", link, id, ok)
		}
		if _, _, ok := l.check(before.Path("0198-a", time.Now())); !ok {
			t.Error("a link of the key before the rotation is refused")
		}
		if _, _, ok := before.check(link); ok {
			t.Error("a key takes another key's link")
		}
		_, ends, _ := l.check(link)
		if left := time.Until(ends); left < LinkLife || left > LinkLife+linkStep {
			t.Errorf("it lives %v", left)
		}
		time.Sleep(time.Minute)
		if l.Path("0198-a", time.Now()) != link {
			t.Error("a minute later the link is another one")
		}
		parts := strings.Split(link, "/")
		for i := 2; i < 5; i++ {
			for _, bad := range []string{"", "0", parts[i] + "0", parts[i] + "=", parts[i][1:], strings.ToUpper(parts[i]) + "x", parts[i] + "/", "../" + parts[i], "4102444800"} {
				p := append([]string(nil), parts...)
				p[i] = bad
				if _, _, ok := l.check(strings.Join(p, "/")); ok {
					t.Errorf("%s passes", strings.Join(p, "/"))
				}
			}
		}
		for i := range len(link) {
			b := []byte(link)
			b[i] ^= 1
			if _, _, ok := l.check(string(b)); ok {
				t.Errorf("byte %d changed: %s passes", i, b)
			}
		}
	})
}

func TestFilesAreServedLockedUp(t *testing.T) {
	d, _ := dir(t)
	l := NewLinks([][]byte{bytes.Repeat([]byte{1}, 32)})
	s := newShelf()
	h := Handler(l, d, s, slog.New(slog.DiscardHandler))
	for i, c := range []struct {
		data             []byte
		declared, name   string
		kind, how, saved string
	}{
		{pngOf(2, 2), "image/png", "cat.png", "image/png", "inline", "cat.png"},
		{pngOf(2, 2), "image/png", "", "image/png", "inline", "file.png"},
		{mp4, "video/mp4", "a.mp4", "video/mp4", "inline", "a.mp4"},
		{[]byte("<script>"), "text/html", "a.html", octets, "attachment", "a.html.bin"},
		{[]byte(svg), "image/svg+xml", "a.svg", octets, "attachment", "a.svg.bin"},
		{[]byte("hello"), "text/plain", "a.txt", "text/plain", "attachment", "a.txt"},
		{[]byte("hello"), "text/plain", "a.exe", "text/plain", "attachment", "a.exe.txt"},
		{[]byte("%PDF-1.7\n"), "application/pdf", "a.pdf", "application/pdf", "attachment", "a.pdf"},
		{pngOf(2, 2), "", "été 😀.png", "image/png", "inline", "été 😀.png"},
		{pngOf(2, 2), "", "a\";filename=b\r\nX: y.png", "image/png", "inline", "a_;filename=bX_ y.png"},
		{pngOf(2, 2), "", "../../x.png", "image/png", "inline", "x.png"},
		{pngOf(2, 2), "", "gpj.\u202etxt\x00.png", "image/png", "inline", "gpj.txt.png"},
		{pngOf(2, 2), "", strings.Repeat("é", 3000) + ".png", "image/png", "inline", strings.Repeat("é", 58) + ".png"},
	} {
		m, err := d.Keep(t.Context(), message.Media{ID: fmt.Sprint("m", i), Name: c.name, MediaType: c.declared}, c.data)
		if err != nil {
			t.Fatal(err)
		}
		s.rows[m.ID] = m
		w := get(h, "GET", l.Path(m.ID, time.Now()))
		how, params, err := mime.ParseMediaType(w.Header().Get("Content-Disposition"))
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), c.data) || w.Header().Get("Content-Type") != c.kind || how != c.how || params["filename"] != c.saved {
			t.Errorf("%q as %s: %d %v %q %v; want %s, %s %q", c.name, c.declared, w.Code, w.Header(), params["filename"], err, c.kind, c.how, c.saved)
		}
	}
	link := l.Path("m0", time.Now())
	size := len(pngOf(2, 2))
	for _, c := range []struct {
		what, method, path string
		header             []string
		status, length     int
	}{
		{"GET", "GET", link, nil, 200, size},
		{"HEAD", "HEAD", link, nil, 200, 0},
		{"range", "GET", link, []string{"Range", "bytes=1-3"}, 206, 3},
		{"end", "GET", link, []string{"Range", "bytes=-2"}, 206, 2},
		{"range outside", "GET", link, []string{"Range", "bytes=99999-"}, 416, -1},
		{"POST", "POST", link, nil, 405, -1},
		{"DELETE", "DELETE", link, nil, 405, -1},
		{"no link", "GET", "/media/", nil, 404, -1},
		{"no mac", "GET", "/media/m0/9999999999/", nil, 404, -1},
		{"listing", "GET", "/media/m0", nil, 404, -1},
		{"other file", "GET", strings.Replace(link, "m0", "m1", 1), nil, 404, -1},
		{"gone file", "GET", l.Path("nobody", time.Now()), nil, 404, -1},
		{"ended", "GET", l.Path("m0", time.Now().Add(-9*24*time.Hour)), nil, 410, -1},
	} {
		w := get(h, c.method, c.path, c.header...)
		if w.Code != c.status || c.length >= 0 && w.Body.Len() != c.length {
			t.Errorf("%s: %d, %d bytes; want %d, %d", c.what, w.Code, w.Body.Len(), c.status, c.length)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if !strings.HasPrefix(w.Header().Get(name), want) {
				t.Errorf("%s: %s is %q", c.what, name, w.Header().Get(name))
			}
		}
		if cache := w.Header().Get("Cache-Control"); w.Code < 300 && !strings.HasPrefix(cache, "private,") || w.Code >= 400 && cache == "public" {
			t.Errorf("%s: may be cached: %q", c.what, cache)
		}
	}
	// Revoked with its row, and never shown before it is stored.
	for _, state := range []message.MediaState{message.MediaPending, message.MediaFailed, message.MediaBlocked} {
		m := s.rows["m0"]
		m.State = state
		s.rows["m0"] = m
		if w := get(h, "GET", link); w.Code != 404 {
			t.Errorf("%s: %d", state, w.Code)
		}
	}
}
