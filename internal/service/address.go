package service

import (
	"bytes"
	"net/url"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// address is a request_url: whatever the message says, scheme and host are the file's or the operator's.
type address struct {
	prefix string // scheme and host, or
	base   int    // the slot of the property that stands for them; -1: prefix
	path   *pattern.Pattern
	query  *pattern.Pattern // nil: none in the file
}

// address compiles a request_url.
func (l *loader) address(raw, ptr string, scope *pattern.Scope) address {
	a := address{base: -1}
	rest := raw
	if strings.HasPrefix(raw, "$") && !strings.HasPrefix(raw, "$$") {
		name, after, closed := strings.Cut(raw[1:], "$")
		slot := l.names.property(name)
		if !closed || slot < 0 {
			l.fail(ptr, "%q does not begin with https://; only a property may stand there for scheme and host%s", raw, hint(name, l.names.propertyNames()))
			return a
		}
		if after != "" && after[0] != '/' && after[0] != '?' {
			l.fail(ptr, `the property $%s$ stands for scheme and host, so "/" must follow it`, name)
			return a
		}
		a.base, rest = slot, after
	} else {
		end := len(raw)
		if i := strings.Index(raw, "://"); i >= 0 {
			if j := strings.IndexAny(raw[i+3:], "/?#"); j >= 0 {
				end = i + 3 + j
			}
		}
		a.prefix, rest = raw[:end], raw[end:]
		if strings.Contains(a.prefix, "$") && strings.Contains(raw, "://") {
			l.fail(ptr, `a host is not written in parts, for what is filled in could then send the credentials anywhere: make the whole of it one property, `+
				`"Base URL" with https:// and the host as its value (or its "choices"), and write $Base URL$/path`)
			return a
		}
		if why := wrongBase(a.prefix); why != "" {
			l.fail(ptr, "%s", why)
			return a
		}
	}
	path, query, has := cutQuery(rest)
	if strings.Contains(withoutVariables(rest), "#") {
		l.fail(ptr, "a URL that is requested has no part after #; write %%23 for the character")
		return a
	}
	for _, r := range withoutVariables(rest) {
		if r <= ' ' || r == 0x7f || r == '\\' || r == '"' || r == '<' || r == '>' {
			l.fail(ptr, "the character %q cannot stand in a URL; write it with %%", r)
			return a
		}
	}
	if path != "" {
		a.path = l.pattern(tree.Text(path), ptr, scope)
	}
	if has {
		a.query = l.pattern(tree.Text(query), ptr, scope)
	}
	return a
}

// wrongBase says why s cannot be scheme and host of a request, or "".
func wrongBase(s string) string {
	if strings.Contains(s, "$") {
		return "variables may stand in path and query; scheme and host must be written out, or be one property as a whole"
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Hostname() == "":
		return "this is no address; it must begin with https:// and a host"
	case u.User != nil:
		return `a name or password cannot stand in an address; use "auth"`
	case u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(s, "?#\\ "):
		return "scheme and host stand alone here, without ? or #"
	}
	return ""
}

// cutQuery splits at the first question mark that is no part of a $variable?$.
func cutQuery(s string) (path, query string, has bool) {
	for i := 0; i < len(s); {
		switch s[i] {
		case '?':
			return s[:i], s[i+1:], true
		case '$':
			i = variableEnd(s, i)
		default:
			i++
		}
	}
	return s, "", false
}

// withoutVariables is the literal part of a text pattern.
func withoutVariables(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '$' {
			if end := variableEnd(s, i); end > i+1 {
				i = end
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// variableEnd is the index after the $variable$ (or the $$) that begins at i, or i+1 where nothing closes it.
func variableEnd(s string, i int) int {
	quoted := false
	for j := i + 1; j < len(s); j++ {
		switch {
		case s[j] == '\'':
			quoted = !quoted
		case s[j] == '$' && !quoted:
			return j + 1
		}
	}
	return i + 1
}

func (a *address) uses() (u bits) {
	for _, p := range a.patterns() {
		u.add(p)
	}
	return u
}

func (a *address) patterns() []*pattern.Pattern { return []*pattern.Pattern{a.path, a.query} }

// append writes the address. base is scheme and host when a property stands for them.
func (a *address) append(dst []byte, base string, in *pattern.Input) ([]byte, error) {
	if a.base < 0 {
		base = a.prefix
	}
	dst = append(dst, base...)
	start := len(dst)
	var err error
	if a.path != nil {
		if dst, err = a.path.AppendText(dst, in, wire.EscapeSegment); err != nil {
			return nil, err
		}
		if len(a.path.Slots()) > 0 && climbs(dst[start:]) {
			return nil, fault.New(fault.Invalid, "request_url", `a value of "." or ".." cannot stand in the path of a URL`)
		}
	}
	if a.query != nil {
		dst = append(dst, '?')
		return a.query.AppendText(dst, in, wire.EscapeQuery)
	}
	return dst, nil
}

// climbs reports whether a path has a segment that names another directory than it seems to, in the eyes of any server: many decode
// %2E before they look.
func climbs(path []byte) bool {
	for len(path) > 0 {
		var segment []byte
		segment, path, _ = bytes.Cut(path, []byte("/"))
		if len(segment) > 0 && len(segment) <= len("%2E%2E") {
			switch strings.ReplaceAll(strings.ToUpper(string(segment)), "%2E", ".") {
			case ".", "..":
				return true
			}
		}
	}
	return false
}

// baseOf checks the value of a property that stands for scheme and host, which may bring the beginning of a path.
func baseOf(value string) (string, string) {
	trimmed := strings.TrimRight(value, "/")
	if why := wrongBase(trimmed); why != "" {
		return "", why
	}
	return trimmed, ""
}
