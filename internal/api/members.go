package api

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/fault"
)

// maxExtra bounds what is kept for programs that understand it, in bytes of JSON.
const maxExtra = 64 << 10

// members is a JSON object whose members are kept as they are.
type members map[string]jsontext.Value

// readMembers reads an object; text that is none is an empty one.
func readMembers(text string) members {
	m := members{}
	if text != "" {
		_ = json.Unmarshal([]byte(text), &m, decodeOptions) // ours: it was written by text
	}
	return m
}

// merge puts the given members over those that are there; null takes one away.
func (m members) merge(given members) {
	for name, v := range given {
		if v.Kind() == 'n' {
			delete(m, name)
			continue
		}
		m[name] = v
	}
}

// only is those of the names.
func (m members) only(names ...string) members {
	out := members{}
	for _, name := range names {
		if v, ok := m[name]; ok {
			out[name] = v
		}
	}
	return out
}

// without is all but those of the names.
func (m members) without(names ...string) members {
	out := members{}
	for name, v := range m {
		if !slices.Contains(names, name) {
			out[name] = v
		}
	}
	return out
}

// text is the object as it is kept.
func (m members) text(field string) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return "", fmt.Errorf("write members: %w", err)
	}
	if len(b) > maxExtra {
		return "", fault.New(fault.Invalid, field, "has %d bytes; at most %d are kept", len(b), maxExtra)
	}
	return string(b), nil
}

// shown is an object for an answer: first what stands in every answer of the kind, over it what was kept, and over that what is ours to say.
func shown(usual map[string]any, kept members, ours map[string]any) (jsontext.Value, error) {
	out := map[string]any{}
	for name, v := range usual {
		out[name] = v
	}
	for name, v := range kept {
		out[name] = v
	}
	for name, v := range ours {
		out[name] = v
	}
	b, err := json.Marshal(out, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	return b, err
}

// within says of an error about a member where that member stands.
func within(err error, at string) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code == fault.Internal {
		return err
	}
	moved := *f
	if moved.Field = at; f.Field != "" {
		moved.Field = at + pointer(f.Field)
	}
	moved.Problems = make([]fault.Problem, len(f.Problems))
	for i, p := range f.Problems {
		moved.Problems[i] = fault.Problem{Pointer: at + p.Pointer, Message: p.Message}
	}
	var special shaped
	if errors.As(err, &special) {
		return shaped{special.status, &moved}
	}
	return &moved
}

// renamed says of an error about one member that it stands under another name here.
func renamed(err error, field string) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code == fault.Internal {
		return err
	}
	moved := *f
	moved.Field = field
	return &moved
}
