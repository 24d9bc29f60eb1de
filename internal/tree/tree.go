// Package tree is one value as JSON, forms, XML and multipart bodies all can hold it: members keep their order, numbers their digits.
package tree

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
type Value struct {
	kind    Kind
	text    string
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

// Text is a string. The caller has made sure that it is valid UTF-8 without NUL (wire does).
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
func ListOf(vs ...Value) Value { return Value{kind: List, list: vs} }

// ObjectOf is an object of ms, which it keeps.
func ObjectOf(ms ...Member) Value { return Value{kind: Object, members: ms} }

// FileOf is a file.
func FileOf(b *Blob) Value { return Value{kind: File, file: b} }

func (v Value) Kind() Kind { return v.kind }

// Scalar is the text of a string, number or bool, and whether v is one of those.
func (v Value) Scalar() (string, bool) {
	return v.text, v.kind == String || v.kind == Number || v.kind == Bool
}

// Text is the text of a scalar, and "" of anything else.
func (v Value) Text() string { return v.text }

// List is the elements of a list.
func (v Value) List() []Value { return v.list }

// Members is the members of an object, in order, repeated names included.
func (v Value) Members() []Member { return v.members }

// File is the blob of a file, or nil.
func (v Value) File() *Blob { return v.file }

// Get is the value of the last member called name, or an absent Value.
func (v Value) Get(name string) Value {
	for i := len(v.members) - 1; i >= 0; i-- {
		if v.members[i].Name == name {
			return v.members[i].Value
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
		return len(v.list) == 0
	}
	return false
}
