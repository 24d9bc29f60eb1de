package service

import (
	"patchbay/internal/fault"
	"patchbay/internal/tree"
)

// Wants is what the files of one request must have before it can be written, besides their addresses.
type Wants struct {
	Lo, Hi int  // of Sending.Files
	Bytes  bool // what is in them: File.Data, with the type found in it
	Upload bool // what the provider calls them: File.MediaID, which one UploadFile each yields
}

// Wants is what the part-th request needs of its files. Most need nothing.
func (b *Bound) Wants(m *Sending, part int) Wants {
	if len(m.Files) == 0 || !b.wantsFiles {
		return Wants{}
	}
	s, err := b.step(m, part)
	if err != nil {
		return Wants{}
	}
	w := Wants{Lo: s.lo, Hi: s.hi, Bytes: s.method.uses.has(slotFile), Upload: s.method.uses.has(slotMediaID)}
	if w.Upload {
		for _, u := range b.calls[UploadFile] {
			w.Bytes = w.Bytes || u.uses.has(slotFile)
		}
	}
	if !w.Bytes && !w.Upload {
		return Wants{}
	}
	return w
}

// Upload is what the UploadFile of the message's i-th file is written from.
func (m *Sending) Upload(i int) Calling {
	c := Calling{Sending: *m}
	c.Files = m.Files[i : i+1]
	return c
}

// TakesFile checks a file whose bytes are known against the file's limits.
func (b *Bound) TakesFile(f *File) error {
	if most := b.Limits.MediaMaxBytes; most > 0 && int64(len(f.Data)) > most {
		return fault.New(fault.Invalid, "urls", "%s takes files of %d bytes at most; this one has %d", b.Name, most, len(f.Data))
	}
	return b.takesType(f)
}

// wholeFiles refuses to write a request without the bytes or the ids that it is about.
func wholeFiles(m *Sending, s step) error {
	for i := range m.Files[s.lo:s.hi] {
		f := &m.Files[s.lo+i]
		if s.method.uses.has(slotFile) && len(f.Data) == 0 {
			return fault.New(fault.Invalid, "urls", "the bytes of the file are not here")
		}
		if s.method.uses.has(slotMediaID) && f.MediaID == "" {
			return fault.New(fault.Invalid, "urls", "the file has not been uploaded")
		}
	}
	return nil
}

// filePlaces checks where $file$ stands, and notes whether anything in the file wants more of files than their addresses.
func (l *loader) filePlaces(m *method, ptr string) {
	var line bits
	for _, h := range m.headers {
		line.add(h.value)
	}
	line |= m.url.uses()
	switch {
	case line.has(slotFile):
		l.fail(ptr, "$file$, the bytes of a file, fits into no address and no header; it stands in request_parameters")
	case m.inQuery && m.uses.has(slotFile):
		l.fail(ptr, "$file$, the bytes of a file, does not fit into a query; use POST or PUT")
	}
	if m.kind.sends && (m.uses.has(slotFile) || m.uses.has(slotMediaID)) {
		l.svc.wantsFiles = true
	}
}

// isFile reports whether a pattern is the bytes of a file and nothing else.
func isFile(v tree.Value) bool {
	return v.Kind() == tree.String && (v.Text() == "$file$" || v.Text() == "$file?$")
}
