// Package tree is one value as JSON, forms, XML and multipart bodies all can hold it: members keep their order, numbers their digits.
package tree

import (
	"bytes"
	"slices"
)

// Kind says what a Value is.
type Kind uint8

const (
	Absent Kind = iota // not there at all; the zero Value
	Null
	Bool
	Number // its digits as they were written: an id of 20 digits stays one
	String
	List
	Object
	File
)

// Value is immutable by custom: whoever receives one does not change what it points to.
// It is kept at four words, because messages are made of hundreds of them; == compares places, not content: use Equal.
type Value struct {
	text string
	body *body // of a list, an object or a file
	kind Kind
}

type body struct {
	list    []Value
	members []Member
	file    *Blob
}

// Member is one named value of an object. Names may repeat, as they may on the wire.
type Member struct {
	Name  string
	Value Value
}

// Blob is a file.
type Blob struct {
	Name      string // as its sender called it; never a path of ours
	MediaType string
	Data      []byte
}

var (
	True  = Value{kind: Bool, text: "true"}
	False = Value{kind: Bool, text: "false"}
	Nil   = Value{kind: Null}
)

// Text is a string. The caller has made sure that it is valid UTF-8 without NUL: Clean makes it so.
func Text(s string) Value { return Value{kind: String, text: s} }

// Digits is a number, spelled as JSON spells numbers.
func Digits(s string) Value { return Value{kind: Number, text: s} }

// Truth is a bool.
func Truth(b bool) Value {
	if b {
		return True
	}
	return False
}

// ListOf is a list of vs, which it keeps.
func ListOf(vs ...Value) Value { return Value{kind: List, body: &body{list: vs}} }

// ObjectOf is an object of ms, which it keeps.
func ObjectOf(ms ...Member) Value { return Value{kind: Object, body: &body{members: ms}} }

// FileOf is a file.
func FileOf(b *Blob) Value { return Value{kind: File, body: &body{file: b}} }

// Kind says what v is.
func (v Value) Kind() Kind { return v.kind }

// Scalar is the text of a string, number or bool, and whether v is one of those.
func (v Value) Scalar() (string, bool) {
	return v.text, v.kind == String || v.kind == Number || v.kind == Bool
}

// Text is the text of a scalar, and "" of anything else.
func (v Value) Text() string { return v.text }

// List is the elements of a list.
func (v Value) List() []Value {
	if v.body == nil {
		return nil
	}
	return v.body.list
}

// Members is the members of an object, in order, repeated names included.
func (v Value) Members() []Member {
	if v.body == nil {
		return nil
	}
	return v.body.members
}

// File is the blob of a file, or nil.
func (v Value) File() *Blob {
	if v.body == nil {
		return nil
	}
	return v.body.file
}

// Get is the value of the last member called name, or an absent Value.
func (v Value) Get(name string) Value {
	ms := v.Members()
	for i := len(ms) - 1; i >= 0; i-- {
		if ms[i].Name == name {
			return ms[i].Value
		}
	}
	return Value{}
}

// IsEmpty reports whether v is absent, null, "" or an empty list: what the format calls empty.
func (v Value) IsEmpty() bool {
	switch v.kind {
	case Absent, Null:
		return true
	case String:
		return v.text == ""
	case List:
		return len(v.body.list) == 0
	}
	return false
}

// Equal reports whether v and w have the same content: kinds, spellings, order of members and all.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.text != w.text {
		return false
	}
	a, b := v.body, w.body
	if a == b {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	if (a.file == nil) != (b.file == nil) {
		return false
	}
	if f, g := a.file, b.file; f != nil && (f.Name != g.Name || f.MediaType != g.MediaType || !bytes.Equal(f.Data, g.Data)) {
		return false
	}
	return slices.EqualFunc(a.list, b.list, Value.Equal) &&
		slices.EqualFunc(a.members, b.members, func(m, n Member) bool { return m.Name == n.Name && m.Value.Equal(n.Value) })
}
