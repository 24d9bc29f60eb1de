package service

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/tree"
)

// lineWidth is how long a line of a formatted file gets before a container is spread over several.
const lineWidth = 110

// Format is the file in its canonical form: strict JSON, members in their order, two spaces of indent, and a container on one line where
// it fits. The file needs to be JSON, not to be right.
func Format(data []byte) ([]byte, error) {
	strict, _ := strictly(data)
	v, p := document(strict)
	if p != nil {
		return nil, Problems{*p}.Err()
	}
	return append(appendPretty(nil, v, 0, 0), '\n'), nil
}

// appendPretty writes v at the given indent; used says how much of the line is taken already.
func appendPretty(b []byte, v tree.Value, indent, used int) []byte {
	start := len(b)
	b = appendInline(b, v)
	kind := v.Kind()
	if kind != tree.Object && kind != tree.List || used+len(b)-start <= lineWidth && indent > 0 {
		return b
	}
	b = b[:start]
	margin := "\n" + strings.Repeat("  ", indent+1)
	brackets := "{}"
	if kind == tree.List {
		brackets = "[]"
	}
	b = append(b, brackets[0])
	first := true
	next := func() {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, margin...)
	}
	for _, m := range v.Members() {
		next()
		n := len(b)
		b = append(appendQuoted(b, m.Name), ": "...)
		b = appendPretty(b, m.Value, indent+1, 2*(indent+1)+len(b)-n+1)
	}
	for _, e := range v.List() {
		next()
		b = appendPretty(b, e, indent+1, 2*(indent+1)+1)
	}
	if !first {
		b = append(b, margin[:len(margin)-2]...)
	}
	return append(b, brackets[1])
}

func appendInline(b []byte, v tree.Value) []byte {
	switch v.Kind() {
	case tree.Object:
		b = append(b, '{')
		for i, m := range v.Members() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(appendQuoted(b, m.Name), ": "...)
			b = appendInline(b, m.Value)
		}
		return append(b, '}')
	case tree.List:
		b = append(b, '[')
		for i, e := range v.List() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendInline(b, e)
		}
		return append(b, ']')
	case tree.String:
		return appendQuoted(b, v.Text())
	case tree.Null:
		return append(b, "null"...)
	default:
		return append(b, v.Text()...)
	}
}

func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // fails only on bytes that are not UTF-8, and replaces those
	return b
}
