// Package s3test is a server that speaks as much S3 as keeping files takes, in the test's process: it checks every signature and every sum,
// knows conditions, ranges and pages, and fails on demand. It knows nothing of ours.
package s3test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Keys that the server takes, and its one bucket.
const (
	AccessKey = "AKIATEST"
	SecretKey = "s3cr3t/canary+key"
	Bucket    = "patchbay-media"
	Region    = "eu-test-1"
)

// Server is a running one. Its bucket begins empty.
type Server struct {
	*httptest.Server

	mu      sync.Mutex
	objects map[string]object
	asked   []string
	fail    func(*http.Request) (status int, code string)
	cut     int
}

type object struct {
	data []byte
	at   time.Time
	kind string
}

// pageSize is small, so that a few objects have a second page.
const pageSize = 3

// Start starts a server, which ends with the test.
func Start(t testing.TB) *Server {
	s := &Server{objects: map[string]object{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// MediaURL names its bucket, with everything under a prefix.
func (s *Server) MediaURL(prefix string) string {
	return "s3://" + Bucket + "/" + prefix + "?region=" + Region + "&endpoint=" + s.URL
}

// Host is its host:port.
func (s *Server) Host() string { return strings.TrimPrefix(s.URL, "http://") }

// Fail has a function say which requests fail: with a status and S3's code, or, with a status below 0, by a connection that breaks.
// nil: none.
func (s *Server) Fail(f func(*http.Request) (status int, code string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

// BreakOff has the connection break behind the first n bytes of each object that is asked for. 0: it does not.
func (s *Server) BreakOff(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = n
}

// broken is an answer whose connection breaks when so much of it is written.
type broken struct {
	http.ResponseWriter
	left int
}

func (b *broken) Write(p []byte) (int, error) {
	n, err := b.ResponseWriter.Write(p[:min(len(p), b.left)])
	if b.left -= n; b.left == 0 {
		_ = http.NewResponseController(b.ResponseWriter).Flush() // what there is of it arrives
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// Always fails every request so.
func Always(status int, code string) func(*http.Request) (int, string) {
	return func(*http.Request) (int, string) { return status, code }
}

// Names are the names of all objects.
func (s *Server) Names() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.objects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Data is what an object holds.
func (s *Server) Data(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[name].data
}

// Put keeps an object as if somebody had put it a while ago.
func (s *Server) Put(name string, data []byte, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = object{data: data, at: time.Now().Add(-age)}
}

// Age makes an object older.
func (s *Server) Age(name string, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[name]
	o.at = o.at.Add(-by)
	s.objects[name] = o
}

// Asked is every request so far: method and path.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	fail := s.fail
	s.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
	if err != nil {
		return
	}
	if fail != nil {
		switch status, code := fail(r); {
		case status < 0:
			panic(http.ErrAbortHandler)
		case status > 0:
			refuse(w, status, code)
			return
		}
	}
	if code := check(r, body); code != "" {
		refuse(w, http.StatusForbidden, code)
		return
	}
	bucket, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != Bucket {
		refuse(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case name == "" && r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "2":
		s.list(w, r)
	case name == "":
		refuse(w, http.StatusNotImplemented, "NotImplemented")
	case r.Method == http.MethodPut:
		s.put(w, r, name, body)
	case r.Method == http.MethodDelete:
		delete(s.objects, name)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.get(w, r, name)
	default:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	sum := md5.Sum(body)
	if _, there := s.objects[name]; there && r.Header.Get("If-None-Match") == "*" {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	if want := r.Header.Get("Content-Md5"); want != "" && want != base64.StdEncoding.EncodeToString(sum[:]) {
		refuse(w, http.StatusBadRequest, "BadDigest")
		return
	}
	s.objects[name] = object{bytes.Clone(body), time.Now(), r.Header.Get("Content-Type")}
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, name string) {
	o, there := s.objects[name]
	if !there {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	sum := md5.Sum(o.data)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	w.Header().Set("Content-Type", o.kind)
	if s.cut > 0 {
		w = &broken{w, s.cut}
	}
	http.ServeContent(w, r, "", o.at, bytes.NewReader(o.data))
}

type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name, Prefix          string
	KeyCount, MaxKeys     int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []entry
}

type entry struct {
	Key, LastModified, ETag string
	Size                    int
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	l := listing{Name: Bucket, Prefix: q.Get("prefix"), MaxKeys: pageSize}
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil && n < l.MaxKeys {
		l.MaxKeys = n
	}
	var names []string
	for name := range s.objects {
		if strings.HasPrefix(name, l.Prefix) && name > q.Get("continuation-token") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if l.IsTruncated = len(names) > l.MaxKeys; l.IsTruncated {
		names = names[:l.MaxKeys]
		l.NextContinuationToken = names[len(names)-1]
	}
	for _, name := range names {
		o := s.objects[name]
		l.Contents = append(l.Contents, entry{name, o.at.UTC().Format("2006-01-02T15:04:05.000Z"), `"x"`, len(o.data)})
	}
	l.KeyCount = len(names)
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(l)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: code, Message: code})
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
