package service

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/wire"
)

// proving is a service with this auth, which sends form, JSON, multipart and queries alike.
func proving(t testing.TB, auth, api string, props ...string) *Bound {
	t.Helper()
	values := map[string]string{}
	names := []string{}
	for i := 0; i < len(props); i += 2 {
		values[props[i]] = props[i+1]
		names = append(names, props[i])
	}
	list, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	return bind(t, `{"id": "x", "properties": `+string(list)+`, "auth": `+auth+`, "API": {"SendMessage": `+api+`}}`, values)
}

func written(t testing.TB, b *Bound, text string) *wire.Request {
	t.Helper()
	r, err := b.Request(&Sending{ID: "m1", From: "+15550001111", To: "+15550002222", Text: text}, 0, Attempt{Now: now, UUID: "u-1"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mac(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

const nastyText = "yes 0123 ~ Hi: there $to$ {{to}} \" \\ é 😀 € &a=b+c %20\n"

func TestAnHMACIsOverTheBytesThatLeave(t *testing.T) {
	auth := `{"type": "hmac", "algorithm": "sha256", "key": "$API secret$", "over": "$method$\n$path$?$query$\n$host$\n$header.x-time$\n$header.x-nonce$\n$header.x-own$\n$header.content-type$\n$body$",
		"headers": {"X-Time": "$timestamp|unix$", "X-Nonce": "$uuid$", "X-Digest": "sha-256=$body?|sha256|base64$", "X-Signature": "sha256=$signature|hex$"}}`
	for name, api := range map[string]string{
		"json":      `{"request_url": "https://api.example.com/a b%20c/$to$".replace, "request_parameters": {"t": "$content$"}}`,
		"form":      `{"request_url": "https://api.example.com/a", "request_content_type": "application/x-www-form-urlencoded", "request_parameters": {"t": "$content$", "n": "$to$"}}`,
		"multipart": `{"request_url": "https://api.example.com/a", "request_content_type": "multipart/form-data", "request_parameters": {"t": "$content$"}}`,
		"query":     `{"request_method": "GET", "request_url": "https://api.example.com/a?k=1", "request_parameters": {"t": "$content$"}}`,
		"xml":       `{"request_url": "https://api.example.com/a", "request_content_type": "application/xml", "request_parameters": {"m": {"t": "$content$"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			api = strings.Replace(strings.Replace(api, `a b%20c/$to$".replace`, `a%20c/$to$"`, 1), `{`, `{"request_headers": {"X-Own": "$id$"}, `, 1)
			r := written(t, proving(t, auth, api, "API secret", "s3cret"), nastyText)
			target := strings.TrimPrefix(r.URL, "https://api.example.com")
			if !strings.Contains(target, "?") {
				target += "?"
			}
			over := strings.Join([]string{r.Method, target, "api.example.com", "1767323045", "u-1", "m1", r.Header.Get("Content-Type"), string(r.Body)}, "\n")
			if want, got := "sha256="+mac("s3cret", over), r.Header.Get("X-Signature"); got != want {
				t.Errorf("got %s; want %s over %q", got, want, over)
			}
			sum := sha256.Sum256(r.Body)
			want := "sha-256=" + base64.StdEncoding.EncodeToString(sum[:])
			if got := r.Header.Get("X-Digest"); len(r.Body) > 0 && got != want {
				t.Errorf("digest %q; want %q", got, want)
			}
			if r.Header.Get("X-Time") != "1767323045" || r.Header.Get("X-Nonce") != "u-1" {
				t.Errorf("headers %v", r.Header)
			}
		})
	}
}

func TestASignatureMayStandInTheQueryOrTheParameters(t *testing.T) {
	const sorted = `"over": "$parameters|without:sig|sort|pairs:'=','&'$"`
	form := `{"request_url": "https://x.example.com/", "request_content_type": "application/x-www-form-urlencoded", "request_parameters": {"z": "$content$", "a": "1"}}`
	r := written(t, proving(t, `{"type": "HMAC", "algorithm": "sha256", "key": "$K$", `+sorted+`, "parameters": {"sig": "$signature|hex$", "ts": "$timestamp|unix$"}}`, form, "K", "k-0"), "a b")
	if want := "z=a+b&a=1&ts=1767323045&sig=" + mac("k-0", "a=1&ts=1767323045&z=a b"); string(r.Body) != want {
		t.Errorf("form: got %s; want %s", r.Body, want)
	}
	get := strings.Replace(form, "{", `{"request_method": "GET", `, 1)
	r = written(t, proving(t, `{"type": "HMAC", "algorithm": "sha256", "key": "$K$", "over": "$path$?$query$", "query": {"sig": "$signature|hex$"}}`, get, "K", "k-0"), "a b")
	if want := "https://x.example.com/?z=a+b&a=1&sig=" + mac("k-0", "/?z=a+b&a=1"); r.URL != want {
		t.Errorf("query: got %s; want %s", r.URL, want)
	}
	xml := `{"request_url": "https://x.example.com/", "request_content_type": "multipart/form-data", "request_parameters": {"z": "$content$"}}`
	b := proving(t, `{"type": "HMAC", "algorithm": "sha256", "key": "$K$", "over": "$body$", "parameters": {"sig": "$signature|hex$"}}`, xml, "K", "k-0")
	if r, err := b.Request(&Sending{From: "+15550001111", To: "+15550002222", Text: "x"}, 0, Attempt{Now: now}); err == nil {
		t.Errorf("a multipart body was torn apart: %s", r.Body)
	}
}

func TestAKeyOfBytesIsDecoded(t *testing.T) {
	api := `{"request_url": "https://x.example.com/", "request_parameters": {"t": "$content$"}}`
	for encoding, key := range map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte("\x00\xff key")), "hex": hex.EncodeToString([]byte("\x00\xff key"))} {
		auth := `{"type": "HMAC", "algorithm": "sha256", "key": "$K|` + encoding + `$", "over": "$body$", "headers": {"S": "$signature|hex$"}}`
		r := written(t, proving(t, auth, api, "K", key), "x")
		if want := mac("\x00\xff key", string(r.Body)); r.Header.Get("S") != want {
			t.Errorf("%s: got %s; want %s", encoding, r.Header.Get("S"), want)
		}
		if _, err := load(t, `{"id": "x", "properties": ["K"], "auth": `+auth+`, "API": {"SendMessage": `+api+`}}`).Bind(map[string]string{"K": "é"}); err == nil || !strings.Contains(err.Error(), `"K"`) {
			t.Errorf("%s: a key in no such encoding is taken: %v", encoding, err)
		}
	}
}

func TestATokenOfItsOwnForEachRequest(t *testing.T) {
	api := `{"request_url": "https://x.example.com/", "request_parameters": {"t": "$content$"}}`
	key, err := parsePrivateKey(testPrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	claims := `"key_id": "$Key id$", "claims": {"application_id": "$App$", "acl": {"paths": {"/*/messages/**": {}}}, "digest": "$body|sha256|hex$"}`
	for _, c := range []struct {
		algorithm, key string
		holds          func(over string, signature []byte) bool
	}{
		{"HS256", "s3cret", func(over string, signature []byte) bool { return mac("s3cret", over) == hex.EncodeToString(signature) }},
		{"RS256", pemOf(testPrivateKey), func(over string, signature []byte) bool {
			sum := sha256.Sum256([]byte(over))
			return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) == nil
		}},
	} {
		b := proving(t, `{"type": "JWT", "algorithm": "`+c.algorithm+`", "key": "$Key$", "lifetime": "15m", `+claims+`}`, api, "Key", c.key, "App", "a-1", "Key id", "k1")
		r := written(t, b, nastyText)
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		parts := strings.Split(token, ".")
		if !ok || len(parts) != 3 {
			t.Fatalf("%s: header %q", c.algorithm, r.Header.Get("Authorization"))
		}
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		if err != nil || !c.holds(parts[0]+"."+parts[1], signature) {
			t.Errorf("%s: the signature does not hold: %v", c.algorithm, err)
		}
		head, _ := base64.RawURLEncoding.DecodeString(parts[0])
		if want := `{"alg":"` + c.algorithm + `","typ":"JWT","kid":"k1"}`; string(head) != want {
			t.Errorf("header %s; want %s", head, want)
		}
		said, _ := base64.RawURLEncoding.DecodeString(parts[1])
		want := `{"application_id":"a-1","acl":{"paths":{"/*/messages/**":{}}},"digest":"` + hexSum(string(r.Body)) + `","iat":1767323045,"exp":1767323945,"jti":"u-1"}`
		if string(said) != want {
			t.Errorf("claims %s; want %s", said, want)
		}
		if !slices.Contains(r.Secrets, token) {
			t.Error("the token may be shown")
		}
	}
}

// pemOf is a key with its lines, as an operator pastes it.
func pemOf(der string) string {
	var b strings.Builder
	b.WriteString("-----BEGIN RSA PRIVATE KEY-----\n")
	for len(der) > 64 {
		b.WriteString(der[:64] + "\n")
		der = der[64:]
	}
	return b.String() + der + "\n-----END RSA PRIVATE KEY-----\n"
}

func TestAPrivateKeyIsReadHoweverItWasPasted(t *testing.T) {
	whole := pemOf(testPrivateKey)
	for name, text := range map[string]string{
		"pem": whole, "bare": testPrivateKey, "one line": strings.ReplaceAll(whole, "\n", " "), "escaped": strings.ReplaceAll(whole, "\n", `\n`),
		"crlf": strings.ReplaceAll(whole, "\n", "\r\n"),
	} {
		if _, err := parsePrivateKey(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := load(t, `{"id": "x", "properties": ["Key"], "auth": {"type": "JWT", "algorithm": "RS256", "key": "$Key$"},
		"API": {"SendMessage": {"request_url": "https://x.example.com/", "request_parameters": {"t": "$content$"}}}}`)
	for _, text := range []string{"", "yes", "é", whole[:200], base64.StdEncoding.EncodeToString([]byte("no key"))} {
		_, err := s.Bind(map[string]string{"Key": text})
		if err == nil {
			t.Errorf("%q is taken for a key", text)
		} else if len(text) > 100 && strings.Contains(err.Error(), text[60:80]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// awsVectors are of Amazon's public test suite for Signature Version 4: credentials and time are the same in all.
var awsVectors = []struct {
	name, method, url string
	header            [][2]string
	body, signature   string
}{
	{"get-vanilla", "GET", "/", nil, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"post-vanilla", "POST", "/", nil, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{"get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", nil, "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{"get-relative", "GET", "/example/..", nil, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-relative-relative", "GET", "/example1/example2/../..", nil, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash-dot-slash", "GET", "/./", nil, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash", "GET", "//", nil, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash-pointless-dot", "GET", "/./example", nil, "", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
	{"get-slashes", "GET", "//example//", nil, "", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	{"get-vanilla-empty-query-key", "GET", "/?Param1=value1", nil, "", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
	{"get-vanilla-query-order-encoded", "GET", "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", nil, "", "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
	{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", nil, "", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{"get-vanilla-query-unreserved", "GET", "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", nil, "", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{"get-vanilla-utf8-query", "GET", "/?ሴ=bar", nil, "", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{"post-vanilla-query", "POST", "/?Param1=value1", nil, "", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	{"get-header-key-duplicate", "GET", "/", [][2]string{{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}, "", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{"get-header-value-order", "GET", "/", [][2]string{{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}, "", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
	{"get-header-value-trim", "GET", "/", [][2]string{{"My-Header1", " value1"}, {"My-Header2", ` "a   b   c"`}}, "", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"post-header-key-sort", "POST", "/", [][2]string{{"My-Header1", "value1"}}, "", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
	{"post-header-value-case", "POST", "/", [][2]string{{"My-Header1", "VALUE1"}}, "", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
	{"post-x-www-form-urlencoded", "POST", "/", [][2]string{
		{"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Length", "13"},
		{"X-Amz-Content-Sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"},
	}, "Param1=value1", "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
	{"post-x-www-form-urlencoded-parameters", "POST", "/", [][2]string{
		{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {"Content-Length", "13"},
		{"X-Amz-Content-Sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"},
	}, "Param1=value1", "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
}

const awsAuth = `{"type": "AWS4", "region": "$Region$", "service": "$Service$", "access_key": "$Access$", "secret_key": "$Secret$", "session_token": "$Session?$"}`

func TestAWS4HoldsThePublishedVectors(t *testing.T) {
	at := Attempt{Now: time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)}
	props := []string{"Region", "us-east-1", "Service", "service", "Access", "AKIDEXAMPLE", "Secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	api := `{"request_url": "https://example.amazonaws.com/", "request_parameters": {"t": "$content$"}}`
	auth := strings.Replace(awsAuth, `, "session_token": "$Session?$"`, "", 1)
	sign := func(b *Bound, r *wire.Request) string {
		if err := b.authorize(r, false, at); err != nil {
			t.Fatal(err)
		}
		_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
		return signature
	}
	b := proving(t, auth, api, props...)
	for _, v := range awsVectors {
		r := &wire.Request{Method: v.method, URL: "https://example.amazonaws.com" + v.url, Header: http.Header{}, Body: []byte(v.body)}
		for _, h := range v.header {
			r.Header.Add(h[0], h[1])
		}
		if got := sign(b, r); got != v.signature {
			t.Errorf("%s: got %s; want %s (%s)", v.name, got, v.signature, r.Header.Get("Authorization"))
		}
	}
	b = proving(t, awsAuth, api, append(props, "Session", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267")...)
	r := &wire.Request{Method: "GET", URL: "https://example.amazonaws.com/", Header: http.Header{}}
	if got, want := sign(b, r), "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"; got != want {
		t.Errorf("get-vanilla-with-session-token: got %s; want %s", got, want)
	}
	// Raw spaces and letters that no request of ours leaves with.
	for raw, want := range map[string]string{"/example space/": "/example%20space/", "/ሴ": "/%E1%88%B4", "/a%20b": "/a%2520b", "": "/"} {
		if got := awsPath(raw, "service"); got != want {
			t.Errorf("path %q: got %q, want %q", raw, got, want)
		}
	}
	if got := awsPath("/a%20b//./c", "s3"); got != "/a%20b//./c" {
		t.Errorf("s3: %q", got)
	}
}

func TestAFetchOfAFileIsSignedForItsOwnAddress(t *testing.T) {
	api := `{"request_url": "https://x.example.com/", "request_parameters": {"t": "$content$"}}, "GetFile": {"hosts": ["files.example.com"]}`
	b := proving(t, `{"type": "HMAC", "algorithm": "sha256", "key": "$K$", "over": "$method$ $url$", "headers": {"S": "$signature|hex$"}}`, api, "K", "k-0")
	source, err := b.FileSource(File{URL: "https://files.example.com/a"}, Attempt{Now: now})
	if err != nil || source.Sign == nil {
		t.Fatalf("%+v, %v", source, err)
	}
	for _, url := range []string{"https://files.example.com/a", "https://files.example.com/moved?x=1"} {
		r := &wire.Request{Method: "GET", URL: url, Header: source.Header.Clone()}
		if err := source.Sign(r); err != nil || r.Header.Get("S") != mac("k-0", "GET "+url) {
			t.Errorf("%s: %v, %v", url, r.Header, err)
		}
	}
}

func TestASpaceInAQueryIsOneToWhoeverSigns(t *testing.T) {
	api := `{"request_method": "GET", "request_url": "https://sns.us-east-1.amazonaws.com/", "request_parameters": {"Message": "$content$", "Action": "Publish"}}`
	r := written(t, proving(t, awsAuth, api, "Region", "us-east-1", "Service", "sns", "Access", "A", "Secret", "S", "Session", "t"), "a b+c")
	if want := "https://sns.us-east-1.amazonaws.com/?Message=a%20b%2Bc&Action=Publish"; r.URL != want {
		t.Errorf("got %s; want %s", r.URL, want)
	}
	if got := awsQuery("Message=a%20b%2Bc&Action=Publish"); got != "Action=Publish&Message=a%20b%2Bc" {
		t.Errorf("canonical: %s", got)
	}
}

func TestTheExampleOfEveryAuthTypeWorks(t *testing.T) {
	property := regexp.MustCompile(`\$([A-Z][A-Za-z ]+)\$`)
	for _, k := range authKinds {
		props := []string{}
		for _, m := range property.FindAllStringSubmatch(k.example, -1) {
			if value := "value-of-" + strings.ReplaceAll(m[1], " ", "-"); !slices.Contains(props, m[1]) {
				if m[1] == "Private key" {
					value = testPrivateKey
				}
				props = append(props, m[1], value)
			}
		}
		source := k.example
		api := `{"request_url": "https://x.example.com/", "request_parameters": {"t": "$content$"}}`
		if k.name == "Login" {
			api += `, "Login": {"request_url": "https://x.example.com/login", "response_map": {"token": "$token$"}}`
		}
		b := proving(t, source, api, props...)
		r, err := b.Request(&Sending{From: "+15550001111", To: "+15550002222", Text: nastyText}, 0, Attempt{Now: now, UUID: "u-1", Token: "t0k3n"})
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		if len(r.Header) < 2 {
			t.Errorf("%s: nothing was added: %v", k.name, r.Header)
		}
		for _, m := range k.members {
			if !strings.Contains(k.example, `"`+m+`"`) && !strings.Contains(k.sentence, "`"+m+"`") {
				t.Errorf("%s: neither its example nor its sentence tells of %s", k.name, m)
			}
		}
	}
}

func TestWithoutSignersNothingIsPaid(t *testing.T) {
	b := base(t)
	m := &Sending{ID: "m1", From: "+61123456789", To: "+61855555555", Text: "Hello there!"}
	at := Attempt{Now: now, UUID: "u"}
	most := 5.0 // what a JSON request with a Bearer key cost before any of this
	if got := testing.AllocsPerRun(100, func() {
		if _, err := b.Request(m, 0, at); err != nil {
			t.Fatal(err)
		}
	}); got > most {
		t.Errorf("%v allocations; want %v at most", got, most)
	}
}
