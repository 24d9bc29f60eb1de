package exchange

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/internal/wire"
)

func benchServer(b *testing.B) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"id":"9612c4e2-27f8-4463-a517-c6306ffdabff"}}`)
	}))
	b.Cleanup(s.Close)
	return s
}

var benchBody = []byte(`{"from":"+61123456789","to":"+61855555555","extension":"101","domain":"acme","content":"Hello there!"}`)

func BenchmarkDoor(b *testing.B) {
	s := benchServer(b)
	d, err := NewDoor(Config{AllowPrivate: []string{strings.TrimPrefix(s.URL, "http://")}})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	secrets := []string{"0123456789abcdef0123456789abcdef"}
	b.ReportAllocs()
	for b.Loop() {
		x := d.Do(b.Context(), &wire.Request{Method: "POST", URL: s.URL + "/webhook", Body: benchBody, Header: http.Header{
			"Content-Type": {"application/json"}, "Authorization": {"Bearer 0123456789abcdef0123456789abcdef"},
		}}, Options{Secrets: secrets, Pool: "1"})
		if x.Err != nil {
			b.Fatal(x.Err)
		}
	}
}

func BenchmarkPlainNetHTTP(b *testing.B) {
	s := benchServer(b)
	b.ReportAllocs()
	for b.Loop() {
		r, _ := http.NewRequest("POST", s.URL+"/webhook", bytes.NewReader(benchBody))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer 0123456789abcdef0123456789abcdef")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
}
