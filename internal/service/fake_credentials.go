package service

import (
	"crypto/subtle"
	"net/http"
	"net/url"

	"patchbay/internal/wire"
)

// credentials holds the request to the headers that never change, the credentials among them. Of what is signed it asks that the signature
// is there: whose time and nonce it has not chosen, it cannot write again.
func (f *Fake) credentials(t *taker, r *wire.Request, c *Complaint) {
	want := f.fixed[t.m].headers.Clone()
	if a := f.Service.auth; a != nil && t.m.name != Login {
		switch {
		case f.NeedsToken() && !t.m.placesToken && want.Get("Authorization") == "":
			want.Set("Authorization", "Bearer "+fakeToken)
		case a.signer != nil:
			f.signed(r, c)
		}
	}
	for name, values := range want {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(name)), []byte(values[0])) == 1 {
			continue
		}
		if name == "Authorization" {
			c.Status = http.StatusUnauthorized
			c.say("%s: the credentials are not those of this provider", orElse(f.authPointer(), t.m.pointer+"/request_headers/Authorization"))
			continue
		}
		came := "nothing"
		if r.Header.Get(name) != "" {
			came = "something else"
		}
		c.say("%s: want the file's header, came %s", t.m.pointer+"/request_headers/"+name, came)
	}
}

// signed asks for everything that a signer adds to requests.
func (f *Fake) signed(r *wire.Request, c *Complaint) {
	again := *r
	again.Header = r.Header.Clone()
	at := Attempt{Now: testNow, UUID: "00000000-0000-4000-8000-000000000000"}
	if err := f.Service.auth.signer.sign(f.Bound, &again, at); err != nil {
		c.say("%s: the request cannot be signed: %v", f.Service.auth.pointer, err)
		return
	}
	for name := range again.Header {
		if r.Header.Get(name) == "" {
			c.Status = http.StatusUnauthorized
			c.say("%s: the request is not signed: want the header %s", f.Service.auth.pointer, name)
		}
	}
	there, _ := url.Parse(r.URL)
	if u, err := url.Parse(again.URL); err == nil && there != nil {
		for name := range u.Query() {
			if !there.Query().Has(name) {
				c.Status = http.StatusUnauthorized
				c.say("%s: the request is not signed: want %s in the query", f.Service.auth.pointer, name)
			}
		}
	}
}

func (f *Fake) authPointer() string {
	if f.Service.auth == nil {
		return ""
	}
	return f.Service.auth.pointer
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
