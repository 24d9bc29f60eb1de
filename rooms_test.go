// Package patchbay_test holds the doors between the rooms: who may import whom, and that prose names files that exist.
package patchbay_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rooms says what each room under internal/ may import of ours. A room that is missing here fails the test.
var rooms = map[string]string{
	"fault":        "",
	"failpoint":    "",
	"needs":        "",
	"tree":         "",
	"phone":        "",
	"secret":       "",
	"audit":        "",
	"message":      "phone",
	"directory":    "phone",
	"wire":         "tree",
	"pattern":      "tree",
	"lane":         "fault",
	"access":       "directory fault",
	"conversation": "directory fault message phone",
	"service":      "fault message pattern phone services tree wire",
	"lookup":       "",
	"infer":        "pattern phone service tree wire",
	"exchange":     "failpoint fault secret wire",
	"studio":       "fault phone secret service wire",
	"credential":   "directory exchange fault secret service wire",
	"spool":        "failpoint",
	"store":        "audit conversation directory failpoint fault lane lookup message needs phone secret",
	"media":        "exchange failpoint fault message wire",
	"outbound":     "conversation directory exchange failpoint fault lane media message phone secret service wire",
	"inbound":      "conversation directory exchange fault lane media message phone service spool tree wire",
	"provider":     "directory exchange fault inbound lane message secret service wire",
	"notify":       "directory exchange fault lane message secret wire",
	"simulator":    "service wire",
	"api":          "access audit conversation credential directory exchange failpoint fault inbound infer lookup media message notify outbound phone provider secret service store studio web wire",
	"app":          "*",
	"cli":          "app exchange fault infer message phone secret service simulator store studio wire",
}

func TestRoomsImportOnlyWhatTheTableSays(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		room := strings.Split(filepath.ToSlash(path), "/")[1]
		seen[room] = true
		allowed, known := rooms[room]
		if !known {
			t.Errorf("%s: the room %q is not in the table", path, room)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			name, ours := strings.CutPrefix(strings.Trim(imp.Path.Value, `"`), "patchbay/")
			if !ours || allowed == "*" {
				continue
			}
			name = strings.Split(strings.TrimPrefix(name, "internal/"), "/")[0]
			if name != room && !slices.Contains(strings.Fields(allowed), name) {
				t.Errorf("%s imports %s; %s may import: %s", path, name, room, allowed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range rooms {
		if !seen[room] {
			t.Errorf("the table has a room %q that does not exist", room)
		}
	}
}

// Provider names belong into service files: code that knows one would be a provider coded by hand.
func TestNoProviderIsNamedInCode(t *testing.T) {
	files, err := filepath.Glob("services/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue", err)
	}
	var ids []string
	for _, f := range files {
		id := strings.TrimSuffix(filepath.Base(f), ".json")
		if id != "simulator" && id != "generic" {
			ids = append(ids, id)
		}
	}
	for _, root := range []string{"internal", "cmd", "services"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, word := range words(t, path) {
				if slices.Contains(ids, strings.ToLower(word)) {
					t.Errorf("%s names the provider %q", path, word)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
