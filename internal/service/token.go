package service

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Grant is what a token is asked for with. The zero Grant is the credentials alone.
type Grant struct {
	Refresh string // the refresh token of before

	// Of a person who has just authorized us:
	Code        string
	Verifier    string
	RedirectURI string // the one that the code was given to
}

// Token is what a service handed out.
type Token struct {
	Access  string
	Refresh string        // "": none, or the one of before goes on
	Life    time.Duration // 0: it did not say
}

// maxTokenLife bounds what a service may say of it.
const maxTokenLife = 10 * 365 * 24 * time.Hour

// TokenError is why there is no token. Its text may be shown once secrets are taken out of it.
type TokenError struct {
	Code string // the service's word, or http_401
	Text string
	// Revoked: what was presented is worth nothing any more, so a person must authorize anew.
	Revoked bool
	// Refused: the service will say the same until somebody changes something.
	Refused bool
	After   time.Duration // it asked not to be asked sooner
}

func (e *TokenError) Error() string {
	if e.Text == "" || e.Text == e.Code {
		return e.Code
	}
	return e.Code + ": " + e.Text
}

// NeedsAuthorization reports whether a person must authorize us at the provider before there is a token.
func (b *Bound) NeedsAuthorization() bool {
	return b.NeedsToken() && b.Service.auth.oauth2 != nil && b.Service.auth.oauth2.code
}

// TokenKey names everything that a token depends on: what the file says of it and the values of the properties that this uses. A token of
// another key is none. It tells nothing of the values.
func (b *Bound) TokenKey() string { return b.tokenKey }

// bindToken makes the key.
func (b *Bound) bindToken() {
	if !b.NeedsToken() {
		return
	}
	a := b.Service.auth
	slots := []int{}
	if a.oauth2 != nil {
		slots = a.oauth2.slots()
		// One that is written into the file is no property, and is shown no more than one.
		if secret, err := b.text(a.oauth2.secret, nil); err == nil && secret != "" && !contains(b.secrets, secret) {
			b.secrets = append(b.secrets, secret)
		}
	}
	for _, m := range b.calls[Login] {
		slots = append(slots, m.slots()...)
	}
	h := sha256.New()
	part := func(s string) { h.Write([]byte(strconv.Itoa(len(s)) + ":" + s)) }
	part(b.ID)
	part(string(a.source[:]))
	for _, slot := range slots {
		if slot >= firstProperty {
			part(b.names.propertyOf(slot).Name)
			part(b.base[slot].Text())
		}
	}
	b.tokenKey = hex.EncodeToString(h.Sum(nil)[:16])
}

// slots is everything that requests of the method are written from.
func (m *method) slots() (out []int) {
	if m.url.base >= firstProperty {
		out = append(out, m.url.base)
	}
	for _, p := range append(m.url.patterns(), m.params) {
		if p != nil {
			out = append(out, p.Slots()...)
		}
	}
	for _, h := range m.headers {
		out = append(out, h.value.Slots()...)
	}
	return out
}

// AskToken is the request for a token.
func (b *Bound) AskToken(g Grant, at Attempt) (*wire.Request, error) {
	switch {
	case !b.NeedsToken():
		return nil, fault.New(fault.Conflict, "service", "the service %q hands out no tokens", b.ID)
	case b.Service.auth.oauth2 != nil:
		r, err := b.Service.auth.oauth2.ask(b, g)
		if err != nil {
			return nil, fault.New(fault.Invalid, b.Service.auth.pointer, "the request for a token cannot be written: %v", err)
		}
		return r, nil
	}
	return b.Call(Login, Calling{}, at)
}

// ReadToken is the token in an answer to AskToken, or a *TokenError that says why there is none.
func (b *Bound) ReadToken(r *wire.Response, now time.Time) (Token, error) {
	if b.Service.auth.oauth2 == nil {
		return b.readLogin(r, now)
	}
	after := retryAfter(r.Header.Get("Retry-After"), now)
	v, err := wire.Decode(r.Header.Get("Content-Type"), r.Body, wire.Limits{Nodes: 1000})
	if r.Cut || err != nil {
		v = tree.Value{}
	}
	t := Token{Access: short(v, "access_token", maxToken), Refresh: short(v, "refresh_token", maxToken), Life: life(v.Get("expires_in"))}
	code := short(v, "error", 128)
	ok := r.Status >= 200 && r.Status <= 299
	if ok && t.Access != "" && code == "" {
		return t, nil
	}
	e := &TokenError{Code: code, Text: short(v, "error_description", 1000), After: after}
	switch {
	case code == "" && ok:
		e.Code, e.Text = "no_token", "the answer has no access_token in it"
	case code == "":
		e.Code, e.Text = httpCode(r.Status), httpText(r.Status)
	}
	e.Revoked = code == "invalid_grant"
	e.Refused = e.Revoked || code != "" && code != "temporarily_unavailable" && code != "server_error" && code != "slow_down" || code == "" && refuses(r.Status)
	return Token{}, e
}

func (b *Bound) readLogin(r *wire.Response, now time.Time) (Token, error) {
	got := b.Called(Login, Calling{}, r, now)
	t := Token{Access: got.Values[variables[slotToken].name], Life: life(textOrNothing(got.Values[variables[slotExpiresIn].name]))}
	if got.Outcome == message.Accepted && t.Access != "" {
		return t, nil
	}
	return Token{}, &TokenError{Code: got.ErrorCode, Text: got.ErrorText, Refused: got.Outcome == message.Refused, After: got.RetryAfter}
}

// refuses reports whether a status says the same next time.
func refuses(status int) bool {
	return status >= 300 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooEarly && status != http.StatusTooManyRequests
}

func httpCode(status int) string { return "http_" + strconv.Itoa(status) }

func httpText(status int) string {
	return strings.TrimSpace("the provider answered " + strconv.Itoa(status) + " " + http.StatusText(status))
}

// short is a member that is a text of a bearable length.
func short(v tree.Value, name string, most int) string {
	s, scalar := v.Get(name).Scalar()
	if !scalar || v.Get(name).Kind() == tree.Null || len(s) > most {
		return ""
	}
	return s
}

// life is seconds, as a number or a text. What is no time says nothing.
func life(v tree.Value) time.Duration {
	s, _ := v.Scalar()
	seconds, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, maxTokenLife.Seconds()) * float64(time.Second))
}
