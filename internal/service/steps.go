package service

import (
	"mime"
	"path"
	"strings"
	"unicode/utf8"

	"patchbay/internal/fault"
)

// step is one request of a message: which method, which of its files, and whether the text goes with it.
type step struct {
	method *method
	lo, hi int // of Sending.Files
	text   bool
	total  int // requests of the whole message
}

// Parts is how many requests the message takes, or why it cannot be sent: which method carries it may depend on a property.
func (b *Bound) Parts(m *Sending) (int, error) {
	if err := b.allows(m); err != nil {
		return 0, err
	}
	s, err := b.step(m, 0)
	if err != nil {
		return 0, err
	}
	for part := 1; part < s.total; part++ { // a later file may fit no variant
		if _, err := b.step(m, part); err != nil {
			return 0, err
		}
	}
	return s.total, nil
}

// Idempotent reports whether the provider takes the same part twice as one: only then may an unclear attempt be repeated.
func (b *Bound) Idempotent(m *Sending, part int) bool {
	s, err := b.step(m, part)
	return err == nil && s.method.idempotent
}

// allows checks the message against the file's limits, so that a sender learns at once what a provider would refuse later.
func (b *Bound) allows(m *Sending) error {
	lim := &b.Limits
	if n := utf8.RuneCountInString(m.Text); lim.MaxLength > 0 && n > lim.MaxLength {
		return fault.New(fault.Invalid, "content", "%s takes %d characters at most; this text has %d", b.Name, lim.MaxLength, n)
	}
	for i := range m.Files {
		if err := b.takesType(&m.Files[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bound) takesType(f *File) error {
	if types, t := b.Limits.MediaTypes, f.mediaType(); len(types) > 0 && t != "" && !takesType(types, t) {
		return fault.New(fault.Invalid, "urls", "%s does not take files of type %s; it takes %s", b.Name, t, strings.Join(types, ", "))
	}
	return nil
}

func takesType(types []string, t string) bool {
	t, _, err := mime.ParseMediaType(t)
	if err != nil {
		return false
	}
	for _, pat := range types {
		if ok, _ := path.Match(strings.ToLower(pat), t); ok {
			return true
		}
	}
	return false
}

// step finds the part-th request. The common case, a text, costs nothing.
func (b *Bound) step(m *Sending, part int) (step, error) {
	s := step{text: true, total: 1}
	var err error
	if len(m.Files) == 0 {
		switch {
		case m.Text == "":
			return s, fault.New(fault.Invalid, "content", "a message needs a text or a file")
		case len(b.send) == 0:
			return s, fault.New(fault.Invalid, "content", "%s has no way to send a text: its file has no %s", b.Name, sendMessage)
		}
		s.method, err = b.variant(b.send, m, s)
	} else {
		s, err = b.fileStep(m, part)
	}
	if err == nil && (part < 0 || part >= s.total) {
		err = fault.New(fault.Internal, "", "the message has %d parts, so none is number %d", s.total, part)
	}
	return s, err
}

// fileStep is step for a message with files: one request per file, or as many files as the provider takes in one; the text with the
// first, or before it where there is no place for it.
func (b *Bound) fileStep(m *Sending, part int) (step, error) {
	whole := step{hi: len(m.Files), text: true, total: 1}
	variants := b.sendFile
	if len(variants) == 0 {
		for _, v := range b.send {
			if v.allFiles {
				variants = b.send
			}
		}
	}
	if len(variants) == 0 {
		return whole, fault.New(fault.Invalid, "urls", "%s has no way to send a file: its file has no %s", b.Name, sendFile)
	}
	carrier, err := b.variant(variants, m, whole)
	if err != nil {
		return whole, err
	}
	per := 1
	if carrier.allFiles {
		if per = b.Limits.MediaMaxCount; per == 0 {
			per = len(m.Files)
		}
	}
	ahead := 0 // the caption, as a message before
	if m.Text != "" && !carrier.hasText {
		ahead = 1
	}
	total := ahead + (len(m.Files)+per-1)/per
	if part < ahead {
		if len(b.send) == 0 {
			return whole, fault.New(fault.Invalid, "content", "%s sends files without a text: its file has no place for one", b.Name)
		}
		s := step{text: true, total: total}
		s.method, err = b.variant(b.send, m, s)
		return s, err
	}
	lo := min((part-ahead)*per, len(m.Files))
	s := step{lo: lo, hi: min(lo+per, len(m.Files)), text: part == 0, total: total}
	s.method, err = b.variant(variants, m, s)
	return s, err
}
