package api

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"patchbay/internal/access"
)

var update = flag.Bool("update", false, "write golden files again")

// docs/openapi.json is what the web pages' types are made of without a server, and where a review sees what becomes of the API.
func TestOpenAPIDocumentIsInStep(t *testing.T) {
	const path = "../../docs/openapi.json"
	got, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/openapi.json is not what the server serves: make generate")
	}
}

func TestARouteOfWhichNothingIsSaidDoesNotStart(t *testing.T) {
	rows := func() map[string]operation {
		return map[string]operation{"GET /v1/keys": {id: "listKeys", summary: "List keys", out: of[list[keyView]]()}}
	}
	keys := access.Rule{Method: "GET", Pattern: "/v1/keys"}
	type bare struct {
		Member string `json:"member"`
	}
	type keyView struct {
		Other string `json:"other" doc:"Another."`
	}
	for _, c := range []struct {
		name   string
		matrix []access.Rule
		change func(map[string]operation)
		want   string
	}{
		{"as it should be", []access.Rule{keys}, func(map[string]operation) {}, ""},
		{"outside /v1", []access.Rule{keys, {Method: "GET", Pattern: "/healthz"}}, func(map[string]operation) {}, ""},
		{"a route without a row", []access.Rule{keys, {Method: "POST", Pattern: "/v1/keys"}}, func(map[string]operation) {}, "POST /v1/keys"},
		{"a row without a route", nil, func(map[string]operation) {}, "GET /v1/keys"},
		{"a row without a summary", []access.Rule{keys}, func(m map[string]operation) { m["GET /v1/keys"] = operation{id: "a"} }, "summary"},
		{"an id twice", []access.Rule{keys, {Method: "POST", Pattern: "/v1/keys"}}, func(m map[string]operation) { m["POST /v1/keys"] = m["GET /v1/keys"] }, "listKeys"},
		{"a noun that no tag knows", []access.Rule{keys, {Method: "GET", Pattern: "/v1/things"}}, func(m map[string]operation) {
			m["GET /v1/things"] = operation{id: "listThings", summary: "List things"}
		}, `"things"`},
		{"a parameter of which nothing is said", []access.Rule{keys, {Method: "GET", Pattern: "/v1/keys/{thing}"}}, func(m map[string]operation) {
			m["GET /v1/keys/{thing}"] = operation{id: "getThing", summary: "Show a thing"}
		}, "{thing}"},
		{"a member of which nothing is said", []access.Rule{keys, {Method: "POST", Pattern: "/v1/keys"}}, func(m map[string]operation) {
			m["POST /v1/keys"] = operation{id: "a", summary: "A", in: of[bare]()}
		}, "Member"},
		{"two types of one name", []access.Rule{keys, {Method: "POST", Pattern: "/v1/keys"}}, func(m map[string]operation) {
			m["POST /v1/keys"] = operation{id: "a", summary: "A", out: of[keyView]()}
		}, "schema Key"},
	} {
		operations := rows()
		c.change(operations)
		_, err := describe(c.matrix, operations)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want a word of %q", c.name, err, c.want)
		}
	}
}

func TestTheHotAnswerIsWhatItsTypeSays(t *testing.T) {
	got := appendAccepted(nil, "17", "queued")
	want, err := json.Marshal(acceptedView{"17", "queued"})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}
