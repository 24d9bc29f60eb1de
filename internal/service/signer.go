package service

import (
	"crypto"
	"errors"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Names that only what a signer writes has, beside those of over, in this order.
var (
	timestampVar = pattern.Var{Name: "timestamp"}
	uuidVar      = pattern.Var{Name: "uuid"}
	signatureVar = pattern.Var{Name: "signature", Bytes: true}
	tokenVar     = pattern.Var{Name: "token"}
)

// stamps is the values of the first two.
func stamps(at Attempt, more ...tree.Value) []tree.Value {
	return append([]tree.Value{moment(at.Now), textOrNothing(at.UUID)}, more...)
}

// leaving is a request of ours as patterns see it: to them it is what a callback is, seen from the other side.
func leaving(r *wire.Request, at Attempt) *Callback {
	return &Callback{Request: *r, Now: at.Now}
}

// added is a header, or a member of the query or of the parameters, that a signer adds to a request.
type added struct {
	spot
	text   *over
	proves bool // it holds the signature or the token, and so is written last
}

// added compiles what a signer adds. proof is what must stand somewhere in it.
func (l *loader) added(v tree.Value, ptr string, proof pattern.Var) (out []added) {
	for _, where := range placeMembers {
		in := v.Get(where.name)
		if in.Kind() == tree.Absent {
			continue
		}
		l.spots(in, pointer(ptr, where.name), where.kind, func(s spot, v tree.Value, at string) {
			if o := l.over(v, at, timestampVar, uuidVar, proof); o != nil {
				out = append(out, added{s, o, o.pattern.Uses(overFirst + len(l.names.properties) + 2)})
			}
		})
	}
	return out
}

func proves(all []added) bool {
	for i := range all {
		if all[i].proves {
			return true
		}
	}
	return false
}

// put writes into cb what holds the proof, or what does not.
func put(all []added, b *Bound, cb *Callback, at Attempt, proof tree.Value) error {
	for i := range all {
		a := &all[i]
		if a.proves != (proof.Kind() != tree.Absent) {
			continue
		}
		text, err := a.text.write(b, cb, stamps(at, proof)...)
		if err != nil {
			return err
		}
		if len(text) == 0 {
			continue
		}
		if a.kind == inHeaders {
			if err := wire.CheckHeader(a.name, string(text)); err != nil {
				return err
			}
		}
		if a.kind == inParameters && len(cb.Request.Body) > 0 && !takesMembers(cb.Request.Header.Get("Content-Type")) {
			return errNoMembers
		}
		if err := a.spot.put(cb, string(text)); err != nil {
			return err
		}
	}
	return nil
}

var errNoMembers = errors.New(`only a JSON or form body takes a further member: put the signature into "headers" or "query"`)

func takesMembers(contentType string) bool {
	f := wire.FormatOf(contentType)
	return f == wire.JSON || f == wire.Form
}

// hmacSigner signs requests as the check of the same name verifies callbacks.
type hmacSigner struct {
	mac   *macScheme
	over  *over
	added []added
}

func compileHMACSigner(l *loader, a *auth, v tree.Value) {
	ptr := a.pointer
	s := &hmacSigner{mac: l.mac(v, ptr)}
	if over := v.Get("over"); over.IsEmpty() {
		l.fail(ptr+"/over", `say what is signed, like "$timestamp|unix$.$body$"`)
	} else {
		s.over = l.over(over, ptr+"/over", timestampVar, uuidVar)
	}
	if s.added = l.added(v, ptr, signatureVar); !proves(s.added) {
		l.fail(ptr, `say where the signature goes, like "headers": {"X-Signature": "$signature|hex$"}`)
	}
	a.signer = s
}

func (s *hmacSigner) fits(b *Bound) (int, error) { return s.mac.key.fits(b) }

func (s *hmacSigner) examples(give func(slot int, value string, private crypto.Signer)) {
	s.mac.key.examples(give)
}

func (s *hmacSigner) sign(b *Bound, r *wire.Request, at Attempt) error {
	cb := leaving(r, at)
	if err := put(s.added, b, cb, at, tree.Value{}); err != nil { // what is signed may stand there
		return err
	}
	over, err := s.over.write(b, cb, stamps(at)...)
	if err != nil {
		return err
	}
	mac, err := s.mac.make(b, cb, over)
	if err != nil {
		return err
	}
	if err := put(s.added, b, cb, at, tree.Text(mac)); err != nil {
		return err
	}
	*r = cb.Request
	return nil
}
