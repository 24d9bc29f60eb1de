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
	hosts []string // lower case; "*.example.com" is every host below
	url   *address // nil: files come with their address
	uses  bits
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

// FileRequest is the request that fetches a file of an inbound message. The service's credentials go only to the hosts that the file
// names, and over https.
func (b *Bound) FileRequest(f File) (*wire.Request, error) {
	r := &wire.Request{Method: http.MethodGet, URL: f.URL, Header: http.Header{}}
	g := b.Service.program.getFile
	if f.URL == "" {
		if f.MediaID == "" || g == nil || g.url == nil {
			return nil, fault.New(fault.Invalid, "url", "the file has neither an address nor a way to get one")
		}
		in := pattern.Input{Values: append([]tree.Value(nil), b.base...)}
		in.Values[slotMediaID] = tree.Text(f.MediaID)
		raw, err := g.url.append(nil, b.bases[g.url.base], &in)
		if err != nil {
			return nil, fault.New(fault.Invalid, "url", "the address of the file cannot be written: %v", err)
		}
		r.URL = string(raw)
		if b.binding.auth != "" { // the address is the file's own or the operator's, so the credentials are at home there
			r.Header.Set("Authorization", b.binding.auth)
		}
		return r, nil
	}
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fault.New(fault.Invalid, "url", "%q is no address of a file", clip(f.URL))
	}
	if g != nil && b.binding.auth != "" && u.Scheme == "https" && u.User == nil && (u.Port() == "" || u.Port() == "443") && g.owns(u.Hostname()) {
		r.Header.Set("Authorization", b.binding.auth)
	}
	return r, nil
}

func (g *getFile) owns(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, h := range g.hosts {
		if h == host || strings.HasPrefix(h, "*.") && strings.HasSuffix(host, h[1:]) && len(host) > len(h)-1 {
			return true
		}
	}
	return false
}
