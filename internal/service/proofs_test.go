package service

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"
)

const tokened = `{"jwt": {"algorithms": ["HS256"], "key": "$Secret$", "headers": {"Authorization": "Bearer $token$"},
	"claims": {"iss": "acme", "payload_hash": "$body?|sha256|hex$"}, "tolerance": "30s"}}`

// webTokenOf is a token of the given parts, signed with HMAC-SHA256.
func webTokenOf(header, claims, secret string) string {
	over := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(over))
	return over + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func TestNothingInATokenChoosesHowItIsChecked(t *testing.T) {
	const body, header = `{"id": "m1"}`, `{"alg":"HS256","typ":"JWT"}`
	sum := sha256.Sum256([]byte(body))
	claims := func(more string) string {
		return fmt.Sprintf(`{"iss":"acme","payload_hash":"%x"%s}`, sum, more)
	}
	at := func(d time.Duration) string { return fmt.Sprint(now.Add(d).Unix()) }
	good := webTokenOf(header, claims(""), "s3cret")
	parts := strings.Split(good, ".")
	raw, _ := base64.RawURLEncoding.DecodeString(parts[2])
	b := verifying(t, tokened, "Secret", "s3cret")
	for _, c := range []struct {
		name, authorization string
		holds               bool
	}{
		{"a good one", "Bearer " + good, true},
		{"one that ends in the future", "Bearer " + webTokenOf(header, claims(`,"exp":`+at(time.Minute)), "s3cret"), true},
		{"one that ended within the tolerance", "Bearer " + webTokenOf(header, claims(`,"exp":`+at(-29*time.Second)), "s3cret"), true},
		{"one that ended", "Bearer " + webTokenOf(header, claims(`,"exp":`+at(-31*time.Second)), "s3cret"), false},
		{"one that begins within the tolerance", "Bearer " + webTokenOf(header, claims(`,"nbf":`+at(29*time.Second)), "s3cret"), true},
		{"one that has not begun", "Bearer " + webTokenOf(header, claims(`,"nbf":`+at(31*time.Second)), "s3cret"), false},
		{"an end that is a text", "Bearer " + webTokenOf(header, claims(`,"exp":"`+at(time.Minute)+`"`), "s3cret"), false},
		{"an end beyond all times", "Bearer " + webTokenOf(header, claims(`,"exp":1e300`), "s3cret"), false},
		{"nothing", "", false},
		{"another scheme", "Basic " + good, false},
		{"no algorithm", "Bearer " + webTokenOf(`{"alg":"none"}`, claims(""), "s3cret"), false},
		{"no algorithm and no signature", "Bearer " + base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", false},
		{"an algorithm that is not taken", "Bearer " + webTokenOf(`{"alg":"HS512"}`, claims(""), "s3cret"), false},
		{"an algorithm in small letters", "Bearer " + webTokenOf(`{"alg":"hs256"}`, claims(""), "s3cret"), false},
		{"two algorithms", "Bearer " + webTokenOf(`{"alg":"none","alg":"HS256"}`, claims(""), "s3cret"), false},
		{"something critical", "Bearer " + webTokenOf(`{"alg":"HS256","crit":["b64"],"b64":false}`, claims(""), "s3cret"), false},
		{"a key in the token", "Bearer " + webTokenOf(`{"alg":"HS256","jwk":{"kty":"oct","k":"eA"}}`, claims(""), "x"), false},
		{"another secret", "Bearer " + webTokenOf(header, claims(""), "other"), false},
		{"an empty secret", "Bearer " + webTokenOf(header, claims(""), ""), false},
		{"another body", "Bearer " + webTokenOf(header, `{"iss":"acme","payload_hash":"00"}`, "s3cret"), false},
		{"nothing about the body", "Bearer " + webTokenOf(header, `{"iss":"acme"}`, "s3cret"), false},
		{"another issuer", "Bearer " + webTokenOf(header, strings.Replace(claims(""), "acme", "acm", 1), "s3cret"), false},
		{"an issuer among others", "Bearer " + webTokenOf(header, strings.Replace(claims(""), `"acme"`, `["x","acme"]`, 1), "s3cret"), true},
		{"an issuer twice", "Bearer " + webTokenOf(header, claims(`,"iss":"acme"`), "s3cret"), false},
		{"claims that are a list", "Bearer " + webTokenOf(header, `[]`, "s3cret"), false},
		{"no signature", "Bearer " + parts[0] + "." + parts[1] + ".", false},
		{"a signature cut off", "Bearer " + good[:len(good)-4], false},
		{"a signature in the other base64", "Bearer " + parts[0] + "." + parts[1] + "." + base64.StdEncoding.EncodeToString(raw), false},
		{"a line break in the signature", "Bearer " + parts[0] + "." + parts[1] + "." + parts[2][:9] + "\n" + parts[2][9:], false},
		{"one part more", "Bearer " + good + "." + parts[2], false},
		{"a long one", "Bearer " + webTokenOf(header, claims(`,"x":"`+strings.Repeat("x", maxToken)+`"`), "s3cret"), false},
	} {
		cb := post("application/json", body)
		if c.authorization != "" {
			cb.Request.Header.Set("Authorization", c.authorization)
		}
		err := b.Verify(cb)
		if (err == nil) != c.holds {
			t.Errorf("%s: got %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error tells the secret", c.name)
		}
	}
	empty := post("", "") // a claim about nothing must not be made
	empty.Request.Header.Set("Authorization", "Bearer "+webTokenOf(header, `{"iss":"acme"}`, "s3cret"))
	if err := b.Verify(empty); err != nil {
		t.Errorf("no body: %v", err)
	}
	empty.Request.Header.Set("Authorization", "Bearer "+good)
	if b.Verify(empty) == nil {
		t.Error("a body was taken away, and the token verifies")
	}
}

func TestATokenOfAPublicKeyVerifies(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	const verify = `{"jwt": {"algorithms": ["RS256"], "key": "$Key$", "query": {"jwt": "$token$"}, "claims": {"u": "$path$"}}}`
	b := verifying(t, verify, "Key", text)
	cb := post("application/json", `{"id": "m1"}`)
	cb.Signer = private
	if err := b.Sign(cb); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(cb); err != nil {
		t.Error(err)
	}
	// The classic: signed with the public key as if it were a secret.
	for _, alg := range []string{"HS256", "RS256"} {
		forged := post("application/json", `{"id": "m1"}`)
		forged.addQuery("jwt", webTokenOf(`{"alg":"`+alg+`"}`, `{"u":"/services/x/a1"}`, text))
		if b.Verify(forged) == nil {
			t.Errorf("a token that is signed with the public key verifies as %s", alg)
		}
	}
	other := *cb
	other.Request.URL, other.decoded = strings.Replace(cb.Request.URL, "/a1", "/a2", 1), nil
	if b.Verify(&other) == nil {
		t.Error("a token for another path verifies")
	}
}

func TestPublicKeysAreReadAsProvidersShowThem(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	lines := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	const verify = `{"ed25519": {"key": "$Key$", "over": "$body$", "headers": {"X-Sig": "v1,$signature|hex$"}}}`
	for _, spelling := range []string{
		base64.StdEncoding.EncodeToString(public), base64.RawURLEncoding.EncodeToString(public), hex.EncodeToString(public),
		strings.ToUpper(hex.EncodeToString(public)), base64.StdEncoding.EncodeToString(der), lines,
		strings.ReplaceAll(lines, "\n", " "), strings.ReplaceAll(lines, "\n", `\n`), strings.ReplaceAll(lines, "\n", ""),
	} {
		b := verifying(t, verify, "Key", spelling)
		cb := post("application/json", `{"id": "m1"}`)
		cb.Signer = private
		if err := b.Sign(cb); err != nil {
			t.Fatal(err)
		}
		if err := b.Verify(cb); err != nil {
			t.Errorf("%q: %v", spelling, err)
		}
		sig := cb.Request.Header.Get("X-Sig")
		for name, spoilt := range map[string]string{
			"in capitals": "v1," + strings.ToUpper(sig[3:]), "cut off": sig[:len(sig)-2], "none": "v1,", "of zeros": "v1," + strings.Repeat("0", 128),
			"in base64": "v1," + base64.StdEncoding.EncodeToString(ed25519.Sign(private, cb.Request.Body)), "doubled": sig + sig[3:],
		} {
			cb.Request.Header.Set("X-Sig", spoilt)
			if b.Verify(cb) == nil {
				t.Errorf("a signature %s verifies", name)
			}
		}
	}
	s := load(t, `{"id": "x", "properties": ["Key"], "Webhook": {"verify": `+verify+`, "events": `+model1+`}}`)
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	wrong, _ := x509.MarshalPKIXPublicKey(rsaKey.Public())
	for _, spelling := range []string{"test", "-----BEGIN PUBLIC KEY-----", hex.EncodeToString(public[1:]), base64.StdEncoding.EncodeToString(wrong)} {
		if _, err := s.Bind(map[string]string{"Key": spelling}); err == nil || !strings.Contains(err.Error(), "Ed25519") {
			t.Errorf("%q is taken for a key: %v", spelling, err)
		}
	}
}

func TestOnlyTheRealPeerSaysWhereACallbackComesFrom(t *testing.T) {
	b := verifying(t, `{"cidr": ["192.0.2.0/24", "2001:db8::/32", "$Addresses$"]}`, "Addresses", "198.51.100.7, 203.0.113.0/25")
	for ip, holds := range map[string]bool{
		"192.0.2.1": true, "192.0.2.255": true, "192.0.3.1": false, "198.51.100.7": true, "198.51.100.8": false, "203.0.113.127": true,
		"203.0.113.128": false, "2001:db8::1": true, "2001:db9::1": false, "::ffff:192.0.2.1": true, "": false, "192.0.2.1:80": false,
	} {
		cb := post("application/json", `{"id": "m1"}`)
		cb.RemoteIP = ip
		cb.Request.Header.Set("X-Forwarded-For", "192.0.2.1")
		cb.Request.Header.Set("Forwarded", "for=192.0.2.1")
		if err := b.Verify(cb); (err == nil) != holds {
			t.Errorf("%q: got %v", ip, err)
		}
	}
	s := load(t, `{"id": "x", "properties": ["Addresses"], "Webhook": {"verify": {"cidr": ["$Addresses$"]}, "events": `+model1+`}}`)
	if _, err := s.Bind(map[string]string{"Addresses": "example.com"}); err == nil || !strings.Contains(err.Error(), "Addresses") {
		t.Errorf("a name is taken for an address: %v", err)
	}
}

func TestASecretInsideTheBodyProvesTheSender(t *testing.T) {
	b := verifying(t, `{"body": {"auth.key": "$Secret$", "kind": "v1"}}`, "Secret", "s3cret")
	for body, holds := range map[string]bool{
		`{"auth": {"key": "s3cret"}, "kind": "v1"}`: true, `{"auth.key": "s3cret", "kind": "v1"}`: true,
		`{"auth": {"key": "s3cret"}}`: false, `{"auth": {"key": "s3cre"}, "kind": "v1"}`: false, `{"auth": {"key": ["s3cret"]}, "kind": "v1"}`: false,
		`{"auth": "s3cret", "kind": "v1"}`: false, `s3cret`: false, ``: false, `[]`: false, `{"auth": {"key": null}, "kind": "v1"}`: false,
	} {
		cb := post("application/json", body)
		cb.Request.URL += "?auth.key=s3cret&kind=v1" // of the body, not of the query
		if err := b.Verify(cb); (err == nil) != holds {
			t.Errorf("%s: got %v", body, err)
		}
	}
	cb := post("application/x-www-form-urlencoded", "auth.key=s3cret&kind=v1&id=m1")
	if err := b.Verify(cb); err != nil {
		t.Errorf("a form: %v", err)
	}
}

func TestOldAndNewSecretHoldWhileOneIsChanged(t *testing.T) {
	source := `{"id": "x", "properties": ["Secret", {"name": "Old secret", "optional": true}], "Webhook": {"verify": {"any": [
		` + strings.ReplaceAll(stamped, "$Secret$", "$Secret$") + `, ` + strings.ReplaceAll(stamped, "$Secret$", "$Old secret$") + `]}, "events": ` + model1 + `}}`
	s, problems := Parse([]byte(source))
	if s == nil {
		t.Fatal(problems)
	}
	for _, p := range problems {
		if strings.Contains(p.Message, "not made") {
			t.Errorf("the other check is always made, and yet: %s", p)
		}
	}
	during, err := s.Bind(map[string]string{"Secret": "new", "Old secret": "old"})
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Bind(map[string]string{"Secret": "new"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		secret        string
		during, after bool
	}{{"new", true, true}, {"old", true, false}, {"", false, false}, {"other", false, false}} {
		cb := post("application/json", `{"id": "m1"}`)
		stamp(cb, c.secret, now)
		if err := during.Verify(cb); (err == nil) != c.during {
			t.Errorf("%q during the change: %v", c.secret, err)
		}
		if err := after.Verify(cb); (err == nil) != c.after {
			t.Errorf("%q after it: %v", c.secret, err)
		}
	}
}

func TestAFilesOwnTestsSignWithAKeyPairOfTheirOwn(t *testing.T) {
	for _, verify := range []string{
		`{"ed25519": {"key": "$Key$", "over": "$header.x-time$|$body$", "headers": {"X-Sig": "$signature|base64$", "X-Time": "$timestamp|unix$"}, "tolerance": "5m"}}`,
		`{"jwt": {"algorithms": ["RS256"], "key": "$Key$", "headers": {"X-Token": "$token$"}, "claims": {"h": "$body|sha256|hex$"}}}`,
		`{"cidr": ["$Key$"]}`,
		`{"digest": {"algorithm": "sha512", "over": "$body$$Key$", "headers": {"X-Sig": "$signature|hex$"}}}`,
	} {
		s := load(t, `{"id": "x", "properties": ["Key"], "Webhook": {"verify": `+verify+`, "events": `+model1+`}, "tests": [
			{"name": "signed", "sign": true, "webhook": {"body": {"id": "m1"}}, "events": [{"type": "messageDelivered", "messageid": "m1"}]},
			{"name": "unsigned", "verified": false, "webhook": {"body": {"id": "m1"}}}]}`)
		for _, p := range Failed(RunTests(s)) {
			t.Errorf("%s: %s", verify, p)
		}
	}
}

func TestOnlyWhoHasThePrivateKeySigns(t *testing.T) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := verifying(t, `{"ed25519": {"key": "$Key$", "over": "$body$", "headers": {"X-Sig": "$signature|hex$"}}}`, "Key", hex.EncodeToString(public))
	cb := post("application/json", `{"id": "m1"}`)
	if err := b.Sign(cb); err == nil {
		t.Error("it is signed without a key")
	}
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	cb.Signer = crypto.Signer(stranger)
	if err := b.Sign(cb); err != nil {
		t.Fatal(err)
	}
	if b.Verify(cb) == nil {
		t.Error("a stranger's signature verifies")
	}
}
