package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"patchbay/internal/api"
)

// apiDocument is what the server says of /v1, ready to be held against what it does.
type apiDocument struct {
	tree     map[string]any
	routes   *http.ServeMux // to find the route of a request
	answers  *jsonschema.Compiler
	requests *jsonschema.Compiler // answers have no member that is not documented; requests may, and it is ignored

	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema
}

var theDocument = sync.OnceValue(func() *apiDocument {
	d := &apiDocument{routes: http.NewServeMux(), compiled: map[string]*jsonschema.Schema{}}
	text, err := api.OpenAPI()
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(text, &d.tree); err != nil {
		panic(err)
	}
	for path, item := range d.tree["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			d.routes.HandleFunc(strings.ToUpper(method)+" "+path, http.NotFound)
		}
	}
	d.requests = compilerOf(text, false)
	d.answers = compilerOf(text, true)
	return d
})

func compilerOf(text []byte, closed bool) *jsonschema.Compiler {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	if closed {
		closeObjects(doc)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("document", doc); err != nil {
		panic(err)
	}
	return c
}

// closeObjects lets no object have members that its schema does not name, unless the schema says that it may.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, is := v["properties"].(map[string]any); is && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, each := range v {
			closeObjects(each)
		}
	case []any:
		for _, each := range v {
			closeObjects(each)
		}
	}
}

// fits says in what a JSON text is not what the schema at the pointer says.
func (d *apiDocument) fits(c *jsonschema.Compiler, body []byte, pointer ...string) error {
	at := "document#"
	for _, p := range pointer {
		at += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	id := fmt.Sprintf("%p %s", c, at)
	s := d.compiled[id]
	if s == nil {
		var err error
		if s, err = c.Compile(at); err != nil {
			return err
		}
		d.compiled[id] = s
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// at follows names into the document, and references where they lead.
func (d *apiDocument) at(pointer ...string) (value map[string]any, where []string) {
	value = d.tree
	for _, p := range pointer {
		value, _ = value[p].(map[string]any)
		where = append(where, p)
		if ref, ok := value["$ref"].(string); ok {
			value, where = d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
	}
	return value, where
}

// reporter is a *testing.T, or what stands for one where it is the comparison that is tested.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// hold compares one exchange with the document.
func (d *apiDocument) hold(t reporter, req *http.Request, sent []byte, a answer) {
	t.Helper()
	if !strings.HasPrefix(req.URL.Path, "/v1/") || req.Method == http.MethodHead {
		return
	}
	say := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s %s, answered %d: the document says otherwise: %s", req.Method, req.URL.Path, a.status, fmt.Sprintf(format, args...))
	}
	_, pattern := d.routes.Handler(req)
	method, path, found := strings.Cut(pattern, " ")
	if strings.Contains(req.URL.Path, "//") {
		found = false // the mux of this test would lead elsewhere; the program's does not
	}
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if !found {
		if a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed && a.status != http.StatusBadRequest {
			say("there is no such route")
		} else if err := d.fits(d.answers, a.body, "components", "schemas", "Problem"); err != nil && len(a.body) > 0 {
			say("%v", err)
		}
		return
	}
	operation := []string{"paths", path, strings.ToLower(method)}
	response, where := d.at(append(operation, "responses", strconv.Itoa(a.status))...)
	switch {
	case response == nil:
		say("no such status: %s", a.body)
		return
	case response["content"] == nil:
		if len(a.body) > 0 {
			say("there is no body, and this came: %s", a.body)
		}
	case response["content"].(map[string]any)[kind] == nil:
		say("the body is not %q", kind)
	case strings.HasSuffix(kind, "json"):
		if err := d.fits(d.answers, a.body, append(where, "content", kind, "schema")...); err != nil {
			say("%v\n%s", err, a.body)
		}
	}
	if a.status/100 == 2 {
		d.holdRequest(say, req, sent, operation)
	}
}

// holdRequest compares a request that was carried out: what is documented must be enough to make it.
func (d *apiDocument) holdRequest(say func(string, ...any), req *http.Request, sent []byte, operation []string) {
	var known []string
	o, _ := d.at(operation...)
	parameters, _ := o["parameters"].([]any)
	for _, p := range parameters {
		one := p.(map[string]any)
		if ref, ok := one["$ref"].(string); ok {
			one, _ = d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
		if one["in"] == "query" {
			known = append(known, one["name"].(string))
		}
	}
	for name := range req.URL.Query() {
		if !slices.Contains(known, name) {
			say("it knows no %s in the query", name)
		}
	}
	body, where := d.at(append(operation, "requestBody")...)
	if body == nil {
		return
	}
	content := body["content"].(map[string]any)
	kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if len(sent) == 0 {
		if body["required"] == true && content["*/*"] == nil {
			say("a body is required")
		}
		return
	}
	if content[kind] == nil && content["*/*"] == nil {
		say("nobody sends %q", kind)
	} else if kind == "application/json" && content[kind] != nil {
		if err := d.fits(d.requests, sent, append(where, "content", kind, "schema")...); err != nil {
			say("the request is not as documented: %v\n%s", err, sent)
		}
	}
}

// holdNotification compares what a program or a browser was told with the document.
func (d *apiDocument) holdNotification(t reporter, body []byte) {
	t.Helper()
	if err := d.fits(d.answers, body, "components", "schemas", "Notification"); err != nil {
		t.Errorf("a notification is not as documented: %v\n%s", err, body)
	}
}

type complaints []string

func (c *complaints) Helper() {}

func (c *complaints) Errorf(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}

// What every test's calls are held against must be able to find something.
func TestWhatTheDocumentDoesNotSayIsFound(t *testing.T) {
	const key = `{"id":"1","role":"account","name":"CRM","hint":"pbk_…","created":"2026-01-01T00:00:00.000Z"}`
	const problem = `{"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"x","errors":[]}`
	for _, c := range []struct {
		name, method, path, sent string
		status                   int
		kind, body, want         string
	}{
		{"as documented", "GET", "/v1/keys/1", "", 200, "application/json", key, ""},
		{"with another member", "GET", "/v1/keys/1", "", 200, "application/json", strings.Replace(key, "{", `{"more":1,`, 1), "more"},
		{"without a member", "GET", "/v1/keys/1", "", 200, "application/json", strings.Replace(key, `"name":"CRM",`, "", 1), "name"},
		{"a time that is none", "GET", "/v1/keys/1", "", 200, "application/json", strings.Replace(key, "2026-01-01T", "yesterday ", 1), "created"},
		{"a member of another kind", "GET", "/v1/keys/1", "", 200, "application/json", strings.Replace(key, `"1"`, `1`, 1), "/id"},
		{"deep in a list", "GET", "/v1/keys", "", 200, "application/json", `{"data":[{"id":"1"}],"next":""}`, "/data/0"},
		{"another status", "GET", "/v1/keys/1", "", 201, "application/json", key, "no such status"},
		{"another media type", "GET", "/v1/keys/1", "", 200, "text/html", "x", "text/html"},
		{"a body where there is none", "DELETE", "/v1/keys/1", "", 204, "", "x", "no body"},
		{"a parameter", "GET", "/v1/keys?page=2", "", 200, "application/json", `{"data":[],"next":""}`, "page"},
		{"a request without what it needs", "POST", "/v1/keys", `{"name":"CRM"}`, 201, "application/json", key, "role"},
		{"no request", "POST", "/v1/keys", "", 201, "application/json", key, "required"},
		{"a problem", "GET", "/v1/keys/2", "", 404, "application/problem+json", problem, ""},
		{"a problem of a kind that there is not", "GET", "/v1/keys/2", "", 404, "application/problem+json", strings.Replace(problem, "not_found", "gone", 1), "code"},
		{"no route, and a problem", "GET", "/v1/nothing", "", 404, "application/problem+json", problem, ""},
		{"no route, and an answer", "GET", "/v1/nothing", "", 200, "application/json", "{}", "no such route"},
	} {
		req, err := http.NewRequest(c.method, "http://x"+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		var found complaints
		theDocument().hold(&found, req, []byte(c.sent), answer{status: c.status, header: http.Header{"Content-Type": {c.kind}}, body: []byte(c.body)})
		if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || !strings.Contains(found[0], c.want)) {
			t.Errorf("%s: found %q, want one with %q", c.name, found, c.want)
		}
	}
	var found complaints
	if theDocument().holdNotification(&found, []byte(`{"type":"message.received","timestamp":"2026-01-01T00:00:00Z","data":{}}`)); len(found) != 1 {
		t.Errorf("a notification without a message: found %q", found)
	}
}
