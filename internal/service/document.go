package service

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// maxDepth is how deep a service file may nest. The deepest in the catalogue has 14 levels.
const maxDepth = 64

// document reads strict JSON into a tree. Unlike the wire, a file is held to the letter: a repeated member or a stray byte is a mistake.
func document(data []byte) (tree.Value, *Problem) {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	v, err := documentValue(d, 0)
	if err == nil {
		if _, more := d.ReadToken(); more != io.EOF {
			err = errors.New("there is more after the end of the object")
			if more != nil {
				err = more
			}
		}
	}
	if err != nil {
		return tree.Value{}, syntaxProblem(data, d, err)
	}
	return v, nil
}

var errDepth = fmt.Errorf("it nests deeper than %d levels", maxDepth)

func documentValue(d *jsontext.Decoder, depth int) (tree.Value, error) {
	if depth > maxDepth {
		return tree.Value{}, errDepth
	}
	t, err := d.ReadToken()
	if err != nil {
		return tree.Value{}, err
	}
	switch t.Kind() {
	case 'n':
		return tree.Nil, nil
	case 't', 'f':
		return tree.Truth(t.Bool()), nil
	case '"':
		return tree.Text(t.String()), nil
	case '0':
		return tree.Digits(t.String()), nil
	case '[':
		var list []tree.Value
		for d.PeekKind() != ']' {
			v, err := documentValue(d, depth+1)
			if err != nil {
				return tree.Value{}, err
			}
			list = append(list, v)
		}
		_, err := d.ReadToken()
		return tree.ListOf(list...), err
	default: // '{': the decoder lets no closing bracket through here
		var members []tree.Member
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return tree.Value{}, err
			}
			n := name.String()
			v, err := documentValue(d, depth+1)
			if err != nil {
				return tree.Value{}, err
			}
			members = append(members, tree.Member{Name: n, Value: v})
		}
		_, err := d.ReadToken()
		return tree.ObjectOf(members...), err
	}
}

// brokenAt is the byte at which reading ended with err.
func brokenAt(d *jsontext.Decoder, err error) int {
	var syn *jsontext.SyntacticError
	if errors.As(err, &syn) {
		return int(syn.ByteOffset)
	}
	return int(d.InputOffset())
}

func syntaxProblem(data []byte, d *jsontext.Decoder, err error) *Problem {
	var syn *jsontext.SyntacticError
	pointer, text := string(d.StackPointer()), err.Error()
	if errors.As(err, &syn) {
		pointer, text = string(syn.JSONPointer), syn.Err.Error()
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		text = "this member stands here twice; keep one of them"
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		text = "the file ends too early: a bracket or a quotation mark is not closed"
	}
	return &Problem{Pointer: pointer, Message: fmt.Sprintf("line %d: %s", line(data, brokenAt(d, err)), strings.TrimPrefix(text, "jsontext: "))}
}

// pointer is the JSON pointer of a member or element below parent.
func pointer[S int | string](parent string, step S) string {
	switch s := any(step).(type) {
	case int:
		return parent + "/" + strconv.Itoa(s)
	case string:
		return parent + "/" + pattern.EscapePointer(s)
	}
	return parent
}
