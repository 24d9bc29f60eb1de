package service

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Handshake is a provider's check of our URL: what it is to hear, and what it says. Its one event may name an address to call; one that may
// not be called makes it unmatched.
type Handshake struct {
	Reply   *wire.Response
	Reading Reading
}

// maxChallenge is how much of a challenge is said back: whoever sends one may not be verified.
const maxChallenge = 1024

// Shake reads a provider's check of our URL, or gives nil when cb is none. It comes before Verify, and so only for models that a property
// of the integration guards; without verification every model is as good. What Shake leaves is an event like any other.
func (b *Bound) Shake(cb *Callback) *Handshake {
	var d *decoded
	for _, m := range b.models {
		if m.kind != EventHandshake || m.table != nil || !m.guarded && b.Verifies() {
			continue
		}
		if d == nil {
			d = cb.decode()
		}
		found, _, ok := m.read.take(m, cb, d, d.begin(), b.base)
		if !ok || len(found) == 0 {
			continue
		}
		b.touched.model(m, m.kind)
		var r Reading
		b.event(cb, m, found[0], &r)
		return &Handshake{b.shake(cb, &r.Events[0]), r}
	}
	return nil
}

// Handshake is the reply to a provider's check of our URL, or nil.
func (b *Bound) Handshake(cb *Callback) *wire.Response {
	if h := b.Shake(cb); h != nil {
		return h.Reply
	}
	return nil
}

// shake is what a check of our URL hears: what the file says to it, or else its challenge.
func (b *Bound) shake(cb *Callback, e *Event) *wire.Response {
	said, file := e.model.reply.of(EventHandshake), b.Service.program.reply
	if said == nil && file != nil {
		said = file.outcomes[EventHandshake]
		if said == nil && !e.model.read.uses(slotChallenge) {
			said = file.always
		}
	}
	if said != nil {
		r := b.write(said, e, cb)
		r.Header.Set("X-Content-Type-Options", "nosniff")
		return r
	}
	return &wire.Response{
		Status: http.StatusOK, Body: []byte(e.Challenge[:min(len(e.Challenge), maxChallenge)]),
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}},
	}
}

// confirm is an address that a handshake wants called.
type confirm struct {
	address *address         // its host is the file's, or
	whole   *pattern.Pattern // all of it is the provider's
	hosts   []string
}

var confirmMembers = []string{"request_url", "hosts"}

// maxConfirm is how long an address may be that we call.
const maxConfirm = 2000

// handshake reads what a model has that answers before it verifies.
func (l *loader) handshake(m *model, v tree.Value, ptr string) {
	c := v.Get("confirm")
	if !m.gives(EventHandshake) {
		if c.Kind() != tree.Absent {
			l.fail(ptr+"/confirm", "only a handshake is confirmed; this model gives none")
		}
		return
	}
	for _, member := range []string{"request_parameters", "query"} {
		m.guarded = m.guarded || l.guards(v.Get(member))
	}
	for _, h := range v.Get("headers").Members() {
		m.guarded = m.guarded || l.guards(h.Value)
	}
	if c.Kind() != tree.Absent && l.object(c, ptr+"/confirm", confirmMembers) {
		m.confirm = l.confirm(m, c, ptr+"/confirm")
	}
	if m.table != nil || m.guarded {
		return
	}
	const cure = `let one stand there, such as a word of your own in the address that the provider calls: "query": {"token": "$Token$"}`
	switch {
	case l.svc.verify != nil:
		l.warn(ptr, "no property stands in this handshake, so it is answered only once verified; if the provider signs none, %s", cure)
	case m.confirm != nil:
		l.warn(ptr, "no property stands in this handshake, so whoever knows the webhook URL decides what is called; %s", cure)
	}
}

// guards reports whether reading v takes a property that a stranger does not know. What may be missing, what is one of several, and a
// list, which may have no elements, keep nobody out.
func (l *loader) guards(v tree.Value) bool {
	switch v.Kind() {
	case tree.String:
		s := v.Text()
		for i := 0; i < len(s); {
			if s[i] != '$' {
				i++
				continue
			}
			end := variableEnd(s, i)
			if end > i+2 {
				name, _, _ := strings.Cut(s[i+1:end-1], "|")
				if p, known := l.svc.property(name); known && p.Default == "" && len(p.Choices) == 0 {
					return true
				}
			}
			i = end
		}
	case tree.Object:
		for _, m := range v.Members() {
			one := m.Name == "$json" || !strings.Contains(strings.ReplaceAll(m.Name, "$$", ""), "$")
			if one && l.guards(m.Value) {
				return true
			}
		}
	}
	return false
}

// confirm compiles the address. No property stands in it: it is kept until it was called, and what is kept holds no secret.
func (l *loader) confirm(m *model, v tree.Value, ptr string) *confirm {
	c := &confirm{hosts: l.hosts(v.Get("hosts"), ptr+"/hosts")}
	if len(c.hosts) == 0 {
		l.fail(ptr+"/hosts", `name the hosts that may be called, like ["api.example.com"]: the address is the provider's to say, and must not lead elsewhere`)
	}
	at, scope := ptr+"/request_url", l.names.confirmScope()
	text := l.text(v.Get("request_url"), at)
	var used []int
	switch {
	case text == "":
		l.fail(at, `say which address is called, like "$url$"`)
		return nil
	case text[0] == '$' && variableEnd(text, 0) == len(text):
		if c.whole = l.pattern(tree.Text(text), at, scope); c.whole == nil {
			return nil
		}
		used = c.whole.Slots()
	case !strings.HasPrefix(text, "https://") || strings.Contains(hostPart(text), "$"):
		l.fail(at, `this must begin with https:// and a host that is written out, or be one variable that has the whole address: "$url$"`)
		return nil
	default:
		before := len(l.problems)
		a := l.address(text, at, scope)
		if len(l.problems[before:].Errors()) > 0 {
			return nil
		}
		c.address = &a
		if u, err := url.Parse(a.prefix); err != nil || !isAmong(u.Hostname(), c.hosts) {
			l.fail(at, "its host is not among hosts")
		}
		for _, p := range a.patterns() {
			if p != nil {
				used = append(used, p.Slots()...)
			}
		}
	}
	for _, slot := range used {
		if slot < firstProperty && !m.read.uses(slot) {
			l.fail(at, "$%s$ stands nowhere in the model", variables[slot].name)
		}
	}
	return c
}

// hostPart is what stands between https:// and the path.
func hostPart(address string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	return host
}

// confirm notes the address that e wants called, or why it is not.
func (b *Bound) confirm(e *Event, out *Reading) {
	c := e.model.confirm
	if c == nil {
		return
	}
	in := &pattern.Input{Values: make([]tree.Value, firstProperty)}
	for slot := range variables {
		v := e.values.get(slot)
		if all := v.List(); v.Kind() == tree.List {
			if v = (tree.Value{}); len(all) == 1 {
				v = all[0]
			}
		}
		in.Values[slot] = v
	}
	var raw []byte
	var err error
	if c.whole != nil {
		raw, err = c.whole.AppendText(nil, in, nil)
	} else {
		raw, err = c.address.append(nil, "", in)
	}
	u, wrong := url.Parse(string(raw))
	switch {
	case err != nil || len(raw) == 0:
		out.Unmatched, out.Reason = true, "it names no address to call"
	case wrong != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || len(raw) > maxConfirm:
		out.Unmatched, out.Reason = true, "the address that it names cannot be called: https, a host, at most 2,000 characters"
	case !isAmong(u.Hostname(), c.hosts):
		out.Unmatched, out.Reason = true, fmt.Sprintf("the address that it names is not called: its host, %q, is not among the hosts of %s/confirm", clip(u.Hostname()), e.Model)
	default:
		u.Fragment, u.RawFragment = "", ""
		e.Confirm = u.String()
	}
}

// isAmong reports whether host is one of hosts, of which "*.example.com" is every host below.
func isAmong(host string, hosts []string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, h := range hosts {
		if rest, ok := strings.CutPrefix(h, "*."); ok && strings.HasSuffix(host, "."+rest) || h == host {
			return true
		}
	}
	return false
}
