package service

import (
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// oauth2 is how a service hands out tokens by OAuth 2 (RFC 6749), to a program that a person has authorized or in its own name.
type oauth2 struct {
	code             bool             // a person authorizes first
	id, secret       *pattern.Pattern // secret nil: a client without one
	authorization    address
	authorizationAdd *pattern.Pattern // nil: nothing; members of a query, already encoded
	endpoint         address
	endpointAdd      *pattern.Pattern
	contentType      string
	basic            bool // the client proves itself in a header, not among the parameters
}

// The flow types of the base format.
const (
	flowCode   = "0"
	flowClient = "1"
)

// oauth2Members is the members of the base format's object of that name.
func oauth2Members() []string {
	for _, k := range authKinds {
		if k.name == "OAuth2" {
			return slices.Concat(k.members, k.more)
		}
	}
	return nil
}

func compileOAuth2(l *loader, a *auth, v tree.Value) {
	ptr := a.pointer
	o := &oauth2{contentType: "application/x-www-form-urlencoded", authorization: address{base: -1}, endpoint: address{base: -1}}
	a.oauth2, a.tokens, l.names.token = o, true, true
	scope := l.names.textScope()
	o.id = l.authText(a, v, "client_id")
	if v.Get("client_secret").Kind() != tree.Absent {
		s := l.secretText(v.Get("client_secret"), ptr+"/client_secret", "")
		o.secret = s.pattern
	}
	endpoint := func(member string) address {
		at := pointer(ptr, member)
		raw := l.text(v.Get(member), at)
		if raw == "" {
			l.fail(at, `OAuth2 needs an address here, like "https://api.example.com/oauth/%s"`, strings.TrimSuffix(member, "_endpoint"))
			return address{base: -1}
		}
		return l.address(raw, at, scope)
	}
	flow, at := l.defaultOf(v.Get("flow_type"), ptr+"/flow_type")
	switch flow {
	case "":
		o.code = v.Get("authorization_endpoint").Kind() != tree.Absent
	case flowCode:
		o.code = true
	case flowClient:
	default:
		l.fail(at, `%q is no flow; "0" is an authorization code, for which a person signs in at the provider, "1" is client credentials`, flow)
	}
	if o.code {
		o.authorization = endpoint("authorization_endpoint")
		o.authorizationAdd = l.encoded(v.Get("authorization_parameters"), ptr+"/authorization_parameters", scope)
	} else if flow == flowClient {
		for _, m := range []string{"authorization_endpoint", "authorization_parameters"} {
			if v.Get(m).Kind() != tree.Absent {
				l.warn(pointer(ptr, m), `nobody authorizes where flow_type is "1"`)
			}
		}
	}
	o.endpoint = endpoint("token_endpoint")
	if p := v.Get("token_parameters"); p.Kind() != tree.Absent {
		at := ptr + "/token_parameters"
		l.object(p, at, []string{"content_type", "default"})
		if ct := l.text(p.Get("content_type"), at+"/content_type"); ct != "" {
			if o.contentType = ct; !takesMembers(ct) || wire.CheckHeader("Content-Type", ct) != nil {
				l.fail(at+"/content_type", "tokens are asked for with a form or with JSON, not with %q", ct)
			}
		}
		o.endpointAdd = l.encoded(p, at, scope)
	}
	switch as := l.text(v.Get("token_auth"), ptr+"/token_auth"); strings.ToLower(as) {
	case "", "parameters":
	case "basic":
		o.basic = true
	default:
		l.fail(ptr+"/token_auth", `%q is no way to prove who asks for a token; there are "Parameters", which is the default, and "Basic"`, as)
	}
	if as := l.text(v.Get("request_auth"), ptr+"/request_auth"); as != "" && !strings.EqualFold(as, "Bearer") {
		l.fail(ptr+"/request_auth", `requests carry a token as "Bearer"; where it stands elsewhere, say $token$ there, in request_headers or request_parameters`)
	}
}

// defaultOf reads the form in which the base format writes a setting: {"default": "0"}, or the value alone.
func (l *loader) defaultOf(v tree.Value, ptr string) (text, at string) {
	if v.Kind() == tree.Object {
		v, ptr = v.Get("default"), ptr+"/default"
	}
	if v.Kind() == tree.Number {
		return v.Text(), ptr
	}
	return l.text(v, ptr), ptr
}

// encoded compiles the members of a query, already encoded, that the base format adds to a request.
func (l *loader) encoded(v tree.Value, ptr string, scope *pattern.Scope) *pattern.Pattern {
	text, at := l.defaultOf(v, ptr)
	text = strings.TrimLeft(text, "?&")
	if text == "" {
		return nil
	}
	literal := withoutVariables(text)
	if _, err := wire.DecodeQuery(literal, wire.Limits{}); err != nil || strings.ContainsAny(literal, " \t\r\n#\"<>") {
		l.fail(at, "these are members of a query, already encoded, like \"scope=sms%%20offline_access&prompt=consent\"")
		return nil
	}
	return l.pattern(tree.Text(text), at, scope)
}

// slots is the properties that a token depends on.
func (o *oauth2) slots() (out []int) {
	for _, p := range []*pattern.Pattern{
		o.id, o.secret, o.authorizationAdd, o.endpointAdd, o.authorization.path, o.authorization.query, o.endpoint.path, o.endpoint.query,
	} {
		if p != nil {
			out = append(out, p.Slots()...)
		}
	}
	for _, slot := range []int{o.authorization.base, o.endpoint.base} {
		if slot >= firstProperty {
			out = append(out, slot)
		}
	}
	return out
}

// text is a text of properties; nil gives none.
func (b *Bound) text(p *pattern.Pattern, escape func(string) string) (string, error) {
	if p == nil {
		return "", nil
	}
	text, err := p.AppendText(nil, &pattern.Input{Values: b.base}, escape)
	return string(text), err
}

// pairs is the decoded members of a text that is members of a query.
func (b *Bound) pairs(p *pattern.Pattern) ([]tree.Member, error) {
	text, err := b.text(p, wire.EscapeQuery)
	if err != nil || text == "" {
		return nil, err
	}
	v, err := wire.DecodeQuery(text, wire.Limits{})
	return v.Members(), err
}

// AuthorizeURL is where a person authorizes us at the provider, and whence they come back to redirectURI with state and a code. challenge is
// the S256 of a verifier that only we have (RFC 7636).
func (b *Bound) AuthorizeURL(redirectURI, state, challenge string) (string, error) {
	if !b.NeedsAuthorization() {
		return "", fault.New(fault.Conflict, "service", "nobody authorizes the service %q: it needs no sign-in at its provider", b.ID)
	}
	o := b.Service.auth.oauth2
	id, err := b.text(o.id, nil)
	if err != nil {
		return "", err
	}
	added, err := b.pairs(o.authorizationAdd)
	if err != nil {
		return "", err
	}
	base, err := o.authorization.append(nil, b.bases[o.authorization.base], &pattern.Input{Values: b.base})
	if err != nil {
		return "", err
	}
	// What the file adds may say response_type or scope as its provider likes them. Where the code goes and what it is bound to is ours.
	members := []tree.Member{{Name: "response_type", Value: tree.Text("code")}, {Name: "client_id", Value: tree.Text(id)}}
	for _, m := range added {
		switch m.Name {
		case "response_type", "client_id":
			members = slicesReplace(members, m)
		case "redirect_uri", "state", "code_challenge", "code_challenge_method":
		default:
			members = append(members, m)
		}
	}
	for _, m := range [][2]string{{"redirect_uri", redirectURI}, {"state", state}, {"code_challenge", challenge}, {"code_challenge_method", "S256"}} {
		members = append(members, tree.Member{Name: m[0], Value: tree.Text(m[1])})
	}
	query, err := wire.EncodeQuery(tree.ObjectOf(members...))
	if err != nil {
		return "", err
	}
	// A space as %20 is one to every server.
	query = strings.ReplaceAll(query, "+", "%20")
	if o.authorization.query != nil {
		return string(base) + "&" + query, nil
	}
	return string(base) + "?" + query, nil
}

// slicesReplace puts m in the place of the member of its name.
func slicesReplace(members []tree.Member, m tree.Member) []tree.Member {
	for i := range members {
		if members[i].Name == m.Name {
			members[i] = m
		}
	}
	return members
}

// ask is the request for a token.
func (o *oauth2) ask(b *Bound, g Grant) (*wire.Request, error) {
	id, err := b.text(o.id, nil)
	if err != nil {
		return nil, err
	}
	secret, err := b.text(o.secret, nil)
	if err != nil {
		return nil, err
	}
	added, err := b.pairs(o.endpointAdd)
	if err != nil {
		return nil, err
	}
	var members []tree.Member
	set := func(name, value string) {
		if value != "" {
			members = append(members, tree.Member{Name: name, Value: tree.Text(value)})
		}
	}
	switch {
	case g.Refresh != "":
		set("grant_type", "refresh_token")
		set("refresh_token", g.Refresh)
	case o.code:
		set("grant_type", "authorization_code")
		set("code", g.Code)
		set("redirect_uri", g.RedirectURI)
		set("code_verifier", g.Verifier)
	default:
		set("grant_type", "client_credentials")
	}
	members = append(members, added...)
	endpoint, err := o.endpoint.append(nil, b.bases[o.endpoint.base], &pattern.Input{Values: b.base})
	if err != nil {
		return nil, err
	}
	r := &wire.Request{Method: "POST", URL: string(endpoint), Header: map[string][]string{"Accept": {"application/json"}}}
	if o.basic {
		r.Header["Authorization"] = []string{"Basic " + basic(url.QueryEscape(id), url.QueryEscape(secret))} // RFC 6749 §2.3.1
	} else {
		set("client_id", id)
		set("client_secret", secret)
	}
	body, contentType, err := wire.Encode(o.contentType, tree.ObjectOf(members...))
	if err != nil {
		return nil, err
	}
	r.Body, r.Header["Content-Type"] = body, []string{contentType}
	for _, s := range []string{g.Refresh, g.Code, g.Verifier} {
		if s != "" {
			r.Secrets = append(r.Secrets, s)
		}
	}
	return r, nil
}
