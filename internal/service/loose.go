package service

import (
	"bytes"
	"fmt"
)

// strictly turns what people really paste (comments, a last comma, members without the braces around them) into strict JSON, with a
// warning for each kind. Everything else passes as it is, mistakes included: reading the JSON finds those.
func strictly(data []byte) ([]byte, Problems) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	l := &loosener{in: data, out: make([]byte, 0, len(data)+2), oneLine: !bytes.ContainsAny(bytes.TrimSpace(data), "\r\n")}
	l.run()
	return l.out, l.warnings()
}

type loosener struct {
	in  []byte
	out []byte
	// A text that lost its line breaks on the way (pages that show code do that) has no end of line for a comment to end at. There a
	// comment ends where the next bracket or string begins.
	oneLine bool

	comma                   int // where in out the last significant byte is, if that is a comma; else -1
	comments, commas        int // how many
	commentLine, commaLine  int // the first of each
	braces                  bool
	significant, firstIsStr bool
}

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
				l.commentLine = line(l.in, i)
			}
			i = l.commentEnd(i)
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.out = append(l.out, c)
			i++
		case c == '}' || c == ']':
			l.dropComma(i)
			l.put(l.in[i : i+1])
			l.significant = true
			i++
		case c == ',':
			l.put(l.in[i : i+1])
			l.comma = len(l.out) - 1
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
	l.dropComma(len(l.in))
	if l.braces {
		l.out = append(append([]byte{'{'}, l.out...), '}')
	}
}

func (l *loosener) put(b []byte) {
	l.out = append(l.out, b...)
	l.comma = -1
}

// dropComma takes back the comma before a closing bracket or the end.
func (l *loosener) dropComma(at int) {
	if l.comma < 0 {
		return
	}
	l.out[l.comma] = ' '
	l.comma = -1
	if l.commas++; l.commas == 1 {
		l.commaLine = line(l.in, at-1)
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

func (l *loosener) warnings() Problems {
	var ps Problems
	warn := func(format string, args ...any) {
		ps = append(ps, Problem{Message: fmt.Sprintf(format, args...), Warning: true})
	}
	if l.comments > 0 {
		warn("line %d has a comment (%d in all); JSON knows none, so they are not stored", l.commentLine, l.comments)
	}
	if l.commas > 0 {
		warn("line %d has a comma with nothing after it (%d in all); they are left out", l.commaLine, l.commas)
	}
	if l.braces {
		warn("the members stand without braces around them; they are read as one object")
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
