package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// nasty is texts that something on the way might take for more than text.
var nasty = []string{
	"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", strings.Repeat("x", 1600), "a'b\nc", "<b>", "=1+1",
}

// ask asks the studio something.
func (c *caller) ask(what string, body map[string]any) answer {
	c.w.Helper()
	return c.call(200, "POST", "/v1/studio/"+what, body)
}

func (a answer) said() string {
	var out []string
	for _, p := range a.list("problems") {
		out = append(out, fmt.Sprintf("%v:%v %v %v %v", p["line"], p["column"], p["severity"], p["pointer"], p["message"]))
	}
	return strings.Join(out, "\n")
}

func TestTheStudioSaysWhereInTheTextAFileIsWrong(t *testing.T) {
	w := start(t)
	for _, c := range []struct{ name, file, want string }{
		{"not JSON", "{\n  \"id\": \"a\",\n  \"name\" \"b\"\n}", "3:10 error /name line 3: "},
		{"behind a comment", "{ // of ours\n  \"id\": \"a b\",\n}", "2:3 error /id \"a b\" is no id"},
		{"a warning", "{\"id\": \"a\",\n \"nmae\": \"b\"}", "2:2 warning /nmae nothing reads this member"},
		{"text of every kind", "{\"id\": \"\uFFFD😀$to$\"}", "1:2 error /id"},
	} {
		if a := w.account.ask("lint", map[string]any{"file": c.file}); !strings.Contains(a.said(), c.want) {
			t.Errorf("%s: %s\nwant %s", c.name, a.body, c.want)
		}
	}
	p := newProvider(t)
	a := w.account.ask("lint", map[string]any{"file": p.file("acme")})
	if a.json["ok"] != true || a.str("id") != "acme" || !slices.Contains(a.json["methods"].([]any), any("SendMessage")) || len(a.list("properties")) != 1 {
		t.Errorf("a good file: %s", a.body)
	}
	w.account.refused(422, "invalid", "POST", "/v1/studio/lint", map[string]any{})
	w.account.refused(413, "too_large", "POST", "/v1/studio/lint", map[string]any{"file": strings.Repeat("x", 5<<20)})
	if a := w.account.ask("lint", map[string]any{"file": strings.Repeat(" ", 1<<20+1)}); !strings.Contains(a.said(), "1:1 error  the file has") {
		t.Errorf("a file that is too large: %s", a.said())
	}
	if rows := w.account.call(200, "GET", "/v1/services?limit=200", nil).list("data"); slices.ContainsFunc(rows, func(r map[string]any) bool { return r["id"] == "acme" }) {
		t.Error("a draft was kept")
	}
}

func TestTheStudioShowsTheRequestsOfADraftWithItsSecretsMasked(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	for _, text := range nasty {
		a := w.account.ask("render", map[string]any{
			"file": p.file("acme"), "properties": map[string]any{"API key": "canary'secret"}, "values": map[string]any{"content": text, "to": "+15550100001"},
		})
		requests := a.list("requests")
		if len(requests) != 1 || len(a.list("failures")) != 0 {
			t.Fatalf("%q: %s", text, a.body)
		}
		var sent struct{ Content, To string }
		if err := json.Unmarshal([]byte(requests[0]["body"].(string)), &sent); err != nil || sent.Content != text || sent.To != "+15550100001" {
			t.Errorf("%q became %v (%v)", text, requests[0]["body"], err)
		}
		headers, _ := requests[0]["headers"].(map[string]any)
		if strings.Contains(string(a.body), "canary") || headers["Authorization"] != "Bearer •••" {
			t.Errorf("%q: the secret shows, or nothing stands for it: %s", text, a.body)
		}
		curl, _ := requests[0]["curl"].(string)
		if got := shellWords(t, curl); !slices.Contains(got, requests[0]["body"].(string)) {
			t.Errorf("%q: no word of the command is the body: %q", text, got)
		}
	}
	if n := len(p.requests()); n != 0 {
		t.Errorf("%d requests went to the provider", n)
	}
	a := w.account.refused(422, "invalid", "POST", "/v1/studio/render", map[string]any{"file": p.file("acme"), "values": map[string]any{"no/thing": "x"}})
	if !slices.Contains(a.pointers(), "/values/no~1thing") {
		t.Errorf("an unknown variable: %s", a.body)
	}
	if a := w.account.ask("render", map[string]any{"file": p.file("acme"), "method": "SetWebhook"}); len(a.list("failures")) != 1 {
		t.Errorf("a method that is not there: %s", a.body)
	}
	if a := w.account.ask("render", map[string]any{"file": `{"id": ""}`}); len(a.list("problems")) == 0 || len(a.list("requests")) != 0 {
		t.Errorf("a file with mistakes: %s", a.body)
	}
}

// shellWords is what a shell makes of a command whose words are bare or in single quotes.
func shellWords(t *testing.T, command string) (words []string) {
	t.Helper()
	var word strings.Builder
	begun, quoted := false, false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\'':
			quoted, begun = !quoted, true
		case quoted:
			word.WriteByte(c)
		case c == '\\' && i+1 < len(command) && command[i+1] == '\n':
			i++
		case c == '\\':
			i++
			word.WriteByte(command[i])
		case c == ' ' || c == '\n':
			if begun || word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		case strings.IndexByte("$`\"&|;<>()*?~#", c) >= 0:
			t.Errorf("a shell would do something with %q in %s", c, command)
		default:
			word.WriteByte(c)
		}
	}
	if quoted {
		t.Errorf("a quotation is not closed: %s", command)
	}
	return append(words, word.String())
}

func TestTheStudioSaysWhatAnAnswerMeansAndWhy(t *testing.T) {
	w := start(t)
	file := `{"id": "acme", "API": {"request_url": "https://api.example.com", "SendMessage": {"request_parameters": {"to": "$to$", "text": "$content$"},
		"response_map": {"id": "$messageid$"}, "responses": [{"status": "4xx", "body": {"code": "$error_code$", "text": "$error_text?$"}, "outcomes": {"21": "opted_out", "*": "refused"}}]},
		"Receive": {"request_method": "GET", "request_url": "/in", "request_parameters": {"after": "$cursor?$"}, "response_map": {"next": "$cursor$"},
			"events": [{"event_type": "message", "request_parameters": {"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}}]}}}`
	if a := w.account.ask("lint", map[string]any{"file": file}); a.json["ok"] != true {
		t.Fatal(a.said())
	}
	a := w.account.ask("response", map[string]any{"file": file, "status": 201, "headers": map[string]any{"content-type": "application/json"}, "body": `{"id": "m1"}`})
	if a.str("outcome") != "accepted" || fmt.Sprint(a.json["messageids"]) != "[m1]" {
		t.Errorf("taken: %s", a.body)
	}
	order := a.list("order")
	if len(order) != 2 || order[0]["took"] != false || !strings.Contains(fmt.Sprint(order[0]["reason"]), "201") || order[1]["pointer"] != "/API/SendMessage/response_map" || order[1]["took"] != true {
		t.Errorf("why: %v", order)
	}
	a = w.account.ask("response", map[string]any{"file": file, "status": 400, "headers": map[string]any{"Content-Type": "application/json"}, "body": `{"code": 21, "text": "STOP"}`})
	if a.str("outcome") != "refused" || a.json["opted_out"] != true || a.str("error_code") != "21" || a.str("error_text") != "STOP" {
		t.Errorf("opted out: %s", a.body)
	}
	a = w.account.ask("response", map[string]any{"file": file, "headers": map[string]any{"Content-Type": "application/json"}, "body": `{"ID": "m1"}`})
	if a.str("outcome") != "unclear" || !strings.Contains(fmt.Sprint(a.list("order")[1]["reason"]), "/body/id") {
		t.Errorf("an answer like none of them: %s", a.body)
	}
	a = w.account.ask("response", map[string]any{"file": file, "status": 429, "headers": map[string]any{"Retry-After": "7"}})
	if a.str("outcome") != "refused" && a.str("outcome") != "busy" {
		t.Errorf("too many: %s", a.body)
	}
	a = w.account.ask("response", map[string]any{"file": file, "method": "Receive", "headers": map[string]any{"Content-Type": "application/json"}, "body": `{"next": "c2", "id": "i1", "from": "+15550100001", "to": "+15550001001", "text": "$to$"}`})
	reading, _ := a.json["reading"].(map[string]any)
	if fmt.Sprint(a.json["values"]) != "map[cursor:c2]" || !strings.Contains(fmt.Sprint(reading), "$to$") {
		t.Errorf("a poll: %s", a.body)
	}
	w.account.refused(422, "invalid", "POST", "/v1/studio/response", map[string]any{"file": file, "status": 7})
}

func TestTheStudioExplainsACallbackThatWasKeptPastedOrSent(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	body := `{"method":"sms","params":{"from":"+15550100001","to":"+15550001001","content":"$to$ 0123"}}`
	w.post(tm.webhook, "application/json", body)
	kept := w.account.until("/v1/callbacks?unmatched=true", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")[0]["id"].(string)
	mended := strings.Replace(p.file("acme"), `"event_key": "message"`, `"event_key": "sms"`, 1)
	for name, source := range map[string]map[string]any{
		"kept":   {"callback": kept},
		"pasted": {"http": "POST /x HTTP/1.1\nHost: a.example.com\nContent-Type: application/json\n\n" + body},
		"bare":   {"http": body},
		"sent":   {"request": map[string]any{"headers": map[string]any{"content-type": "application/json"}, "body": body, "query": "number=15550001001"}},
	} {
		source["file"] = p.file("acme")
		x, _ := w.account.ask("explain", source).json["explanation"].(map[string]any)
		if reading, _ := x["reading"].(map[string]any); reading["unmatched"] != true || x["nearest"] == "" || x["difference"] == "" {
			t.Errorf("%s: it is not said why nothing reads it: %v", name, x)
		}
		source["file"] = mended
		x, _ = w.account.ask("explain", source).json["explanation"].(map[string]any)
		reading, _ := x["reading"].(map[string]any)
		events, _ := reading["events"].([]any)
		if len(events) != 1 || events[0].(map[string]any)["content"] != "$to$ 0123" || x["status"] != float64(200) {
			t.Errorf("%s: read as %v", name, x)
		}
		source["numbers"] = []string{"+15550009999"}
		x, _ = w.account.ask("explain", source).json["explanation"].(map[string]any)
		if reading, _ := x["reading"].(map[string]any); name != "sent" && reading["unmatched"] != true {
			t.Errorf("%s: for a number that is not ours: %v", name, x)
		}
	}
	w.account.refused(422, "invalid", "POST", "/v1/studio/explain", map[string]any{"file": mended})
	w.account.refused(422, "invalid", "POST", "/v1/studio/explain", map[string]any{"file": mended, "callback": "nobody"})
	w.account.refused(422, "invalid", "POST", "/v1/studio/explain", map[string]any{"file": mended, "http": "POST /\nbroken\n\n"})
	w.anotherAccount().refused(422, "invalid", "POST", "/v1/studio/explain", map[string]any{"file": mended, "callback": kept})
	tm.keys["organization"].refused(403, "forbidden", "POST", "/v1/studio/explain", map[string]any{"file": mended, "callback": kept})

	a := w.account.ask("infer", map[string]any{"callbacks": []any{map[string]any{"callback": kept}, map[string]any{"http": `{"method":"delivered","params":{"messageid":"9612c4e2"}}`}}, "numbers": []string{"+15550001001"}, "id": "mine"})
	if models := a.list("models"); len(models) == 0 || len(a.list("unread")) != 0 || !strings.Contains(fmt.Sprint(models[0]["choices"]), "reason") {
		t.Errorf("inferred %s", a.body)
	}
	if got := w.account.ask("test", map[string]any{"file": a.str("file")}); got.json["ok"] != true {
		t.Errorf("the draft: %s", got.body)
	}
	if !strings.HasPrefix(a.str("webhook"), "[") {
		t.Errorf("models alone: %s", a.str("webhook"))
	}
	w.account.refused(422, "invalid", "POST", "/v1/studio/infer", map[string]any{"callbacks": []any{}})
	w.account.refused(422, "invalid", "POST", "/v1/studio/infer", map[string]any{"callbacks": []any{map[string]any{"http": strings.Repeat("a", 1<<20+1)}}})
}

func TestTheStudioRunsTheTestsOfADraft(t *testing.T) {
	w := start(t)
	good := w.account.call(200, "POST", "/v1/studio/new", map[string]any{"id": "mine", "auth": "basic"}).str("file")
	a := w.account.ask("test", map[string]any{"file": good})
	coverage, _ := a.json["coverage"].(map[string]any)
	if a.json["ok"] != true || len(a.list("tests")) < 5 || coverage["percent"] != float64(100) {
		t.Fatalf("a file that is begun: %s", a.body)
	}
	bad := strings.Replace(good, `"name": "a text"`, `"name": "😀 $to$"`, 1)
	bad = strings.Replace(bad, `"outcome": "busy"}`, `"outcome": "refused"}`, 1)
	a = w.account.ask("test", map[string]any{"file": bad})
	failed := 0
	for _, test := range a.list("tests") {
		for _, f := range test["failures"].([]any) {
			failed++
			f := f.(map[string]any)
			line := strings.Split(bad, "\n")[int(f["line"].(float64))-1]
			if !strings.Contains(line, `"outcome"`) || f["want"] == f["got"] {
				t.Errorf("%v is said of %q", f, line)
			}
		}
	}
	if failed == 0 || a.json["ok"] != false {
		t.Errorf("a test that fails: %s", a.body)
	}
	if a := w.account.ask("test", map[string]any{"file": `{"id": "a"}`}); a.json["ok"] != false || len(a.list("tests")) != 0 {
		t.Errorf("no tests: %s", a.body)
	}
	refused := w.account.refused(422, "invalid", "PUT", "/v1/services/mine?tests=required", bad)
	if !slices.ContainsFunc(refused.pointers(), func(p string) bool { return strings.HasPrefix(p, "/tests/") }) {
		t.Errorf("published with a failing test: %s", refused.body)
	}
	var bare map[string]any
	if err := json.Unmarshal([]byte(good), &bare); err != nil {
		t.Fatal(err)
	}
	delete(bare, "tests")
	if a := w.account.refused(422, "invalid", "PUT", "/v1/services/mine?tests=required", bare); !slices.Contains(a.pointers(), "/tests") {
		t.Errorf("published without tests: %s", a.body)
	}
	w.account.refused(422, "invalid", "PUT", "/v1/services/mine?tests=maybe", good)
	w.account.call(201, "PUT", "/v1/services/mine?tests=required", good)
}

func TestAFileIsBegunFromTheBaseFormatOrFromAnotherService(t *testing.T) {
	w := start(t)
	files, err := filepath.Glob("../../services/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue", err)
	}
	from := strings.TrimSuffix(filepath.Base(files[0]), ".json")
	file := w.account.ask("new", map[string]any{"id": "mine", "from": from, "name": "Of $ours$"}).str("file")
	a := w.account.ask("lint", map[string]any{"file": file})
	if a.json["ok"] != true || a.str("id") != "mine" || a.str("name") != "Of $ours$" {
		t.Errorf("from %s: %s", from, a.body)
	}
	if again := w.account.ask("format", map[string]any{"file": file}); again.str("file") != file || again.json["changed"] != false {
		t.Errorf("what is begun is not in canonical form: %s", again.body)
	}
	if text, err := os.ReadFile(files[0]); err != nil || len(file) < len(text)/2 {
		t.Errorf("of %d bytes, %d are left (%v)", len(text), len(file), err)
	}
	w.account.refused(422, "invalid", "POST", "/v1/studio/new", map[string]any{"id": "a b"})
	w.account.refused(422, "invalid", "POST", "/v1/studio/new", map[string]any{"id": "a", "from": "nobody"})
	got := w.account.ask("format", map[string]any{"file": "{\"id\":\"a\", // mine\n\"x-unknown\": 01}"})
	if got.str("file") != "" || !strings.Contains(got.said(), "2:") {
		t.Errorf("what is no JSON: %s", got.body)
	}
	if got := w.account.ask("format", map[string]any{"file": "{\"id\":\"a\", // mine\n\"x-unknown\": 1.0}"}); got.str("file") != "{\n  \"id\": \"a\",\n  \"x-unknown\": 1.0\n}\n" {
		t.Errorf("formatted: %s", got.body)
	}
}

func TestTwoVersionsOfAServiceAreCompared(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	one := w.account.call(201, "PUT", "/v1/services/acme", p.file("acme")).str("version")
	two := w.account.call(200, "PUT", "/v1/services/acme", strings.Replace(p.file("acme"), `/webhook"`, `/other"`, 1)).str("version")
	three := w.account.call(200, "PUT", "/v1/services/acme", strings.ReplaceAll(p.file("acme"), "\n", "\n\n")).str("version")
	path := "/v1/services/acme/versions/"
	a := w.account.call(200, "GET", path+one+"/diff/"+two, nil)
	if a.json["added"] != float64(1) || a.json["removed"] != float64(1) || !strings.Contains(a.str("unified"), "\n+") || len(a.list("hunks")) != 1 {
		t.Errorf("one line: %s", a.body)
	}
	ops := map[string]string{}
	for _, l := range a.list("hunks")[0]["lines"].([]any) {
		l := l.(map[string]any)
		ops[l["op"].(string)] += l["text"].(string)
	}
	if !strings.Contains(ops["added"], "/other") || !strings.Contains(ops["removed"], "/webhook") || ops["same"] == "" {
		t.Errorf("lines: %v", ops)
	}
	if a := w.account.call(200, "GET", path+one+"/diff/"+three, nil); a.str("unified") != "" || len(a.list("hunks")) != 0 {
		t.Errorf("what was only typed otherwise differs: %s", a.body)
	}
	w.account.refused(404, "not_found", "GET", path+one+"/diff/none", nil)
	w.account.refused(404, "not_found", "GET", path+"none/diff/"+one, nil)
	w.anotherAccount().refused(404, "not_found", "GET", path+one+"/diff/"+two, nil)
}
