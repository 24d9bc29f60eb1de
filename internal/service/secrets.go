package service

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// secretText is a text of properties that must be there for a check to be made.
type secretText struct {
	pattern *pattern.Pattern
	slots   []int
}

func (l *loader) secretText(v tree.Value, ptr, what string) secretText {
	return l.secretOf(v, ptr, what, l.names.textScope())
}

func (l *loader) secretOf(v tree.Value, ptr, what string, scope *pattern.Scope) secretText {
	if v.Kind() == tree.Absent {
		l.fail(ptr, "%s", what)
		return secretText{}
	}
	s := secretText{pattern: l.pattern(tree.Text(l.text(v, ptr)), ptr, scope)}
	if s.pattern != nil {
		s.slots = s.pattern.Slots()
		if len(s.slots) == 0 {
			l.warn(ptr, "this is written in the file, where everybody can read it; make it a property")
		}
	}
	return s
}

func (s *secretText) value(b *Bound) (string, error) {
	for _, slot := range s.slots {
		if b.base[slot].IsEmpty() {
			return "", errNotMade
		}
	}
	text, err := s.pattern.AppendText(nil, &pattern.Input{Values: b.base}, nil)
	if err == nil && len(text) == 0 {
		err = errNotMade
	}
	return string(text), err
}

// same compares without telling by its time how much is right.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// credentials is Authorization with a scheme.
type credentials struct {
	scheme string
	parts  []secretText
}

func compileBasic(l *loader, v tree.Value, ptr string) check {
	return &credentials{"Basic", []secretText{
		l.secretText(v.Get("username"), ptr+"/username", "basic needs a username"),
		l.secretText(v.Get("password"), ptr+"/password", "basic needs a password"),
	}}
}

func compileBearer(l *loader, v tree.Value, ptr string) check {
	return &credentials{"Bearer", []secretText{l.secretText(v.Get("token"), ptr+"/token", "bearer needs a token")}}
}

func (c *credentials) want(b *Bound) (string, error) {
	values := make([]string, len(c.parts))
	for i := range c.parts {
		var err error
		if values[i], err = c.parts[i].value(b); err != nil {
			return "", err
		}
	}
	if c.scheme == "Basic" {
		return base64.StdEncoding.EncodeToString([]byte(strings.Join(values, ":"))), nil
	}
	return values[0], nil
}

func (c *credentials) verify(b *Bound, cb *Callback) error {
	want, err := c.want(b)
	if err != nil {
		return err
	}
	scheme, got, _ := strings.Cut(cb.Request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, c.scheme) || !same(want, got) {
		return fmt.Errorf("the Authorization header is not the %s credentials of this integration", c.scheme)
	}
	return nil
}

func (c *credentials) sign(b *Bound, cb *Callback) error {
	want, err := c.want(b)
	if err == nil {
		cb.Request.Header.Set("Authorization", c.scheme+" "+want)
	}
	return err
}

func (c *credentials) needs() (slots []int) {
	for _, p := range c.parts {
		slots = append(slots, p.slots...)
	}
	return slots
}

// tokens is secrets that stand in headers, in the query or in the body.
type tokens struct {
	spots  []spot
	values []secretText
}

func compileHeader(l *loader, v tree.Value, ptr string) check { return l.tokens(v, ptr, inHeaders) }
func compileQuery(l *loader, v tree.Value, ptr string) check  { return l.tokens(v, ptr, inQuery) }
func compileBody(l *loader, v tree.Value, ptr string) check   { return l.tokens(v, ptr, inBody) }

func (l *loader) tokens(v tree.Value, ptr string, kind spotKind) check {
	if len(v.Members()) == 0 {
		l.fail(ptr, `this must be an object like {"X-Secret": "$Webhook secret$"}`)
		return nil
	}
	t := &tokens{}
	l.spots(v, ptr, kind, func(s spot, v tree.Value, at string) {
		t.spots = append(t.spots, s)
		t.values = append(t.values, l.secretText(v, at, ""))
	})
	return t
}

func (t *tokens) verify(b *Bound, cb *Callback) error {
	for i := range t.spots {
		want, err := t.values[i].value(b)
		if err != nil {
			return err
		}
		if !same(want, t.spots[i].get(cb)) {
			return fmt.Errorf("the %s is not the secret of this integration", &t.spots[i])
		}
	}
	return nil
}

func (t *tokens) sign(b *Bound, cb *Callback) error {
	for i := range t.spots {
		want, err := t.values[i].value(b)
		if err != nil {
			return err
		}
		if err := t.spots[i].put(cb, want); err != nil {
			return err
		}
	}
	return nil
}

func (t *tokens) needs() (slots []int) {
	for _, v := range t.values {
		slots = append(slots, v.slots...)
	}
	return slots
}
