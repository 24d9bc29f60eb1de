package pattern

import (
	"errors"

	"patchbay/internal/tree"
)

var errSoon = errors.New("pattern: not written yet")

type node struct{}
type compiler struct{ scope *Scope }

var builtin []Filter

func (c *compiler) compile(tree.Value) (*Pattern, []Problem) { return &Pattern{}, nil }
func unquote(s string) string                                { return s }
func splitArgument(s string, sep byte) []string              { return []string{s} }

// Write puts the values in. A pattern whose variables are all optional and empty gives an absent value.
func (p *Pattern) Write(in *Input) (tree.Value, error) { return tree.Value{}, errSoon }

// AppendText writes a pattern that is a string, and appends its bytes to dst: a URL, a header, what a signature is over.
// The text of each variable goes through escape, when it is not nil; the literal parts do not.
func (p *Pattern) AppendText(dst []byte, in *Input, escape func(string) string) ([]byte, error) {
	return nil, errSoon
}

// Read takes values out of v.
func (p *Pattern) Read(v tree.Value, in *Input) Reading { return Reading{} }

// Explain reads v and says where it first differs. It is slow: for people, not for the flow.
func (p *Pattern) Explain(v tree.Value, in *Input) Difference { return Difference{} }

// Nearest is the name among names that somebody who wrote name may have meant, or "".
func Nearest(name string, names []string) string { return "" }
