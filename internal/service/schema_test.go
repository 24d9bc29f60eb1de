package service

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"patchbay/internal/pattern"
	"patchbay/services"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("service.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("service.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fits is nil when the schema takes the file.
func fits(t *testing.T, s *jsonschema.Schema, file []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestSchemaIsValidDraft202012(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	meta, err := jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		t.Fatal(err)
	}
	if err := meta.Validate(doc); err != nil {
		t.Error(err)
	}
}

func TestSchemaTakesEveryServiceFileThereIs(t *testing.T) {
	s := compiledSchema(t)
	names, err := fs.Glob(services.Files, "*.json")
	if err != nil || len(names) == 0 {
		t.Fatal("no catalogue", err)
	}
	for _, name := range names {
		data, err := services.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(t, s, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	examples, err := filepath.Glob("../../docs/examples/*.json")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, name := range examples {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(t, s, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, k := range authKinds {
		file := strings.Replace(schemaFile, `{"type": "bearer", "token": "$API key$"}`, k.example, 1)
		if err := fits(t, s, []byte(file)); err != nil || file == schemaFile && k.name != "Bearer" {
			t.Errorf("auth of type %s: %v", k.name, err)
		}
	}
	for _, auth := range []string{"bearer", "basic", "none"} {
		data, problems := Draft{ID: "acme", Auth: auth}.File()
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if err := fits(t, s, data); err != nil {
			t.Errorf("a new file with %s: %v", auth, err)
		}
	}
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(page, -1) {
		if !bytes.Contains(b[1], []byte(`"id":`)) {
			continue
		}
		if err := fits(t, s, b[1]); err != nil {
			t.Errorf("the reference: %v\n%s", err, b[1])
		}
	}
}

// schemaFile is a file with everything in it; each case of the corpus breaks one place.
const schemaFile = `{
  "$schema": "https://patchbay.example.com/service.schema.json", "id": "acme", "name": "Acme", "logo": "https://example.com/logo.png",
  "properties": ["API key", {"name": "Secret", "optional": true}], "auth": {"type": "bearer", "token": "$API key$"},
  "API": {
    "request_method": "POST", "request_headers": {"X-A": "$uuid$"},
    "SendMessage": [{"when": {"segments": {"$gt": 1}}, "request_url": "https://api.example.com/$to|digits$", "request_parameters": {"to": ["$to|prefix:'a|$b'$"], "$$any": "100 $"},
      "responses": [{"status": ["4xx", 500], "body": {"errors": [{"code": "$error_code$"}]}, "outcomes": {"1": "busy", "*": "refused"}}],
      "response_map": {"id": "$messageid$"}}]},
  "limits": {"messages_per_second": 1.5, "media": {"max_count": 3}},
  "Webhook": {
    "verify": {"any": [{"hmac": {"algorithm": "sha256", "key": "$Secret$", "over": "$body$", "headers": {"X-S": "$signature|hex$"}}}, {"cidr": ["192.0.2.0/24"]}]},
    "reply": {"status": 204},
    "events": [
      {"event_type": "message", "request_parameters": {"type": {"$not": "dlr"}, "f": "$from$", "t": "$to$", "x": {"$any": ["$content$", null]}}},
      {"events": {"ok": "messageDelivered", "*": "ignore"}, "request_parameters": {"id": "$messageid$", "s": "$event_key|lower$"}}]},
  "tests": [{"name": "text", "send": {"from": "+15550001111", "to": "+15550002222", "content": "yes"}, "request": {"method": "POST"}, "result": {"outcome": "accepted"}}]
}`

func TestSchemaRefusesBrokenFiles(t *testing.T) {
	s := compiledSchema(t)
	if err := fits(t, s, []byte(schemaFile)); err != nil {
		t.Fatalf("the whole one: %v", err)
	}
	for _, c := range []struct{ good, broken, at string }{
		{`"id": "acme"`, `"id": "a cme"`, "/id"},
		{`"id": "acme", `, ``, ""},
		{`"name": "Acme"`, `"nane": "Acme"`, ""},
		{`"name": "Acme"`, `"name": 7`, "/name"},
		{`"https://example.com/logo.png"`, `"logo.png"`, "/logo"},
		{`"API key", {`, `"content", {`, "/properties/0"},
		{`"optional": true`, `"optional": "yes"`, "/properties/1/optional"},
		{`"name": "Secret"`, `"help": "Secret"`, "/properties/1"},
		{`"type": "bearer"`, `"type": "bear"`, "/auth"},
		{`, "token": "$API key$"`, ``, "/auth"},
		{`"SendMessage": [`, `"SendMesage": [`, "/API"},
		{`"request_method": "POST", "request_headers"`, `"request_method": 1, "request_headers"`, "/API/request_method"},
		{`{"X-A": "$uuid$"}`, `{"X-A": ["$uuid$"]}`, "/API/request_headers/X-A"},
		{`$to|digits$`, `$to|digts$`, "/API/SendMessage/0/request_url"},
		{`"$$any"`, `"$anny"`, ""},
		{`"$$any": "100 $"`, `"$any": ["a"]`, ""},
		{`"when": {"segments": {"$gt": 1}}`, `"when": "ucs2"`, "/API/SendMessage/0/when"},
		{`{"$gt": 1}`, `{"$gt": [1]}`, "/API/SendMessage/0/when/segments/$gt"},
		{`["4xx", 500]`, `["4xy", 500]`, "/API/SendMessage/0/responses/0/status/0"},
		{`"1": "busy"`, `"1": "bizzy"`, "/API/SendMessage/0/responses/0/outcomes/1"},
		{`"outcomes": {`, `"outcome": "busy", "outcomes": {`, "/API/SendMessage/0/responses/0"},
		{`"messages_per_second": 1.5`, `"messages_per_second": "1.5"`, "/limits/messages_per_second"},
		{`"max_count": 3`, `"max_count": 0`, "/limits/media/max_count"},
		{`"verify": {"any"`, `"verify": {"anny"`, "/Webhook/verify"},
		{`"verify": {"any"`, `"verfy": {"any"`, "/Webhook"},
		{`"algorithm": "sha256"`, `"algorithm": "sha257"`, "/Webhook/verify/any/0/hmac/algorithm"},
		{`$signature|hex$`, `$signature|hxe$`, "/Webhook/verify/any/0/hmac/headers/X-S"},
		{`"status": 204`, `"status": 99`, "/Webhook/reply/status"},
		{`"event_type": "message"`, `"event_type": "massage"`, "/Webhook/events/0/event_type"},
		{`"event_type": "message", `, ``, "/Webhook/events/0"},
		{`{"$not": "dlr"}`, `{"$not": "dlr", "x": 1}`, "/Webhook/events/0/request_parameters/type"},
		{`{"$any": [`, `{"$any": [], "$anys": [`, "/Webhook/events/0/request_parameters/x"},
		{`"$event_key|lower$"`, `"$event_key|sha256|hex$"`, "/Webhook/events/1/request_parameters/s"},
		{`{"events": {"ok"`, `{"event_key": "x", "events": {"ok"`, "/Webhook/events/1"},
		{`"ok": "messageDelivered"`, `"ok": "delivered"`, "/Webhook/events/1/events/ok"},
		{`"send": {`, `"sent": {`, "/tests/0"},
		{`"send": {"from"`, `"send": {"form"`, "/tests/0/send"},
		{`"send": {`, `"webhook": {}, "send": {`, "/tests/0"},
		{`"outcome": "accepted"`, `"outcome": "good"`, "/tests/0/result/outcome"},
	} {
		if strings.Count(schemaFile, c.good) != 1 {
			t.Errorf("%s stands in the file %d times", c.good, strings.Count(schemaFile, c.good))
			continue
		}
		file := strings.Replace(schemaFile, c.good, c.broken, 1)
		err := fits(t, s, []byte(file))
		if err == nil {
			t.Errorf("%s in the place of %s is taken", c.broken, c.good)
			continue
		}
		if places := complaints(err.(*jsonschema.ValidationError)); !slices.Contains(places, c.at) {
			t.Errorf("%s in the place of %s: complaints at %q, want one at %q", c.broken, c.good, places, c.at)
		}
		if _, problems := Parse([]byte(file)); len(problems) == 0 {
			t.Errorf("%s: the schema refuses what lint finds fine", c.broken)
		}
	}
}

// complaints is where the causes of an error are.
func complaints(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		at := ""
		for _, step := range e.InstanceLocation {
			at += "/" + step
		}
		return []string{at}
	}
	var out []string
	for _, c := range e.Causes {
		out = append(out, complaints(c)...)
	}
	return out
}

// The schema may be stricter than the loader's errors, and never refuses what lint has nothing to say about.
func TestWhatTheSchemaRefusesLintSpeaksOf(t *testing.T) {
	s := compiledSchema(t)
	names, err := filepath.Glob("testdata/lint/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	refused := 0
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file := archive.Files[0].Data
		if _, p := document(file); p != nil {
			continue // no JSON, so no schema
		}
		if fits(t, s, file) == nil {
			continue
		}
		refused++
		if _, problems := Parse(file); len(problems) == 0 {
			t.Errorf("%s: refused, and lint finds it fine", name)
		}
	}
	if refused < 10 {
		t.Errorf("only %d of the files with problems are refused", refused)
	}
}

func TestSchemaSpeaksOfEveryMemberThatTheLoaderKnows(t *testing.T) {
	said := newSayings()
	checks := []string{}
	for _, k := range checkKinds {
		checks = append(checks, k.members...)
	}
	slices.Sort(checks)
	auths := []string{}
	for _, k := range authKinds {
		auths = append(auths, slices.Concat(k.members, k.more)...)
	}
	slices.Sort(auths)
	for group, known := range map[string][]string{
		"file": fileMembers, "property": propertyMembers, "API": apiMembers, "method": methodMembers, "GetFile": getFileMembers,
		"answer": answerMembers, "reply": repliesMembers, "confirm": confirmMembers, "webhook": webhookMembers, "model": modelMembers, "limits": limitMembers,
		"media": mediaMembers, "check": slices.Compact(checks), "auth": slices.Compact(auths), "test": testMembers, "send": testSendMembers, "sendFile": testFileMembers,
		"GetStatus": kindOf(GetStatus).members(), "Receive": kindOf(Receive).members(), "with": testWithMembers, "upload": testUploadMembers,
		"request": testRequestMembers, "response": testAnswerMembers, "result": testResultMembers, "webhookTest": testWebhookMembers,
		"eventTest": testEventMembers, "replyTest": testReplyMembers,
	} {
		for _, name := range known {
			if _, ok := said[group][name]; !ok {
				t.Errorf("%s: the loader reads %q, and the schema says nothing of it", group, name)
			}
		}
		for name := range said[group] {
			if !slices.Contains(known, name) {
				t.Errorf("%s: the schema speaks of %q, which the loader does not read", group, name)
			}
		}
	}
	for _, name := range effectNames {
		if effectSentences[name] == "" {
			t.Errorf("the outcome %q has no sentence", name)
		}
	}
	for _, o := range pattern.Operators() {
		if !bytes.Contains(Schema(), []byte(`"`+o.Name+`"`)) {
			t.Errorf("the schema does not know the operator %s", o.Name)
		}
	}
}
