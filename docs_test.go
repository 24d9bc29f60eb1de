package patchbay_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/api"
	"patchbay/internal/service"
)

// words are the identifiers and string literals of a Go file.
func words(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			out = append(out, n.Name)
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil {
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

var (
	inBackquotes = regexp.MustCompile("`((?:cmd|internal|services|docs|e2e|bench|scripts|web|\\.ci)/[A-Za-z0-9_./-]*)`")
	link         = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	makeTarget   = regexp.MustCompile("`make ([a-z-]+)`")
)

// Prose that names files rots, so every path and link in it must exist.
func TestEveryPathInTheDocsExists(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "patchbay-data") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range inBackquotes.FindAllSubmatch(text, -1) {
			n++
			_, fromRoot := os.Stat(string(m[1]))
			_, fromHere := os.Stat(filepath.Join(filepath.Dir(path), string(m[1])))
			if fromRoot != nil && fromHere != nil {
				t.Errorf("%s names `%s`, which does not exist", path, m[1])
			}
		}
		for _, m := range link.FindAllSubmatch(text, -1) {
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), string(m[1]))); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, m[1])
			}
		}
		for _, m := range makeTarget.FindAllSubmatch(text, -1) {
			n++
			if !regexp.MustCompile(`(?m)^` + string(m[1]) + `:`).Match(makefile) {
				t.Errorf("%s names `make %s`, which the Makefile does not have", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Error("no path was checked: the test does not see the docs")
	}
}

// The first thing an integrator copies must load.
func TestTheServiceFileInTheReadmeLoads(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(readme), "\n    {\n")
	file, _, ends := strings.Cut(rest, "\n    }\n")
	if !begins || !ends {
		t.Fatal("the README shows no service file")
	}
	s, problems := service.Parse([]byte("{" + file + "}"))
	if s == nil {
		t.Errorf("it does not load: %v", problems)
	}
}

// The document of the API is made before the server starts: a new route needs a row that says what it does. docs/openapi.json is its copy, which
// lines of two branches may have met in.
func TestDocsSayWhatEveryRouteDoes(t *testing.T) {
	want, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("docs/openapi.json"); err != nil || string(got) != string(want) {
		t.Errorf("docs/openapi.json is not what the server serves (%v): make generate", err)
	}
}
