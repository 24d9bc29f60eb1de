package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"patchbay/internal/app"
	"patchbay/services"
)

var update = flag.Bool("update", false, "write golden files again")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"patchbay": func() { os.Exit(Run(os.Args[1:])) },
	})
}

// The scripts say what each command prints and how it ends.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			return os.CopyFS(filepath.Join(env.WorkDir, "services"), services.Files)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"ran":   ran,
		},
	})
}

// ran leaves a data directory as a server does that has run: ran data.
func ran(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ran DIRECTORY")
	}
	a, err := app.Start(context.Background(), app.Options{Listen: "127.0.0.1:0", DataDir: ts.MkAbs(args[0])})
	ts.Check(err)
	ts.Check(a.Close())
}

// exits runs a program that must end with the code: exits 2 patchbay service lint.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT]…")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("exits: %v", err)
	}
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("exits: %v", err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// The page of commands is what --help prints, written again with -update.
func TestHelpPageIsInStep(t *testing.T) {
	const page = "../../docs/commands.md"
	got := helpPage(t)
	if *update {
		if err := os.WriteFile(page, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/commands.md is not what --help prints; write it again: go test ./internal/cli -run TestHelp -update")
	}
}

func helpPage(t *testing.T) []byte {
	t.Helper()
	t.Setenv("COLUMNS", "100")
	parser, err := kong.New(&grammar{})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	page.WriteString("# Commands\n\nWhat `patchbay --help` prints, generated from the program.\n")
	for _, leaf := range parser.Model.Leaves(true) {
		path := strings.Fields(strings.TrimPrefix(leaf.FullPath(), parser.Model.Name))
		path = slices.DeleteFunc(path, func(word string) bool { return strings.ContainsAny(word, "<>[].") })
		var out, errs bytes.Buffer
		if code := run(append(path, "--help"), &console{in: strings.NewReader(""), out: &out, err: &errs, ctx: context.Background()}); code != 0 {
			t.Fatalf("%v --help: %d %s", path, code, errs.String())
		}
		page.WriteString("\n## " + strings.Join(path, " ") + "\n\n")
		for line := range strings.Lines(out.String()) {
			if strings.TrimSpace(line) != "" {
				page.WriteString("    ")
			}
			page.WriteString(line)
		}
	}
	return page.Bytes()
}
