package pattern

import (
	"fmt"
	"strings"
)

// token is a piece of a string as it was written: literal text, or a variable.
type token struct {
	literal  string
	variable bool
	name     string
	optional bool
	filters  []call
	source   string // the variable as written, dollar signs included
}

// call is a filter as written.
type call struct {
	name   string
	arg    string // quotes included
	hasArg bool
}

// scan splits s into literals and variables. lone is how many dollar signs stand for nothing.
func scan(s string) (tokens []token, lone int, err error) {
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			tokens = append(tokens, token{literal: literal.String()})
			literal.Reset()
		}
	}
	for len(s) > 0 {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			literal.WriteString(s)
			break
		}
		literal.WriteString(s[:i])
		s = s[i:]
		if strings.HasPrefix(s, "$$") {
			literal.WriteByte('$')
			s = s[2:]
			continue
		}
		t, rest, err := scanVariable(s)
		if err != nil {
			return nil, 0, err
		}
		if rest == s { // nothing closes it
			literal.WriteByte('$')
			s = s[1:]
			lone++
			continue
		}
		flush()
		tokens = append(tokens, t)
		s = rest
	}
	flush()
	return tokens, lone, nil
}

// scanVariable reads the variable that s begins with. Without a closing dollar sign it gives s back.
func scanVariable(s string) (token, string, error) {
	end := strings.IndexAny(s[1:], "$|")
	if end < 0 {
		return token{}, s, nil
	}
	end++
	t := token{variable: true, name: s[1:end]}
	t.name, t.optional = strings.CutSuffix(t.name, "?")
	i := end
	for s[i] == '|' {
		c, j, closed, err := scanFilter(s, i+1)
		if err != nil {
			return token{}, "", err
		}
		if !closed {
			return token{}, s, nil
		}
		t.filters = append(t.filters, c)
		i = j
	}
	t.source = s[:i+1]
	return t, s[i+1:], nil
}

// scanFilter reads one filter of s from i on, up to the | or $ at j that ends it.
func scanFilter(s string, i int) (c call, j int, closed bool, err error) {
	j = i
	for j < len(s) && s[j] != ':' && s[j] != '|' && s[j] != '$' {
		j++
	}
	c.name = strings.TrimSpace(s[i:j])
	if j == len(s) {
		return c, j, false, nil
	}
	if s[j] != ':' {
		return c, j, true, nil
	}
	c.hasArg = true
	j++
	i = j
	quoted := false
	for ; j < len(s); j++ {
		if s[j] == '\'' {
			quoted = !quoted // '' inside quotes closes and opens again: no harm here
		} else if !quoted && (s[j] == '|' || s[j] == '$') {
			c.arg = s[i:j]
			return c, j, true, nil
		}
	}
	if quoted && strings.ContainsAny(s[i:], "|$") {
		return c, j, false, fmt.Errorf("a quote ' in the argument of %s is not closed: write '' for a quote inside quotes", c.name)
	}
	return c, j, false, nil
}

// Unquote is an argument without its quotes and the spaces around it. Inside quotes, two of them are one that stays.
func Unquote(arg string) string {
	arg = strings.TrimSpace(arg)
	if strings.IndexByte(arg, '\'') < 0 {
		return arg
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(arg); i++ {
		switch {
		case arg[i] != '\'':
			b.WriteByte(arg[i])
		case quoted && i+1 < len(arg) && arg[i+1] == '\'':
			b.WriteByte('\'')
			i++
		default:
			quoted = !quoted
		}
	}
	return b.String()
}

// SplitArgument splits an argument at every sep outside quotes; the pieces keep their quotes.
func SplitArgument(arg string, sep byte) []string {
	var pieces []string
	quoted, from := false, 0
	for i := 0; i < len(arg); i++ {
		if arg[i] == '\'' {
			quoted = !quoted
		} else if arg[i] == sep && !quoted {
			pieces = append(pieces, arg[from:i])
			from = i + 1
		}
	}
	return append(pieces, arg[from:])
}
