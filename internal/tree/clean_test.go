package tree_test

import (
	"testing"

	"patchbay/internal/tree"
)

func TestEachByteThatIsNoTextIsReplacedByItself(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "é😀€": "é😀€", "\uFFFD": "\uFFFD", "a\x00b": "a\uFFFDb", "\xff\xfe": "\uFFFD\uFFFD", "\xed\xa0\x80": "\uFFFD\uFFFD\uFFFD", "caf\xe9": "caf\uFFFD", "\xe2\x82": "\uFFFD\uFFFD",
	} {
		if got := tree.Clean(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
		if got := tree.IsClean(s); got != (s == want) {
			t.Errorf("%q: clean %v", s, got)
		}
	}
}
