package service

import (
	"fmt"
	"slices"
	"time"

	"patchbay/internal/wire"
)

// Proof is whether a callback proves its sender.
type Proof uint8

const (
	Signed Proof = iota
	Unsigned
	Forged // it has what a proof looks like, and is none
)

// forged is a request with what signing added, each a little different.
func forged(plain, signed wire.Request) wire.Request {
	out := plain
	out.Header = plain.Header.Clone()
	for name, values := range signed.Header {
		if text := values[0]; text != plain.Header.Get(name) {
			other := byte('A')
			if text != "" && text[len(text)/2] == other {
				other = 'B'
			}
			if text != "" {
				text = text[:len(text)/2] + string(other) + text[len(text)/2+1:]
			}
			out.Header[name] = []string{text}
		}
	}
	if signed.URL != plain.URL {
		out.URL = signed.URL + "x"
	}
	return out
}

// nonces puts something into headers that a signature is over and that nothing else fills.
func nonces(c check, cb *Callback, now time.Time) {
	s, ok := c.(interface{ signed() *signature })
	if !ok {
		return
	}
	for _, one := range s.signed().over.open {
		filled := slices.ContainsFunc(s.signed().places, func(p place) bool { return p.kind == inHeaders && p.name == one.name })
		if one.kind == "header" && !filled && cb.Request.Header.Get(one.name) == "" {
			cb.Request.Header.Set(one.name, fmt.Sprintf("%020d", now.UnixNano()))
		}
	}
}

func (s *signature) signed() *signature { return s }
