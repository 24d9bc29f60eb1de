package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"patchbay/internal/access"
	"patchbay/web"
)

// paged is a server of all routes, with pages as a build would write them.
func paged(t *testing.T) *Server {
	t.Helper()
	s := &Server{o: Options{Log: slog.New(slog.DiscardHandler)}, metrics: newMetrics(nil)}
	var err error
	s.pages, err = openPages(fstest.MapFS{
		"index.html":         {Data: []byte("<!doctype html>" + strings.Repeat(" page", 100))},
		"theme.js":           {Data: []byte("/* theme */")},
		"assets/app-Ab12.js": {Data: []byte(strings.Repeat("let a;", 200))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.build(access.Matrix, s.handlers()); err != nil {
		t.Fatal(err)
	}
	return s
}

func visit(s *Server, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestEveryAddressOfAPageIsThePage(t *testing.T) {
	s := paged(t)
	for _, path := range []string{"/", "/sign-in", "/welcome", "/inbox", "/inbox/c/7", "/portal", "/portal/organizations/1/integrations"} {
		w := visit(s, "GET", path)
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), "<!doctype html>") {
			t.Errorf("GET %s: %d %.40s", path, w.Code, w.Body)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("GET %s: Cache-Control %q", path, got)
		}
	}
}

func TestPagesRunNothingThatIsNotOurs(t *testing.T) {
	s := paged(t)
	for _, path := range []string{"/", "/assets/app-Ab12.js", "/theme.js", "/nowhere"} {
		h := visit(s, "GET", path, "Accept", "text/html").Header()
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("GET %s: policy %q", path, policy)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("GET %s: %v", path, h)
		}
	}
}

func TestAProgramIsToldOfAWrongAddressInItsOwnWords(t *testing.T) {
	s := paged(t)
	for _, c := range []struct {
		method, path, accept string
		page                 bool
	}{
		{"GET", "/nowhere", "text/html,*/*", true},
		{"GET", "/nowhere", "*/*", false},
		{"POST", "/nowhere", "text/html", false},
		{"GET", "/v1/nowhere", "text/html", false},
		{"GET", "/v1", "text/html", false},
		{"GET", "/services", "text/html", false},
		{"GET", "/assets/app-Old0.js", "text/html", false},
		{"GET", "/api", "text/html", false}, // 405: it is there, for POST
	} {
		w := visit(s, c.method, c.path, "Accept", c.accept)
		if page := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html"); page != c.page || w.Code/100 != 4 {
			t.Errorf("%s %s for %s: %d %s", c.method, c.path, c.accept, w.Code, w.Header().Get("Content-Type"))
		}
		if w.Code == 404 && w.Header().Get("Cache-Control") == "public, max-age=31536000, immutable" {
			t.Errorf("%s is kept as missing", c.path)
		}
	}
	if w := visit(s, "POST", "/portal"); w.Code != 405 {
		t.Errorf("POST of a page: %d", w.Code)
	}
}

func TestAFileIsPackedAndAskedForOnce(t *testing.T) {
	s := paged(t)
	plain := visit(s, "GET", "/assets/app-Ab12.js")
	packed := visit(s, "GET", "/assets/app-Ab12.js", "Accept-Encoding", "br, gzip")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= plain.Body.Len() || packed.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("packed: %v, %d bytes of %d", packed.Header(), packed.Body.Len(), plain.Body.Len())
	}
	z, err := gzip.NewReader(bytes.NewReader(packed.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !bytes.Equal(b, plain.Body.Bytes()) {
		t.Errorf("unpacked it is another file: %v", err)
	}
	if plain.Header().Get("ETag") == packed.Header().Get("ETag") {
		t.Error("two spellings of a file have one tag")
	}
	if got := plain.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control %q", got)
	}
	for _, sent := range []string{packed.Header().Get("ETag"), `"x", W/` + packed.Header().Get("ETag"), "*"} {
		w := visit(s, "GET", "/assets/app-Ab12.js", "Accept-Encoding", "gzip", "If-None-Match", sent)
		if w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("If-None-Match %s: %d, %d bytes", sent, w.Code, w.Body.Len())
		}
	}
	if w := visit(s, "GET", "/assets/app-Ab12.js", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("packed for one who said no")
	}
	if w := visit(s, "HEAD", "/"); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d, %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
}

func TestTheBuildThatIsCommittedIsWhole(t *testing.T) {
	p, err := openPages(web.Files())
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, quote := range strings.Split(string(p.index.body), `"`) {
		if strings.HasPrefix(quote, "/") && strings.Contains(quote, ".") {
			named++
			if p.files[quote] == nil {
				t.Errorf("index.html loads %s, which is not there: run make web", quote)
			}
		}
	}
	if named < 3 {
		t.Errorf("index.html loads %d files", named)
	}
	if bytes.Contains(p.index.body, []byte("<style")) || bytes.Contains(p.index.body, []byte("<script>")) {
		t.Error("index.html holds what the policy forbids")
	}
}
