package wire

import (
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf8"

	"patchbay/internal/tree"
)

// EncodeXML writes an object of one member, the root element, the way decodeXML reads one: "@name" members are attributes, "#text" is
// text, a list repeats its element, null and "" are empty elements. What XML 1.0 cannot carry (control characters) becomes U+FFFD.
func EncodeXML(v tree.Value) ([]byte, error) {
	var root *tree.Member
	for i, m := range v.Members() {
		if m.Value.Kind() == tree.Absent {
			continue
		}
		if root != nil {
			return nil, &EncodeError{Format: XML, Pointer: "/" + escapePointer(m.Name), Message: "an XML document has one root element: put this inside " + root.Name}
		}
		root = &v.Members()[i]
	}
	if root == nil {
		return nil, &EncodeError{Format: XML, Message: "an XML document is an object of one member, its root element"}
	}
	if root.Value.Kind() == tree.List && len(root.Value.List()) != 1 {
		return nil, &EncodeError{Format: XML, Pointer: "/" + escapePointer(root.Name), Message: "an XML document has one root element, not a list of them"}
	}
	return appendElement([]byte(xml.Header[:len(xml.Header)-1]), root.Name, root.Value, "/"+escapePointer(root.Name))
}

func appendElement(dst []byte, name string, v tree.Value, pointer string) ([]byte, error) {
	if v.Kind() == tree.List {
		var err error
		for i, e := range v.List() {
			at := pointer + "/" + strconv.Itoa(i)
			switch e.Kind() {
			case tree.Absent:
				continue
			case tree.List:
				return nil, &EncodeError{Format: XML, Pointer: at, Message: "a list in a list has no elements' name"}
			}
			if dst, err = appendElement(dst, name, e, at); err != nil {
				return nil, err
			}
		}
		return dst, nil
	}
	if !isXMLName(name) {
		return nil, &EncodeError{Format: XML, Pointer: pointer, Message: "this is no name of an element"}
	}
	dst = append(dst, '<')
	dst = append(dst, name...)
	for _, m := range v.Members() {
		attr, ok := strings.CutPrefix(m.Name, "@")
		if !ok || m.Value.Kind() == tree.Absent {
			continue
		}
		at := pointer + "/" + escapePointer(m.Name)
		if !isXMLName(attr) {
			return nil, &EncodeError{Format: XML, Pointer: at, Message: "this is no name of an attribute"}
		}
		if k := m.Value.Kind(); k == tree.Object || k == tree.List {
			return nil, &EncodeError{Format: XML, Pointer: at, Message: "an attribute holds one text"}
		}
		dst = append(dst, ' ')
		dst = append(dst, attr...)
		dst = append(dst, '=', '"')
		dst = appendXMLText(dst, flat(m.Value), true)
		dst = append(dst, '"')
	}
	dst = append(dst, '>')
	if v.Kind() == tree.Object {
		var err error
		if dst, err = appendContent(dst, v, pointer); err != nil {
			return nil, err
		}
	} else {
		dst = appendXMLText(dst, flat(v), false)
	}
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>'), nil
}

func appendContent(dst []byte, v tree.Value, pointer string) ([]byte, error) {
	for _, m := range v.Members() {
		at := pointer + "/" + escapePointer(m.Name)
		switch {
		case strings.HasPrefix(m.Name, "@") || m.Value.Kind() == tree.Absent:
		case m.Name == "#text":
			if k := m.Value.Kind(); k == tree.Object || k == tree.List {
				return nil, &EncodeError{Format: XML, Pointer: at, Message: "#text holds one text"}
			}
			dst = appendXMLText(dst, flat(m.Value), false)
		default:
			var err error
			if dst, err = appendElement(dst, m.Name, m.Value, at); err != nil {
				return nil, err
			}
		}
	}
	return dst, nil
}

// appendXMLText escapes so that any reader gives the same text back: > because of ]]>, and the white space that readers would
// otherwise normalize (XML 1.0 §2.11, §3.3.3).
func appendXMLText(dst []byte, s string, attribute bool) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '"' && attribute:
			dst = append(dst, "&#34;"...)
		case r == '\r', attribute && (r == '\n' || r == '\t'):
			dst = append(dst, "&#"...)
			dst = strconv.AppendInt(dst, int64(r), 10)
			dst = append(dst, ';')
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			dst = append(dst, replacement...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// isXMLName is stricter than XML, which allows most letters of the world: those of names that providers use, prefix included.
func isXMLName(s string) bool {
	for i, part := range strings.Split(s, ":") {
		if part == "" || i > 1 {
			return false
		}
		for j, r := range part {
			letter := r|0x20 >= 'a' && r|0x20 <= 'z' || r == '_' || r >= 0xC0 && r != utf8.RuneError && r < 0x2000
			if !letter && (j == 0 || !(r >= '0' && r <= '9' || r == '-' || r == '.')) {
				return false
			}
		}
	}
	return true
}
