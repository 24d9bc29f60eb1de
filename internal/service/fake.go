package service

import (
	"crypto"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"patchbay/internal/tree"
)

// Fake is the provider's side of a service file: it reads what API writes, writes what responses and Webhook read, and signs as verify
// demands. Whatever it writes it has read with the file before; what it cannot write it says.
type Fake struct {
	*Bound
	Country string // in which national numbers are read and written

	given  map[string]string // the values of all properties
	signer crypto.Signer     // of the public key that was made up
	takers []*taker
	habits map[*model][]habit
	blind  Problems
}

// fakeToken is what a service with tokens gets from its provider.
const fakeToken = "simulated-token"

// NewFake makes a provider of a service file. Properties without a value get one: a public key a pair, what stands for scheme and host the
// base. The service must be one whose addresses lead to base: see Redirect.
func NewFake(s *Service, given map[string]string, base string) (*Fake, error) {
	f := &Fake{Country: "US", given: map[string]string{}, habits: map[*model][]habit{}}
	for name, value := range given {
		if _, known := s.property(name); !known {
			return nil, fmt.Errorf("the file has no property %q%s", name, hint(name, s.names.propertyNames()))
		}
		f.given[name] = value
	}
	f.makeUp(s, base)
	var err error
	if f.Bound, err = s.Bind(f.given); err != nil {
		return nil, err
	}
	root, problem := document(s.Source)
	if problem != nil {
		return nil, fmt.Errorf("read the file again: %s", problem)
	}
	for _, m := range s.methods() {
		f.takers = append(f.takers, f.taker(m, root))
	}
	f.learn()
	return f, nil
}

// makeUp gives values to the properties that have none and need one.
func (f *Fake) makeUp(s *Service, base string) {
	needed := map[string]bool{}                                   // by the checks of callbacks
	form := func(slot int, value string, private crypto.Signer) { // what must have one
		if name := s.names.propertyOf(slot).Name; f.given[name] == "" {
			if f.given[name] = value; private != nil {
				f.signer = private
			}
		}
	}
	leaves(s.verify, func(c check) {
		for _, slot := range c.needs() {
			needed[s.names.propertyOf(slot).Name] = true
		}
		switch c := c.(type) {
		case *origin: // callbacks come from this machine
			c.examples(func(slot int, _ string, _ crypto.Signer) { form(slot, "127.0.0.0/8, ::1/128", nil) })
		case particular:
			c.examples(form)
		}
	})
	if s.auth != nil {
		if signer, ok := s.auth.signer.(formed); ok {
			signer.examples(func(slot int, value string, _ crypto.Signer) { form(slot, value, nil) })
		}
	}
	for i := range s.Properties {
		p := &s.Properties[i]
		switch {
		case f.given[p.Name] != "":
		case p.Default != "":
			f.given[p.Name] = p.Default
		case p.Optional && !needed[p.Name]:
		case len(p.Choices) > 0:
			f.given[p.Name] = p.Choices[0]
		case s.standsForHost(p.Name):
			f.given[p.Name] = base
		default:
			f.given[p.Name] = "simulated-" + slug(p.Name)
		}
	}
}

func slug(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name)), "-")
}

// Values is what an integration that is to meet this provider is enabled with.
func (f *Fake) Values() map[string]string { return f.given }

// Redirect is a service file that is the same but for the provider's address: wherever it stood, base stands. Its tests that say what only
// the real address gives, a signature over the host, are left out.
func Redirect(s *Service, base string) ([]byte, error) {
	root, problem := document(s.Source)
	if problem != nil {
		return nil, fmt.Errorf("read the file again: %s", problem)
	}
	target, err := url.Parse(base)
	if err != nil || target.Host == "" {
		return nil, fmt.Errorf("%q is no address", base)
	}
	var pairs []string
	seen := map[string]bool{}
	add := func(prefix string) {
		u, err := url.Parse(prefix)
		if err != nil || u.Host == "" || seen[prefix] {
			return
		}
		seen[prefix] = true
		for _, scheme := range []string{"https://", "http://"} {
			for _, end := range []string{"/", "?", "\x00"} { // "https://a.example" is no part of "https://a.example.com"
				pairs = append(pairs, scheme+u.Host+end, base+end)
				pairs = append(pairs, regexp.QuoteMeta(scheme+u.Host)+end, regexp.QuoteMeta(base)+end) // in a $match
				pairs = append(pairs, url.QueryEscape(scheme+u.Host)+url.QueryEscape(end), url.QueryEscape(base)+url.QueryEscape(end))
			}
		}
		pairs = append(pairs, "\x00"+u.Host+"\x00", "\x00"+target.Host+"\x00")
	}
	note := func(a *address) {
		if a == nil {
			return
		}
		if a.base < 0 {
			add(a.prefix)
			return
		}
		p := s.names.propertyOf(a.base)
		for _, choice := range append(slices.Clone(p.Choices), p.Default) {
			add(choice)
		}
	}
	for _, m := range s.methods() {
		note(&m.url)
	}
	if s.auth != nil && s.auth.oauth2 != nil {
		note(&s.auth.oauth2.endpoint)
		note(&s.auth.oauth2.authorization)
	}
	if g := s.program.getFile; g != nil {
		note(g.url)
		for _, h := range g.hosts {
			if !strings.HasPrefix(h, "*") {
				add("https://" + h)
			}
		}
	}
	swap := strings.NewReplacer(pairs...)
	swapped := texted(root, func(text string) string { return strings.Trim(swap.Replace("\x00"+text+"\x00"), "\x00") })
	redirected := append(appendPretty(nil, swapped, 0, 0), '\n')
	there, problems := Parse(redirected)
	if there == nil {
		return nil, fmt.Errorf("the file with another address in it: %w", problems.Err())
	}
	var passing []tree.Value
	for i, result := range RunTests(there) {
		if result.Passed() {
			passing = append(passing, swapped.Get("tests").List()[i])
		}
	}
	if len(passing) == len(swapped.Get("tests").List()) {
		return redirected, nil
	}
	return append(appendPretty(nil, with(swapped, []string{"tests"}, tree.ListOf(passing...)), 0, 0), '\n'), nil
}

// texted is v with f made of every text in it, names too.
func texted(v tree.Value, f func(string) string) tree.Value {
	switch v.Kind() {
	case tree.String:
		return tree.Text(f(v.Text()))
	case tree.List:
		var vs []tree.Value
		for _, e := range v.List() {
			vs = append(vs, texted(e, f))
		}
		return tree.ListOf(vs...)
	case tree.Object:
		var ms []tree.Member
		for _, m := range v.Members() {
			ms = append(ms, tree.Member{Name: f(m.Name), Value: texted(m.Value, f)})
		}
		return tree.ObjectOf(ms...)
	}
	return v
}

// SendsFiles reports whether the file describes how to send files.
func (f *Fake) SendsFiles() bool {
	return len(f.sendFile) > 0 || slices.ContainsFunc(f.send, func(m *method) bool { return m.allFiles })
}

// Tells reports whether a model of the file is for callbacks of a kind; of messages, for those with files or those without.
func (f *Fake) Tells(kind EventType, files bool) bool {
	e := Emission{Type: kind}
	if files {
		e.Files = make([]File, 1)
	}
	return slices.ContainsFunc(f.models, func(m *model) bool { return len(m.wordsFor(e)) > 0 && len(fileSlots(m, e)) > 0 })
}
