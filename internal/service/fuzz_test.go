package service

import (
	"bytes"
	"crypto"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
	"patchbay/services"
)

// sent is a file of the catalogue that sends, with the values and the message of its first test.
type sent struct {
	bound *Bound
	m     *Sending
}

func catalogueThatSends(t testing.TB) (out []sent) {
	names, err := fs.Glob(services.Files, "*.json")
	if err != nil || len(names) == 0 {
		t.Fatal("no catalogue", err)
	}
	for _, name := range names {
		data, err := services.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, problems := Parse(data)
		if s == nil {
			t.Fatal(problems)
		}
		for _, test := range s.testList() {
			r := &testRun{service: s, test: test}
			if test.Get("send").Kind() == tree.Absent || !r.ready() {
				continue
			}
			if m := r.sending(test.Get("send")); len(m.Files) == 0 {
				out = append(out, sent{r.bound, m})
				break
			}
		}
	}
	return out
}

// shape is a value without its texts: what a text that is put in must not change.
func shape(v tree.Value) string {
	var b strings.Builder
	var walk func(v tree.Value)
	walk = func(v tree.Value) {
		b.WriteByte("-0bnslof"[v.Kind()])
		for _, e := range v.List() {
			walk(e)
		}
		for _, m := range v.Members() {
			b.WriteString(m.Name + ":")
			walk(m.Value)
		}
		b.WriteByte(';')
	}
	walk(v)
	return b.String()
}

// Whatever people text, a provider gets one request of the same shape: nothing in a text is a name, a value or a header of its own.
func FuzzRequest(f *testing.F) {
	files := catalogueThatSends(f)
	for i, text := range []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "a\x00b", "\xff", "a&b=c;d", "</x>", "a\r\nX-Own: y", strings.Repeat("x", 1600)} {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		s := files[int(which)%len(files)]
		m, plain := *s.m, *s.m
		m.Text = text
		plain.Text = strings.Repeat("x", max(len([]rune(text)), 1))
		m.Encoding, plain.Encoding = "gsm7", "gsm7"
		if _, err := s.bound.Parts(&m); err != nil {
			return // too long for its provider, or empty
		}
		step, err := s.bound.step(&m, 0)
		like, err2 := s.bound.step(&plain, 0)
		if err != nil || err2 != nil || step.method != like.method {
			return
		}
		at := Attempt{Now: now, UUID: "u", Token: "t"}
		got, err := s.bound.Request(&m, 0, at)
		if err != nil {
			t.Fatalf("%s: %v", s.bound.ID, err)
		}
		want, err := s.bound.Request(&plain, 0, at)
		if err != nil {
			t.Fatalf("%s: %v", s.bound.ID, err)
		}
		for name, values := range got.Header {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") || len(values) != len(want.Header[name]) {
				t.Fatalf("%s: header %s: %q", s.bound.ID, name, values)
			}
		}
		read := func(r *wire.Request) (string, string) {
			body, err := wire.Decode(r.Header.Get("Content-Type"), r.Body, wire.Limits{})
			if err != nil {
				t.Fatalf("%s: %q: %v", s.bound.ID, r.Body, err)
			}
			before, query, _ := strings.Cut(r.URL, "?")
			q, err := wire.DecodeQuery(query, wire.Limits{})
			if err != nil {
				t.Fatalf("%s: %s: %v", s.bound.ID, r.URL, err)
			}
			return before, shape(body) + shape(q)
		}
		gotURL, gotShape := read(got)
		wantURL, wantShape := read(want)
		if gotURL != wantURL || gotShape != wantShape {
			t.Fatalf("%s: %q becomes %s %s; want %s %s", s.bound.ID, text, gotURL, gotShape, wantURL, wantShape)
		}
	})
}

// Whatever a provider answers is one of the outcomes, and what has an id is never sent again.
func FuzzResponse(f *testing.F) {
	files := catalogueThatSends(f)
	for i, body := range []string{`{"id":"m1"}`, `{"messages":[{"status":"0","message-id":"a"},{"status":"1"}]}`, "OK: 1", "<r><id>1</id></r>", `[]`, `{"errors":[{"code":7}]}`, "", "\xff", `{"id":` + strings.Repeat("9", 600) + `}`} {
		for _, status := range []int{200, 202, 400, 401, 429, 500} {
			f.Add(uint8(i), status, "application/json", "7", []byte(body))
		}
	}
	outcomes := []message.Outcome{message.Accepted, message.Refused, message.Busy, message.Maybe}
	f.Fuzz(func(t *testing.T, which uint8, status int, contentType, wait string, body []byte) {
		s := files[int(which)%len(files)]
		r := &wire.Response{Status: status, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {wait}}, Body: body}
		got := s.bound.Response(s.m, 0, r, now)
		if !slices.Contains(outcomes, got.Outcome) || len(got.MessageIDs) > 0 && got.Outcome == message.Busy || got.RetryAfter < 0 || got.RetryAfter > time.Hour {
			t.Fatalf("%s: %+v", s.bound.ID, got)
		}
		for _, id := range got.MessageIDs {
			if id == "" || len(id) > maxID {
				t.Fatalf("%s: the id %q", s.bound.ID, id)
			}
		}
	})
}

// What nobody signed never verifies, what is signed does, and not with anything else in the place of the signature.
func FuzzVerify(f *testing.F) {
	type proof struct {
		bound  *Bound
		signer crypto.Signer
		names  []string // of headers and members in which it may stand
	}
	var proofs []proof
	sources := []string{standardWebhooks}
	for _, k := range checkKinds {
		if k.name != "cidr" && k.name != "all" && k.name != "body" { // an address is nobody's secret, and some bodies have no members
			sources = append(sources, `{"`+k.name+`": `+k.example+`}`)
		}
	}
	for _, source := range sources {
		s := load(f, `{"id": "x", "properties": ["Secret", "Old secret", "Public key"], "Webhook": {"verify": `+source+`, "events": `+model1+`}}`)
		p := proof{names: []string{"X-Signature", "X-Secret", "X-Time", "Authorization", "webhook-signature", "webhook-timestamp"}}
		props := map[string]string{"Secret": "whsec_bm9ib2R5IGtub3dzIHRoaXM=", "Old secret": "nobody knows that", "Public key": "-"}
		leaves(s.verify, func(c check) {
			if one, ok := c.(particular); ok {
				one.examples(func(slot int, value string, signer crypto.Signer) {
					if signer != nil {
						p.signer, props[s.names.propertyOf(slot).Name] = signer, value
					}
				})
			}
		})
		var err error
		if p.bound, err = s.Bind(props); err != nil {
			f.Fatal(err)
		}
		proofs = append(proofs, p)
	}
	for i, value := range []string{"", "v1,x v1,y", "sha256=00", "Bearer x", "Bearer e30.e30.", "Basic cGF0Y2hiYXk6", "1767225600", "\xff", strings.Repeat(" ", 100), "Bearer eyJhbGciOiJub25lIn0.e30."} {
		f.Add(uint8(i), value, value, "key="+value, []byte(`{"id":"m1"}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, value, second, query string, body []byte) {
		p := proofs[int(which)%len(proofs)]
		make := func() *Callback {
			cb := post("application/json", string(body))
			cb.Signer = p.signer
			cb.Request.URL += "?" + query
			for i, name := range p.names {
				cb.Request.Header[http.CanonicalHeaderKey(name)] = []string{[]string{value, second}[i%2]}
			}
			return cb
		}
		if p.bound.Verify(make()) == nil {
			t.Fatalf("%q %q ?%s %q verifies", value, second, query, body)
		}
		cb := make()
		if p.bound.Sign(cb) != nil {
			return // nothing to sign, as a URL that is none
		}
		if err := p.bound.Verify(cb); err != nil {
			t.Fatalf("what is signed does not verify: %v (%q %q ?%s %q)", err, value, second, query, body)
		}
		before := cb.Request.Header.Clone()
		for _, name := range p.names {
			name = http.CanonicalHeaderKey(name)
			if was := before[name]; len(was) == 1 && was[0] != value && was[0] != second { // it is of the signing
				spoilt := *cb
				spoilt.Request.Header = before.Clone()
				spoilt.Request.Header[name] = []string{value}
				spoilt.Request.Body = bytes.Clone(cb.Request.Body)
				spoilt.decoded = nil
				if !strings.Contains(value, was[0]) && p.bound.Verify(&spoilt) == nil {
					t.Fatalf("%s: %q verifies like %q", name, value, was[0])
				}
			}
		}
	})
}
