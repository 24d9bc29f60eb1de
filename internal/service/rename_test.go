package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryFileOfTheCatalogueCanBeBegunAnewUnderAnotherID(t *testing.T) {
	files, err := filepath.Glob("../../services/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue", err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, problems := Renamed(source, "my-own", "Mine")
		if problems != nil {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		s, _ := Check(file)
		was, _ := Parse(source)
		if s == nil || s.ID != "my-own" || s.Name != "Mine" || len(RunTests(s)) != len(RunTests(was)) {
			t.Errorf("%s became\n%s", name, file)
		}
	}
}

func TestABadIDIsSaidAndNothingIsMade(t *testing.T) {
	for _, id := range []string{"", "..", "a b", "a/b", strings.Repeat("a", 65), "$to$", "é"} {
		if file, problems := Renamed([]byte(`{"id": "a"}`), id, ""); file != nil || len(problems) == 0 || problems[0].Pointer != "/id" {
			t.Errorf("%q: %s %v", id, file, problems)
		}
	}
	if file, problems := Renamed([]byte(`{"id": "a"`), "b", ""); file != nil || len(problems) == 0 {
		t.Errorf("%s %v", file, problems)
	}
}
