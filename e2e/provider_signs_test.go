package e2e

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// How the providers sign, written anew from their documentation: the fixtures' own signatures prove it (signsAsTheFixture).

func macOf(h func() hash.Hash, key string, over ...string) string {
	mac := hmac.New(h, []byte(key))
	for _, text := range over {
		mac.Write([]byte(text))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func hexSHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// stamp sets the time of a request, or keeps it at the zero time, and gives it.
func stamp(r *wireRequest, header string, at time.Time) string {
	if !at.IsZero() {
		r.Headers[header] = strconv.FormatInt(at.Unix(), 10)
	}
	return r.Headers[header]
}

// glued are the pairs of a form, names and values with something between and after, sorted by name and of one name by value.
func glued(form, between, after string) string {
	fields, err := url.ParseQuery(form)
	if err != nil {
		panic(err)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		for _, value := range slices.Sorted(slices.Values(fields[name])) {
			pairs = append(pairs, name+between+value)
		}
	}
	return strings.Join(pairs, after)
}

func basicAuth(user, password string) signer {
	return func(config map[string]string, r *wireRequest, _ time.Time) {
		r.Headers["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(config[user]+":"+config[password]))
	}
}

// overForm is the signature of Twilio and its kin: the URL and the pairs of the form. A body that is no form has none.
func overForm(header, secret string) signer {
	return func(config map[string]string, r *wireRequest, _ time.Time) {
		pairs := ""
		if strings.HasPrefix(r.Headers["Content-Type"], "application/x-www-form-urlencoded") {
			pairs = glued(r.Body, "", "")
		}
		r.Headers[header] = macOf(sha1.New, config[secret], r.URL, pairs)
	}
}

func birdSigns(config map[string]string, r *wireRequest, at time.Time) {
	sum := sha256.Sum256([]byte(r.Body))
	r.Headers["messagebird-signature"] = macOf(sha256.New, config["signing_key"], stamp(r, "messagebird-request-timestamp", at), "\n", r.URL, "\n", string(sum[:]))
}

func commioSigns(config map[string]string, r *wireRequest, _ time.Time) {
	var body map[string]any
	if json.Unmarshal([]byte(r.Body), &body) != nil {
		return // forms are not signed
	}
	var ordered strings.Builder
	e := json.NewEncoder(&ordered)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic(err)
	}
	r.Headers["X-Commio-Signature"] = macOf(sha1.New, config["webhook_secret"], r.URL, strings.TrimSuffix(ordered.String(), "\n"))
}

func inteliquentSigns(config map[string]string, r *wireRequest, _ time.Time) {
	r.Headers["verificationToken"] = hexSHA256(config["inbound_api_key"] + r.Headers["messageID"])
}

// messageBirdSigns makes a token over the URL as it is called, and over the body where there is one.
func messageBirdSigns(config map[string]string, r *wireRequest, at time.Time) {
	const header = "MessageBird-Signature-JWT"
	var claims struct {
		Issuer  string `json:"iss"`
		From    int64  `json:"nbf"`
		Until   int64  `json:"exp"`
		ID      string `json:"jti"`
		URL     string `json:"url_hash"`
		Payload string `json:"payload_hash,omitempty"`
	}
	if parts := strings.Split(r.Headers[header], "."); len(parts) == 3 {
		raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(raw, &claims)
	}
	if !at.IsZero() {
		claims.From, claims.Until = at.Unix(), at.Add(time.Minute).Unix()
	}
	if claims.URL, claims.Payload = hexSHA256(r.URL), ""; r.Body != "" {
		claims.Payload = hexSHA256(r.Body)
	}
	r.Headers[header] = tokenOf(config["signing_key"], claims)
}

// vonageSigns makes a token over the body.
func vonageSigns(config map[string]string, r *wireRequest, at time.Time) {
	const header = "Authorization"
	var claims struct {
		At          int64  `json:"iat"`
		ID          string `json:"jti"`
		Issuer      string `json:"iss"`
		Payload     string `json:"payload_hash"`
		Key         string `json:"api_key"`
		Application string `json:"application_id"`
	}
	if parts := strings.Split(r.Headers[header], "."); len(parts) == 3 {
		raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(raw, &claims)
	}
	if !at.IsZero() {
		claims.At = at.Unix()
	}
	claims.Payload = hexSHA256(r.Body)
	r.Headers[header] = "Bearer " + tokenOf(config["signature_secret"], claims)
}

var (
	vonageTime = regexp.MustCompile(`([&"]timestamp"?[=:]"?)\d+`)
	vonageSig  = regexp.MustCompile(`([&"]sig"?[=:]"?)[0-9a-f]+`)
)

// vonageSignsParameters signs the members of the body, or of the query where there is none: as a hash with the secret at its end, or
// by HMAC, whichever the signature in the request is as long as.
func vonageSignsParameters(config map[string]string, r *wireRequest, at time.Time) {
	where, fields := &r.Body, map[string]string{}
	if r.Body == "" {
		where = &r.URL
		_, query, _ := strings.Cut(r.URL, "?")
		pairs, err := url.ParseQuery(query)
		if err != nil {
			panic(err)
		}
		for name := range pairs {
			fields[name] = pairs.Get(name)
		}
	}
	if !at.IsZero() {
		*where = vonageTime.ReplaceAllString(*where, "${1}"+strconv.FormatInt(at.Unix(), 10))
		if fields["timestamp"] != "" {
			fields["timestamp"] = strconv.FormatInt(at.Unix(), 10)
		}
	}
	if r.Body != "" {
		if err := json.Unmarshal([]byte(r.Body), &fields); err != nil {
			panic(err)
		}
	}
	over, clean := "", strings.NewReplacer("&", "_", "=", "_")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "sig" {
			over += "&" + name + "=" + clean.Replace(fields[name])
		}
	}
	var signature []byte
	if len(fields["sig"]) == 2*md5.Size {
		sum := md5.Sum([]byte(over + config["signature_secret"]))
		signature = sum[:]
	} else {
		mac := hmac.New(sha256.New, []byte(config["signature_secret"]))
		mac.Write([]byte(over))
		signature = mac.Sum(nil)
	}
	*where = vonageSig.ReplaceAllString(*where, "${1}"+hex.EncodeToString(signature))
}

// tokenOf is a JSON Web Token by HMAC-SHA256.
func tokenOf(key string, claims any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(body)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// plivoSigns: version 3, over the sorted query of a GET, or the sorted form of a POST to a URL without a query.
func plivoSigns(config map[string]string, r *wireRequest, _ time.Time) {
	base, query, _ := strings.Cut(r.URL, "?")
	if r.Method == "GET" {
		base += "?" + glued(query, "=", "&")
	} else {
		base += "?" + glued(r.Body, "", "")
	}
	r.Headers["X-Plivo-Signature-V3"] = macOf(sha256.New, config["auth_token"], base, ".", r.Headers["X-Plivo-Signature-V3-Nonce"])
}

func sinchSigns(config map[string]string, r *wireRequest, at time.Time) {
	const header = "x-sinch-webhook-signature"
	over := r.Body + "." + r.Headers[header+"-nonce"] + "." + stamp(r, header+"-timestamp", at)
	r.Headers[header] = macOf(sha256.New, config["webhook_secret"], over)
}

// A provider with a key pair gives its public half alone; the test puts a pair of its own in its place.
const publicHalf, privateHalf = "public_key", "private_key of the test's own"

func ownKeyPair(config map[string]string) {
	config[privateHalf] = "any text"
	config[publicHalf] = base64.StdEncoding.EncodeToString(privateKey(config).Public().(ed25519.PublicKey))
}

func privateKey(config map[string]string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(config[privateHalf]))
	return ed25519.NewKeyFromSeed(seed[:])
}

func telnyxOver(r *wireRequest, at time.Time) []byte {
	return []byte(stamp(r, "telnyx-timestamp", at) + "|" + r.Body)
}

func telnyxSigns(config map[string]string, r *wireRequest, at time.Time) {
	r.Headers["telnyx-signature-ed25519"] = base64.StdEncoding.EncodeToString(ed25519.Sign(privateKey(config), telnyxOver(r, at)))
}

// What we sign in Telnyx's place is what Telnyx signs: the signatures of its fixture hold over it.
func TestWhatIsSignedWithAKeyPairIsWhatTheProviderSigns(t *testing.T) {
	f := &fixtureRun{T: t}
	f.decode(f.file("internal", "service", "testdata", "fixtures", "telnyx.json"), &f.fixture)
	public, err := base64.StdEncoding.DecodeString(f.Config[publicHalf])
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		signature, err := base64.StdEncoding.DecodeString(c.Request.Headers["telnyx-signature-ed25519"])
		if err != nil || !ed25519.Verify(public, telnyxOver(&c.Request, time.Time{}), signature) {
			t.Errorf("%s: the fixture's signature does not hold: %v", c.Name, err)
		}
	}
}
