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
	"time"
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
		Files                      []struct {
			Type   string `json:"content_type"`
			Base64 string
		}
	}
	Request  *wireRequest // absent: the fixture knows only the answer
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

type webhookCase struct {
	Name, Kind string
	Request    wireRequest
	ExpectAll  []expectation `json:"expect_all"`
	Verify     *proof
	Reply      *struct {
		Status      int
		ContentType *string `json:"content_type"` // absent: any
		Body        *string // absent or empty: any
	}
}

// proof names the members of the config that prove a callback.
type proof struct {
	Secret   string `json:"secret_config"`
	Password string `json:"password_config"`
	Public   string `json:"public_key_config"`
	Valid    bool
}

// secret is the member without which nobody can make the proof: of a public key the private half, which is the test's own.
func (p *proof) secret() string {
	if p.Public != "" {
		return privateHalf
	}
	return p.Secret + p.Password
}

type expectation struct {
	From, To  string
	Content   string
	URLs      []string
	Inline    []struct{ Base64 string } `json:"inline_media"`
	TextParts []string                  `json:"text_parts"` // files that hold the text
	MessageID string
	Status    string
	Error     *expectedError
	Concat    *struct{ Total, Part int } // it is a part of a long text
}

// expectedError is what the provider says of it; where it says nothing the words are ours.
type expectedError struct{ Code, Text *string }

type problem struct{ Code, Text string }

func (e expectedError) is(p problem) bool {
	return (e.Code == nil || *e.Code == p.Code) && (e.Text == nil || *e.Text == p.Text)
}

func (e expectedError) String() string {
	b, _ := json.Marshal(e)
	return string(b)
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

// provided is what it takes to run a provider's fixture through the server.
type provided struct {
	name       string                       // of the fixture and of the service file in the catalogue
	properties map[string]string            // of the service file, beside those that are members of the fixture's config
	variants   map[string]map[string]string // properties that choose a variant of a send, by its name
	edit       map[string]string            // texts of the service file that name the provider's hosts otherwise than in a URL → HOST is ours
	sign       signer                       // absent: the provider proves nothing
	blind      bool                         // the proof covers no body
	part       string                       // how a callback says which part of a long text it is, %d its number
	mark       *regexp.Regexp               // the signature, where it is a member of the body or query; its first group stays
	optional   string                       // the property without which nothing is verified, for callbacks that are not signed
	also       map[string]func(*fixtureRun)
}

// signer proves a callback as the provider does. At the zero time it keeps what times the request already names.
type signer func(config map[string]string, r *wireRequest, at time.Time)

// fixtureRun is one fixture with an account of its own, and a provider that it runs through.
type fixtureRun struct {
	*testing.T
	provided
	fixture
	g       *gateway
	p       *provider
	answers *answers
	team    team
	values  map[string]string // of the properties
	origins []string          // the provider's own, in whose places ours stands
	cases   int
	ids     *int
	text    string   // of the fixture
	accepts sendCase // what errors and receipts send
}

// prepare reads the fixture; its provider must be there before the gateway, which is told whom it may reach.
func (o provided) prepare(t *testing.T) *fixtureRun {
	f := &fixtureRun{T: t, provided: o, answers: newAnswers(), ids: new(int)}
	raw := f.file("internal", "service", "testdata", "fixtures", o.name+".json")
	f.text = string(raw)
	f.decode(raw, &f.fixture)
	if f.sign != nil {
		f.signsAsTheFixture()
	}
	f.origins = f.addresses()
	f.p = newProvider(t, f.answers.serve)
	f.fixture = fixture{}
	f.decode(f.here(raw), &f.fixture)
	if f.Config[publicHalf] != "" {
		ownKeyPair(f.Config)
	}
	f.decode(f.Send["sms"], &f.accepts)
	return f
}

// run runs every case.
func (f *fixtureRun) run() {
	file := f.serviceFile()
	f.g.call(200, "PUT", "/v1/services/"+f.name, string(file))
	f.values = f.propertyValues(file)
	f.team = f.g.newTeam(f.name, f.name, f.values, f.numbers()...)

	for name, raw := range f.Send {
		if name != "errors" && string(raw) != "null" {
			f.try("send/"+name, func(f *fixtureRun) {
				defer f.configured(f.variants[name])()
				f.sends(raw)
			})
		}
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
	for name, more := range f.also {
		f.try(name, more)
	}
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

func (f *fixtureRun) file(path ...string) []byte {
	f.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{".."}, path...)...))
	if err != nil {
		f.Fatal(err)
	}
	return b
}

func (f *fixtureRun) decode(raw []byte, into any) {
	f.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		f.Fatal(err)
	}
}

// addresses are the schemes and hosts at which the provider is called and files are fetched.
func (f *fixtureRun) addresses() (out []string) {
	add := func(address string) {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			if origin := u.Scheme + "://" + u.Host; !slices.Contains(out, origin) {
				out = append(out, origin)
			}
		}
	}
	for name, raw := range f.Send {
		var c sendCase
		if name != "errors" && json.Unmarshal(raw, &c) == nil && c.Request != nil {
			add(c.Request.URL)
			for _, u := range c.Inputs.URLs {
				add(u)
			}
		}
	}
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		for _, e := range c.ExpectAll {
			for _, u := range e.URLs {
				add(u)
			}
		}
	}
	return out
}

// here puts our provider in the place of the real one.
func (f *fixtureRun) here(text []byte) []byte {
	s := string(text)
	for _, origin := range f.origins {
		_, host, _ := strings.Cut(origin, "://")
		s = strings.NewReplacer(origin, f.p.URL, url.QueryEscape(origin), url.QueryEscape(f.p.URL), `"`+host+`"`, `"`+f.p.host()+`"`).Replace(s)
	}
	return []byte(s)
}

// serviceFile is the catalogue's, for our provider in the place of the real one; so changed it would not pass its own tests.
func (f *fixtureRun) serviceFile() []byte {
	f.Helper()
	text := string(f.here(f.file("services", f.name+".json")))
	for theirs, ours := range f.edit {
		if !strings.Contains(text, theirs) {
			f.Errorf("the service file has no %q", theirs)
		}
		text = strings.ReplaceAll(text, theirs, strings.ReplaceAll(ours, "HOST", f.p.host()))
	}
	members := map[string]json.RawMessage{}
	f.decode([]byte(text), &members)
	delete(members, "tests")
	file, err := json.Marshal(members)
	if err != nil {
		f.Fatal(err)
	}
	return file
}

// propertyValues are the file's properties with the values of the fixture: "Account SID" is account_sid.
func (f *fixtureRun) propertyValues(file []byte) map[string]string {
	var parsed struct{ Properties []json.RawMessage }
	f.decode(file, &parsed)
	values := map[string]string{}
	for _, raw := range parsed.Properties {
		var p struct{ Name string }
		if json.Unmarshal(raw, &p) != nil {
			f.decode(raw, &p.Name)
		}
		if v, ok := f.Config[strings.ReplaceAll(strings.ToLower(p.Name), " ", "_")]; ok {
			values[p.Name] = v
		}
	}
	for name, value := range f.properties {
		values[name] = string(f.here([]byte(value)))
	}
	return values
}

// configured gives the integration these values of properties; the function gives it back its own.
func (f *fixtureRun) configured(values map[string]string) (back func()) {
	f.Helper()
	set := func(values map[string]any) {
		if len(values) > 0 {
			f.g.call(200, "PUT", "/v1/organizations/"+f.team.org+"/integrations/"+f.name, map[string]any{"properties": values})
		}
	}
	other, own := map[string]any{}, map[string]any{}
	for name, value := range values {
		other[name], own[name] = value, nil
		if value == "" {
			other[name] = nil
		}
		if was, ok := f.values[name]; ok {
			own[name] = was
		}
	}
	set(other)
	return func() { set(own) }
}

// numbers are ours: who sends in the fixture, and who is called.
func (f *fixtureRun) numbers() (out []string) {
	add := func(number string) {
		if number = kept(number); number != "" && !slices.Contains(out, number) {
			out = append(out, number)
		}
	}
	add(f.accepts.Inputs.From)
	for name, raw := range f.Send {
		var c sendCase
		if name != "errors" && json.Unmarshal(raw, &c) == nil {
			add(c.Inputs.From)
		}
	}
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		for _, e := range c.ExpectAll {
			if c.isMessage() {
				add(e.To)
			}
		}
	}
	return out
}

func (c *webhookCase) isMessage() bool { return c.Kind == "message" || c.Kind == "mms" }

var (
	international = regexp.MustCompile(`^\+?([0-9]{7,15})$`)
	shortCode     = regexp.MustCompile(`^\+?([0-9]{3,6})$`)
)

// kept is a number as we keep it: most providers leave the + out, some the country code of North America, and the fixtures write a +
// before short codes too.
func kept(number string) string {
	if m := shortCode.FindStringSubmatch(number); m != nil {
		return m[1]
	}
	m := international.FindStringSubmatch(number)
	switch {
	case m == nil:
		return number
	case len(number) == 10:
		return "+1" + m[1]
	}
	return "+" + m[1]
}

// otherID is an id of the same form that no other case has.
func (f *fixtureRun) otherID(id string) string {
	*f.ids++
	end := fmt.Sprintf("%04d", *f.ids)
	return id[:max(0, len(id)-len(end))] + end
}

// otherContact is a number of the same form that no other case has, nor the fixture.
func (f *fixtureRun) otherContact(number string) string {
	for {
		*f.ids++
		other := number[:max(0, len(number)-3)] + fmt.Sprintf("%03d", *f.ids)
		if !strings.Contains(f.text, lastDigits(other)) {
			return other
		}
	}
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

// callback makes a provider's request. The address is the public one, or any other that leads to the gateway.
func (g *gateway) callback(method, to string, headers map[string]string, body string) (int, http.Header, string) {
	g.t.Helper()
	r, err := http.NewRequest(method, g.reach(to), strings.NewReader(body))
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
