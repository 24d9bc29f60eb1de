package service

import (
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// taker reads what one method writes.
type taker struct {
	m       *method
	at      string           // pointer of the parameters
	path    *pattern.Pattern // nil: none
	query   *pattern.Pattern // an object of what stands in the query; nil: nothing does
	params  *pattern.Pattern // the body; nil: there is none
	headers []headerPattern  // those that hold a variable of the message
}

// taker makes of a method, as it stands in the file, what reads its requests.
func (f *Fake) taker(m *method, file tree.Value) *taker {
	api, own := file.Get("API"), at(file, m.pointer)
	get := func(name string) (tree.Value, string) {
		if v := own.Get(name); v.Kind() != tree.Absent {
			return v, pointer(m.pointer, name)
		}
		if !m.kind.inherits(name) {
			return tree.Value{}, pointer(m.pointer, name)
		}
		return api.Get(name), pointer("/API", name)
	}
	t, scope := &taker{m: m}, f.names.takeScope(m.kind)
	read := func(v tree.Value, at string) *pattern.Pattern {
		p, blind := pattern.Reverse(v, scope)
		for _, b := range blind {
			f.blind = append(f.blind, Problem{Pointer: at + b.Pointer, Message: "whatever stands here is taken: " + b.Message, Warning: true})
		}
		return p
	}
	raw, at := get("request_url")
	text := raw.Text()
	if own.Get("request_url").Kind() != tree.Absent {
		text = continued(text, api)
	}
	path, query, _ := cutQuery(afterHost(text))
	if path != "" {
		t.path = read(tree.Text(path), at)
	}
	inQuery := queryMembers(query)
	params, paramsAt := get("request_parameters")
	t.at = paramsAt
	switch {
	case params.Kind() == tree.Absent:
	case m.inQuery:
		inQuery = append(inQuery, params.Members()...)
		at = paramsAt
	default:
		t.params = read(params, paramsAt)
	}
	if len(inQuery) > 0 {
		t.query = read(tree.ObjectOf(inQuery...), at)
	}
	headers, headersAt := get("request_headers")
	for _, h := range f.fixed[m].moving {
		for _, member := range headers.Members() {
			if http.CanonicalHeaderKey(member.Name) == h.name {
				if p := read(member.Value, pointer(headersAt, member.Name)); p != nil {
					t.headers = append(t.headers, headerPattern{h.name, p})
				}
			}
		}
	}
	return t
}

// takeScope is for reading requests: the properties that have values are literals, all else is bound.
func (n *names) takeScope(k *methodKind) *pattern.Scope {
	vars := n.of(k.asked(), false)
	for slot := range variables {
		vars[slot].Use = pattern.First
	}
	fileVars(vars)
	vars[slotMediaID].PerFile = true
	vars[slotContent].PerFile = k.name == sendFile || k.name == UploadFile
	if k.name != Login {
		n.giveToken(vars)
	}
	vars[slotFrom].Same, vars[slotTo].Same = sameNumber, sameNumber
	return pattern.NewScope(pattern.Scope{
		Direction: pattern.Reads, Vars: vars, Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON, EveryElement: true,
	})
}

// afterHost is what of a request_url follows scheme and host, or the property that stands for them.
func afterHost(text string) string {
	if strings.HasPrefix(text, "$") {
		return text[variableEnd(text, 0):]
	}
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	return ""
}

// queryMembers is the query of a request_url as an object pattern.
func queryMembers(query string) (out []tree.Member) {
	for query != "" {
		end := 0
		for end < len(query) && query[end] != '&' {
			if query[end] == '$' {
				end = variableEnd(query, end)
			} else {
				end++
			}
		}
		name, value, _ := strings.Cut(query[:end], "=")
		if plain, err := url.QueryUnescape(name); err == nil && !strings.Contains(name, "$") {
			name = plain
		}
		if plain, err := url.QueryUnescape(value); err == nil && !strings.Contains(value, "$") {
			value = plain
		}
		out = append(out, tree.Member{Name: name, Value: tree.Text(value)})
		query = strings.TrimPrefix(query[end:], "&")
	}
	return out
}
