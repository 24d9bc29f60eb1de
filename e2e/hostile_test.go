package e2e

import (
	"encoding/json"
	"encoding/xml"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
)

// hostileTexts try to be more than text in the place that they are written to.
var hostileTexts = []string{
	"$secret.apikey$ $API key$ $to$ {{7*7}} ${7*7} <%= 7 %> #{7} %s %n %d", `","to":"+1900`, `"}],"to":"+1900","x":[{"`, `\",\"to\":\"+1900`,
	"&to=%2B1900", "x&to=+1900", "%00", "%26to=1", "+", "a+b c", ";to=1", "?a=b#c", "../../x", "//evil.example/x", "@evil.example", ".", "..",
	"]]>", "<!ENTITY x SYSTEM \"file:///etc/passwd\">&x;", "<to>+1900</to>", "</text><to>+1900</to>", "&lt;&amp;", "'\"><script>",
	"\r\nX-Evil: 1\r\n\r\n", "a\rb", "a\nb", "tab\tend", "--b\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\n+1900\r\n--b--",
	"yes", "0123", "~", "null", "[]", "{}", "$", "$$", "$to$", " lead and trail ", "é", "😀", "€",
}

// hostileFile sends in one format.
func hostileFile(id, method, url, contentType string) string {
	params := `{"to": "$to$", "text": "$content$"}`
	if strings.Contains(contentType, "xml") {
		params = `{"sms": {"@to": "$to$", "@note": "$content$", "text": "$content$"}}`
	}
	if strings.Contains(url, "$content$") {
		params = `{}`
	}
	return `{"id": "` + id + `", "name": "x", "class": "sms", "properties": ["API key"], "API": {"SendMessage": {
		"request_method": "` + method + `", "request_url": "` + url + `", "request_content_type": "` + contentType + `",
		"request_parameters": ` + params + `, "response_map": {"id": "$messageid$"}}}}`
}

// Whatever a text says, the provider reads it as that text, and the request is the file's: same path, same members, same headers.
func TestATextIsOnlyATextInEveryFormat(t *testing.T) {
	t.Parallel()
	p := newProvider(t, answerJSON(`{"id":"m"}`))
	g := newGateway(t, p.host())
	for i, c := range []struct {
		id, method, url, contentType string
		read                         func(t *testing.T, r taken) (to, text string)
	}{
		{"Json", "POST", p.URL + "/json", "application/json", readsJSON},
		{"Form", "POST", p.URL + "/form", "application/x-www-form-urlencoded", readsForm},
		{"Query", "GET", p.URL + "/query", "application/json", readsQuery},
		{"Parts", "POST", p.URL + "/parts", "multipart/form-data", readsParts},
		{"Xml", "POST", p.URL + "/xml", "text/xml", readsXML},
		{"Path", "POST", p.URL + "/path/$to$/$content$/end", "application/json", readsPath},
	} {
		number := "+6112345678" + string(rune('0'+i))
		g.call(200, "PUT", "/v1/services/"+c.id, hostileFile(c.id, c.method, c.url, c.contentType))
		tm := g.newTeam(strings.ToLower(c.id), c.id, map[string]string{"API key": "never-in-a-text"}, number)
		for _, text := range hostileTexts {
			before := len(p.requests())
			id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": number, "to": theirs, "content": text}).str("id")
			if c.id == "Path" && strings.Trim(text, ".") == "" { // no escape makes a segment of these
				if m := g.await(id, status("failed")); errorOf(m).Code != "invalid" || len(p.requests()) != before {
					t.Errorf("%q in a path: %v and %d requests", text, errorOf(m), len(p.requests())-before)
				}
				continue
			}
			g.await(id, status("sent"))
			reqs := p.requests()[before:]
			if len(reqs) != 1 {
				t.Fatalf("%s %q: %d requests", c.id, text, len(reqs))
			}
			r := reqs[0]
			to, got := c.read(t, r)
			if to != theirs || got != text {
				t.Errorf("%s: %q was read as %q to %q\n%s %s?%s\n%s", c.id, text, got, to, r.method, r.path, r.query, r.body)
			}
			if r.method != c.method || r.header.Get("X-Evil") != "" || strings.Contains(r.body+r.query, "never-in-a-text") {
				t.Errorf("%s: %q became %s with %v\n%s", c.id, text, r.method, r.header, r.body)
			}
		}
	}
}

func readsJSON(t *testing.T, r taken) (to, text string) {
	var m map[string]string
	d := json.NewDecoder(strings.NewReader(r.body))
	if err := d.Decode(&m); err != nil || d.More() || len(m) != 2 || strings.Count(r.body, `"to":`) != 1 && !strings.Contains(m["text"], "to") {
		t.Errorf("%s: %v", r.body, err)
	}
	return m["to"], m["text"]
}

func readsForm(t *testing.T, r taken) (to, text string) { return fields(t, r.body) }

func readsQuery(t *testing.T, r taken) (to, text string) {
	if r.body != "" || r.path != "/query" {
		t.Errorf("%s %q", r.path, r.body)
	}
	return fields(t, r.query)
}

func fields(t *testing.T, encoded string) (to, text string) {
	v, err := url.ParseQuery(encoded)
	if err != nil || len(v) != 2 || len(v["to"]) != 1 || len(v["text"]) != 1 {
		t.Errorf("%s: %v", encoded, err)
	}
	return v.Get("to"), v.Get("text")
}

func readsParts(t *testing.T, r taken) (to, text string) {
	_, params, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		t.Error(err)
	}
	form, err := multipart.NewReader(strings.NewReader(r.body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatalf("%q: %v", r.body, err)
	}
	if len(form.Value) != 2 || len(form.File) != 0 || len(form.Value["to"]) != 1 || len(form.Value["text"]) != 1 {
		t.Fatalf("parts %v", form.Value)
	}
	return form.Value["to"][0], form.Value["text"][0]
}

func readsXML(t *testing.T, r taken) (to, text string) {
	var m struct {
		XMLName xml.Name `xml:"sms"`
		To      string   `xml:"to,attr"`
		Note    string   `xml:"note,attr"`
		Text    []string `xml:"text"`
		Other   []string `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(r.body), &m); err != nil || len(m.Text) != 1 || len(m.Other) != 0 || m.Note != m.Text[0] {
		t.Fatalf("%s: %v %+v", r.body, err, m)
	}
	return m.To, m.Text[0]
}

func readsPath(t *testing.T, r taken) (to, text string) {
	rest, ok := strings.CutPrefix(r.path, "/path/")
	rest, ok2 := strings.CutSuffix(rest, "/end")
	to, text, ok3 := strings.Cut(rest, "/")
	if !ok || !ok2 || !ok3 || r.query != "" {
		t.Errorf("path %q query %q", r.path, r.query)
	}
	return to, text
}
