package service_test

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/service"
	"patchbay/services"
)

// unproven is the services that have no "verify": the base format has none, and these providers neither sign their callbacks nor send a
// password of ours, so that the secret URL is all there is.
var unproven = []string{
	"generic", "bulkvs", "clickatell", "clicksend", "flowroute", "infobip", "questblue", "skyetel", "voipms", "voxtelesys",
}

// proofOnRequest is the services whose providers sign only for accounts that ask for it: the property is optional, and lint says so.
var proofOnRequest = []string{"commio", "generic_get", "vonage_sms"}

func TestEveryServiceOfTheCatalogueIsValidAndPassesItsTests(t *testing.T) {
	names, err := fs.Glob(services.Files, "*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("the catalogue: %v, %v", names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			data, err := services.Files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s, problems := service.Parse(data)
			if err := problems.Err(); err != nil {
				t.Fatalf("%v", problems)
			}
			id := strings.TrimSuffix(name, ".json")
			said := false
			for _, p := range problems {
				switch {
				case slices.Contains(unproven, id) && p.Pointer == "/Webhook" && strings.HasPrefix(p.Message, `without "verify"`),
					slices.Contains(proofOnRequest, id) && strings.HasPrefix(p.Pointer+"/", "/Webhook/verify/") && strings.HasSuffix(p.Message, "this check is not made"):
					said = true
				default:
					t.Errorf("warning: %s", p)
				}
			}
			if !said && (slices.Contains(unproven, id) || slices.Contains(proofOnRequest, id)) {
				t.Error("it is listed as one that leaves something unproven, and does not")
			}
			results, cover := s.Prove()
			if len(results) < 5 {
				t.Errorf("%d tests; a service of the catalogue proves more of itself", len(results))
			}
			for _, p := range service.Failed(results) {
				t.Errorf("%s", p)
			}
			for _, m := range cover.Missed {
				t.Errorf("%s: %s", m.Pointer, m.What)
			}
			if s.Documentation == "" || len(s.Setup) == 0 {
				t.Error("a service of the catalogue says where its provider is documented, and how to set it up")
			}
			formatted, err := service.Format(data)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(formatted, data) {
				t.Errorf("not in canonical form; run: patchbay service fmt services/%s", name)
			}
		})
	}
}
