package service

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/wire"
)

// consent is the OAuth2 object of the base format, to the letter.
const consent = `"OAuth2": {"client_id": "$Client id$", "client_secret": "s%3Cret&+", "flow_type": {"default": "0"},
	"authorization_endpoint": "https://login.example.com/authorize", "authorization_parameters": {"default": "scope=sms%20offline_access&prompt=consent"},
	"token_endpoint": "https://login.example.com/token", "token_parameters": {"content_type": "application/x-www-form-urlencoded"}, "request_auth": "Bearer"}`

const plainSend = `"API": {"SendMessage": {"request_url": "https://api.example.com/sms", "request_parameters": {"to": "$to$", "t": "$content$"}, "response_map": {"id": "$messageid$"}}}`

func consenting(t testing.TB, oauth2 string) *Bound {
	t.Helper()
	return bind(t, `{"id": "x", "properties": ["Client id", {"name": "Login host", "default": "https://eu.example.com"}], `+oauth2+`, `+plainSend+`}`, map[string]string{"Client id": "me & you"})
}

func TestAPersonIsSentToTheProviderWithEverythingThatBindsTheCode(t *testing.T) {
	for _, c := range []struct{ name, oauth2, want string }{
		{"the base format", consent,
			"https://login.example.com/authorize?response_type=code&client_id=me%20%26%20you&scope=sms%20offline_access&prompt=consent" +
				"&redirect_uri=https%3A%2F%2Fpb.example.com%2Foauth%2Fcallback&state=st&code_challenge=ch&code_challenge_method=S256"},
		{"an address with a query, a host of the operator's, and a file that would decide what is ours",
			strings.NewReplacer(`https://login.example.com/authorize`, `$Login host$/authorize?v=2`, `scope=sms%20offline_access&prompt=consent`, `&state=theirs&response_type=code%20id&redirect_uri=https%3A%2F%2Fevil.example.com&client_id=$Client id$2`).Replace(consent),
			"https://eu.example.com/authorize?v=2&response_type=code%20id&client_id=me%20%26%20you2" +
				"&redirect_uri=https%3A%2F%2Fpb.example.com%2Foauth%2Fcallback&state=st&code_challenge=ch&code_challenge_method=S256"},
	} {
		b := consenting(t, c.oauth2)
		got, err := b.AuthorizeURL("https://pb.example.com/oauth/callback", "st", "ch")
		if err != nil || got != c.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", c.name, err, got, c.want)
		}
		if !b.NeedsAuthorization() || !b.NeedsToken() {
			t.Errorf("%s: nobody would be asked", c.name)
		}
	}
	if _, err := base(t).AuthorizeURL("r", "s", "c"); err == nil {
		t.Error("a service with a key is authorized")
	}
}

func TestATokenIsAskedForAsItsServiceWantsIt(t *testing.T) {
	client := strings.Replace(consent, `"default": "0"`, `"default": "1"`, 1)
	code := Grant{Code: "c 1", Verifier: "v", RedirectURI: "https://pb/cb"}
	for _, c := range []struct {
		name, oauth2        string
		grant               Grant
		want, authorization string
	}{
		{"a code", consent, code, "grant_type=authorization_code&code=c+1&redirect_uri=https%3A%2F%2Fpb%2Fcb&code_verifier=v&client_id=me+%26+you&client_secret=s%253Cret%26%2B", ""},
		{"a refresh token", consent, Grant{Refresh: "r/1"}, "grant_type=refresh_token&refresh_token=r%2F1&client_id=me+%26+you&client_secret=s%253Cret%26%2B", ""},
		{"client credentials", client, Grant{}, "grant_type=client_credentials&client_id=me+%26+you&client_secret=s%253Cret%26%2B", ""},
		{"parameters of its own", strings.Replace(client, `"content_type"`, `"default": "scope=a%20b&audience=$Client id$", "content_type"`, 1), Grant{},
			"grant_type=client_credentials&scope=a+b&audience=me+%26+you&client_id=me+%26+you&client_secret=s%253Cret%26%2B", ""},
		{"JSON", strings.Replace(client, `x-www-form-urlencoded`, `json`, 1), Grant{}, `{"grant_type":"client_credentials","client_id":"me & you","client_secret":"s%3Cret&+"}`, ""},
		{"Basic", strings.Replace(client, `"request_auth"`, `"token_auth": "basic", "request_auth"`, 1), Grant{}, "grant_type=client_credentials",
			"Basic " + base64.StdEncoding.EncodeToString([]byte("me+%26+you:s%253Cret%26%2B"))},
		{"no secret", strings.Replace(consent, `"client_secret": "s%3Cret&+", `, "", 1), code, "grant_type=authorization_code&code=c+1&redirect_uri=https%3A%2F%2Fpb%2Fcb&code_verifier=v&client_id=me+%26+you", ""},
	} {
		r, err := consenting(t, c.oauth2).AskToken(c.grant, Attempt{Now: now})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if string(r.Body) != c.want || r.Header.Get("Authorization") != c.authorization || r.Method != "POST" || r.URL != "https://login.example.com/token" {
			t.Errorf("%s: %s %s %q\ngot  %s\nwant %s", c.name, r.Method, r.URL, r.Header.Get("Authorization"), r.Body, c.want)
		}
		if strings.Contains(c.want, "client_secret=") {
			if form, err := url.ParseQuery(string(r.Body)); err != nil || form.Get("client_secret") != "s%3Cret&+" {
				t.Errorf("%s: the secret arrives as %q, %v", c.name, form.Get("client_secret"), err)
			}
		}
	}
}

func TestAnAnswerGivesATokenOrSaysWhyNot(t *testing.T) {
	b := consenting(t, consent)
	answer := func(status int, contentType, body string) *wire.Response {
		return &wire.Response{Status: status, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {"7"}}, Body: []byte(body)}
	}
	for _, c := range []struct {
		status            int
		contentType, body string
		want              Token
	}{
		{200, "application/json", `{"access_token": "a", "refresh_token": "r", "expires_in": 3600, "token_type": "bearer"}`, Token{"a", "r", time.Hour}},
		{201, "application/json", `{"access_token": "a", "expires_in": "60.5"}`, Token{Access: "a", Life: 60500 * time.Millisecond}},
		{200, "", `{"access_token": "12345678901234567890"}`, Token{Access: "12345678901234567890"}},
		{200, "application/x-www-form-urlencoded", `access_token=a%20b&expires_in=5`, Token{Access: "a b", Life: 5 * time.Second}},
		{200, "application/json", `{"access_token": "a", "refresh_token": null, "expires_in": -1}`, Token{Access: "a"}},
		{200, "application/json", `{"access_token": "a", "expires_in": 1e300}`, Token{Access: "a", Life: maxTokenLife}},
		{200, "application/json", `{"access_token": "a", "expires_in": "NaN"}`, Token{Access: "a"}},
	} {
		got, err := b.ReadToken(answer(c.status, c.contentType, c.body), now)
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v; want %+v", c.body, got, err, c.want)
		}
	}
	for _, c := range []struct {
		status int
		body   string
		want   TokenError
	}{
		{400, `{"error": "invalid_grant", "error_description": "it was used"}`, TokenError{Code: "invalid_grant", Text: "it was used", Revoked: true, Refused: true}},
		{401, `{"error": "invalid_client"}`, TokenError{Code: "invalid_client", Refused: true}},
		{200, `{"error": "bad_verification_code"}`, TokenError{Code: "bad_verification_code", Refused: true}}, // some answer 200
		{200, `{"access_token": "a", "error": "x"}`, TokenError{Code: "x", Refused: true}},
		{503, `{"error": "temporarily_unavailable"}`, TokenError{Code: "temporarily_unavailable"}},
		{500, "oops", TokenError{Code: "http_500", Text: "the provider answered 500 Internal Server Error"}},
		{429, "", TokenError{Code: "http_429", Text: "the provider answered 429 Too Many Requests"}},
		{403, "<html>", TokenError{Code: "http_403", Text: "the provider answered 403 Forbidden", Refused: true}},
		{302, "", TokenError{Code: "http_302", Text: "the provider answered 302 Found", Refused: true}},
		{200, `{}`, TokenError{Code: "no_token", Text: "the answer has no access_token in it"}},
		{200, `{"access_token": ""}`, TokenError{Code: "no_token", Text: "the answer has no access_token in it"}},
		{200, `{"access_token": {"a": 1}}`, TokenError{Code: "no_token", Text: "the answer has no access_token in it"}},
		{200, `{"access_token": "` + strings.Repeat("x", maxToken+1) + `"}`, TokenError{Code: "no_token", Text: "the answer has no access_token in it"}},
		{200, `{"access_token": "a`, TokenError{Code: "no_token", Text: "the answer has no access_token in it"}},
	} {
		c.want.After = 7 * time.Second
		_, err := b.ReadToken(answer(c.status, "application/json", c.body), now)
		var got *TokenError
		if !errors.As(err, &got) {
			t.Errorf("%d %.60s: got %v", c.status, c.body, err)
		} else if d := cmp.Diff(c.want, *got); d != "" {
			t.Errorf("%d %.60s (-want +got)\n%s", c.status, c.body, d)
		}
	}
	cut := answer(200, "application/json", `{"access_token": "a"}`)
	if cut.Cut = true; true {
		if _, err := b.ReadToken(cut, now); err == nil {
			t.Error("half an answer gives a token")
		}
	}
}

const loginFile = `{"id": "x", "properties": ["User", "Password", {"name": "Webhook secret", "optional": true}], "auth": {"type": "login"},
	"API": {"request_headers": {"X-Session": "$token$"},
		"Login": {"request_url": "https://api.example.com/login", "request_parameters": {"u": "$User$", "p": "$Password$"}, "response_map": {"key": "$token$", "for": "$expires_in?$"},
			"responses": [{"status": 403, "body": {"why": "$error_text$"}, "outcome": "refused"}]},
		"SendMessage": {"request_url": "https://api.example.com/sms", "request_parameters": {"t": "$content$"}, "response_map": {"id": "$messageid$"}}},
	"Webhook": {"verify": {"header": {"X": "$Webhook secret$"}}, "events": []}}`

func TestLoginYieldsTheTokenThatTheOthersCarry(t *testing.T) {
	b := bind(t, loginFile, map[string]string{"User": "u", "Password": "p"})
	ask, err := b.AskToken(Grant{}, Attempt{Now: now})
	if err != nil || string(ask.Body) != `{"u":"u","p":"p"}` || len(ask.Header["X-Session"])+len(ask.Header["Authorization"]) > 0 {
		t.Fatalf("%+v, %v", ask, err)
	}
	json := func(status int, body string) *wire.Response {
		return &wire.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	}
	if got, err := b.ReadToken(json(200, `{"key": "k1", "for": "90"}`), now); err != nil || got != (Token{Access: "k1", Life: 90 * time.Second}) {
		t.Errorf("got %+v, %v", got, err)
	}
	var refusal *TokenError
	if _, err := b.ReadToken(json(403, `{"why": "no such user"}`), now); !errors.As(err, &refusal) || !refusal.Refused || refusal.Text != "no such user" {
		t.Errorf("refused: %+v", err)
	}
	if _, err := b.ReadToken(json(503, ``), now); !errors.As(err, &refusal) || refusal.Refused {
		t.Errorf("down: %+v", err)
	}
	if _, err := b.ReadToken(json(200, `{}`), now); err == nil {
		t.Error("an answer without a token gives one")
	}
	m := &Sending{ID: "m1", From: "+15550001111", To: "+15550002222", Text: "x"}
	r, err := b.Request(m, 0, Attempt{Now: now, Token: "k1"})
	if err != nil || r.Header.Get("X-Session") != "k1" || r.Header.Get("Authorization") != "" || len(r.Secrets) != 1 || r.Secrets[0] != "k1" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := b.Request(m, 0, Attempt{Now: now}); err == nil {
		t.Errorf("a request left without its token: %+v", r)
	}
	bearer := strings.Replace(loginFile, `"request_headers": {"X-Session": "$token$"},`, "", 1)
	if r, err := bind(t, bearer, map[string]string{"User": "u", "Password": "p"}).Request(m, 0, Attempt{Now: now, Token: "k1"}); err != nil || r.Header.Get("Authorization") != "Bearer k1" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, evil := range []string{"k\r\nX-Evil: 1", "k\x00"} {
		if r, err := b.Request(m, 0, Attempt{Now: now, Token: evil}); err == nil {
			t.Errorf("%q went into a header: %+v", evil, r)
		}
	}
}

func TestASecretInTheFileIsHiddenAsAPropertyIs(t *testing.T) {
	if got := consenting(t, consent).Secrets(); !contains(got, "s%3Cret&+") {
		t.Errorf("secrets %q", got)
	}
}

func TestATokenBelongsToWhatItDependsOn(t *testing.T) {
	key := func(source string, props ...string) string {
		values := map[string]string{"User": "u", "Password": "p"}
		for i := 0; i < len(props); i += 2 {
			values[props[i]] = props[i+1]
		}
		return bind(t, source, values).TokenKey()
	}
	first := key(loginFile)
	if first == "" || first != key(loginFile) || first != key(loginFile, "Webhook secret", "other") ||
		first != key(strings.Replace(loginFile, `"t": "$content$"`, `"text": "$content$"`, 1)) {
		t.Error("a token is forgotten for something that it does not depend on")
	}
	for name, other := range map[string]string{
		"a password": key(loginFile, "Password", "q"), "a user": key(loginFile, "User", "v"),
		"shifted":  key(loginFile, "User", "up", "Password", ""+"p"),
		"the file": key(strings.Replace(loginFile, `/login`, `/login2`, 1)),
		"an id":    key(strings.Replace(loginFile, `"id": "x"`, `"id": "y"`, 1)),
	} {
		if other == first {
			t.Errorf("%s changed, and the token stays", name)
		}
	}
	if got := base(t).TokenKey(); got != "" {
		t.Errorf("a key where no token is: %s", got)
	}
	if other := bind(t, `{"id": "x", "properties": ["Client id"], `+consent+`, `+strings.Replace(plainSend, `"API": {`, `"API": {"request_headers": {"X": "1"}, `, 1)+`}`, map[string]string{"Client id": "me & you"}); other.TokenKey() != consenting(t, consent).TokenKey() {
		t.Error("a person would have to sign in again for a header")
	}
	if a, b := consenting(t, consent).TokenKey(), consenting(t, strings.Replace(consent, "offline_access", "read", 1)).TokenKey(); a == b {
		t.Error("another scope, and the token stays")
	}
}
