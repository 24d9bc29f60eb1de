package service

import (
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// getFile is how the files of a message are fetched, where that takes more than their address.
type getFile struct {
	hosts    []string // lower case; "*.example.com" is every host below
	url      *address // nil: files come with their address
	headers  []headerPattern
	token    bool             // it says itself where $token$ stands
	response *pattern.Pattern // nil: what request_url gives is the file
	asText   bool
}

var getFileMembers = []string{"hosts", "request_url", "request_method", "request_headers", "response_map"}

func (l *loader) getFile(api, v tree.Value) {
	const ptr = "/API/GetFile"
	if !l.object(v, ptr, getFileMembers) {
		return
	}
	g := &getFile{hosts: l.hosts(v.Get("hosts"), ptr+"/hosts")}
	if verb := l.verb(v.Get("request_method"), ptr+"/request_method"); v.Get("request_method").Kind() != tree.Absent && verb != http.MethodGet {
		l.fail(ptr+"/request_method", "files are fetched with GET")
	}
	vars := l.names.vars(0, false)
	vars[slotMediaID].Name = variables[slotMediaID].name
	l.names.giveToken(vars)
	scope := pattern.NewScope(pattern.Scope{Direction: pattern.Writes, Vars: vars})
	if raw := v.Get("request_url"); raw.Kind() != tree.Absent {
		text := continued(l.text(raw, ptr+"/request_url"), api)
		a := l.address(text, ptr+"/request_url", scope)
		g.url = &a
		if a.path != nil && !a.path.Uses(slotMediaID) && (a.query == nil || !a.query.Uses(slotMediaID)) {
			l.warn(ptr+"/request_url", "$mediaid$ stands nowhere in it, so every file is the same")
		}
	}
	g.headers = l.fileHeaders(api, v, scope)
	g.token = g.url != nil && g.url.uses().has(slotToken)
	for _, h := range g.headers {
		g.token = g.token || h.value.Uses(slotToken)
	}
	if m := v.Get("response_map"); m.Kind() != tree.Absent {
		l.fileAnswer(g, m, ptr+"/response_map")
	}
	if len(g.hosts) == 0 && g.url == nil {
		l.warn(ptr, `without "hosts" nobody receives the credentials, so files are fetched as if GetFile were not here`)
	}
	l.svc.program.getFile = g
}

// hosts is a list of hosts, of which "*.example.com" is every host below.
func (l *loader) hosts(v tree.Value, ptr string) (hosts []string) {
	for i, h := range l.texts(v, ptr) {
		name := strings.TrimPrefix(h, "*.")
		if u, err := url.Parse("https://" + name); err != nil || u.Host != name || name == "" || strings.Contains(name, "*") || !strings.Contains(name, ".") && name != "localhost" {
			l.fail(pointer(ptr, i), `%q is no host; write it like "api.example.com" or "*.cdn.example.com"`, h)
			continue
		}
		hosts = append(hosts, strings.ToLower(h))
	}
	return hosts
}

// fileHeaders is the headers of GetFile's own, or those for all methods that need nothing of a message that is sent.
func (l *loader) fileHeaders(api, v tree.Value, scope *pattern.Scope) []headerPattern {
	if v.Get("request_headers").Kind() != tree.Absent {
		return l.requestHeaders(func(member string) (tree.Value, string) {
			return v.Get(member), pointer("/API/GetFile", member)
		}, scope)
	}
	said := len(l.problems)
	headers := l.requestHeaders(func(member string) (tree.Value, string) { return api.Get(member), pointer("/API", member) }, scope)
	l.problems = l.problems[:said] // the methods that they are for have said it
	return headers
}

// fileAnswer compiles the pattern that finds the file's address in what request_url gives.
func (l *loader) fileAnswer(g *getFile, v tree.Value, ptr string) {
	vars := l.names.vars(0, true)
	vars[slotMediaID] = pattern.Var{Name: variables[slotMediaID].name, Known: true}
	vars[slotURL] = pattern.Var{Name: variables[slotURL].name, Use: pattern.First, Take: takeURL}
	scope := pattern.NewScope(pattern.Scope{Direction: pattern.Reads, Vars: vars, FormatJSON: formatJSON, ParseJSON: parseJSON})
	g.asText = readsText(v)
	if g.response = l.pattern(v, ptr, scope); g.response == nil {
		return
	}
	if !g.response.Uses(slotURL) {
		l.fail(ptr, `say where the file's address stands in the answer, like {"url": "$url$"}`)
	}
	if g.url == nil {
		l.fail(ptr, "an answer is read only where something is asked for: request_url is missing")
	}
}

// FileSource is where a file of an inbound message is, and what its fetching takes.
type FileSource struct {
	URL    string
	Header http.Header // the service's credentials: for Hosts alone, and by https
	Hosts  []string    // "api.example.com"; "*.cdn.example.com" is every host below
	Plain  bool        // the service file itself says http, so the credentials may go so

	// Sign, where it is not nil, gives a request to Hosts what it is signed with, at the end of its writing.
	Sign func(*wire.Request) error

	// Answer, where it is not nil, gives the file's address from what URL gives.
	Answer func(contentType string, body []byte) (url string, err error)
}

// FetchesWithCredentials reports whether files may be fetched with them, so that FileSource wants an Attempt with a token.
func (b *Bound) FetchesWithCredentials() bool { return b.Service.program.getFile != nil }

// FileSource says how to fetch a file. Without hosts named by the service, a file is fetched without credentials.
func (b *Bound) FileSource(f File, at Attempt) (FileSource, error) {
	s := FileSource{URL: f.URL}
	g := b.Service.program.getFile
	if g != nil {
		s.Hosts = g.hosts
	}
	in := pattern.Input{Values: append([]tree.Value(nil), b.base...)}
	if f.MediaID != "" {
		in.Values[slotMediaID] = tree.Text(f.MediaID)
	}
	in.Values[slotToken] = textOrNothing(at.Token)
	if f.URL == "" {
		if f.MediaID == "" || g == nil || g.url == nil {
			return s, fault.New(fault.Invalid, "url", "the file has neither an address nor a way to get one")
		}
		raw, err := g.url.append(nil, b.bases[g.url.base], &in)
		if err != nil {
			return s, fault.New(fault.Invalid, "url", "the address of the file cannot be written: %v", err)
		}
		s.URL = string(raw)
		s.Answer = g.answer(&in)
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "data" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return s, fault.New(fault.Invalid, "url", "%q is no address of a file", clip(s.URL))
	}
	if f.URL == "" { // the address is the service file's or the operator's own, so the credentials are at home there
		s.Hosts = append([]string{strings.ToLower(u.Hostname())}, s.Hosts...)
		s.Plain = u.Scheme == "http"
	}
	if len(s.Hosts) == 0 {
		return s, nil
	}
	if s.Header, err = g.header(b, &in); err != nil || b.Service.auth == nil {
		return s, err
	}
	switch {
	case b.Service.auth.signer != nil:
		s.Sign = func(r *wire.Request) error { return b.authorize(r, g.token, at) }
	case b.NeedsToken():
		err = b.authorize(&wire.Request{Header: s.Header}, g.token, at)
	}
	return s, err
}

// header is what only the hosts see.
func (g *getFile) header(b *Bound, in *pattern.Input) (http.Header, error) {
	h := http.Header{}
	if b.binding.auth != "" {
		h.Set("Authorization", b.binding.auth)
	}
	for _, p := range g.headers {
		value, err := p.value.AppendText(nil, in, nil)
		if err == nil {
			err = wire.CheckHeader(p.name, string(value))
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "url", "the header %s cannot be written: %v", p.name, err)
		}
		if len(value) > 0 {
			h[p.name] = []string{string(value)}
		}
	}
	return h, nil
}

// answer reads the file's address in what request_url gave.
func (g *getFile) answer(in *pattern.Input) func(string, []byte) (string, error) {
	if g.response == nil {
		return nil
	}
	return func(contentType string, body []byte) (string, error) {
		v, err := tree.Text(strings.TrimSpace(wire.Text(contentType, body))), error(nil)
		if !g.asText {
			v, err = wire.Decode(contentType, body, wire.Limits{})
		}
		if err == nil {
			if r := g.response.Read(v, in); r.Matched && len(r.Events) > 0 && r.Events[0].Get(slotURL).Kind() != tree.Absent {
				return r.Events[0].Get(slotURL).Text(), nil
			}
		}
		return "", fault.New(fault.Invalid, "url", "the provider's answer names no address of the file")
	}
}
