package service

import (
	"bytes"
	"fmt"
	"sort"
)

// strictly turns what people really paste (comments, a last comma, members without the braces around them) into strict JSON, with a
// warning for each kind. Everything else passes as it is, mistakes included: reading the JSON finds those.
func strictly(data []byte) ([]byte, Problems) {
	l := loosen(data)
	return l.out, l.warnings()
}

func loosen(data []byte) *loosener {
	data = bytes.TrimPrefix(data, byteOrderMark)
	l := &loosener{in: data, out: make([]byte, 0, len(data)+2), oneLine: !bytes.ContainsAny(bytes.TrimSpace(data), "\r\n")}
	l.run()
	return l
}

var byteOrderMark = []byte("\xef\xbb\xbf")

type loosener struct {
	in  []byte
	out []byte
	// A text that lost its line breaks on the way (pages that show code do that) has no end of line for a comment to end at. There a
	// comment ends where the next bracket or string begins.
	oneLine bool

	comma, commaIn          int // where in out, and in in, the last significant byte is, if that is a comma; else comma is -1
	comments, commas        int // how many
	commentAt, commaAt      int // the first of each, in in
	braces                  bool
	significant, firstIsStr bool

	cuts []cut // what was left out, in its order
}

// cut says that the bytes of out from one on come from in, from another on.
type cut struct{ out, in int }

func (l *loosener) run() {
	l.comma = -1
	strings := 0
	for i := 0; i < len(l.in); {
		switch c := l.in[i]; {
		case c == '"':
			end := stringEnd(l.in, i)
			l.put(l.in[i:end])
			strings++
			l.firstIsStr = l.firstIsStr || !l.significant
			l.significant = true
			i = end
		case c == '/' && i+1 < len(l.in) && l.in[i+1] == '/':
			if l.comments++; l.comments == 1 {
				l.commentAt = i
			}
			i = l.commentEnd(i)
			l.cuts = append(l.cuts, cut{len(l.out), i})
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.out = append(l.out, c)
			i++
		case c == '}' || c == ']':
			l.dropComma()
			l.put(l.in[i : i+1])
			l.significant = true
			i++
		case c == ',':
			l.put(l.in[i : i+1])
			l.comma, l.commaIn = len(l.out)-1, i
			l.significant = true
			i++
		case c == ':' && l.firstIsStr && strings == 1 && !l.braces:
			l.braces = true
			l.put(l.in[i : i+1])
			i++
		default:
			l.put(l.in[i : i+1])
			l.significant = true
			i++
		}
	}
	l.dropComma()
	if l.braces {
		l.out = append(append([]byte{'{'}, l.out...), '}')
	}
}

func (l *loosener) put(b []byte) {
	l.out = append(l.out, b...)
	l.comma = -1
}

// dropComma takes back the comma before a closing bracket or the end.
func (l *loosener) dropComma() {
	if l.comma < 0 {
		return
	}
	l.out[l.comma] = ' '
	l.comma = -1
	if l.commas++; l.commas == 1 {
		l.commaAt = l.commaIn
	}
}

func (l *loosener) commentEnd(i int) int {
	stop := "\r\n"
	if l.oneLine {
		stop = "{}[]\""
	}
	if n := bytes.IndexAny(l.in[i:], stop); n >= 0 {
		return i + n
	}
	return len(l.in)
}

// typedAt is the byte of in that a byte of out comes from.
func (l *loosener) typedAt(at int) int {
	if l.braces {
		at--
	}
	before := sort.Search(len(l.cuts), func(i int) bool { return l.cuts[i].out > at })
	if before > 0 {
		c := l.cuts[before-1]
		at = c.in + at - c.out
	}
	return min(max(at, 0), len(l.in))
}

func (l *loosener) comment() Problem {
	return warning("line %d has a comment (%d in all); JSON knows none, so they are not stored", line(l.in, l.commentAt), l.comments)
}

func (l *loosener) lastComma() Problem {
	return warning("line %d has a comma with nothing after it (%d in all); they are left out", line(l.in, l.commaAt), l.commas)
}

func warning(format string, args ...any) Problem {
	return Problem{Message: fmt.Sprintf(format, args...), Warning: true}
}

func (l *loosener) warnings() (ps Problems) {
	if l.comments > 0 {
		ps = append(ps, l.comment())
	}
	if l.commas > 0 {
		ps = append(ps, l.lastComma())
	}
	if l.braces {
		ps = append(ps, warning("the members stand without braces around them; they are read as one object"))
	}
	return ps
}

// stringEnd is the index after the string that begins at i.
func stringEnd(in []byte, i int) int {
	for j := i + 1; j < len(in); j++ {
		switch in[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(in)
}

// line is the number of the line that holds byte i, from 1.
func line(in []byte, i int) int {
	return 1 + bytes.Count(in[:min(max(i, 0), len(in))], []byte("\n"))
}
