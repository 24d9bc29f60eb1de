package service

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write golden files anew")

// Each case is a service file and everything that is said about it. A file with an error gives no service.
func TestProblemsNameThePlaceAndTheCure(t *testing.T) {
	names, err := filepath.Glob("testdata/lint/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil || len(archive.Files) != 2 {
				t.Fatalf("want a file and what is said about it: %v", err)
			}
			s, problems := Parse(archive.Files[0].Data)
			var said strings.Builder
			for _, p := range problems {
				if p.Warning {
					said.WriteString("warning: ")
				}
				said.WriteString(p.String() + "\n")
			}
			if (s == nil) != (problems.Err() != nil) {
				t.Errorf("a service %v with %d errors", s, len(problems.Errors()))
			}
			if s != nil {
				for _, p := range Failed(RunTests(s)) {
					said.WriteString(p.String() + "\n")
				}
			}
			if *update {
				archive.Files[1].Data = []byte(said.String())
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(archive.Files[1].Data), said.String()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
