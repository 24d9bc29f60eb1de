package exchange

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"patchbay/internal/wire"
)

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zlibbed(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func packed(encoding string, body []byte) func(net.Conn, int) {
	return once(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", encoding, len(body), body))
}

func TestBodiesAreUnpackedWithALimit(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 100)
	bomb := gzipped(make([]byte, 8<<20))
	for _, c := range []struct {
		name   string
		handle func(net.Conn, int)
		max    int64
		want   string
		err    string
	}{
		{"gzip", packed("gzip", gzipped([]byte("hello"))), 0, "hello", ""},
		{"GZIP", packed("GZIP", gzipped([]byte("hello"))), 0, "hello", ""},
		{"x-gzip", packed("x-gzip", gzipped([]byte("hello"))), 0, "hello", ""},
		{"deflate is zlib", packed("deflate", zlibbed([]byte("hello"))), 0, "hello", ""},
		{"bare deflate", packed("deflate", deflated([]byte("\xffhello"))), 0, "\xffhello", ""},
		{"identity", packed("identity", []byte("hello")), 0, "hello", ""},
		{"nothing, gzip", packed("gzip", nil), 0, "", ""},
		{"not gzip", packed("gzip", []byte("hello")), 0, "", "broke off"},
		{"cut gzip", packed("gzip", gzipped([]byte("hello"))[:20]), 0, "hello", "broke off"},
		{"wrong checksum", packed("gzip", append(gzipped([]byte("hello"))[:20], 1, 2, 3, 4, 5, 0, 0, 0)), 0, "hello", "broke off"},
		{"br", packed("br", []byte("hello")), 0, "", "not asked for"},
		{"twice", packed("gzip, gzip", gzipped(gzipped([]byte("hello")))), 0, "", "not asked for"},
		{"bomb", packed("gzip", bomb), 0, strings.Repeat("\x00", DefaultMaxBody), "larger"},
		{"exactly the limit", packed("identity", big), int64(len(big)), string(big), ""},
		{"one more", packed("identity", append(big, 'x')), int64(len(big)), string(big), "larger"},
		{"exactly the limit, gzip", packed("gzip", gzipped(big)), int64(len(big)), string(big), ""},
		{"one more, gzip", packed("gzip", gzipped(append(big, 'x'))), int64(len(big)), string(big), "larger"},
		{"lying length", once("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello"), 0, "hello", "broke off"},
	} {
		s := raw(t, c.handle)
		x := to(t, s).Do(t.Context(), &wire.Request{Method: "GET", URL: s.url()}, Options{MaxBody: c.max})
		if x.Response == nil {
			t.Errorf("%s: %v", c.name, x.Err)
			continue
		}
		text := ""
		if x.Err != nil {
			text = x.Err.Error()
		}
		if string(x.Response.Body) != c.want || x.Response.Cut != (c.err != "") || !strings.Contains(text, c.err) {
			t.Errorf("%s: %.40q (%d bytes), cut %v, %q; want %.40q, %q", c.name, x.Response.Body, len(x.Response.Body), x.Response.Cut, text, c.want, c.err)
		}
		if len(x.Answer) > MaxRecord+100 {
			t.Errorf("%s: recorded %d bytes", c.name, len(x.Answer))
		}
	}
}

// Gzip members that unpack to nothing, one after another without end: the packed bytes are counted too.
func TestEmptyGzipMembersComeToAnEnd(t *testing.T) {
	member := gzipped(nil)
	s := raw(t, func(c net.Conn, n int) {
		once("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")(c, n)
		for {
			if _, err := c.Write(member); err != nil {
				return
			}
		}
	})
	x := to(t, s).Do(t.Context(), &wire.Request{Method: "GET", URL: s.url()}, Options{})
	if x.Response == nil || !x.Response.Cut || len(x.Response.Body) != 0 {
		t.Errorf("got %+v, %v", x.Response, x.Err)
	}
}

func TestABombCostsNoMemory(t *testing.T) {
	s := raw(t, packed("gzip", gzipped(make([]byte, 24<<20))))
	d := to(t, s)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 5 {
		d.Do(t.Context(), &wire.Request{Method: "GET", URL: s.url()}, Options{})
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / 5; got > 4<<20 {
		t.Errorf("%d bytes allocated for one answer", got)
	}
}

func TestAStreamedAnswerHasTheSameLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		handle func(net.Conn, int)
		want   int
		err    string
	}{
		{"whole", once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), 5, ""},
		{"gzip", packed("gzip", gzipped([]byte("hello"))), 5, ""},
		{"bomb", packed("gzip", gzipped(make([]byte, 1<<20))), 1000, "larger"},
		{"cut", once("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"), 5, "broke off"},
	} {
		s := raw(t, c.handle)
		d := to(t, s)
		in, err := d.Open(t.Context(), &wire.Request{Method: "GET", URL: s.url()}, Options{MaxBody: 1000})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		n, err := io.Copy(io.Discard, in.Body)
		if int(n) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %d bytes, %v", c.name, n, err)
		}
		for range 2 {
			if err := in.Body.Close(); err != nil {
				t.Errorf("%s: closing, once or twice: %v", c.name, err)
			}
		}
		if users := d.pools.by[""].users; users != 0 {
			t.Errorf("%s: %d users left", c.name, users)
		}
	}
	d := door(t, Config{})
	if _, err := d.Open(t.Context(), &wire.Request{Method: "GET", URL: "http://127.0.0.1:1"}, Options{}); !IsBlocked(err) {
		t.Errorf("got %v, want blocked", err)
	}
}

func TestUnpackedHeadersAreNotPassedOn(t *testing.T) {
	s := raw(t, packed("gzip", gzipped([]byte("hello"))))
	x := to(t, s).Do(t.Context(), &wire.Request{Method: "GET", URL: s.url()}, Options{})
	if h := x.Response.Header; h.Get("Content-Encoding") != "" || h.Get("Content-Length") != "" {
		t.Errorf("got %v", http.Header(h))
	}
}
