package service

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// auth is how requests prove who sends them. One of its ways is there.
type auth struct {
	kind    *authKind
	pointer string
	header  *authHeader       // the same Authorization header in every request
	signer  signer            // what is added to each, over its bytes as they leave
	tokens  bool              // a token that is fetched before
	oauth2  *oauth2           // how, where it is not Login
	source  [sha256.Size]byte // of what the file says of tokens, for TokenKey
}

// signer adds to a request what proves its sender.
type signer interface {
	sign(b *Bound, r *wire.Request, at Attempt) error
}

// authKind is one row of the table of auth types.
type authKind struct {
	name     string
	members  []string
	more     []string // members that may be left out
	sentence string
	example  string
	compile  func(l *loader, a *auth, v tree.Value)
}

// authKinds is the table, in the order of the reference.
var authKinds = []*authKind{
	{
		name: "Bearer", members: []string{"token"}, sentence: "`Authorization: Bearer <token>`",
		example: `{"type": "Bearer", "token": "$API key$"}`,
		compile: func(l *loader, a *auth, v tree.Value) {
			a.header = l.authHeader(a, v, func(p []string) string { return "Bearer " + p[0] })
		},
	},
	{
		name: "Basic", members: []string{"username", "password"}, sentence: "`Authorization: Basic …` of user name and password",
		example: `{"type": "Basic", "username": "$Account id$", "password": "$API key$"}`,
		compile: func(l *loader, a *auth, v tree.Value) {
			a.header = l.authHeader(a, v, func(p []string) string { return "Basic " + basic(p[0], p[1]) })
		},
	},
	{
		name: "OAuth2", members: []string{"client_id", "token_endpoint"},
		more:     []string{"client_secret", "flow_type", "authorization_endpoint", "authorization_parameters", "token_parameters", "token_auth", "request_auth"},
		sentence: "a token by OAuth 2. `flow_type` \"0\": a person authorizes us at `authorization_endpoint` first; \"1\": `client_id` and `client_secret` are enough. The `default` of `authorization_parameters` and `token_parameters` is added to those requests, already encoded; `token_auth` `Basic` puts the client into a header. A request carries the token as `Bearer` (`request_auth`), or where it says `$token$`",
		example:  `{"type": "OAuth2", "client_id": "$Client id$", "client_secret": "$Client secret$", "flow_type": {"default": "1"}, "token_endpoint": "https://api.example.com/oauth/token", "token_parameters": {"default": "scope=sms%20mms"}}`,
		compile:  compileOAuth2,
	},
	{
		name: "Login", sentence: "a token that the method `Login` yields, as `Bearer`, or where a request says `$token$`",
		example: `{"type": "Login"}`,
		compile: func(l *loader, a *auth, v tree.Value) { a.tokens, l.names.token = true, true },
	},
	{
		name: "HMAC", members: []string{"algorithm", "key", "over"}, more: []string{"headers", "query", "parameters"},
		sentence: "`$signature$` over a text that is written from the request, as in `verify`, wherever `headers`, `query` or `parameters` have it; they and `over` also know `$timestamp$` (now) and `$uuid$`",
		example:  `{"type": "HMAC", "algorithm": "sha256", "key": "$API secret$", "over": "$header.x-time$.$body$", "headers": {"X-Time": "$timestamp|unix$", "X-Signature": "sha256=$signature|hex$"}}`,
		compile:  compileHMACSigner,
	},
	{
		name: "JWT", members: []string{"algorithm", "key"}, more: []string{"key_id", "claims", "lifetime", "headers", "query"},
		sentence: "a JSON Web Token of its own for each request, signed with a secret (`HS256`) or a private key (`RS256`, its name in `key_id`): `claims`, written as `over` is, and `iat`, `exp` (after `lifetime`, 5 minutes) and `jti`; `$token$` goes where `headers` or `query` say, or else into `Authorization: Bearer`",
		example:  `{"type": "JWT", "algorithm": "RS256", "key": "$Private key$", "claims": {"application_id": "$Application id$"}, "lifetime": "15m"}`,
		compile:  compileJWTSigner,
	},
	{
		name: "AWS4", members: []string{"region", "service", "access_key", "secret_key"}, more: []string{"session_token"},
		sentence: "Amazon's Signature Version 4 in the `Authorization` header, over every header that the file gives, the query and the body; `session_token` may be left out",
		example:  `{"type": "AWS4", "region": "$Region$", "service": "sns", "access_key": "$Access key$", "secret_key": "$Secret key$"}`,
		compile:  compileAWSSigner,
	},
}

func basic(username, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(username + ":" + password))
}

func (l *loader) auth(v tree.Value) {
	ptr := "/auth"
	file := v
	top := v.Get("OAuth2")
	if v = v.Get("auth"); top.Kind() != tree.Absent {
		if v.Kind() != tree.Absent {
			l.fail("/OAuth2", "auth and OAuth2 exclude each other; keep one")
			return
		}
		v, ptr = top, "/OAuth2"
	}
	if v.Kind() == tree.Absent {
		return
	}
	if v.Kind() != tree.Object {
		l.fail(ptr, `this must be an object, like {"type": "Bearer", "token": "$API key$"}, not %s`, kindName(v))
		return
	}
	name := "OAuth2"
	if top.Kind() == tree.Absent {
		name = l.text(v.Get("type"), ptr+"/type")
	}
	names := make([]string, 0, len(authKinds))
	for _, k := range authKinds {
		names = append(names, k.name)
		if !strings.EqualFold(k.name, name) {
			continue
		}
		l.object(v, ptr, slices.Concat([]string{"type"}, k.members, k.more))
		a := &auth{kind: k, pointer: ptr}
		k.compile(l, a, v)
		if a.tokens {
			a.source = tokenSource(v, file.Get("API"), a.oauth2 != nil)
		}
		l.svc.auth = a
		return
	}
	l.fail(ptr+"/type", "%q is no type of auth; there are %s%s", name, strings.Join(names, ", "), hint(name, names))
}

// tokenSource sums up what the file says of tokens: where it changes, what was handed out before is worth nothing.
func tokenSource(auth, api tree.Value, oauth2 bool) [sha256.Size]byte {
	said := []tree.Value{auth}
	if !oauth2 {
		said = append(said, api.Get(Login), api.Get("request_url"), api.Get("request_headers"))
	}
	return sha256.Sum256(wire.AppendJSON(nil, tree.ListOf(said...)))
}

// authHeader is an Authorization header that property values make.
type authHeader struct {
	parts []*pattern.Pattern // texts of properties, in the order of the kind's members
	join  func(parts []string) string
}

func (l *loader) authHeader(a *auth, v tree.Value, join func([]string) string) *authHeader {
	h := &authHeader{join: join}
	for _, m := range a.kind.members {
		h.parts = append(h.parts, l.authText(a, v, m))
	}
	return h
}

// authText is a text of properties that auth cannot do without.
func (l *loader) authText(a *auth, v tree.Value, member string) *pattern.Pattern {
	at := pointer(a.pointer, member)
	if v.Get(member).Kind() == tree.Absent {
		l.fail(at, "%s needs a %s, like \"$API key$\"", a.kind.name, member)
		return nil
	}
	return l.pattern(tree.Text(l.text(v.Get(member), at)), at, l.names.textScope())
}

// text is the Authorization header of an integration.
func (h *authHeader) text(in *pattern.Input) (string, error) {
	parts := make([]string, len(h.parts))
	for i, p := range h.parts {
		text, err := p.AppendText(nil, in, nil)
		if err != nil {
			return "", err
		}
		parts[i] = string(text)
	}
	return h.join(parts), nil
}

// NeedsToken reports whether requests are written with a token that must be fetched before: Attempt.Token.
func (b *Bound) NeedsToken() bool { return b.Service.auth != nil && b.Service.auth.tokens }

// authorize ends the writing of a request. A token goes where the file says (placed), or else into the Authorization header; what is
// signed is signed, over the bytes as they leave.
func (b *Bound) authorize(r *wire.Request, placed bool, at Attempt) error {
	a := b.Service.auth
	switch {
	case a.tokens:
		if at.Token == "" {
			return fault.New(fault.Unavailable, a.pointer, "there is no token to send it with")
		}
		r.Secrets = append(r.Secrets, at.Token)
		if _, own := r.Header["Authorization"]; placed || own {
			return nil
		}
		header := "Bearer " + at.Token
		if err := wire.CheckHeader("Authorization", header); err != nil {
			return fault.New(fault.Invalid, a.pointer, "the token cannot stand in a header: it holds a character that none can carry")
		}
		r.Header["Authorization"] = []string{header}
	case a.signer != nil:
		if err := a.signer.sign(b, r, at); err != nil {
			return fault.New(fault.Invalid, a.pointer, "the request cannot be signed: %v", err)
		}
	}
	return nil
}
