package service

import (
	"crypto"
	"net/http"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// program is the compiled part of a Service.
type program struct {
	names      *names
	auth       *auth
	send       []*method            // variants of SendMessage, in order
	sendFile   []*method            // variants of SendFile
	calls      map[string][]*method // variants of every other method, by its name
	wantsFiles bool                 // a send needs the bytes of files, or uploads
	getFile    *getFile
	models     []*model // in the order in which they are tried
	looks      looks    // what of a callback the models look at
	verify     check
	reply      *replies // of the file
}

// methods is every variant of every method.
func (p *program) methods() []*method {
	all := append(append([]*method(nil), p.send...), p.sendFile...)
	for _, k := range methodKinds {
		all = append(all, p.calls[k.name]...)
	}
	return all
}

// binding is what an integration's property values make of the program.
type binding struct {
	base     []tree.Value // by slot: the property values
	secrets  []string
	keys     map[string]crypto.PublicKey // those of verify, by their text
	private  crypto.Signer               // what signs our requests, where that is a private key
	tokenKey string                      // see TokenKey
	auth     string                      // the Authorization header; "" sends none
	bases    map[int]string              // slot of a property that stands for scheme and host → those
	fixed    map[*method]*fixed          // what of a method does not change from message to message
	touched  touched                     // nil except in the tests inside a file
}

// fixed is what of a request is the same for all messages of an integration.
type fixed struct {
	url     string // "" when the URL holds a variable of the message
	headers http.Header
	moving  []headerPattern // headers that hold a variable of the message
	decided decision        // by properties alone, where "when" asks about nothing else
}

type headerPattern struct {
	name  string // canonical
	value *pattern.Pattern
}

// bits is a set of the slots of the format's own variables.
type bits uint64

func (b bits) has(slot int) bool { return b>>slot&1 != 0 }

// add notes every variable of the format that p uses.
func (b *bits) add(p *pattern.Pattern) {
	if p == nil {
		return
	}
	for _, slot := range p.Slots() {
		if slot < firstProperty {
			*b |= 1 << slot
		}
	}
}
