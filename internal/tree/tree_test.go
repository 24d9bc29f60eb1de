package tree_test

import (
	"testing"
	"unsafe"

	"patchbay/internal/tree"
)

func TestLastMemberOfANameIsTheOneThatCounts(t *testing.T) {
	v := tree.ObjectOf(tree.Member{Name: "a", Value: tree.Text("1")}, tree.Member{Name: "b", Value: tree.Nil}, tree.Member{Name: "a", Value: tree.Text("2")})
	if got := v.Get("a").Text(); got != "2" {
		t.Errorf("a: got %q, want %q", got, "2")
	}
	if got := v.Get("c").Kind(); got != tree.Absent {
		t.Errorf("c: got kind %d, want absent", got)
	}
}

func TestEmptyIsAbsentNullNoTextAndNoElements(t *testing.T) {
	for _, c := range []struct {
		v    tree.Value
		want bool
	}{
		{tree.Value{}, true}, {tree.Nil, true}, {tree.Text(""), true}, {tree.ListOf(), true},
		{tree.Text("~"), false}, {tree.Digits("0"), false}, {tree.False, false}, {tree.ObjectOf(), false},
		{tree.ListOf(tree.Nil), false}, {tree.FileOf(&tree.Blob{}), false},
	} {
		if got := c.v.IsEmpty(); got != c.want {
			t.Errorf("%+v: got %v, want %v", c.v, got, c.want)
		}
	}
}

func TestEqualComparesContent(t *testing.T) {
	obj := func(name, text string) tree.Value {
		return tree.ObjectOf(tree.Member{Name: name, Value: tree.ListOf(tree.Text(text))})
	}
	file := func(data string) tree.Value { return tree.FileOf(&tree.Blob{Name: "a", Data: []byte(data)}) }
	for _, c := range []struct {
		v, w tree.Value
		want bool
	}{
		{obj("a", "1"), obj("a", "1"), true}, {obj("a", "1"), obj("b", "1"), false}, {obj("a", "1"), obj("a", "2"), false},
		{tree.Text("1"), tree.Digits("1"), false}, {tree.ListOf(), tree.ObjectOf(), false},
		{file("x"), file("x"), true}, {file("x"), file("y"), false}, {tree.Value{}, tree.Value{}, true}, {tree.ListOf(), tree.Text(""), false},
	} {
		if got := c.v.Equal(c.w); got != c.want {
			t.Errorf("%+v, %+v: got %v, want %v", c.v, c.w, got, c.want)
		}
	}
}

func TestAValueIsFourWords(t *testing.T) {
	if got, want := unsafe.Sizeof(tree.Value{}), 4*unsafe.Sizeof(uintptr(0)); got != want {
		t.Errorf("got %d bytes, want %d: every message pays for each of them", got, want)
	}
}
