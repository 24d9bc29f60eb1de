package service_test

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// scheme is how one provider proves itself, with the property that its proof needs.
type scheme struct {
	property string // the name in the fixture's config
	verify   string
	body     bool // a changed body is noticed
	url      bool // a changed query is noticed
	replayed bool // a day later it is refused
}

// schemes is the verification of every provider whose webhooks prove themselves.
var schemes = map[string]scheme{
	"bandwidth": {"callback_password", `{"basic": {"username": "cbuser", "password": "$key$"}}`, false, false, false},
	"bird": {"signing_key", `{"hmac": {"algorithm": "sha256", "key": "$key$", "over": "$header.messagebird-request-timestamp$\n$url$\n$body|sha256$",
		"headers": {"messagebird-signature": "$signature|base64$", "messagebird-request-timestamp": "$timestamp|unix$"}, "tolerance": "5m"}}`, true, true, true},
	"commio":      {"webhook_secret", `{"hmac": {"algorithm": "sha1", "key": "$key$", "over": "$url$$json|ordered$", "headers": {"X-Commio-Signature": "$signature|base64$"}}}`, true, true, false},
	"inteliquent": {"inbound_api_key", `{"digest": {"algorithm": "sha256", "over": "$key$$header.messageID$", "headers": {"verificationToken": "$signature|hex$"}}}`, false, false, false},
	"messagebird": {"signing_key", `{"jwt": {"algorithms": ["HS256"], "key": "$key$", "headers": {"MessageBird-Signature-JWT": "$token$"},
		"claims": {"iss": "MessageBird", "url_hash": "$url|sha256|hex$", "payload_hash": "$body?|sha256|hex$"}}}`, true, true, true},
	"plivo": {"auth_token", `{"any": [
		{"hmac": {"algorithm": "sha256", "key": "$key$", "over": "$url$?$form|sort|pairs:'',''$.$header.X-Plivo-Signature-V3-Nonce$", "headers": {"X-Plivo-Signature-V3": "$signature|base64$"}}},
		{"hmac": {"algorithm": "sha256", "key": "$key$", "over": "$url$.$form|sort|pairs:'',''$.$header.X-Plivo-Signature-V3-Nonce$", "headers": {"X-Plivo-Signature-V3": "$signature|base64$"}}},
		{"hmac": {"algorithm": "sha256", "key": "$key$", "over": "https://$host$$path$?$parameters|sort|pairs:'=','&'$.$header.X-Plivo-Signature-V3-Nonce$", "headers": {"X-Plivo-Signature-V3": "$signature|base64$"}}}]}`, true, true, false},
	"signalwire": {"signing_key", `{"hmac": {"algorithm": "sha1", "key": "$key$", "over": "$url$$form|sort|pairs:'',''$", "headers": {"X-SignalWire-Signature": "$signature|base64$"}}}`, true, true, false},
	"sinch": {"webhook_secret", `{"hmac": {"algorithm": "sha256", "key": "$key$", "over": "$body$.$header.x-sinch-webhook-signature-nonce$.$header.x-sinch-webhook-signature-timestamp$",
		"headers": {"x-sinch-webhook-signature": "$signature|base64$", "x-sinch-webhook-signature-timestamp": "$timestamp|unix$"}, "tolerance": "5m"}}`, true, false, true},
	"telnyx": {"public_key", `{"ed25519": {"key": "$key$", "over": "$header.telnyx-timestamp$|$body$",
		"headers": {"telnyx-signature-ed25519": "$signature|base64$", "telnyx-timestamp": "$timestamp|unix$"}, "tolerance": "5m"}}`, true, false, true},
	"twilio": {"auth_token", `{"hmac": {"algorithm": "sha1", "key": "$key$", "over": "$url$$form|sort|pairs:'',''$", "headers": {"X-Twilio-Signature": "$signature|base64$"}}}`, true, true, false},
	"vonage_messages": {"signature_secret", `{"jwt": {"algorithms": ["HS256"], "key": "$key$", "headers": {"Authorization": "Bearer $token$"},
		"claims": {"api_key": "abcd1234", "payload_hash": "$body?|sha256|hex$"}}}`, true, false, false},
	"vonage_sms": {"signature_secret", `{"any": [
		{"digest": {"algorithm": "md5", "over": "&$parameters|without:sig|sort|replace:'&=',_|pairs:'=','&'$$key$", "parameters": {"sig": "$signature|hex$", "timestamp": "$timestamp|unix$"}, "tolerance": "5m"}},
		{"hmac": {"algorithm": "md5", "key": "$key$", "over": "&$parameters|without:sig|sort|replace:'&=',_|pairs:'=','&'$", "parameters": {"sig": "$signature|hex$", "timestamp": "$timestamp|unix$"}, "tolerance": "5m"}},
		{"hmac": {"algorithm": "sha256", "key": "$key$", "over": "&$parameters|without:sig|sort|replace:'&=',_|pairs:'=','&'$", "parameters": {"sig": "$signature|hex$", "timestamp": "$timestamp|unix$"}, "tolerance": "5m"}}]}`, true, false, true},
}

func proving(t *testing.T, verify, key string) *service.Bound {
	t.Helper()
	s, problems := service.Parse([]byte(`{"id": "x", "properties": ["key"], "Webhook": {"verify": ` + verify + `,
		"events": [{"event_type": "ignore", "request_parameters": {"a": "b"}}]}}`))
	must(t, problems.Err())
	b, err := s.Bind(map[string]string{"key": key})
	must(t, err)
	return b
}

func TestEveryProviderProvesItselfAsItDocuments(t *testing.T) {
	names, err := filepath.Glob("testdata/fixtures/*.json")
	must(t, err)
	proved := 0
	for _, name := range names {
		f := readFixture(t, filepath.Base(name))
		for i := range f.Webhooks {
			c := &f.Webhooks[i]
			if c.Verify == nil {
				continue
			}
			proved++
			t.Run(f.Provider+"/"+c.Name, func(t *testing.T) {
				s, ok := schemes[f.Provider]
				if !ok {
					t.Fatal("nobody knows how it proves itself")
				}
				s.run(t, f, c)
			})
		}
	}
	if proved < 70 {
		t.Errorf("only %d webhooks prove themselves", proved)
	}
}

func (s scheme) run(t *testing.T, f *fixture, c *fixtureHook) {
	b := proving(t, s.verify, f.Config[s.property])
	if err := b.Verify(c.callback(t, f)); (err == nil) != c.Verify.Valid {
		t.Fatalf("got %v, want valid %v", err, c.Verify.Valid)
	}
	later := 24 * time.Hour
	for _, spoilt := range []struct {
		name  string
		do    func(*service.Callback)
		finds bool
	}{
		{"another body", func(cb *service.Callback) { cb.Request.Body = changed(cb.Request.Body) }, s.body && c.Request.BodyRaw != ""},
		{"another query", func(cb *service.Callback) { cb.Request.URL += "?x=1" }, s.url},
		{"another query", func(cb *service.Callback) { cb.Request.URL += "&x=1" }, s.body && c.Request.BodyRaw == ""},
		{"a day later", func(cb *service.Callback) { cb.Now = cb.Now.Add(later) }, s.replayed},
		{"no headers, no query", func(cb *service.Callback) {
			cb.Request.Header = http.Header{"Content-Type": cb.Request.Header["Content-Type"]}
			cb.Request.URL, _, _ = strings.Cut(cb.Request.URL, "?")
			if f.Provider == "vonage_sms" {
				cb.Request.Body = []byte(`{}`)
			}
		}, true},
	} {
		cb := c.callback(t, f)
		spoilt.do(cb)
		if spoilt.finds && b.Verify(cb) == nil {
			t.Errorf("%s verifies", spoilt.name)
		}
	}
	other := f.Config[s.property] + "x"
	var signer crypto.Signer
	if strings.Contains(s.verify, `"ed25519"`) {
		public, private, err := ed25519.GenerateKey(nil)
		must(t, err)
		signer, other = private, base64.StdEncoding.EncodeToString(public)
	}
	stranger := proving(t, s.verify, other)
	if stranger.Verify(c.callback(t, f)) == nil {
		t.Error("it verifies with another key")
	}
	cb := c.callback(t, f) // signed anew, as a test of the running server must
	cb.Signer = signer
	must(t, stranger.Sign(cb))
	if err := stranger.Verify(cb); err != nil {
		t.Errorf("what we sign does not verify: %v", err)
	}
	if b.Verify(&service.Callback{Request: cb.Request, Now: cb.Now}) == nil {
		t.Error("what a stranger signs verifies")
	}
}

// changed is a body in which one byte of a text is another.
func changed(body []byte) []byte {
	out := slices.Clone(body)
	for i := len(out) - 1; i > 0; i-- {
		if out[i] >= '0' && out[i] <= '9' {
			out[i] ^= 1
			return out
		}
	}
	return append(out, 'x')
}

// vector is a signature that a provider, or its library, publishes. Each has a shape of its own.
type vector struct {
	Name, Method, URL, URI, Payload, Secret, Token, Signature, Sig, Nonce, Algorithm string
	AuthToken                                                                        string `json:"auth_token"`
	Timestamp                                                                        string
	Valid                                                                            *bool
	Params                                                                           map[string]string
}

// callbacks makes of a vector the callback that it speaks of, and the key.
var callbacks = map[string]func(v *vector, cb *service.Callback) (key string){
	"twilio": func(v *vector, cb *service.Callback) string {
		cb.Request.URL = v.URL
		cb.Request.Header.Set("X-Twilio-Signature", v.Signature)
		return v.AuthToken
	},
	"plivo": func(v *vector, cb *service.Callback) string {
		cb.Request.URL = v.URI
		cb.Request.Header.Set("X-Plivo-Signature-V3", v.Signature)
		cb.Request.Header.Set("X-Plivo-Signature-V3-Nonce", v.Nonce)
		return v.AuthToken
	},
	"messagebird": func(v *vector, cb *service.Callback) string {
		cb.Request.Method, cb.Request.URL, cb.Request.Body = v.Method, v.URL, []byte(v.Payload)
		cb.Request.Header = http.Header{}
		cb.Request.Header.Set("MessageBird-Signature-JWT", v.Token)
		return v.Secret
	},
	"vonage_sms": func(v *vector, cb *service.Callback) string {
		cb.Request.Method, cb.Request.Body = "GET", nil
		cb.Request.URL += "?" + form(v.Params) + "&sig=" + v.Sig
		cb.Now = time.Unix(1234567890, 0)
		return v.Secret
	},
}

func TestPublishedSignaturesHold(t *testing.T) {
	names, err := filepath.Glob("testdata/fixtures/*.json")
	must(t, err)
	held := 0
	for _, name := range names {
		f := readFixture(t, filepath.Base(name))
		for _, raw := range f.Vectors {
			var v vector
			must(t, json.Unmarshal(raw, &v))
			held++
			t.Run(f.Provider+"/"+v.Name+v.Algorithm, func(t *testing.T) {
				cb := &service.Callback{Now: time.Unix(1700000000, 0)}
				cb.Request = wire.Request{Method: "POST", URL: f.PublicURL, Header: http.Header{}, Body: []byte(form(v.Params))}
				cb.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if v.Timestamp != "" {
					cb.Now, err = time.Parse(time.RFC3339, v.Timestamp)
					must(t, err)
				}
				make, ok := callbacks[f.Provider]
				if !ok {
					t.Fatal("nobody knows what this vector says")
				}
				b := proving(t, schemes[f.Provider].verify, make(&v, cb))
				if err, want := b.Verify(cb), v.Valid == nil || *v.Valid; (err == nil) != want {
					t.Errorf("got %v, want valid %v", err, want)
				}
			})
		}
	}
	if held < 11 {
		t.Errorf("only %d vectors", held)
	}
}

func form(params map[string]string) string {
	v := url.Values{}
	for name, value := range params {
		v.Set(name, value)
	}
	return v.Encode()
}
