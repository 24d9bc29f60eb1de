package exchange

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/wire"
)

const canaryKey = "c4nary/key+0123=é"

func TestARecordIsTheTextOfWhatTravelled(t *testing.T) {
	s := raw(t, once("HTTP/1.1 201 Created\r\nX-B: 2\r\nX-A: 1\r\nSet-Cookie: a=b\r\nContent-Length: 16\r\n\r\n{\"id\": \"yes é\"}"))
	req := &wire.Request{
		Method: "POST", URL: "http://" + s.addr + "/send?q=1#part", Body: []byte(`{"text":"yes $to$ {{to}} 0123 😀"}`),
		Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer abc"}, "X-Token": {"k-" + canaryKey}},
	}
	x := to(t, s).Do(t.Context(), req, Options{Secrets: []string{canaryKey}})
	if x.Err != nil {
		t.Fatal(x.Err)
	}
	want := "POST /send?q=1 HTTP/1.1\nHost: " + s.addr + "\nAuthorization: Bearer •••\nContent-Type: application/json\nUser-Agent: Patchbay\nX-Token: k-•••\n\n" +
		`{"text":"yes $to$ {{to}} 0123 😀"}`
	if diff := cmp.Diff(want, x.Request); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	want = "HTTP/1.1 201 Created\nContent-Length: 16\nSet-Cookie: •••\nX-A: 1\nX-B: 2\n\n{\"id\": \"yes é\"}"
	if diff := cmp.Diff(want, x.Answer); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if len(req.Header) != 3 || req.Header.Get("User-Agent") != "" {
		t.Errorf("the caller's request was changed: %v", req.Header)
	}
}

// The provider echoes everything, in every form, and we are told of it in errors as well.
func TestNoSecretIsRecorded(t *testing.T) {
	k := canaryKey
	forms := strings.Join([]string{
		k, url.QueryEscape(k), url.PathEscape(k), hex.EncodeToString([]byte(k)), base64.StdEncoding.EncodeToString([]byte(k)),
		base64.RawURLEncoding.EncodeToString([]byte("user:" + k)), strings.ReplaceAll(k, "/", `\/`),
	}, " | ")
	s := scripted(t, func(c net.Conn, r *http.Request, _ int) bool {
		_, _ = io.WriteString(c, "HTTP/1.1 401 bad key "+k+"\r\nX-Echo: "+forms+"\r\nConnection: close\r\n\r\n"+forms+"\r\n"+r.RequestURI)
		return false
	})
	o := Options{Secrets: []string{"user", k}}
	d := to(t, s)
	req := &wire.Request{
		Method: "POST", URL: s.url() + "/" + url.PathEscape(k) + "?key=" + url.QueryEscape(k), Body: []byte(forms),
		Header: http.Header{"X-Key": {k}, "X-Basic": {"Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+k))}},
	}
	texts := func(x Exchange) string {
		text := x.Request + x.Answer
		if x.Err != nil {
			text += x.Err.Error()
		}
		return text
	}
	all := texts(d.Do(t.Context(), req, o))
	if !strings.Contains(all, "•••") {
		t.Fatal("nothing was redacted: the test tests nothing")
	}
	for _, u := range []string{"https://nobody.invalid/?key=" + url.QueryEscape(k), "https://127.0.0.1:1/" + k, "://" + k, "http://h/" + k + "\x7f"} {
		r := *req
		r.URL = u
		all += texts(d.Do(t.Context(), &r, o))
	}
	for _, bad := range []string{
		"c4nary", "0123=", hex.EncodeToString([]byte("nary/key")), "YzRuYXJ5", "c4nary%2F", base64.RawStdEncoding.EncodeToString([]byte("er:c4nary/k"))[3:],
	} {
		if strings.Contains(all, bad) {
			t.Errorf("%q is in what was recorded:\n%s", bad, all)
		}
	}
}

func TestRecordsAreBoundedTextWhateverTravelled(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"long", strings.Repeat("é", 200_000), "bytes more]"},
		{"secret across the edge", strings.Repeat("x", MaxRecord-120) + strings.Repeat(canaryKey, 20), "bytes more]"},
		{"binary", "\x89PNG\r\n\x00\x00" + canaryKey, "[26 bytes, not text]"},
		{"stray byte", "a\xffb", "a\uFFFDb"},
		{"empty", "", "\n\n"},
		{"1,600 characters", strings.Repeat("😀", 1600), strings.Repeat("😀", 1600)},
	} {
		s := raw(t, once("HTTP/1.1 200 OK\r\n\r\n"+c.body))
		x := to(t, s).Do(t.Context(), &wire.Request{Method: "POST", URL: s.url(), Body: []byte(c.body)}, Options{Secrets: []string{canaryKey}, MaxBody: 1 << 20})
		for _, text := range []string{x.Request, x.Answer} {
			if !strings.Contains(text, c.want) || len(text) > MaxRecord+100 || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00") || strings.Contains(text, "c4na") {
				t.Errorf("%s: %d bytes, valid %v: %.60q … %.60q", c.name, len(text), utf8.ValidString(text), text, text[max(0, len(text)-60):])
			}
		}
	}
}

func TestASecretCutOffByTheProviderIsNotRecorded(t *testing.T) {
	s := raw(t, once("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nyour key is "+canaryKey[:10]))
	x := to(t, s).Do(t.Context(), &wire.Request{Method: "POST", URL: s.url()}, Options{Secrets: []string{canaryKey}})
	if strings.Contains(x.Answer, "c4na") || !strings.Contains(x.Answer, "•••\n[cut off here]") {
		t.Errorf("got %q", x.Answer)
	}
}
