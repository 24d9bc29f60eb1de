package service

import (
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

const (
	fakeCode    = "simulated-code"
	fakeRefresh = "simulated-refresh-token"
)

// TakeToken answers the requests of OAuth 2: a person's way to the sign-in, who is let through at once, and those for a token. It is nil when
// the request is neither.
func (f *Fake) TakeToken(r *wire.Request) *wire.Response {
	a := f.Service.auth
	if a == nil || a.oauth2 == nil {
		return nil
	}
	at := func(to *address) bool {
		if to.base < 0 && to.prefix == "" {
			return false
		}
		text, err := to.append(nil, f.bases[to.base], &pattern.Input{Values: f.base})
		wanted, _, _ := strings.Cut(string(text), "?")
		came, _, _ := strings.Cut(r.URL, "?")
		return err == nil && wanted == came
	}
	switch o := a.oauth2; {
	case r.Method == http.MethodGet && at(&o.authorization):
		return letThrough(r)
	case r.Method == http.MethodPost && at(&o.endpoint):
		return f.handOut(o, r)
	}
	return nil
}

// letThrough sends a person back to where they came from, with a code.
func letThrough(r *wire.Request) *wire.Response {
	u, err := url.Parse(r.URL)
	if err != nil {
		return refuseToken("invalid_request")
	}
	q := u.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" || q.Get("response_type") != "code" {
		return refuseToken("invalid_request")
	}
	answer := back.Query()
	answer.Set("code", fakeCode)
	answer.Set("state", q.Get("state"))
	back.RawQuery = answer.Encode()
	return &wire.Response{Status: http.StatusFound, Header: http.Header{"Location": {back.String()}}}
}

// handOut gives a token to whoever proves to be the client.
func (f *Fake) handOut(o *oauth2, r *wire.Request) *wire.Response {
	body, err := wire.Decode(r.Header.Get("Content-Type"), r.Body, wire.Limits{})
	if err != nil {
		return refuseToken("invalid_request")
	}
	grant := Grant{}
	switch body.Get("grant_type").Text() {
	case "refresh_token":
		grant.Refresh = fakeRefresh
	case "authorization_code":
		grant = Grant{Code: fakeCode, Verifier: body.Get("code_verifier").Text(), RedirectURI: body.Get("redirect_uri").Text()}
	}
	want, err := o.ask(f.Bound, grant)
	if err != nil {
		return refuseToken("server_error")
	}
	wanted, err := wire.Decode(want.Header.Get("Content-Type"), want.Body, wire.Limits{})
	if err != nil || r.Header.Get("Authorization") != want.Header.Get("Authorization") {
		return refuseToken("invalid_client")
	}
	for _, m := range wanted.Members() {
		if body.Get(m.Name).Text() != m.Value.Text() {
			return refuseToken(map[bool]string{true: "invalid_client", false: "invalid_grant"}[strings.HasPrefix(m.Name, "client_")])
		}
	}
	members := []tree.Member{
		{Name: "access_token", Value: tree.Text(fakeToken)}, {Name: "token_type", Value: tree.Text("Bearer")}, {Name: "expires_in", Value: tree.Digits("3600")},
	}
	if o.code {
		members = append(members, tree.Member{Name: "refresh_token", Value: tree.Text(fakeRefresh)})
	}
	return tokenAnswer(http.StatusOK, members...)
}

func refuseToken(code string) *wire.Response {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	return tokenAnswer(status, tree.Member{Name: "error", Value: tree.Text(code)})
}

func tokenAnswer(status int, members ...tree.Member) *wire.Response {
	return &wire.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: wire.AppendJSON(nil, tree.ObjectOf(members...))}
}
