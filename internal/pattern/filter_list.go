package pattern

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"patchbay/internal/tree"
)

const (
	maxSeparator = 64     // bytes: it stands between as many values as somebody else likes
	maxPieces    = 10_000 // of one text
)

var errTooLongSeparator = fmt.Errorf("a separator has at most %d bytes", maxSeparator)

func compileJoin(arg string, hasArg bool) (Codec, error) {
	separator := ","
	if hasArg {
		separator = Unquote(arg)
	}
	if separator == "" {
		return Codec{}, errors.New("without a separator it could not be read back: join:','")
	}
	if len(separator) > maxSeparator {
		return Codec{}, errTooLongSeparator
	}
	split := func(v tree.Value) (tree.Value, bool) {
		s, ok := scalarText(v)
		if !ok || strings.Count(s, separator) >= maxPieces {
			return v, false
		}
		var vs []tree.Value
		for piece := range strings.SplitSeq(s, separator) {
			vs = append(vs, tree.Text(piece))
		}
		return tree.ListOf(vs...), true
	}
	return Codec{
		Write: func(_ any, v tree.Value) (tree.Value, bool) {
			if v.Kind() != tree.List {
				return v, true
			}
			texts, ok := textsOf(v.List())
			return tree.Text(strings.Join(texts, separator)), ok
		},
		Read: func(_ any, v tree.Value) (tree.Value, bool) {
			if v.Kind() != tree.List {
				return split(v)
			}
			var vs []tree.Value
			for _, e := range v.List() {
				l, ok := split(e)
				if !ok || len(vs) > maxPieces {
					return v, false
				}
				vs = append(vs, l.List()...)
			}
			return tree.ListOf(vs...), true
		},
		Whole: true,
	}, nil
}

func textsOf(vs []tree.Value) ([]string, bool) {
	texts := make([]string, len(vs))
	for i, v := range vs {
		var ok bool
		if texts[i], ok = scalarText(v); !ok {
			return nil, false
		}
	}
	return texts, true
}

// flat is the members of an object with one text each: what a form repeats has all its values in a list.
func flat(ms []tree.Member) ([]tree.Member, bool) {
	pairs := make([]tree.Member, 0, len(ms))
	for _, m := range ms {
		vs := []tree.Value{m.Value}
		if m.Value.Kind() == tree.List {
			vs = m.Value.List()
		}
		texts, ok := textsOf(vs)
		if !ok {
			return nil, false
		}
		for _, t := range texts {
			pairs = append(pairs, tree.Member{Name: m.Name, Value: tree.Text(t)})
		}
	}
	return pairs, true
}

func sorted(_ any, v tree.Value) (tree.Value, bool) {
	switch v.Kind() {
	case tree.Object:
		pairs, ok := flat(v.Members())
		slices.SortStableFunc(pairs, func(a, b tree.Member) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value.Text(), b.Value.Text()))
		})
		return tree.ObjectOf(pairs...), ok
	case tree.List:
		vs := slices.Clone(v.List())
		slices.SortStableFunc(vs, func(a, b tree.Value) int { return cmp.Compare(a.Text(), b.Text()) })
		return tree.ListOf(vs...), true
	}
	return v, true
}

func encodedPairs(_ any, v tree.Value) (tree.Value, bool) {
	switch v.Kind() {
	case tree.Object:
		pairs, ok := flat(v.Members())
		for i, p := range pairs {
			pairs[i] = tree.Member{Name: percentEncode(p.Name), Value: tree.Text(percentEncode(p.Value.Text()))}
		}
		return tree.ObjectOf(pairs...), ok
	case tree.List:
		texts, ok := textsOf(v.List())
		vs := make([]tree.Value, len(texts))
		for i, t := range texts {
			vs[i] = tree.Text(percentEncode(t))
		}
		return tree.ListOf(vs...), ok
	}
	return tree.Text(percentEncode(v.Text())), v.Kind() != tree.File
}

func compilePairs(arg string, hasArg bool) (Codec, error) {
	pieces := SplitArgument(arg, ',')
	if !hasArg || len(pieces) != 2 {
		return Codec{}, errors.New("say what stands between name and value, and between pairs: pairs:'=','&'")
	}
	between, after := Unquote(pieces[0]), Unquote(pieces[1])
	if max(len(between), len(after)) > maxSeparator {
		return Codec{}, errTooLongSeparator
	}
	return Codec{Whole: true, Write: func(_ any, v tree.Value) (tree.Value, bool) {
		if v.Kind() != tree.Object {
			return v, true
		}
		pairs, ok := flat(v.Members())
		var b strings.Builder
		for i, p := range pairs {
			if i > 0 {
				b.WriteString(after)
			}
			b.WriteString(p.Name)
			b.WriteString(between)
			b.WriteString(p.Value.Text())
		}
		return tree.Text(b.String()), ok
	}}, nil
}
