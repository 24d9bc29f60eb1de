package service

import (
	"slices"
	"strings"

	"patchbay/internal/tree"
)

// Renamed is a file with another id, and another name where one is given: to begin a file with what another one has. It comes in canonical
// form, or not at all and with what is wrong about it. Where its tests have the webhook URL that a test gets by itself, that has the new id too.
func Renamed(source []byte, id, name string) ([]byte, Problems) {
	strict, _ := strictly(source)
	v, syntax := document(strict)
	if syntax != nil {
		return nil, Problems{*syntax}
	}
	old, renamed := testURL+v.Get("id").Text()+"/", testURL+id+"/"
	members := slices.Clone(v.Members())
	for i, m := range members {
		switch {
		case m.Name == "id":
			members[i].Value = tree.Text(id)
		case m.Name == "name" && name != "":
			members[i].Value = tree.Text(name)
		case m.Name == "tests":
			members[i].Value = replaced(m.Value, old, renamed)
		}
	}
	file := append(appendPretty(nil, tree.ObjectOf(members...), 0, 0), '\n')
	if _, problems := Check(file); problems.Err() != nil {
		return nil, problems.Errors()
	}
	return file, nil
}

// replaced is v with another text in the place of one, wherever that stands in its strings.
func replaced(v tree.Value, old, text string) tree.Value {
	switch v.Kind() {
	case tree.String:
		return tree.Text(strings.ReplaceAll(v.Text(), old, text))
	case tree.List:
		list := slices.Clone(v.List())
		for i := range list {
			list[i] = replaced(list[i], old, text)
		}
		return tree.ListOf(list...)
	case tree.Object:
		members := slices.Clone(v.Members())
		for i := range members {
			members[i].Value = replaced(members[i].Value, old, text)
		}
		return tree.ObjectOf(members...)
	}
	return v
}
