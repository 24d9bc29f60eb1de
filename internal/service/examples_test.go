package service_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/service"
	"patchbay/services"
)

// Three providers that the catalogue does not have were described by the reference alone; their files stay as proof that it suffices.
func TestExamplesOfTheReferenceAreValidAndProveAllOfThemselves(t *testing.T) {
	const dir = "../../docs/examples"
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	must(t, err)
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal("no examples", err)
	}
	unproven := []string{"esendex"} // what sends its callbacks neither signs them nor sends a secret of ours
	for _, name := range names {
		id := strings.TrimSuffix(filepath.Base(name), ".json")
		t.Run(id, func(t *testing.T) {
			data, err := os.ReadFile(name)
			must(t, err)
			s, problems := service.Parse(data)
			if s == nil {
				t.Fatal(problems)
			}
			for _, p := range problems {
				if !slices.Contains(unproven, id) || p.Pointer != "/Webhook" {
					t.Errorf("%s", p)
				}
			}
			results, cover := s.Prove()
			for _, p := range service.Failed(results) {
				t.Errorf("%s", p)
			}
			for _, part := range cover.Missed {
				t.Errorf("%s: %s", part.Pointer, part.What)
			}
			if s.ID != id || s.Documentation == "" || len(s.Setup) == 0 || !bytes.Contains(readme, []byte("["+filepath.Base(name)+"]")) {
				t.Error("an example has the id of its file, says where its provider is documented and how it is set up, and the README speaks of it")
			}
			if _, err := services.Files.Open(id + ".json"); err == nil {
				t.Error("it is in the catalogue too; one of the two is enough")
			}
			formatted, err := service.Format(data)
			must(t, err)
			if !bytes.Equal(formatted, data) {
				t.Errorf("not in canonical form; run: patchbay service fmt docs/examples/%s.json", id)
			}
		})
	}
}
