package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"patchbay/internal/access"
	"patchbay/internal/fault"
)

// pages are the portal and the inbox: files that a build made, the same for everybody, and so without a credential. What they show they ask /v1 for.
type pages struct {
	files map[string]*pageFile // by path, with a slash before it
	index *pageFile
}

// pageFile is one file, and how it is sent.
type pageFile struct {
	kind, cache string
	policy      string // what the page may load
	body        []byte
	tag         string
	packed      func() []byte // gzip, made when the first browser asks for it; nil: it is packed in itself
}

// pageKinds are the types of the files that a build makes. The system's table is not asked: it differs from machine to machine.
var pageKinds = map[string]struct {
	kind  string
	packs bool
}{
	".html": {"text/html; charset=utf-8", true}, ".js": {"text/javascript; charset=utf-8", true}, ".css": {"text/css; charset=utf-8", true},
	".svg": {"image/svg+xml", true}, ".json": {"application/json", true}, ".woff2": {"font/woff2", false}, ".png": {"image/png", false}, ".mp3": {"audio/mpeg", false},
}

const (
	assetsPath = "/assets/" // the names there carry a hash of what is in them
	indexPath  = "/index.html"

	// A page loads nothing from anywhere else, runs no script and takes no style that stands in it, and is shown in nobody's frame.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; " +
		"manifest-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// openPages reads what is embedded.
func openPages(from fs.FS) (*pages, error) {
	p := &pages{files: map[string]*pageFile{}}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		if _, ok := pageKinds[path.Ext(name)]; !ok {
			return fmt.Errorf("no type is known for %s", name)
		}
		f := newPageFile(path.Ext(name), body, pagePolicy)
		if strings.HasPrefix("/"+name, assetsPath) {
			f.cache = "public, max-age=31536000, immutable"
		}
		p.files["/"+name] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	if p.index = p.files[indexPath]; p.index == nil {
		return nil, fmt.Errorf("open pages: there is no %s", indexPath)
	}
	return p, nil
}

// newPageFile is a file of one of pageKinds that browsers ask for anew each time.
func newPageFile(ext string, body []byte, policy string) *pageFile {
	sum := sha256.Sum256(body)
	f := &pageFile{kind: pageKinds[ext].kind, cache: "no-cache", policy: policy, body: body, tag: hex.EncodeToString(sum[:12])}
	if pageKinds[ext].packs {
		f.packed = sync.OnceValue(func() []byte { return packed(body) })
	}
	return f
}

func packed(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(body)                                  // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// showPage answers every address that is a page's: they are one file, which looks at the address itself.
func (s *Server) showPage(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	s.pages.index.send(w, r, http.StatusOK)
	return nil
}

// pageAsset answers what a page loads. One that is not there must not be kept as missing: during an upgrade the other node has it.
func (s *Server) pageAsset(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	f := s.pages.files[r.URL.Path]
	if f == nil {
		return fault.New(fault.NotFound, "", "there is nothing at this address")
	}
	f.send(w, r, http.StatusOK)
	return nil
}

// forPrograms are the addresses that never are a page's, also where nothing answers them: programs and providers read those errors.
var forPrograms = []string{"/v1/", "/services/", "/media/", "/oauth/", assetsPath}

// strayed reports whether a person's browser came to an address that nothing answers. It is shown a page that says so.
func strayed(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return false
	}
	for _, prefix := range forPrograms {
		if strings.HasPrefix(r.URL.Path+"/", prefix) {
			return false
		}
	}
	return true
}

func (f *pageFile) send(w http.ResponseWriter, r *http.Request, status int) {
	h, body, tag := w.Header(), f.body, `"`+f.tag+`"`
	h.Set("Content-Security-Policy", f.policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", f.cache)
	h.Set("Content-Type", f.kind)
	if f.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			body, tag = f.packed(), `"`+f.tag+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", tag)
	if status == http.StatusOK && matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Type")
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that has gone is told nothing
	}
}

// takesGzip reads Accept-Encoding; a weight of zero is a no.
func takesGzip(accepts string) bool {
	for part := range strings.SplitSeq(accepts, ",") {
		name, weight, weighed := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return !weighed || err == nil && q > 0
	}
	return false
}

// matches reads If-None-Match. A proxy that packs by itself marks our tag as weak, which is as good here.
func matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}
