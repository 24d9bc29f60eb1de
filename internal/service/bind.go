package service

import (
	"crypto"
	"errors"
	"net/http"
	"sort"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Bound is a service with an integration's property values: ready to send and to read. Immutable, safe for any number of goroutines;
// callers keep one per integration for as long as its values and its service version stay.
type Bound struct {
	*Service
	binding
}

// Bind puts an integration's property values in. It fails with every property that is missing, of the wrong form, or not among its
// choices; values of properties that the file does not have (any more) mean nothing.
func (s *Service) Bind(props map[string]string) (*Bound, error) {
	b := &Bound{Service: s, binding: binding{
		base: make([]tree.Value, s.names.count), bases: map[int]string{}, fixed: map[*method]*fixed{},
	}}
	var problems []fault.Problem
	wrong := func(name, message string) {
		problems = append(problems, fault.Problem{Pointer: pointer("/properties", name), Message: message})
	}
	for i, p := range s.Properties {
		value := props[p.Name]
		if value == "" {
			value = p.Default
		}
		switch {
		case value == "" && !p.Optional:
			wrong(p.Name, `"`+p.Name+`" is missing`)
		case value != "" && len(p.Choices) > 0 && !contains(p.Choices, value):
			wrong(p.Name, `"`+p.Name+`" must be one of `+strings.Join(p.Choices, ", "))
		case strings.ContainsAny(value, "\r\n\x00") && !isPEM(value):
			wrong(p.Name, `"`+p.Name+`" must be one line`)
		case value != "":
			b.base[firstProperty+i] = tree.Text(wire.Clean(value))
			if p.Secret {
				b.secrets = append(b.secrets, value)
			}
		}
	}
	if len(problems) == 0 {
		problems = append(problems, b.bindBases()...)
		problems = append(problems, b.bindChecks()...)
		problems = append(problems, b.bindSigner()...)
	}
	if len(problems) > 0 {
		e := fault.New(fault.Invalid, problems[0].Pointer, "%s", problems[0].Message)
		e.Problems = problems
		return nil, e
	}
	b.bindToken()
	return b, b.bindMethods()
}

// hosts is the slots of the properties that stand for scheme and host; negative ones are none.
func (s *Service) hosts() (slots []int) {
	for _, m := range s.methods() {
		slots = append(slots, m.url.base)
	}
	if s.getFile != nil && s.getFile.url != nil {
		slots = append(slots, s.getFile.url.base)
	}
	if s.auth != nil && s.auth.oauth2 != nil {
		slots = append(slots, s.auth.oauth2.authorization.base, s.auth.oauth2.endpoint.base)
	}
	return slots
}

// bindBases checks the properties that stand for scheme and host.
func (b *Bound) bindBases() (problems []fault.Problem) {
	for _, slot := range b.Service.hosts() {
		if _, done := b.bases[slot]; done || slot < 0 {
			continue
		}
		base, why := baseOf(b.base[slot].Text())
		if why != "" {
			name := b.names.propertyOf(slot).Name
			problems = append(problems, fault.Problem{Pointer: pointer("/properties", name), Message: `"` + name + `" is the address of the provider: ` + why})
		}
		b.bases[slot] = base
	}
	return problems
}

// bindChecks holds what verification needs to its form: an integration with a key that is none would refuse every callback.
func (b *Bound) bindChecks() (problems []fault.Problem) {
	b.keys = map[string]crypto.PublicKey{}
	leaves(b.Service.verify, func(c check) {
		p, ok := c.(particular)
		if !ok {
			return
		}
		if slot, err := p.fits(b); err != nil && !errors.Is(err, errNotMade) {
			name := b.names.propertyOf(slot).Name
			problems = append(problems, fault.Problem{Pointer: pointer("/properties", name), Message: `"` + name + `": ` + err.Error()})
		}
	})
	return problems
}

// bindSigner holds what signing needs to its form: an integration with a key that is none could send nothing.
func (b *Bound) bindSigner() (problems []fault.Problem) {
	if b.Service.auth == nil {
		return nil
	}
	s, ok := b.Service.auth.signer.(formed)
	if !ok {
		return nil
	}
	if slot, err := s.fits(b); err != nil && !errors.Is(err, errNotMade) {
		name := b.names.propertyOf(slot).Name
		problems = append(problems, fault.Problem{Pointer: pointer("/properties", name), Message: `"` + name + `": ` + err.Error()})
	}
	return problems
}

// bindMethods makes what is the same in every request.
func (b *Bound) bindMethods() error {
	in := &pattern.Input{Values: b.base}
	if b.Service.auth != nil && b.Service.auth.header != nil {
		header, err := b.Service.auth.header.text(in)
		if err == nil {
			err = wire.CheckHeader("Authorization", header)
		}
		if err != nil {
			return fault.New(fault.Invalid, b.Service.auth.pointer, "the Authorization header cannot be written: %v", err)
		}
		b.binding.auth = header
		if _, credentials, ok := strings.Cut(header, " "); ok && len(b.secrets) > 0 {
			b.secrets = append(b.secrets, credentials)
		}
	}
	for _, m := range b.methods() {
		f := &fixed{headers: http.Header{}}
		if b.binding.auth != "" {
			f.headers.Set("Authorization", b.binding.auth)
		}
		for _, h := range m.headers {
			var uses bits
			if uses.add(h.value); uses != 0 {
				f.moving = append(f.moving, h)
				continue
			}
			value, err := h.value.AppendText(nil, in, nil)
			if err == nil {
				err = wire.CheckHeader(h.name, string(value))
			}
			if err != nil {
				return fault.New(fault.Invalid, m.pointer+"/request_headers/"+h.name, "the header cannot be written: %v", err)
			}
			if len(value) > 0 {
				f.headers[h.name] = []string{string(value)}
			}
		}
		if m.url.uses() == 0 {
			url, err := m.url.append(nil, b.bases[m.url.base], in)
			if err != nil {
				return fault.New(fault.Invalid, m.pointer+"/request_url", "the address cannot be written: %v", err)
			}
			f.url = string(url)
		}
		f.decided = b.decide(m)
		b.fixed[m] = f
	}
	sort.Slice(b.secrets, func(i, j int) bool { return len(b.secrets[i]) > len(b.secrets[j]) })
	return nil
}

// Secrets is every value that must never be shown, for redaction by value: secret properties, and what auth makes of them. Longest first.
func (b *Bound) Secrets() []string { return append([]string(nil), b.secrets...) }

// isPEM reports whether a value is a key in the lines of PEM, which alone may have several.
func isPEM(value string) bool {
	return strings.HasPrefix(value, "-----BEGIN ") && !strings.Contains(value, "\x00")
}
