package service

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/pattern"
)

// Span is where something stands in a file as it was typed. Lines and columns count from 1, and columns in UTF-16 units, as editors in
// browsers do. The end is the first place behind it.
type Span struct {
	Line      int `json:"line,omitempty" doc:"Where it begins in the text: the line, from 1. Left out: it stands nowhere."`
	Column    int `json:"column,omitempty" doc:"The column, from 1."`
	EndLine   int `json:"end_line,omitempty" doc:"Where it ends."`
	EndColumn int `json:"end_column,omitempty" doc:"The column behind it."`
}

// Finding is a problem, and where in the text it is.
type Finding struct {
	Problem
	Span
}

// Find says where in the text the problems of it are.
func Find(data []byte, problems Problems) []Finding {
	wanted := make([]string, len(problems))
	for i, p := range problems {
		wanted[i] = p.Pointer
	}
	l := locate(data, wanted)
	out := make([]Finding, len(problems))
	for i, p := range problems {
		out[i] = Finding{Problem: p, Span: l.spanOf(p)}
	}
	return out
}

// Spans is where members of the text stand, by pointer. One that is not there has the place of the nearest around it.
func Spans(data []byte, pointers []string) map[string]Span {
	l := locate(data, pointers)
	out := make(map[string]Span, len(pointers))
	for _, p := range pointers {
		out[p] = l.span(p)
	}
	return out
}

// extent is from which to which byte of the strict text.
type extent struct{ from, to int }

// locator reads a text once and keeps where what is asked for stands.
type locator struct {
	text    []byte // as it was typed
	bom     int    // bytes before what loose has read
	loose   *loosener
	wanted  map[string]bool
	found   map[string]extent
	broken  int // the byte of strict at which it is no JSON; -1: it is
	newline []int
}

func locate(data []byte, pointers []string) *locator {
	l := &locator{text: data, wanted: map[string]bool{"": true}, found: map[string]extent{}, broken: -1}
	for i, c := range data {
		if c == '\n' {
			l.newline = append(l.newline, i)
		}
	}
	for _, p := range pointers {
		for ; p != "" && !l.wanted[p]; p = parent(p) {
			l.wanted[p] = true
		}
	}
	if len(data) > MaxSize {
		return l
	}
	if bytes.HasPrefix(data, byteOrderMark) {
		l.bom = len(byteOrderMark)
	}
	l.loose = loosen(data)
	d := jsontext.NewDecoder(bytes.NewReader(l.loose.out))
	err := l.value(d, nil, -1, 0)
	if err != nil {
		l.broken = brokenAt(d, err)
	} else if more := l.next(d); more < len(l.loose.out) {
		l.broken = more
	}
	return l
}

func parent(pointer string) string { return pointer[:max(strings.LastIndexByte(pointer, '/'), 0)] }

// value reads one value. at is its pointer; name is the byte at which its name begins, or -1 of what has none.
func (l *locator) value(d *jsontext.Decoder, at []byte, name, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	begin := l.next(d)
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	if l.wanted[string(at)] {
		e := extent{begin, int(d.InputOffset())}
		if name >= 0 {
			e.from = name
		}
		l.found[string(at)] = e
	}
	switch t.Kind() {
	case '[':
		for i := 0; d.PeekKind() != ']'; i++ {
			if err := l.value(d, strconv.AppendInt(append(at, '/'), int64(i), 10), -1, depth+1); err != nil {
				return err
			}
		}
	case '{':
		for d.PeekKind() != '}' {
			name := l.next(d)
			t, err := d.ReadToken()
			if err != nil {
				return err
			}
			if err := l.value(d, append(append(at, '/'), pattern.EscapePointer(t.String())...), name, depth+1); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = d.ReadToken()
	return err
}

// next is the byte at which the next token begins.
func (l *locator) next(d *jsontext.Decoder) int {
	i := int(d.InputOffset())
	for i < len(l.loose.out) && strings.IndexByte(" \t\r\n,:", l.loose.out[i]) >= 0 {
		i++
	}
	return i
}

// spanOf is where a problem is. What keeps a text from being JSON is where reading it ended, and what strictly warns of has its own places.
func (l *locator) spanOf(p Problem) Span {
	switch {
	case l.loose == nil:
	case l.loose.comments > 0 && p == l.loose.comment():
		return l.typed(l.loose.commentAt, l.loose.commentEnd(l.loose.commentAt))
	case l.loose.commas > 0 && p == l.loose.lastComma():
		return l.typed(l.loose.commaAt, l.loose.commaAt+1)
	case !p.Warning && l.broken >= 0:
		return l.strict(extent{l.broken, l.broken + 1})
	}
	return l.span(p.Pointer)
}

// span is where a member stands, or what is nearest around it.
func (l *locator) span(pointer string) Span {
	for {
		if e, ok := l.found[pointer]; ok {
			return l.strict(e)
		}
		if pointer == "" {
			return Span{1, 1, 1, 1}
		}
		pointer = parent(pointer)
	}
}

// strict is where bytes of the strict text were typed.
func (l *locator) strict(e extent) Span {
	return l.typed(l.loose.typedAt(e.from), l.loose.typedAt(e.to))
}

// typed is a span of what was typed; offsets are those of loose.
func (l *locator) typed(from, to int) Span {
	var s Span
	s.Line, s.Column = l.place(from + l.bom)
	s.EndLine, s.EndColumn = l.place(max(from, to) + l.bom)
	return s
}

func (l *locator) place(at int) (line, column int) {
	at = min(max(at, 0), len(l.text))
	n, _ := slices.BinarySearch(l.newline, at)
	begin := 0
	if n > 0 {
		begin = l.newline[n-1] + 1
	}
	if begin == 0 {
		begin = min(l.bom, at)
	}
	column = 1
	for _, r := range string(l.text[begin:at]) {
		if column++; r > 0xffff {
			column++
		}
	}
	return n + 1, column
}
