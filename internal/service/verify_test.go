package service

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"time"
)

const model1 = `[{"event_type": "messageDelivered", "request_parameters": {"id": "$messageid$"}}]`

func verifying(t testing.TB, verify string, props ...string) *Bound {
	return reading(t, `{"verify": `+verify+`, "events": `+model1+`}`, props...)
}

const stamped = `{"hmac": {"algorithm": "sha256", "key": "$Secret$", "over": "$header.x-time$.$body$",
	"headers": {"X-Signature": "sha256=$signature|hex$", "X-Time": "$timestamp|unix$"}, "tolerance": "5m"}}`

func stamp(cb *Callback, secret string, at time.Time) {
	seconds := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(seconds + "." + string(cb.Request.Body)))
	cb.Request.Header.Set("X-Time", seconds)
	cb.Request.Header.Set("X-Signature", "sha256="+hex.EncodeToString(h.Sum(nil)))
}

func TestOnlyTheExactSignatureInTimeVerifies(t *testing.T) {
	b := verifying(t, stamped, "Secret", "s3cret")
	good := func() *Callback {
		cb := post("application/json", `{"id": "m1"}`)
		stamp(cb, "s3cret", now)
		return cb
	}
	if err := b.Verify(good()); err != nil {
		t.Fatalf("a good signature: %v", err)
	}
	sig := good().Request.Header.Get("X-Signature")
	raw, _ := hex.DecodeString(strings.TrimPrefix(sig, "sha256="))
	for _, c := range []struct {
		name  string
		spoil func(*Callback)
	}{
		{"no signature", func(cb *Callback) { cb.Request.Header.Del("X-Signature") }},
		{"an empty one", func(cb *Callback) { cb.Request.Header.Set("X-Signature", "") }},
		{"only the prefix", func(cb *Callback) { cb.Request.Header.Set("X-Signature", "sha256=") }},
		{"without the prefix", func(cb *Callback) { cb.Request.Header.Set("X-Signature", sig[7:]) }},
		{"truncated", func(cb *Callback) { cb.Request.Header.Set("X-Signature", sig[:len(sig)-2]) }},
		{"one character", func(cb *Callback) { cb.Request.Header.Set("X-Signature", sig[:8]) }},
		{"doubled", func(cb *Callback) { cb.Request.Header.Set("X-Signature", sig+sig[7:]) }},
		{"in capitals", func(cb *Callback) { cb.Request.Header.Set("X-Signature", "sha256="+strings.ToUpper(sig[7:])) }},
		{"in base64", func(cb *Callback) {
			cb.Request.Header.Set("X-Signature", "sha256="+base64.StdEncoding.EncodeToString(raw))
		}},
		{"with a space", func(cb *Callback) { cb.Request.Header.Set("X-Signature", sig+" ") }},
		{"another secret", func(cb *Callback) { stamp(cb, "other", now) }},
		{"an empty secret", func(cb *Callback) { stamp(cb, "", now) }},
		{"another body", func(cb *Callback) { cb.Request.Body = []byte(`{"id":"m1"}`) }},
		{"no body", func(cb *Callback) { cb.Request.Body = nil }},
		{"another time", func(cb *Callback) { cb.Request.Header.Set("X-Time", strconv.FormatInt(now.Unix()+1, 10)) }},
		{"no time", func(cb *Callback) { cb.Request.Header.Del("X-Time") }},
		{"a word for a time", func(cb *Callback) { cb.Request.Header.Set("X-Time", "now") }},
		{"a time before the window", func(cb *Callback) { stamp(cb, "s3cret", now.Add(-5*time.Minute-time.Second)) }},
		{"a time after the window", func(cb *Callback) { stamp(cb, "s3cret", now.Add(5*time.Minute+time.Second)) }},
		{"a time beyond all times", func(cb *Callback) { cb.Request.Header.Set("X-Time", "99999999999999999999") }},
	} {
		cb := good()
		c.spoil(cb)
		if err := b.Verify(cb); err == nil {
			t.Errorf("%s verifies", c.name)
		} else if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), sig[7:]) {
			t.Errorf("%s: the error tells the secret: %v", c.name, err)
		}
	}
	for _, body := range append(nasty, "\xff\x00\x80", "\ufeff{}", " { } ") { // over the bytes, whatever they are
		cb := post("application/json", body)
		stamp(cb, "s3cret", now)
		if err := b.Verify(cb); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
	edge := post("application/json", `{"id": "m1"}`)
	stamp(edge, "s3cret", now.Add(-5*time.Minute))
	if err := b.Verify(edge); err != nil {
		t.Errorf("at the edge of the window: %v", err)
	}
}

func TestChecksOfEveryKind(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:p:w"))
	for _, c := range []struct {
		name, verify string
		good, bad    func(*Callback)
	}{
		{"basic", `{"basic": {"username": "me", "password": "$Secret$"}}`,
			func(cb *Callback) { cb.Request.Header.Set("Authorization", basic) },
			func(cb *Callback) {
				cb.Request.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("me:x")))
			}},
		{"bearer", `{"bearer": {"token": "$Secret$"}}`,
			func(cb *Callback) { cb.Request.Header.Set("Authorization", "bearer p:w") },
			func(cb *Callback) { cb.Request.Header.Set("Authorization", "Basic p:w") }},
		{"header", `{"header": {"X-Key": "v1 $Secret$"}}`,
			func(cb *Callback) { cb.Request.Header.Set("X-Key", "v1 p:w") },
			func(cb *Callback) { cb.Request.Header.Set("X-Key", "p:w") }},
		{"query", `{"query": {"token": "$Secret$"}}`,
			func(cb *Callback) { cb.Request.URL += "?token=p%3Aw" },
			func(cb *Callback) { cb.Request.URL += "?token=p%3Aw&token=x" }},
		{"all of two", `{"query": {"token": "$Secret$"}, "header": {"X-Key": "$Secret$"}}`,
			func(cb *Callback) { cb.Request.URL += "?token=p%3Aw"; cb.Request.Header.Set("X-Key", "p:w") },
			func(cb *Callback) { cb.Request.Header.Set("X-Key", "p:w") }},
		{"any of two", `{"any": [{"query": {"token": "$Secret$"}}, {"header": {"X-Key": "$Secret$"}}]}`,
			func(cb *Callback) { cb.Request.Header.Set("X-Key", "p:w") },
			func(cb *Callback) { cb.Request.Header.Set("X-Key", "") }},
		{"hmac over what a URL and a body have", `{"hmac": {"algorithm": "sha1", "key": "$Secret$", "over": "$method$ $host$$path$?$query$ $query.a$ $body.id$ $json$ $body|sha256|hex$",
			"headers": {"X-Sig": "$signature|base64$"}}}`, func(cb *Callback) {}, func(cb *Callback) { cb.Request.Method = "PUT" }},
		{"hmac in the query", `{"hmac": {"algorithm": "sha512", "key": "$Secret$", "over": "$body$", "query": {"sig": "$signature|hex$"}}}`, func(cb *Callback) {},
			func(cb *Callback) { cb.Request.Body = []byte(`{"id": "m2"}`) }},
	} {
		b := verifying(t, c.verify, "Secret", "p:w")
		cb := post("application/json", `{"id": "m1"}`)
		if err := b.Verify(cb); err == nil {
			t.Errorf("%s: nothing at all verifies", c.name)
		}
		signed := post("application/json", `{"id": "m1"}`)
		if err := b.Sign(signed); err != nil {
			t.Errorf("%s: sign: %v", c.name, err)
		}
		if err := b.Verify(signed); err != nil {
			t.Errorf("%s: what we sign does not verify: %v", c.name, err)
		}
		if !strings.HasPrefix(c.name, "hmac") {
			good := post("application/json", `{"id": "m1"}`)
			c.good(good)
			if err := b.Verify(good); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			c.bad(cb)
			if err := b.Verify(cb); err == nil {
				t.Errorf("%s: a wrong one verifies", c.name)
			}
			continue
		}
		c.bad(signed)
		signed.decoded = nil
		if err := b.Verify(signed); err == nil {
			t.Errorf("%s: a changed request verifies", c.name)
		}
	}
}

func TestACheckWithoutItsSecretIsNotMadeAndLintSaysSo(t *testing.T) {
	source := `{"id": "x", "properties": [{"name": "Secret", "optional": true}], "Webhook": {"verify": {"header": {"X-Key": "$Secret$"}}, "events": ` + model1 + `}}`
	s, problems := Parse([]byte(source))
	if s == nil {
		t.Fatal(problems)
	}
	warned := false
	for _, p := range problems {
		warned = warned || p.Warning && p.Pointer == "/Webhook/verify/header" && strings.Contains(p.Message, `"Secret"`)
	}
	if !warned {
		t.Errorf("no warning: %v", problems)
	}
	b, err := s.Bind(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(post("application/json", `{"id": "m1"}`)); err != nil {
		t.Errorf("got %v", err)
	}
	if b, err = s.Bind(map[string]string{"Secret": "k"}); err != nil {
		t.Fatal(err)
	}
	cb := post("application/json", `{"id": "m1"}`)
	cb.Request.Header["X-Key"] = []string{""}
	if err := b.Verify(cb); err == nil {
		t.Error("an empty header verifies against a secret")
	}
}

// Comparing secrets with == tells by its time how much of a guess is right.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	for _, name := range []string{"verify.go", "secrets.go", "signature.go", "jwt.go", "place.go", "spot.go", "over.go", "publickey.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				t.Fatal("the checks live elsewhere; look there")
			}
			t.Fatal(err)
		}
		secret := map[string]bool{"want": true, "mac": true, "got": true, "key": true, "token": true, "signature": true, "claim": true}
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(*ast.BinaryExpr)
			if !ok || e.Op != token.EQL && e.Op != token.NEQ {
				return true
			}
			for _, side := range []ast.Expr{e.X, e.Y} {
				if id, ok := side.(*ast.Ident); ok && secret[id.Name] {
					t.Errorf("%s compares %s with %s", name, id.Name, e.Op)
				}
			}
			return true
		})
	}
}
