package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
)

// operation is what a route under /v1 does: a row of the tables in openapi_*.go. What the access matrix, the route's spelling and the types
// of the handler already say is not said again.
type operation struct {
	id      string // for clients that are generated: listOrganizations
	summary string // one line
	about   string // what else there is to know

	in       reflect.Type // of the JSON body; nil: none
	only     []string     // of in: only these members, those with a ! at the end required. The schema is called after the id
	inAny    string       // in place of in, a JSON body that is not ours to describe: what it is
	alsoIn   []content    // bodies of other kinds
	bodiless bool         // the body may be left out

	status int          // of success; 0: 200
	out    reflect.Type // of the answer's JSON; nil: none
	outAny string       // in place of out, JSON that is not ours to describe: what it is
	also   []answerOf   // other answers of success

	list   bool // takes limit and cursor
	query  []param
	header []param
	once   bool  // takes an Idempotency-Key
	fails  []int // beside those that every route of its kind has
}

// content is a body that is not JSON.
type content struct{ kind, about string }

// schema is what such a body is: text or, as OpenAPI 3.1 says it, bytes of a media type.
func (c content) schema() *schema {
	switch c.kind {
	case multipartKind:
		s := &schema{Type: "object", Description: c.about, Required: []string{"file"}}
		s.Properties.add("file", &schema{Type: "string", Bytes: "application/octet-stream", Description: "The file."})
		return s
	case anyKind:
		return &schema{Type: "string", Bytes: "application/octet-stream", Description: c.about}
	}
	return &schema{Type: "string", Description: c.about}
}

// answerOf is another answer of success.
type answerOf struct {
	status int
	about  string
	out    reflect.Type
	outAny string
	kinds  []content
}

// param is a parameter in the query or the header.
type param struct {
	name, about string
	words       []string // all that it can be; nil: any text
	boolean     bool
}

// document is an OpenAPI 3.1 document.
type document struct {
	OpenAPI string `json:"openapi"`
	Info    struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Summary     string `json:"summary"`
		Description string `json:"description"`
		License     struct {
			Name       string `json:"name"`
			Identifier string `json:"identifier"`
		} `json:"license"`
	} `json:"info"`
	Servers    []documentServer      `json:"servers"`
	Security   []map[string][]string `json:"security"`
	Tags       []documentTag         `json:"tags"`
	Paths      ordered[*pathItem]    `json:"paths"`
	Webhooks   ordered[*pathItem]    `json:"webhooks,omitempty"`
	Components struct {
		SecuritySchemes ordered[securityScheme] `json:"securitySchemes"`
		Parameters      ordered[*parameter]     `json:"parameters"`
		Headers         ordered[*header]        `json:"headers"`
		Responses       ordered[*response]      `json:"responses"`
		Schemas         ordered[*schema]        `json:"schemas"`
	} `json:"components"`
}

type (
	documentServer struct {
		URL         string `json:"url"`
		Description string `json:"description"`
	}
	documentTag struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	securityScheme struct {
		Type        string `json:"type"`
		Scheme      string `json:"scheme,omitempty"`
		In          string `json:"in,omitempty"`
		Name        string `json:"name,omitempty"`
		Description string `json:"description"`
	}
	// pathItem has its operations by method, in lower case.
	pathItem = ordered[*documentOperation]

	documentOperation struct {
		OperationID string                 `json:"operationId"`
		Tags        []string               `json:"tags"`
		Summary     string                 `json:"summary"`
		Description string                 `json:"description,omitempty"`
		Roles       []directory.Role       `json:"x-roles,omitempty"`
		Security    *[]map[string][]string `json:"security,omitzero"`
		Parameters  []*parameter           `json:"parameters,omitempty"`
		RequestBody *requestBody           `json:"requestBody,omitzero"`
		Responses   ordered[*response]     `json:"responses"`
	}
	parameter struct {
		Ref         string  `json:"$ref,omitempty"`
		Name        string  `json:"name,omitempty"`
		In          string  `json:"in,omitempty"`
		Required    bool    `json:"required,omitzero"`
		Description string  `json:"description,omitempty"`
		Schema      *schema `json:"schema,omitzero"`
		Example     string  `json:"example,omitempty"`
	}
	header struct {
		Ref         string  `json:"$ref,omitempty"`
		Description string  `json:"description,omitempty"`
		Schema      *schema `json:"schema,omitzero"`
	}
	requestBody struct {
		Required bool                `json:"required"`
		Content  ordered[*mediaType] `json:"content"`
	}
	response struct {
		Ref         string              `json:"$ref,omitempty"`
		Description string              `json:"description,omitempty"`
		Headers     ordered[*header]    `json:"headers,omitempty"`
		Content     ordered[*mediaType] `json:"content,omitempty"`
	}
	mediaType struct {
		Schema  *schema        `json:"schema"`
		Example jsontext.Value `json:"example,omitzero"`
	}
)

const (
	jsonKind      = "application/json"
	problemKind   = "application/problem+json"
	csvKind       = "text/csv"
	vCardKind     = "text/vcard"
	eventsKind    = "text/event-stream"
	htmlKind      = "text/html"
	multipartKind = "multipart/form-data"
	anyKind       = "*/*"
)

// OpenAPI is the document that describes /v1, as it is served. It is the same on every server.
var OpenAPI = sync.OnceValues(func() ([]byte, error) {
	d, err := describe(access.Matrix, allOperations())
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(d, jsontext.Multiline(true), jsontext.WithIndent("  "), json.Deterministic(true))
	return append(b, '\n'), err
})

// allOperations are the rows of every table.
func allOperations() map[string]operation {
	all := map[string]operation{}
	for _, table := range operationTables {
		maps.Copy(all, table)
	}
	return all
}

// describe makes the document from the access matrix and what is said of its routes: a route of which nothing is said, or words about no
// route, are a mistake at start.
func describe(matrix []access.Rule, operations map[string]operation) (*document, error) {
	examples, err := Examples()
	if err != nil {
		return nil, err
	}
	d := newDocument()
	b := &describer{d: d, ss: schemas{named: map[string]*schema{}}, ids: map[string]string{}, examples: examples}
	rest := maps.Clone(operations)
	for _, rule := range matrix {
		if !strings.HasPrefix(rule.Pattern, "/v1/") {
			continue
		}
		k := key(rule.Method, rule.Pattern)
		o, ok := rest[k]
		if !ok {
			return nil, fmt.Errorf("api: the access matrix has %s, and no table of operations says what it does: add a row, see openapi_table.go", k)
		}
		delete(rest, k)
		if err := b.add(rule, &o); err != nil {
			return nil, fmt.Errorf("api: %s: %w", k, err)
		}
	}
	for k := range rest {
		return nil, fmt.Errorf("api: an operation is described for %s, which is not in the access matrix", k)
	}
	b.shared()
	b.webhooks()
	d.Components.Schemas = b.ss.list()
	return d, b.ss.err
}

// describer gathers a document.
type describer struct {
	d   *document
	ss  schemas
	ids map[string]string

	examples []Example
}

func (b *describer) add(rule access.Rule, o *operation) error {
	if o.id == "" || o.summary == "" {
		return errors.New("its row needs an id and a summary")
	}
	if other := b.ids[o.id]; other != "" {
		return fmt.Errorf("the id %s is that of %s", o.id, other)
	}
	b.ids[o.id] = key(rule.Method, rule.Pattern)
	tag := tagOf(rule.Pattern)
	if !slices.ContainsFunc(b.d.Tags, func(t documentTag) bool { return t.Name == tag }) {
		return fmt.Errorf("its tag %q is not in the list of tags", tag)
	}
	out := &documentOperation{OperationID: o.id, Tags: []string{tag}, Summary: o.summary, Description: o.about, Roles: rule.Roles}
	if rule.Public() {
		out.Security = &[]map[string][]string{}
	}
	if err := b.parameters(out, rule, o); err != nil {
		return err
	}
	b.request(out, rule, o)
	b.responses(out, rule, o)
	if err := illustrate(out, b.examples); err != nil {
		return err
	}

	pattern := strings.ReplaceAll(rule.Pattern, "...}", "}")
	item, ok := b.d.Paths.get(pattern)
	if !ok {
		item = &pathItem{}
		b.d.Paths.add(pattern, item)
	}
	item.add(strings.ToLower(rule.Method), out)
	return nil
}

func (b *describer) parameters(out *documentOperation, rule access.Rule, o *operation) error {
	for _, part := range strings.Split(rule.Pattern, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")
		about := pathParameters[name]
		if special := pathParameters[name+" of "+tagOf(rule.Pattern)]; special != "" {
			about = special
		}
		if about == "" {
			return fmt.Errorf("nothing is said of {%s}: add it to pathParameters", name)
		}
		out.Parameters = append(out.Parameters, &parameter{Name: name, In: "path", Required: true, Description: about, Schema: &schema{Type: "string"}})
	}
	for _, q := range o.query {
		s := &schema{Type: "string", Enum: q.words}
		if q.boolean {
			s = &schema{Type: "boolean"}
		}
		out.Parameters = append(out.Parameters, &parameter{Name: q.name, In: "query", Description: q.about, Schema: s})
	}
	for _, h := range o.header {
		out.Parameters = append(out.Parameters, &parameter{Name: h.name, In: "header", Description: h.about, Schema: &schema{Type: "string"}})
	}
	if o.list {
		out.Parameters = append(out.Parameters, &parameter{Ref: "#/components/parameters/limit"}, &parameter{Ref: "#/components/parameters/cursor"})
	}
	if o.once {
		out.Parameters = append(out.Parameters, &parameter{Ref: "#/components/parameters/idempotencyKey"})
	}
	return nil
}

func (b *describer) request(out *documentOperation, rule access.Rule, o *operation) {
	body := &requestBody{Required: !o.bodiless}
	u := asInput
	if rule.Method == http.MethodPatch {
		u = asPatch
	}
	switch {
	case o.only != nil:
		body.Content.add(jsonKind, &mediaType{Schema: b.ss.some(o.in, o.only, strings.ToUpper(o.id[:1])+o.id[1:]+"Input")})
	case o.in != nil:
		body.Content.add(jsonKind, &mediaType{Schema: b.ss.of(o.in, u)})
	case o.inAny != "":
		body.Content.add(jsonKind, &mediaType{Schema: &schema{Type: "object", Description: o.inAny, Additional: true}})
	}
	for _, c := range o.alsoIn {
		body.Content.add(c.kind, &mediaType{Schema: c.schema()})
	}
	if len(body.Content) > 0 {
		out.RequestBody = body
	}
}

func (b *describer) responses(out *documentOperation, rule access.Rule, o *operation) {
	first := answerOf{status: o.status, out: o.out, outAny: o.outAny}
	if first.status == 0 {
		first.status = http.StatusOK
	}
	for _, a := range append([]answerOf{first}, o.also...) {
		code := strconv.Itoa(a.status)
		r, ok := out.Responses.get(code)
		if !ok {
			r = &response{Description: http.StatusText(a.status)}
			out.Responses.add(code, r)
		}
		if a.about != "" {
			r.Description = a.about
		}
		if a.out != nil {
			r.Content.add(jsonKind, &mediaType{Schema: b.ss.of(a.out, asAnswer)})
		}
		if a.outAny != "" {
			r.Content.add(jsonKind, &mediaType{Schema: &schema{Type: "object", Description: a.outAny, Additional: true}})
		}
		for _, c := range a.kinds {
			r.Content.add(c.kind, &mediaType{Schema: c.schema()})
		}
	}
	for _, status := range failsOf(rule, out, o) {
		out.Responses.add(strconv.Itoa(status), &response{Ref: "#/components/responses/" + problemNames[status]})
	}
	slices.SortStableFunc(out.Responses, func(a, b entry[*response]) int { return strings.Compare(a.Name, b.Name) })
}

// failsOf is how a route can fail: as all of its kind do, and as its row says.
func failsOf(rule access.Rule, out *documentOperation, o *operation) []int {
	fails := []int{http.StatusInternalServerError, http.StatusServiceUnavailable}
	if !rule.Public() {
		fails = append(fails, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
	}
	if strings.Contains(rule.Pattern, "{") {
		fails = append(fails, http.StatusNotFound)
	}
	if out.RequestBody != nil {
		fails = append(fails, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity)
	}
	if o.list || len(o.query) > 0 || o.once {
		fails = append(fails, http.StatusUnprocessableEntity)
	}
	if o.once {
		fails = append(fails, http.StatusConflict)
	}
	fails = append(fails, o.fails...)
	slices.Sort(fails)
	return slices.Compact(fails)
}

// tagOf is the noun of a route: what stands behind /v1/ or, within an organization, behind that.
func tagOf(pattern string) string {
	parts := strings.Split(strings.TrimPrefix(pattern, "/v1/"), "/")
	noun := parts[0]
	if noun == "organizations" && len(parts) > 2 {
		noun = parts[2]
	}
	if other := tagsOfNouns[noun]; other != "" {
		return other
	}
	return noun
}
