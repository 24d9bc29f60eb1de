package wire

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"patchbay/internal/tree"
)

// decodeXML reads a document as an object of one member, the root element. Within an element:
//
//	<a>text</a>              "a": "text"                        text is kept as it stands, white space included
//	<a x="1">text</a>        "a": {"@x": "1", "#text": "text"}
//	<a><b>1</b><b>2</b></a>  "a": {"b": "1", "b": "2"}          repeated elements are repeated members: a list to whoever wants one
//	<s:a xmlns:s="u"/>       "s:a": {"@xmlns:s": "u"}           prefixes are part of names, as the document spells them
//
// White space between elements is dropped. A document type is refused, and with it every entity but XML's own five: nothing in a body
// can grow or fetch anything.
func decodeXML(s string, lim Limits) (tree.Value, error) {
	d := xml.NewDecoder(strings.NewReader(s))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // textOf has already obeyed it
	x := &xmlReader{lim: lim}
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = x.token(t)
		}
		if err != nil {
			var e *DecodeError
			if !errors.As(err, &e) {
				e = &DecodeError{Format: XML, Message: strings.TrimPrefix(err.Error(), "XML syntax error "), Err: err}
			}
			e.Offset = int(d.InputOffset())
			return tree.Value{}, e
		}
	}
	switch {
	case len(x.open) > 0:
		return tree.Value{}, x.fail("<" + x.open[len(x.open)-1].name + "> is not closed")
	case x.root == nil:
		return tree.Value{}, x.fail("there is no element")
	}
	return tree.ObjectOf(*x.root), nil
}

type xmlReader struct {
	lim   Limits
	nodes int
	open  []element
	root  *tree.Member
}

// element is one that is still open.
type element struct {
	name     string
	members  []tree.Member
	text     []byte
	children bool
}

func (x *xmlReader) fail(message string) error {
	return &DecodeError{Format: XML, Offset: -1, Message: message}
}

func (x *xmlReader) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return x.start(t)
	case xml.EndElement:
		return x.end(rawName(t.Name))
	case xml.CharData:
		if len(x.open) > 0 {
			e := &x.open[len(x.open)-1]
			e.text = append(e.text, t...)
		} else if strings.TrimSpace(string(t)) != "" {
			return x.fail("there is text outside the root element")
		}
	case xml.Directive:
		return x.fail("document types are refused")
	}
	return nil
}

func (x *xmlReader) start(t xml.StartElement) error {
	if len(x.open) == 0 && x.root != nil {
		return x.fail("there is a second root element")
	}
	if len(x.open) >= x.lim.Depth {
		return limitError(XML, -1, "levels", x.lim.Depth)
	}
	if x.nodes += 1 + len(t.Attr); x.nodes > x.lim.Nodes {
		return limitError(XML, -1, "elements and attributes", x.lim.Nodes)
	}
	e := element{name: rawName(t.Name)}
	for _, a := range t.Attr {
		e.members = append(e.members, tree.Member{Name: "@" + rawName(a.Name), Value: tree.Text(Clean(a.Value))})
	}
	x.open = append(x.open, e)
	return nil
}

func (x *xmlReader) end(name string) error {
	if len(x.open) == 0 || x.open[len(x.open)-1].name != name {
		return x.fail("</" + name + "> closes nothing that is open")
	}
	e := &x.open[len(x.open)-1]
	m := tree.Member{Name: e.name, Value: e.value()}
	x.open = x.open[:len(x.open)-1]
	if len(x.open) == 0 {
		x.root = &m
		return nil
	}
	parent := &x.open[len(x.open)-1]
	parent.members, parent.children = append(parent.members, m), true
	return nil
}

func (e *element) value() tree.Value {
	text := string(e.text)
	if e.children && strings.TrimSpace(text) == "" {
		text = ""
	}
	if len(e.members) == 0 {
		return tree.Text(text)
	}
	if text != "" {
		e.members = append(e.members, tree.Member{Name: "#text", Value: tree.Text(text)})
	}
	return tree.ObjectOf(e.members...)
}

func rawName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// xmlCharset is the encoding that an XML declaration names, or "" (XML 1.0 §4.3.3).
func xmlCharset(body []byte) string {
	head := string(body[:min(len(body), 200)])
	if !strings.HasPrefix(head, "<?xml") {
		return ""
	}
	head, _, _ = strings.Cut(head, "?>")
	_, after, ok := strings.Cut(head, "encoding")
	after = strings.TrimLeft(after, " \t\r\n=")
	if !ok || after == "" || after[0] != '"' && after[0] != '\'' {
		return ""
	}
	label, _, _ := strings.Cut(after[1:], after[:1])
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return "" // we have just read it as ASCII: the label is wrong
	}
	return label
}
