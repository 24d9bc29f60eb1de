package api

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// schema is as much of JSON Schema 2020-12 as our types need.
type schema struct {
	Ref         string           `json:"$ref,omitempty"`
	Type        any              `json:"type,omitempty"` // a word, or several
	Format      string           `json:"format,omitempty"`
	Encoding    string           `json:"contentEncoding,omitempty"`
	Bytes       string           `json:"contentMediaType,omitempty"`
	Description string           `json:"description,omitempty"`
	Const       string           `json:"const,omitempty"`
	Enum        []string         `json:"enum,omitempty"`
	Default     jsontext.Value   `json:"default,omitzero"`
	Minimum     *int             `json:"minimum,omitzero"`
	Maximum     *int             `json:"maximum,omitzero"`
	MaxLength   int              `json:"maxLength,omitzero"`
	Items       *schema          `json:"items,omitzero"`
	AnyOf       []*schema        `json:"anyOf,omitempty"`
	OneOf       []*schema        `json:"oneOf,omitempty"`
	Properties  ordered[*schema] `json:"properties,omitempty"`
	Required    []string         `json:"required,omitempty"`
	Additional  any              `json:"additionalProperties,omitempty"` // true, or a *schema; left out, a reader must bear what it does not know
}

// ordered is an object whose members stand in the order in which they were added.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Name  string
	Value T
}

func (o *ordered[T]) add(name string, v T) { *o = append(*o, entry[T]{name, v}) }

func (o ordered[T]) get(name string) (v T, ok bool) {
	for _, e := range o {
		if e.Name == name {
			return e.Value, true
		}
	}
	return v, false
}

// MarshalJSONTo writes the object.
func (o ordered[T]) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, m := range o {
		if err := e.WriteToken(jsontext.String(m.Name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(e, m.Value); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// use is what a type describes: what we answer, what makes a thing, what changes one, or an open object that is kept as it was given.
type use int

const (
	asAnswer use = iota // what is always written is required
	asInput             // what is tagged so is required
	asPatch             // nothing is required
	asKept              // nothing is required, and there may be more
)

// schemas are the named ones, gathered as they are met. The first mistake is remembered: there is somebody at the start who reports it.
type schemas struct {
	named map[string]*schema
	err   error
}

func (ss *schemas) failf(format string, args ...any) {
	if ss.err == nil {
		ss.err = fmt.Errorf(format, args...)
	}
}

// list is all of them by name.
func (ss *schemas) list() (out ordered[*schema]) {
	for _, name := range slices.Sorted(maps.Keys(ss.named)) {
		out.add(name, ss.named[name])
	}
	return out
}

// keep names a schema. Two types of one name must describe the same.
func (ss *schemas) keep(name string, s *schema) *schema {
	if old := ss.named[name]; old != nil {
		a, _ := json.Marshal(old)
		b, _ := json.Marshal(s)
		if !bytes.Equal(a, b) {
			ss.failf("two types want to be the schema %s, and differ; name one in namesOf", name)
		}
	}
	ss.named[name] = s
	return &schema{Ref: "#/components/schemas/" + name}
}

// of describes a type as json/v2 writes and reads it.
func (ss *schemas) of(t reflect.Type, u use) *schema {
	if list, ok := wordsOf[t]; ok {
		return ss.keep(nameOf(t, u), &schema{Type: "string", Enum: list})
	}
	if types, ok := oneOf[t]; ok {
		s := &schema{}
		for _, each := range types {
			s.OneOf = append(s.OneOf, ss.of(each, u))
		}
		return ss.keep(nameOf(t, u), s)
	}
	switch t {
	case of[time.Time]():
		return &schema{Type: "string", Format: "date-time"}
	case of[jsontext.Value]():
		return &schema{}
	case of[[]byte]():
		return &schema{Type: "string", Encoding: "base64"}
	case of[loose]():
		return &schema{Type: []string{"string", "number"}}
	}
	switch t.Kind() {
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return &schema{Type: "integer"}
	case reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Pointer:
		return ss.of(t.Elem(), u)
	case reflect.Slice:
		return &schema{Type: "array", Items: ss.of(t.Elem(), u)}
	case reflect.Map:
		each := ss.of(t.Elem(), u)
		if t.Elem().Kind() == reflect.Pointer {
			each = orNull(each)
		}
		return &schema{Type: "object", Additional: each}
	case reflect.Struct:
		if t.Name() == "" {
			ss.failf("a struct without a name has no name for its schema: %s", t)
			return &schema{}
		}
		s := &schema{Type: "object"}
		if u == asKept {
			s.Additional = true
		}
		ss.members(t, u, s)
		return ss.keep(nameOf(t, u), s)
	}
	ss.failf("no schema for the type %s", t)
	return &schema{}
}

func orNull(s *schema) *schema {
	if s.Ref != "" {
		return &schema{AnyOf: []*schema{s, {Type: "null"}}}
	}
	if word, ok := s.Type.(string); ok {
		s.Type = []string{word, "null"}
	}
	return s
}

// some is a schema of some members of a struct; a name with a ! at its end is of one that must be given.
func (ss *schemas) some(t reflect.Type, names []string, called string) *schema {
	all, s := &schema{}, &schema{Type: "object"}
	ss.members(t, asInput, all)
	for _, name := range names {
		name, must := strings.CutSuffix(name, "!")
		m, ok := all.Properties.get(name)
		if !ok {
			ss.failf("%s has no member %s", t, name)
		}
		s.Properties.add(name, m)
		if must {
			s.Required = append(s.Required, name)
		}
	}
	return ss.keep(called, s)
}

// members adds the fields of a struct, those of embedded structs in their place unless one outside has their name.
func (ss *schemas) members(t reflect.Type, u use, to *schema) {
	outside := map[string]bool{}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			outside[name] = true
		}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			inside := &schema{}
			ss.members(f.Type, u, inside)
			for _, m := range inside.Properties {
				if !outside[m.Name] {
					to.Properties.add(m.Name, m.Value)
				}
			}
			to.Required = append(to.Required, slices.DeleteFunc(inside.Required, func(name string) bool { return outside[name] })...)
			continue
		case name == "-" || !f.IsExported():
			continue
		case name == "":
			ss.failf("%s.%s has no name in JSON", t, f.Name)
		}
		optional := strings.Contains(options, "omit")
		to.Properties.add(name, ss.member(t, f, u, optional))
		if u == asAnswer && !optional || u == asInput && f.Tag.Get("required") == "true" {
			to.Required = append(to.Required, name)
		}
	}
}

// member is a field with what its tags say: doc, enum or words, default, format, min, max, maxlen; and of raw JSON, as.
func (ss *schemas) member(t reflect.Type, f reflect.StructField, u use, optional bool) *schema {
	var s *schema
	as := f.Tag.Get("as")
	if in, ok := standsFor[as]; ok {
		if s = ss.of(in.of, in.use); in.null {
			s = orNull(s)
		}
	} else if s = ss.of(f.Type, u); as != "" {
		s.Type, s.Additional = as, true
	}
	if u == asAnswer && f.Type.Kind() == reflect.Pointer && !optional {
		s = orNull(s)
	}
	s.Description = f.Tag.Get("doc")
	if s.Description == "" {
		ss.failf(`%s.%s has no tag doc:"…"`, t, f.Name)
	}
	name, given := f.Tag.Lookup("words")
	words, ok := wordLists[name]
	if given && !ok {
		ss.failf("%s.%s: there is no list of words %q", t, f.Name, name)
	}
	if list := f.Tag.Get("enum"); list != "" {
		words = strings.Split(list, ",")
	}
	if words != nil {
		if s.Items != nil {
			s.Items.Enum = words
		} else {
			s.Enum = words
		}
	}
	if text, ok := f.Tag.Lookup("default"); ok {
		s.Default = jsontext.Value(text)
		if s.Type == "string" {
			s.Default = quote(text)
		}
	}
	if format := f.Tag.Get("format"); format != "" {
		s.Format = format
	}
	s.Minimum, s.Maximum = ss.bound(f, "min"), ss.bound(f, "max")
	if n := ss.bound(f, "maxlen"); n != nil {
		s.MaxLength = *n
	}
	return s
}

func (ss *schemas) bound(f reflect.StructField, tag string) *int {
	text := f.Tag.Get(tag)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		ss.failf("%s: the tag %s is no number", f.Name, tag)
	}
	return &n
}

// nameOf is the name of a type's schema.
func nameOf(t reflect.Type, u use) string {
	if name, ok := namesOf[t]; ok {
		return name
	}
	name := t.Name()
	if strings.HasPrefix(name, "list[") {
		elem, _ := t.FieldByName("Data")
		return nameOf(elem.Type.Elem(), u) + "List"
	}
	name = strings.TrimSuffix(name, "View")
	if u == asPatch {
		name = strings.TrimSuffix(name, "Input") + "Patch"
	}
	return string(unicode.ToUpper(rune(name[0]))) + name[1:]
}
