package service

import (
	"crypto"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// origin is a check of the address that the callback comes from: the real peer, whatever the request says about itself.
type origin struct {
	fixed []netip.Prefix
	texts []secretText // properties that hold further ones, with commas or spaces between them
}

func compileCIDR(l *loader, v tree.Value, ptr string) check {
	o := &origin{}
	if v.Kind() == tree.List && len(v.List()) == 0 {
		l.fail(ptr, `this must be a list of addresses, like ["192.0.2.0/24", "$Addresses$"]`)
	}
	for i, text := range l.texts(v, ptr) {
		at := pointer(ptr, i)
		p := l.pattern(tree.Text(text), at, l.names.textScope())
		if p == nil {
			continue
		}
		if slots := p.Slots(); len(slots) > 0 {
			o.texts = append(o.texts, secretText{pattern: p, slots: slots})
			continue
		}
		prefixes, err := parsePrefixes(text)
		if err != nil {
			l.fail(at, "%v", err)
		}
		o.fixed = append(o.fixed, prefixes...)
	}
	return o
}

func parsePrefixes(text string) (out []netip.Prefix, err error) {
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		prefix, err := netip.ParsePrefix(one)
		if err != nil {
			addr, err := netip.ParseAddr(one)
			if err != nil || addr.Zone() != "" {
				return nil, fmt.Errorf(`%q is no address; write it like "192.0.2.1" or "192.0.2.0/24"`, clip(one))
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

// prefixes is where callbacks may come from, with an integration's values.
func (o *origin) prefixes(b *Bound) ([]netip.Prefix, error) {
	all := o.fixed[:len(o.fixed):len(o.fixed)]
	for i := range o.texts {
		if lack(b, o.texts[i].slots) {
			continue
		}
		text, err := o.texts[i].pattern.AppendText(nil, &pattern.Input{Values: b.base}, nil)
		if err != nil {
			return nil, err
		}
		more, err := parsePrefixes(string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if len(all) == 0 {
		return nil, errNotMade
	}
	return all, nil
}

func (o *origin) verify(b *Bound, cb *Callback) error {
	all, err := o.prefixes(b)
	if err != nil {
		return err
	}
	addr, err := netip.ParseAddr(cb.RemoteIP)
	if err != nil {
		return errors.New("where it comes from is not known")
	}
	addr = addr.Unmap().WithZone("")
	for _, p := range all {
		if p.Contains(addr) {
			return nil
		}
	}
	return errors.New("it comes from an address that is not the provider's")
}

func (o *origin) sign(b *Bound, cb *Callback) error {
	all, err := o.prefixes(b)
	if err == nil {
		cb.RemoteIP = all[0].Addr().String()
	}
	return err
}

func (o *origin) needs() (slots []int) {
	if len(o.fixed) > 0 {
		return nil
	}
	for i := range o.texts {
		slots = append(slots, o.texts[i].slots...)
	}
	return slots
}

func (o *origin) fits(b *Bound) (int, error) {
	for i := range o.texts {
		one := origin{texts: o.texts[i : i+1]}
		if _, err := one.prefixes(b); err != nil && !errors.Is(err, errNotMade) {
			return o.texts[i].slots[0], err
		}
	}
	return 0, nil
}

func (o *origin) examples(give func(slot int, value string, private crypto.Signer)) {
	for i := range o.texts {
		for _, slot := range o.texts[i].slots {
			give(slot, "192.0.2.1", nil)
		}
	}
}
