package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fixture is what a provider really sends and expects.
type fixture struct {
	PublicURL string            `json:"public_url"`
	Config    map[string]string `json:"config"`
	Send      map[string]json.RawMessage
	Webhooks  []json.RawMessage
}

type sendCase struct {
	Inputs struct {
		From, To, Content, LocalID string
		URLs                       []string
	}
	Request  wireRequest
	Response wireResponse
	ID       string   `json:"messageid"`
	IDs      []string `json:"messageids"`
}

type errorCase struct {
	Name     string
	Response wireResponse
	Expect   struct {
		Error     expectedError
		Retryable bool
	}
}

type problem struct{ Code, Text string }

// expectedError is what the provider says of it; where it says nothing the words are ours.
type expectedError struct{ Code, Text *string }

func (e expectedError) is(p problem) bool {
	return (e.Code == nil || *e.Code == p.Code) && (e.Text == nil || *e.Text == p.Text)
}

func (e expectedError) String() string {
	b, _ := json.Marshal(e)
	return string(b)
}

type webhookCase struct {
	Name, Kind string
	Request    wireRequest
	ExpectAll  []expectation `json:"expect_all"`
	Verify     *struct {
		Secret string `json:"secret_config"`
		Valid  bool
		Freeze int64 `json:"freeze_time_unix"`
	}
	Reply *struct {
		Status      int
		ContentType *string `json:"content_type"` // absent: any
		Body        *string // absent or empty: any
	}
}

type expectation struct {
	From, To  string
	Content   string
	URLs      []string
	MessageID string
	Status    string
	Error     *expectedError
}

type wireRequest struct {
	Method, URL string
	PathQuery   string `json:"path_query"`
	Headers     map[string]string
	Body        string `json:"body_raw"`
}

type wireResponse struct {
	Status  int
	Headers map[string]string
	Body    string `json:"body_raw"`
}

// as is an answer in which one text stands for another.
func (r wireResponse) as(old, now string) http.HandlerFunc {
	body := r.Body
	if old != "" {
		body = strings.ReplaceAll(body, old, now)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range r.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(r.Status)
		_, _ = io.WriteString(w, body)
	}
}

// provided is what it takes to run a provider's fixture through the server.
type provided struct {
	name       string            // of the fixture and of the service file in the catalogue
	hosts      []string          // the provider's own, in whose places ours stands
	properties map[string]string // of the service file → members of the fixture's config
	send       string            // the variant that the cases of errors and receipts send; default "sms"
	variants   []string          // the variants of the catalogue's file; default all that are not null
	sign       func(config map[string]string, r *wireRequest)
}

// fixtureRun is one fixture with a gateway and a provider that it runs through.
type fixtureRun struct {
	*testing.T
	provided
	fixture
	g       *gateway
	p       *provider
	team    team
	cases   int
	accepts sendCase // what errors and receipts send
}

// runFixture runs every case and gives what it ran them through, for more.
func runFixture(t *testing.T, o provided) *fixtureRun {
	f := &fixtureRun{T: t, provided: o}
	raw, err := os.ReadFile(filepath.Join("..", "internal", "service", "testdata", "fixtures", o.name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join("..", "services", o.name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	f.decode(raw, &f.fixture)
	f.signsAsTheFixture()
	f.p = newProvider(t, http.NotFound)
	f.fixture = fixture{}
	f.decode(f.here(raw), &f.fixture)
	if f.send == "" {
		f.send = "sms"
	}
	f.decode(f.Send[f.send], &f.accepts)
	f.g = newGateway(t, f.p.host())
	f.g.call(200, "PUT", "/v1/services/"+o.name, string(f.here(file)))
	values := map[string]string{}
	for property, member := range o.properties {
		values[property] = f.Config[member]
	}
	f.team = f.g.newTeam("acme", o.name, values, f.numbers()...)

	for name, sent := range f.Send {
		if name == "errors" || string(sent) == "null" || f.variants != nil && !slices.Contains(f.variants, name) {
			continue
		}
		f.try("send/"+name, func(f *fixtureRun) { f.sends(sent) })
	}
	var errors []errorCase
	f.decode(f.Send["errors"], &errors)
	for _, c := range errors {
		f.try("error/"+c.Name, func(f *fixtureRun) { f.fails(c) })
	}
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		f.try("webhook/"+c.Name, func(f *fixtureRun) { f.calls(raw) })
	}
	return f
}

// try runs one case as a test of its own.
func (f *fixtureRun) try(name string, run func(*fixtureRun)) {
	f.cases++
	f.Run(name, func(t *testing.T) {
		g := *f.g
		g.t = t
		one := *f
		one.T, one.g = t, &g
		run(&one)
	})
}

func (f *fixtureRun) decode(raw []byte, into any) {
	f.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		f.Fatal(err)
	}
}

// here puts our provider in the place of the real one.
func (f *fixtureRun) here(text []byte) []byte {
	s := string(text)
	for _, host := range f.hosts {
		s = strings.NewReplacer("https://"+host, f.p.URL, url.QueryEscape("https://"+host), url.QueryEscape(f.p.URL), `"`+host+`"`, `"`+f.p.host()+`"`).Replace(s)
	}
	return []byte(s)
}

// numbers are ours: who sends in the fixture, and who is called.
func (f *fixtureRun) numbers() (out []string) {
	add := func(number string) {
		if number = e164(number); !slices.Contains(out, number) {
			out = append(out, number)
		}
	}
	add(f.accepts.Inputs.From)
	for name, raw := range f.Send {
		var c sendCase
		if name != "errors" && json.Unmarshal(raw, &c) == nil && c.Inputs.From != "" {
			add(c.Inputs.From)
		}
	}
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		for _, e := range c.ExpectAll {
			if (c.Kind == "message" || c.Kind == "mms") && e.To != "" {
				add(e.To)
			}
		}
	}
	return out
}

var internationalDigits = regexp.MustCompile(`^[0-9]{7,15}$`)

// e164 is a number as we keep it: most providers leave the + out.
func e164(number string) string {
	if internationalDigits.MatchString(number) {
		return "+" + number
	}
	return number
}

// otherID is an id of the same form: its last characters are the case's number.
func otherID(id string, n int) string {
	end := fmt.Sprintf("%04d", n)
	return id[:max(0, len(id)-len(end))] + end
}

func otherContact(number string, n int) string {
	if len(number) < 2 {
		return number
	}
	return number[:len(number)-2] + fmt.Sprintf("%02d", 10+n)
}

func errorOf(m map[string]any) problem {
	e, _ := m["error"].(map[string]any)
	code, _ := e["code"].(string)
	text, _ := e["text"].(string)
	return problem{code, text}
}

// ended are the attempts that have an outcome.
func ended(m map[string]any) []map[string]any {
	return slices.DeleteFunc(list(m["attempts"]), func(a map[string]any) bool { return a["outcome"] == nil })
}

func list(v any) (out []map[string]any) {
	all, _ := v.([]any)
	for _, one := range all {
		out = append(out, one.(map[string]any))
	}
	return out
}

func texts(v any) (out []string) {
	all, _ := v.([]any)
	for _, one := range all {
		out = append(out, one.(string))
	}
	return out
}

// callback makes a provider's request.
func (g *gateway) callback(method, url string, headers map[string]string, body string) (int, http.Header, string) {
	g.t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	resp, err := g.client.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}
