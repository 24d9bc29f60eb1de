package app_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/api"
)

var update = flag.Bool("update", false, "write golden files again")

// The addresses that the examples have in place of a test's own.
const (
	exampleProvider = "https://api.example.com"
	exampleServer   = "https://patchbay.example.com"
)

// story plays the examples of the API's document on a running program. What the program makes up (ids, times, links) has other values
// there than in the document: each is remembered where it is first met.
type story struct {
	*world
	provider     *provider
	real         map[string]string // by what the document has
	shown        map[string]string // the other way round
	link         string            // the newest one-time link
	browser      *caller
	organization string
}

func TestTheExamplesOfTheDocumentDoWhatItSays(t *testing.T) {
	examples, err := api.Examples()
	if err != nil {
		t.Fatal(err)
	}
	p := newProvider(t)
	w := start(t, p.host())
	s := &story{world: w, provider: p, real: map[string]string{}, shown: map[string]string{}}
	s.know(exampleProvider, p.URL)
	s.know(exampleServer, w.app.URL())
	s.know("api.example.com", p.host())
	s.know("patchbay.example.com", w.app.Addr())
	s.know("203.0.113.7", "127.0.0.1")
	accept := p.answer
	p.answers(func(rw http.ResponseWriter, r *http.Request) {
		last := p.requests()
		switch body := last[len(last)-1].body; {
		case strings.Contains(body, "Lose me"):
			panic(http.ErrAbortHandler)
		case strings.Contains(body, "Refuse me"):
			rw.WriteHeader(http.StatusBadRequest)
		default:
			accept(rw, r)
		}
	})
	for i := range examples {
		if s.play(&examples[i]); t.Failed() {
			t.Fatalf("example %d, %s", i, examples[i].Operation)
		}
	}
	if *update {
		writeExamples(t, examples)
	}
	everyOperationHasOne(t, examples)
}

// everyOperationHasOne, but for what has no answer to show.
func everyOperationHasOne(t *testing.T, examples []api.Example) {
	t.Helper()
	for path, item := range theDocument().tree["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			id := o.(map[string]any)["operationId"].(string)
			answersCSV := []string{"exportUsage", "exportMessages", "exportUsers", "exportNumbers"} // the story's answers are JSON
			if slices.Contains(append(answersCSV, "streamEvents", "getOpenAPI", "getDocumentation"), id) {
				continue
			}
			if !slices.ContainsFunc(examples, func(e api.Example) bool { return e.Operation == id && !e.Step }) {
				t.Errorf("%s %s has no example: add one to internal/api/openapi_examples.json; api.Example says how", strings.ToUpper(method), path)
			}
		}
	}
}

// What the document shows as a body is one that it allows.
func TestTheExamplesAreAsTheDocumentSays(t *testing.T) {
	d := theDocument()
	var walk func(v any, at []string)
	walk = func(v any, at []string) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if example, ok := m["example"]; ok && m["schema"] != nil && strings.HasSuffix(at[len(at)-1], "json") {
			body, err := json.Marshal(example)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.fits(d.answers, body, append(slices.Clone(at), "schema")...); err != nil {
				t.Errorf("%s: %v", strings.Join(at[1:], " "), err)
			}
		}
		for name, each := range m {
			walk(each, append(slices.Clone(at), name))
		}
	}
	walk(d.tree["paths"], []string{"paths"})
}

func (s *story) know(shown, real string) { s.real[shown], s.shown[real] = real, shown }

// play makes the request of an example and looks at the answer.
func (s *story) play(e *api.Example) {
	s.Helper()
	s.prepare(e.Before)
	var method, pattern string
	for path, item := range theDocument().tree["paths"].(map[string]any) {
		for m, o := range item.(map[string]any) {
			if o.(map[string]any)["operationId"] == e.Operation {
				method, pattern = strings.ToUpper(m), path
			}
		}
	}
	if method == "" {
		s.Errorf("the document has no operation %s", e.Operation)
		return
	}
	path := pattern
	for name, value := range e.Path {
		path = strings.Replace(path, "{"+name+"}", url.PathEscape(s.translated(value)), 1)
	}
	query := url.Values{}
	for name, value := range e.Query {
		query.Set(name, s.translated(value))
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var header []string
	for name, value := range e.Header {
		header = append(header, name, value)
	}
	var body any
	switch {
	case e.Kind != "":
		header = append(header, "Content-Type", e.Kind)
		var text string
		if err := json.Unmarshal(e.Body, &text); err != nil {
			s.Fatal(err)
		}
		body = text
	case e.Body != nil:
		body = s.translated(string(e.Body))
	}
	who := s.account
	switch e.By {
	case "link":
		who, header = s.world.browser(), append(header, "Authorization", "Bearer "+tokenOf(s.world, s.link))
	case "nobody":
		who = s.world.browser()
	case "browser":
		who = s.browser
	}
	var a answer
	if len(e.Until) == 2 {
		a = who.until(path, func(a answer) bool { return a.str(e.Until[0]) == e.Until[1] })
	} else {
		a = who.try(method, path, body, header...)
	}
	if a.status != e.Status {
		s.Errorf("%s %s: got %d %s, want %d", method, path, a.status, a.body, e.Status)
		return
	}
	s.remember(e, a)
	if len(a.body) == 0 {
		return
	}
	got, want := readOrdered(s.T, a.body), any(nil)
	if e.Answer != nil {
		want = readOrdered(s.T, e.Answer)
	}
	s.learn(want, got)
	if e.Step {
		return
	}
	if *update {
		e.Answer = writeOrdered(s.merged(want, got))
		want = readOrdered(s.T, e.Answer)
	}
	if err := sameShape("", want, got); err != nil {
		s.Errorf("%s %s: the document shows another answer: %v\n%s", method, path, err, a.body)
	}
}

// remember keeps what later examples are asked with.
func (s *story) remember(e *api.Example, a answer) {
	switch e.Operation {
	case "invitePerson":
		s.link = a.str("url")
	case "signIn":
		s.browser = s.world.browser().signedInBy(a)
	case "putIntegration":
		s.organization = a.str("webhook_url")
	}
}

// prepare lets happen what no call of the API does.
func (s *story) prepare(what string) {
	s.Helper()
	text := func(to, content string) {
		body := fmt.Sprintf(`{"method":"message","params":{"from":"+15550100123","to":%q,"content":%q}}`, to, content)
		if a := s.post(s.organization, "application/json", body); a.status != http.StatusOK {
			s.Fatalf("callback: %d %s", a.status, a.body)
		}
	}
	switch what {
	case "":
	case "a text comes in":
		text("+15550001111", "Hi, what would 20 of them cost?")
		s.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 })
	case "a callback is for nobody":
		text("+15550001119", "Is anybody there?")
		s.account.until("/v1/callbacks?unmatched=true", func(a answer) bool { return len(a.list("data")) == 1 })
	case "search has caught up":
		s.account.until("/v1/search?q=offer", func(a answer) bool { return len(a.list("data")) > 0 })
	default:
		s.Fatalf("an example wants %q before it, and nobody knows how", what)
	}
}

// translated is a text of the document with the values of this run.
func (s *story) translated(text string) string {
	return replaced(text, s.real)
}

var (
	madeUp = regexp.MustCompile(`^[^ ]*[0-9][^ ]*$`)
	aDate  = regexp.MustCompile(`Date: [^\n]* GMT`)
	aTime  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)
)

// learn remembers which value of this run stands where the document has another.
func (s *story) learn(shown, real any) {
	switch r := real.(type) {
	case *object:
		if o, ok := shown.(*object); ok {
			for i, name := range r.names {
				if j := slices.Index(o.names, name); j >= 0 {
					s.learn(o.values[j], r.values[i])
				}
			}
		}
	case []any:
		if list, ok := shown.([]any); ok {
			for i := range min(len(list), len(r)) {
				s.learn(list[i], r[i])
			}
		}
	case string:
		text, ok := shown.(string)
		if ok && text != r && s.real[text] == "" && len(text) >= 8 && madeUp.MatchString(text) && !aTime.MatchString(text) && text != s.presented(r) {
			s.know(text, r)
		}
	}
}

// presented is a text of this run as the document has it.
func (s *story) presented(text string) string {
	if aTime.MatchString(text) {
		return "2026-01-15T09:30:00.000Z"
	}
	return aDate.ReplaceAllString(replaced(text, s.shown), "Date: Thu, 15 Jan 2026 09:30:00 GMT")
}

// replaced is a text with other words for some, the longest first: one may stand in another.
func replaced(text string, words map[string]string) string {
	names := slices.SortedFunc(maps.Keys(words), func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		text = strings.ReplaceAll(text, name, words[name])
	}
	return text
}

// merged is what the document has to show: what it shows already, and what is new in the answer.
func (s *story) merged(shown, real any) any {
	switch r := real.(type) {
	case *object:
		o, _ := shown.(*object)
		out := &object{}
		for i, name := range r.names {
			var before any
			if o != nil {
				if j := slices.Index(o.names, name); j >= 0 {
					before = o.values[j]
				}
			}
			v := s.merged(before, r.values[i])
			if name == "expires" && before == nil {
				v = "2026-01-16T09:30:00.000Z"
			}
			out.names, out.values = append(out.names, name), append(out.values, v)
		}
		return out
	case []any:
		list, _ := shown.([]any)
		most := 2
		if len(list) > 0 {
			most = len(list)
		}
		out := []any{}
		for i := range min(most, len(r)) {
			var before any
			if i < len(list) {
				before = list[i]
			}
			out = append(out, s.merged(before, r[i]))
		}
		return out
	case string:
		if text, ok := shown.(string); ok {
			return text
		}
		return s.presented(r)
	}
	if shown != nil && fmt.Sprintf("%T", shown) == fmt.Sprintf("%T", real) {
		return shown
	}
	return real
}

// sameShape says where two values have other members or kinds. A list may be shown in part.
func sameShape(at string, shown, real any) error {
	switch r := real.(type) {
	case *object:
		o, ok := shown.(*object)
		if !ok {
			return fmt.Errorf("%s is an object", at)
		}
		for i, name := range r.names {
			j := slices.Index(o.names, name)
			if j < 0 {
				return fmt.Errorf("%s/%s is not shown", at, name)
			}
			if err := sameShape(at+"/"+name, o.values[j], r.values[i]); err != nil {
				return err
			}
		}
		for _, name := range o.names {
			if !slices.Contains(r.names, name) {
				return fmt.Errorf("%s/%s is shown, and did not come", at, name)
			}
		}
		return nil
	case []any:
		list, ok := shown.([]any)
		if !ok || len(list) > len(r) || len(list) == 0 && len(r) > 0 {
			return fmt.Errorf("%s is a list of %d", at, len(r))
		}
		for i := range list {
			if err := sameShape(at+"/"+strconv.Itoa(i), list[i], r[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if a, b := fmt.Sprintf("%T", shown), fmt.Sprintf("%T", real); a != b {
		return fmt.Errorf("%s is shown as %s, and came as %s", at, a, b)
	}
	return nil
}

// object is a JSON object whose members keep their order.
type object struct {
	names  []string
	values []any
}

func readOrdered(t *testing.T, text []byte) any {
	t.Helper()
	v, err := decodeOrdered(jsontext.NewDecoder(bytes.NewReader(text)))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func decodeOrdered(d *jsontext.Decoder) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		o := &object{}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			o.names = append(o.names, name.String())
			v, err := decodeOrdered(d)
			if err != nil {
				return nil, err
			}
			o.values = append(o.values, v)
		}
		_, err = d.ReadToken()
		return o, err
	case '[':
		list := []any{}
		for d.PeekKind() != ']' {
			v, err := decodeOrdered(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.ReadToken()
		return list, err
	case '"':
		return token.String(), nil
	case 't', 'f':
		return token.Bool(), nil
	case 'n':
		return nil, nil
	}
	return json.Number(token.String()), nil
}

func writeOrdered(v any) jsontext.Value {
	var b bytes.Buffer
	var write func(v any)
	write = func(v any) {
		switch v := v.(type) {
		case *object:
			b.WriteByte('{')
			for i, name := range v.names {
				if i > 0 {
					b.WriteByte(',')
				}
				write(name)
				b.WriteByte(':')
				write(v.values[i])
			}
			b.WriteByte('}')
		case []any:
			b.WriteByte('[')
			for i, each := range v {
				if i > 0 {
					b.WriteByte(',')
				}
				write(each)
			}
			b.WriteByte(']')
		default:
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			_ = e.Encode(v) // plain values into memory
			b.Truncate(b.Len() - 1)
		}
	}
	write(v)
	return b.Bytes()
}

// writeExamples keeps the examples with the answers as they are now.
func writeExamples(t *testing.T, examples []api.Example) {
	t.Helper()
	var b bytes.Buffer
	for i := range examples {
		if b.WriteString(",\n"); i == 0 {
			b.Reset()
		}
		one, err := examples[i].Text()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(one)
	}
	all := jsontext.Value("[\n" + b.String() + "\n]")
	if err := all.Indent(jsontext.WithIndent("  ")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../api/openapi_examples.json", append(all, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
