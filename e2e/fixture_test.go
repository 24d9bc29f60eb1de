package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
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
		Error     problem
		Retryable bool
	}
}

type problem struct{ Code, Text string }

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
		ContentType string `json:"content_type"`
		Body        string
	}
}

type expectation struct {
	From, To  string
	Content   string
	URLs      []string
	MessageID string
	Status    string
	Error     *problem
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

// post sends a message of the fixture and gives our id of it.
func (f *fixtureRun) post(c *sendCase) string {
	f.Helper()
	body := map[string]any{"orgid": f.team.org, "from": e164(c.Inputs.From), "to": e164(c.Inputs.To), "content": c.Inputs.Content}
	if len(c.Inputs.URLs) > 0 {
		body["urls"] = c.Inputs.URLs
	}
	return f.g.call(202, "POST", "/v1/messages", body).str("id")
}

// sends: the provider receives the documented request, and its answer gives the documented ids.
func (f *fixtureRun) sends(raw json.RawMessage) {
	var c sendCase
	f.decode(raw, &c)
	f.p.answerWith(c.Response.as("", ""))
	before := len(f.p.requests())
	id := f.post(&c)
	m := f.g.await(id, status("sent"))
	got := f.p.requests()[before:]
	if len(got) != 1 {
		f.Fatalf("the provider received %d requests: %+v", len(got), got)
	}
	f.sameRequest(got[0], c.Request, strings.NewReplacer(f.PublicURL, f.team.webhook, url.QueryEscape(f.PublicURL), url.QueryEscape(f.team.webhook)), c.Inputs.LocalID, id)
	want := c.IDs
	if c.ID != "" && len(want) == 0 {
		want = []string{c.ID}
	}
	if have := texts(m["messageids"]); !slices.Equal(have, want) {
		f.Errorf("messageids %q, want %q", have, want)
	}
}

// sameRequest compares JSON as JSON, forms as sets of pairs, the rest byte for byte.
func (f *fixtureRun) sameRequest(got taken, want wireRequest, ours *strings.Replacer, localID, id string) {
	f.Helper()
	swap := func(s string) string {
		s = ours.Replace(s)
		if localID != "" {
			s = strings.ReplaceAll(s, localID, id)
		}
		return s
	}
	where := got.path
	if got.query != "" {
		where += "?" + got.query
	}
	if got.method != want.Method || f.p.URL+where != swap(want.URL) {
		f.Errorf("got %s %s\nwant %s %s", got.method, f.p.URL+where, want.Method, swap(want.URL))
	}
	for name, value := range want.Headers {
		if have := got.header.Get(name); have != swap(value) {
			f.Errorf("%s: got %q, want %q", name, have, swap(value))
		}
	}
	body, kind := swap(want.Body), want.Headers["Content-Type"]
	switch {
	case strings.Contains(kind, "json"):
		var a, b any
		if json.Unmarshal([]byte(got.body), &a) != nil || json.Unmarshal([]byte(body), &b) != nil || !reflect.DeepEqual(a, b) {
			f.Errorf("body\n got %s\nwant %s", got.body, body)
		}
	case strings.Contains(kind, "x-www-form-urlencoded"):
		a, err := url.ParseQuery(got.body)
		b, _ := url.ParseQuery(body)
		for _, values := range []url.Values{a, b} {
			for _, v := range values {
				slices.Sort(v)
			}
		}
		if err != nil || !reflect.DeepEqual(a, b) {
			f.Errorf("form (%v)\n got %s\nwant %s", err, got.body, body)
		}
	case got.body != body:
		f.Errorf("body\n got %q\nwant %q", got.body, body)
	}
}

// fails: a final answer fails the message with the provider's code and text, and nothing more is sent; any other is followed by another try.
func (f *fixtureRun) fails(c errorCase) {
	sent := f.accepts
	sent.Inputs.To = otherContact(sent.Inputs.To, f.cases) // what was said of one contact may hold for the next message to it
	f.p.answerWith(c.Response.as("", ""))
	before := len(f.p.requests())
	id := f.post(&sent)
	if !c.Expect.Retryable {
		m := f.g.await(id, status("failed"))
		if got := errorOf(m); got != c.Expect.Error {
			f.Errorf("failed with %+v, want %+v", got, c.Expect.Error)
		}
		attempts := list(m["attempts"])
		if len(attempts) != 1 || attempts[0]["outcome"] != "refused" || errorOf(attempts[0]) != c.Expect.Error {
			f.Errorf("attempts %v", attempts)
		}
		if n := len(f.p.requests()) - before; n != 1 {
			f.Errorf("the provider was asked %d times", n)
		}
		return
	}
	m := f.g.await(id, func(m map[string]any) bool { return len(ended(m)) > 0 })
	if first := ended(m)[0]; m["status"] != "sending" || first["outcome"] != "busy" || errorOf(first) != c.Expect.Error {
		f.Errorf("it is %v after %v; want sending after busy with %+v", m["status"], first, c.Expect.Error)
	}
	f.p.answerWith(f.accepts.Response.as(f.accepts.ID, otherID(f.accepts.ID, f.cases)))
	m = f.g.await(id, status("sent"))
	all := ended(m)
	if len(all) < 2 || all[len(all)-1]["outcome"] != "accepted" || all[len(all)-1]["again"] != nil {
		f.Errorf("attempts %v; want busy, then accepted, not marked: it was certainly not taken before", all)
	}
	if n := len(f.p.requests()) - before; n != len(all) {
		f.Errorf("%d attempts, and the provider was asked %d times", len(all), n)
	}
}

// calls: a callback becomes what the fixture expects, answered as documented; under a wrong signature it becomes nothing.
func (f *fixtureRun) calls(raw json.RawMessage) {
	var c webhookCase
	f.decode(raw, &c)
	// A provider id is one message's: every case gets its own.
	for _, e := range c.ExpectAll {
		if e.MessageID != "" {
			raw = []byte(strings.ReplaceAll(string(raw), e.MessageID, otherID(e.MessageID, f.cases)))
		}
	}
	c = webhookCase{}
	f.decode(raw, &c)
	r := c.Request
	r.URL = f.team.webhook
	if _, query, ok := strings.Cut(r.PathQuery, "?"); ok {
		r.URL += "?" + query
	}
	if f.sign != nil && c.Verify != nil && c.Verify.Valid {
		f.sign(f.Config, &r)
	}
	isMessage := c.Kind == "message" || c.Kind == "mms"
	ours := map[string]string{} // message ids of receipts → ids of what was sent
	if !isMessage {
		for _, e := range c.ExpectAll {
			if e.MessageID != "" && ours[e.MessageID] == "" {
				ours[e.MessageID] = f.taken(e.MessageID)
			}
		}
	}
	if c.Verify != nil {
		f.refusesForgery(r, c)
		if !c.Verify.Valid {
			return
		}
	}
	decoy := ""
	if len(ours) > 0 {
		decoy = f.taken(otherID(c.ExpectAll[0].MessageID, 900+f.cases))
	}
	for range 2 { // providers say most things twice
		status, header, body := f.g.callback(r.Method, r.URL, r.Headers, r.Body)
		if c.Reply == nil {
			if status/100 != 2 {
				f.Errorf("answered %d %s", status, body)
			}
		} else if status != c.Reply.Status || header.Get("Content-Type") != c.Reply.ContentType || body != c.Reply.Body {
			f.Errorf("answered %d %q %q\nwant %d %q %q", status, header.Get("Content-Type"), body, c.Reply.Status, c.Reply.ContentType, c.Reply.Body)
		}
	}
	f.read(c)
	for _, e := range c.ExpectAll {
		switch {
		case isMessage:
			f.received(e)
		case ours[e.MessageID] != "":
			f.receipted(ours[e.MessageID], e)
		}
	}
	if decoy != "" {
		if m := f.g.call(200, "GET", "/v1/messages/"+decoy, nil).json; m["status"] != "sent" || len(m["history"].([]any)) != 3 {
			f.Errorf("a message that nobody spoke of became %v: %v", m["status"], m["history"])
		}
	}
}

// signsAsTheFixture: our own signing gives what the fixture has, so that what is signed anew is signed as the provider does.
func (f *fixtureRun) signsAsTheFixture() {
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		if f.sign == nil || c.Verify == nil || !c.Verify.Valid || c.Verify.Freeze != 0 {
			continue
		}
		r := c.Request
		r.URL, r.Headers = f.PublicURL, map[string]string{}
		f.sign(f.Config, &r)
		for name, value := range r.Headers {
			if c.Request.Headers[name] != value {
				f.Errorf("%s: signed anew %s is %q, and the fixture has %q", c.Name, name, value, c.Request.Headers[name])
			}
		}
	}
}

// refusesForgery: what is not signed with our secret is answered as an address that is not there, and does nothing.
func (f *fixtureRun) refusesForgery(r wireRequest, c webhookCase) {
	f.Helper()
	before := len(f.g.all("/v1/callbacks?limit=200"))
	_, _, nothing := f.g.callback(r.Method, f.g.url()+"/services/"+f.name+"/a0123456789abcdef0123456789abcdef", r.Headers, r.Body)
	forged := map[string]wireRequest{"as it is in the fixture, for another address": r}
	if c.Verify.Valid {
		config := map[string]string{}
		for name, value := range f.Config {
			config[name] = value
		}
		config[c.Verify.Secret] = "not " + config[c.Verify.Secret]
		other := r
		other.Headers = map[string]string{}
		for name, value := range r.Headers {
			other.Headers[name] = value
		}
		f.sign(config, &other)
		longer := r
		longer.Body += " "
		forged = map[string]wireRequest{"with another secret": other, "with another body": longer}
		if bare := c.Request; f.sign != nil {
			bare.URL, bare.Headers = r.URL, map[string]string{"Content-Type": r.Headers["Content-Type"]}
			forged["without a signature"] = bare
		}
	}
	for how, r := range forged {
		if status, _, body := f.g.callback(r.Method, r.URL, r.Headers, r.Body); status != 404 || body != nothing {
			f.Errorf("signed %s it is answered %d %q, want 404 %q", how, status, body, nothing)
		}
	}
	if after := len(f.g.all("/v1/callbacks?limit=200")); after != before {
		f.Errorf("%d forged callbacks are kept", after-before)
	}
}

// taken is a message that the provider took under this id of its own.
func (f *fixtureRun) taken(messageID string) string {
	f.Helper()
	f.p.answerWith(f.accepts.Response.as(f.accepts.ID, messageID))
	id := f.post(&f.accepts)
	f.g.await(id, status("sent"))
	return id
}

// eventTypes is what the kinds of the fixtures are called in a service file.
var eventTypes = map[string]string{"message": "message", "mms": "message", "sent": "messageSent", "delivered": "messageDelivered",
	"failed": "messageFailed", "read": "messageRead", "ignored": "ignore"}

// read: the newest callback is kept as done, with exactly the events that the fixture expects.
func (f *fixtureRun) read(c webhookCase) {
	f.Helper()
	newest := f.g.call(200, "GET", "/v1/callbacks?limit=1", nil).json["data"].([]any)[0].(map[string]any)
	kept := f.g.call(200, "GET", "/v1/callbacks/"+newest["id"].(string), nil).json
	if kept["state"] != "done" || kept["body"] != c.Request.Body {
		f.Errorf("kept as %v %v", kept["state"], kept["reason"])
	}
	events := list(kept["read"])
	if len(events) != len(c.ExpectAll) {
		f.Fatalf("read %v, want %d events", events, len(c.ExpectAll))
	}
	for i, e := range events {
		id, _ := e["messageid"].(string)
		if e["type"] != eventTypes[c.Kind] || id != c.ExpectAll[i].MessageID {
			f.Errorf("event %d is %v of %q, want %s of %q", i, e["type"], id, eventTypes[c.Kind], c.ExpectAll[i].MessageID)
		}
	}
}

func (f *fixtureRun) received(e expectation) {
	f.Helper()
	var m map[string]any
	f.g.until("a message with the id "+e.MessageID, func() bool {
		var found []map[string]any
		for _, m := range f.g.all("/v1/messages?direction=inbound&limit=200") {
			if slices.Contains(texts(m["messageids"]), e.MessageID) {
				found = append(found, m)
			}
		}
		if len(found) > 1 {
			f.Fatalf("it arrived %d times", len(found))
		}
		if len(found) == 1 {
			m = found[0]
		}
		return m != nil
	})
	if m["from"] != e164(e.From) || m["to"] != e164(e.To) || m["content"] != e.Content || m["status"] != "received" || m["orgid"] != f.team.org {
		f.Errorf("arrived as %v\nwant %+v", m, e)
	}
	if files := list(m["media"]); len(files) != len(e.URLs) {
		f.Errorf("%d files, want %q", len(files), e.URLs)
	}
	for _, u := range e.URLs {
		path := strings.TrimPrefix(u, f.p.URL)
		f.g.until("the file "+path+" is asked for", func() bool {
			return slices.ContainsFunc(f.p.requests(), func(r taken) bool { return r.method == "GET" && r.path == path })
		})
	}
}

func (f *fixtureRun) receipted(id string, e expectation) {
	f.Helper()
	if e.Status == "" {
		return
	}
	m := f.g.await(id, status(e.Status))
	want := []string{"queued", "sending", "sent"}
	if e.Status != "sent" { // the provider's answer said that already
		want = append(want, e.Status)
	}
	var history []string
	for _, change := range list(m["history"]) {
		history = append(history, change["status"].(string))
	}
	if !slices.Equal(history, want) {
		f.Errorf("history %q, want %q", history, want)
	}
	because := problem{}
	if e.Error != nil {
		because = *e.Error
	}
	if got := errorOf(m); got != because {
		f.Errorf("error %+v, want %+v", got, because)
	}
}

// otherID is an id of the same form: its last characters are the case's number.
func otherID(id string, n int) string {
	end := fmt.Sprintf("%04d", n)
	return id[:max(0, len(id)-len(end))] + end
}

func otherContact(number string, n int) string {
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
