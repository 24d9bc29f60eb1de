package service

import (
	"encoding/base64"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// auth is how requests prove who sends them: one Authorization header, made when property values are bound.
type auth struct {
	kind    *authKind
	pointer string
	parts   []*pattern.Pattern // texts of properties, in the order of kind.members
}

// authKind is one row of the table of auth types.
type authKind struct {
	name     string
	members  []string
	header   func(parts []string) string
	sentence string
}

var authKinds = []*authKind{
	{"Bearer", []string{"token"}, func(p []string) string { return "Bearer " + p[0] }, "`Authorization: Bearer <token>`"},
	{"Basic", []string{"username", "password"}, func(p []string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(p[0]+":"+p[1]))
	}, "`Authorization: Basic …` of user name and password"},
}

// laterAuth are types of the format that this version cannot do: a file that needs one must not send without it.
var laterAuth = []string{"OAuth2", "Login", "HMAC", "JWT", "AWS4"}

func (l *loader) auth(v tree.Value) {
	const ptr = "/auth"
	if v.Get("OAuth2").Kind() != tree.Absent {
		if v.Get("auth").Kind() != tree.Absent {
			l.fail("/OAuth2", "auth and OAuth2 exclude each other; keep one")
		}
		l.fail("/OAuth2", "OAuth2 is not supported by this version")
	}
	v = v.Get("auth")
	if v.Kind() == tree.Absent {
		return
	}
	if v.Kind() != tree.Object {
		l.fail(ptr, `this must be an object, like {"type": "Bearer", "token": "$API key$"}, not %s`, kindName(v))
		return
	}
	name := l.text(v.Get("type"), ptr+"/type")
	names := make([]string, 0, len(authKinds))
	for _, k := range authKinds {
		names = append(names, k.name)
		if !strings.EqualFold(k.name, name) {
			continue
		}
		a := &auth{kind: k, pointer: ptr}
		l.object(v, ptr, append([]string{"type"}, k.members...))
		for _, m := range k.members {
			at := pointer(ptr, m)
			if v.Get(m).Kind() == tree.Absent {
				l.fail(at, "%s needs a %s, like \"$API key$\"", k.name, m)
				continue
			}
			a.parts = append(a.parts, l.pattern(tree.Text(l.text(v.Get(m), at)), at, l.names.textScope()))
		}
		l.svc.auth = a
		return
	}
	for _, later := range laterAuth {
		if strings.EqualFold(later, name) {
			l.fail(ptr+"/type", "%s is not supported by this version; a key that goes into a header or a parameter can stand there as a $property$", later)
			return
		}
	}
	l.fail(ptr+"/type", "%q is no type of auth; there are %s%s", name, strings.Join(names, " and "), hint(name, names))
}

// header is the Authorization header of an integration, and what of it is secret.
func (a *auth) header(in *pattern.Input) (string, error) {
	parts := make([]string, len(a.parts))
	for i, p := range a.parts {
		text, err := p.AppendText(nil, in, nil)
		if err != nil {
			return "", err
		}
		parts[i] = string(text)
	}
	return a.kind.header(parts), nil
}
