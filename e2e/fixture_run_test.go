package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

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

	conversations map[string]any // their ids, by number, contact and user
}

// prepare reads the fixture; its provider must be there before the gateway, which is told whom it may reach.
func (o provided) prepare(t *testing.T) *fixtureRun {
	f := &fixtureRun{T: t, provided: o, answers: newAnswers(), ids: new(int), conversations: map[string]any{}}
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

	beside := f.g.newTeam("beside-"+f.name, f.name, f.values, "+19995550123") // nothing of all this is theirs
	defer func() {
		if list := f.g.all("/v1/messages?limit=200&orgid=" + beside.org); len(list) != 0 {
			f.Errorf("another organization on the same service has %v", list)
		}
	}()
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
