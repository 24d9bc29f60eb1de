package service

import (
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// getFile is how the files of a message are fetched, where that takes more than their address.
type getFile struct {
	hosts []string // lower case; "*.example.com" is every host below
	url   *address // nil: files come with their address
}

func (l *loader) getFile(v tree.Value) {
	const ptr = "/API/GetFile"
	if !l.object(v, ptr, []string{"hosts", "request_url", "request_method", "response_map"}) {
		return
	}
	g := &getFile{}
	for i, h := range l.texts(v.Get("hosts"), ptr+"/hosts") {
		name := strings.TrimPrefix(h, "*.")
		if u, err := url.Parse("https://" + name); err != nil || u.Host != name || name == "" || strings.Contains(name, "*") || !strings.Contains(name, ".") && name != "localhost" {
			l.fail(pointer(ptr+"/hosts", i), `%q is no host; write it like "api.example.com" or "*.cdn.example.com"`, h)
			continue
		}
		g.hosts = append(g.hosts, strings.ToLower(h))
	}
	if verb := l.verb(v.Get("request_method"), ptr+"/request_method"); v.Get("request_method").Kind() != tree.Absent && verb != http.MethodGet {
		l.fail(ptr+"/request_method", "files are fetched with GET")
	}
	if v.Get("response_map").Kind() != tree.Absent {
		l.fail(ptr+"/response_map", "an address that must be asked for is not supported by this version")
	}
	if raw := v.Get("request_url"); raw.Kind() != tree.Absent {
		vars := l.names.vars(0, false)
		vars[slotMediaID].Name = variables[slotMediaID].name
		scope := pattern.NewScope(pattern.Scope{Direction: pattern.Writes, Vars: vars})
		a := l.address(l.text(raw, ptr+"/request_url"), ptr+"/request_url", scope)
		g.url = &a
	}
	l.svc.program.getFile = g
}

// FileSource is where a file of an inbound message is, and what its fetching takes.
type FileSource struct {
	URL    string
	Header http.Header // the service's credentials: for Hosts alone, and over https
	Hosts  []string    // "api.example.com"; "*.cdn.example.com" is every host below
}

// FileSource says how to fetch a file. Without hosts named by the service, a file is fetched without credentials.
func (b *Bound) FileSource(f File) (FileSource, error) {
	s := FileSource{URL: f.URL}
	g := b.Service.program.getFile
	if g != nil {
		s.Hosts = g.hosts
	}
	if f.URL == "" {
		if f.MediaID == "" || g == nil || g.url == nil {
			return s, fault.New(fault.Invalid, "url", "the file has neither an address nor a way to get one")
		}
		in := pattern.Input{Values: append([]tree.Value(nil), b.base...)}
		in.Values[slotMediaID] = tree.Text(f.MediaID)
		raw, err := g.url.append(nil, b.bases[g.url.base], &in)
		if err != nil {
			return s, fault.New(fault.Invalid, "url", "the address of the file cannot be written: %v", err)
		}
		s.URL = string(raw)
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "data" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return s, fault.New(fault.Invalid, "url", "%q is no address of a file", clip(s.URL))
	}
	if f.URL == "" { // the address is the service file's or the operator's own, so the credentials are at home there
		s.Hosts = append([]string{strings.ToLower(u.Hostname())}, s.Hosts...)
	}
	if len(s.Hosts) > 0 && b.binding.auth != "" {
		s.Header = http.Header{"Authorization": {b.binding.auth}}
	}
	return s, nil
}
