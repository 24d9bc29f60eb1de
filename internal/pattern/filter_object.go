package pattern

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"patchbay/internal/tree"
)

// ordered sorts names as bytes, as the signers of JSON do. Its depth is that of a value that was decoded, and so bounded.
func ordered(env any, v tree.Value) (tree.Value, bool) {
	switch v.Kind() {
	case tree.Object:
		ms := slices.Clone(v.Members())
		for i := range ms {
			ms[i].Value, _ = ordered(env, ms[i].Value)
		}
		slices.SortStableFunc(ms, func(a, b tree.Member) int { return cmp.Compare(a.Name, b.Name) })
		return tree.ObjectOf(ms...), true
	case tree.List:
		vs := slices.Clone(v.List())
		for i := range vs {
			vs[i], _ = ordered(env, vs[i])
		}
		return tree.ListOf(vs...), true
	}
	return v, true
}

func compileWithout(arg string, hasArg bool) (Codec, error) {
	var names []string
	for _, piece := range SplitArgument(arg, ',') {
		names = append(names, Unquote(piece))
	}
	if !hasArg || slices.Contains(names, "") {
		return Codec{}, errors.New("say which members are left out: without:sig")
	}
	return Codec{Whole: true, Write: func(_ any, v tree.Value) (tree.Value, bool) {
		if v.Kind() != tree.Object {
			return v, true
		}
		return tree.ObjectOf(slices.DeleteFunc(slices.Clone(v.Members()), func(m tree.Member) bool {
			return slices.Contains(names, m.Name)
		})...), true
	}}, nil
}

func compileReplace(arg string, hasArg bool) (Codec, error) {
	pieces := SplitArgument(arg, ',')
	if !hasArg || len(pieces) != 2 || Unquote(pieces[0]) == "" {
		return Codec{}, errors.New("say which characters become what: replace:'&=',_")
	}
	characters, text := Unquote(pieces[0]), Unquote(pieces[1])
	if len(characters) > maxSeparator {
		return Codec{}, errTooLongSeparator
	}
	if utf8.RuneCountInString(text) > 1 { // a body must not grow by what a file says
		return Codec{}, errors.New("each character becomes one other, or none")
	}
	var pairs []string
	for _, c := range characters {
		pairs = append(pairs, string(c), text)
	}
	replacer := strings.NewReplacer(pairs...)
	return Codec{Whole: true, Write: func(_ any, v tree.Value) (tree.Value, bool) {
		switch v.Kind() {
		case tree.Object:
			members, ok := flat(v.Members())
			for i := range members {
				members[i].Value = tree.Text(replacer.Replace(members[i].Value.Text()))
			}
			return tree.ObjectOf(members...), ok
		case tree.List:
			texts, ok := textsOf(v.List())
			vs := make([]tree.Value, len(texts))
			for i, t := range texts {
				vs[i] = tree.Text(replacer.Replace(t))
			}
			return tree.ListOf(vs...), ok
		}
		text, ok := scalarText(v)
		return tree.Text(replacer.Replace(text)), ok
	}}, nil
}
