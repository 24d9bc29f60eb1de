package service_test

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/message"
	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/wire"
	"patchbay/services"
)

// fixture is what one real provider sends and expects, gathered from its public documentation.
type fixture struct {
	Provider  string                     `json:"provider"`
	PublicURL string                     `json:"public_url"`
	Config    map[string]string          `json:"config"`
	Send      map[string]json.RawMessage `json:"send"`
	Webhooks  []fixtureHook              `json:"webhooks"`
	Vectors   []json.RawMessage          `json:"signature_vectors"`
}

type fixtureSend struct {
	Inputs struct {
		From, To, Content, LocalID string
		URLs                       []string
		ContentTypes               []string `json:"content_types"`
		Files                      []struct {
			ContentType string `json:"content_type"`
			Base64      string
		}
	}
	Request    fixtureRequest
	Response   fixtureResponse
	MessageID  *string
	MessageIDs []string
}

type fixtureRequest struct {
	Method    string
	URL       string
	PathQuery string `json:"path_query"`
	Headers   map[string]string
	BodyRaw   string `json:"body_raw"`
}

type fixtureResponse struct {
	Status  int
	Headers map[string]string
	BodyRaw string `json:"body_raw"`
}

type fixtureError struct {
	Name     string
	Response fixtureResponse
	Expect   struct {
		Error struct {
			Code, Text *string
		}
		Retryable bool
	}
}

type fixtureHook struct {
	Name, Kind string
	Request    fixtureRequest
	ExpectAll  []fixtureEvent `json:"expect_all"`
	Expect     *fixtureEvent
	Verify     *struct {
		Scheme string
		Valid  bool
		Freeze int64 `json:"freeze_time_unix"`
	}
	Reply *struct {
		Status      int
		ContentType *string `json:"content_type"`
		Body        *string
	}
}

type fixtureEvent struct {
	From, To, Content, MessageID, Status *string
	URLs                                 []string
	ContentTypes                         []string `json:"content_types"`
	Error                                *struct{ Code, Text *string }
}

// variants is the properties that choose one of several ways to send, by provider and case.
var variants = map[string]map[string]map[string]string{
	"clickatell": {"sms_rest": {"API": "REST"}, "sms_one_api": {"API": "One API"}},
	"commio":     {"sms_v2": {"API version": "2"}, "mms_v2": {"API version": "2"}},
	"voipms":     {"mms_base64": {"Media": "data"}},
}

// addresses is the properties that stand for scheme and host, where the fixture knows only the part of the name that varies.
var addresses = map[string]map[string]string{
	"signalwire": {"Space URL": "https://example.signalwire.com"},
	"sinch":      {"Base URL": "https://us.sms.api.sinch.com"},
}

// noProvider is the services of the catalogue that speak to no real provider.
var noProvider = []string{"generic.json", "generic_get.json", "simulator.json"}

func TestProvidersAreServedAsTheyDocument(t *testing.T) {
	names, err := fs.Glob(services.Files, "*.json")
	if err != nil || len(names) <= len(noProvider) {
		t.Fatal("no services", err)
	}
	for _, name := range names {
		if slices.Contains(noProvider, name) {
			continue
		}
		f := readFixture(t, name)
		t.Run(f.Provider, f.run)
	}
}

func readFixture(t *testing.T, name string) *fixture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "fixtures", name))
	must(t, err)
	var f fixture
	must(t, json.Unmarshal(data, &f))
	return &f
}

func (f *fixture) run(t *testing.T) {
	source, err := services.Files.ReadFile(f.Provider + ".json")
	if err != nil {
		t.Fatal(err)
	}
	s, problems := service.Parse(source)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, name := range sortedKeys(f.Send) {
		if raw := f.Send[name]; name != "errors" && string(raw) != "null" {
			cases++
			t.Run("send/"+name, func(t *testing.T) {
				var c fixtureSend
				must(t, json.Unmarshal(raw, &c))
				c.run(t, f, f.bind(t, s, variants[f.Provider][name]))
			})
		}
	}
	var errs []fixtureError
	if raw := f.Send["errors"]; raw != nil {
		must(t, json.Unmarshal(raw, &errs))
	}
	for _, c := range errs {
		cases++
		t.Run("error/"+c.Name, func(t *testing.T) { c.run(t, f.bind(t, s, nil)) })
	}
	for _, c := range f.Webhooks {
		cases++
		t.Run("webhook/"+c.Name, func(t *testing.T) { c.run(t, f, f.bind(t, s, nil)) })
	}
	if cases < 5 {
		t.Errorf("only %d cases were found in the fixture", cases)
	}
}

// bind fills in the properties that the fixture has values for: "account_sid" is "Account SID".
func (f *fixture) bind(t *testing.T, s *service.Service, more map[string]string) *service.Bound {
	t.Helper()
	props := map[string]string{}
	for _, p := range s.Properties {
		if v, ok := f.Config[strings.ReplaceAll(strings.ToLower(p.Name), " ", "_")]; ok {
			props[p.Name] = v
		}
	}
	maps.Copy(props, addresses[f.Provider])
	maps.Copy(props, more)
	b, err := s.Bind(props)
	must(t, err)
	return b
}

func (c *fixtureSend) run(t *testing.T, f *fixture, b *service.Bound) {
	m := &service.Sending{
		ID: c.Inputs.LocalID, From: kept(c.Inputs.From), To: c.Inputs.To, Text: c.Inputs.Content, WebhookURL: f.PublicURL,
		Country: phone.Country(c.Inputs.From),
	}
	m.Encoding, m.Segments, _ = phone.Segments(m.Text)
	for i, u := range c.Inputs.URLs {
		file := service.File{URL: u}
		if i < len(c.Inputs.ContentTypes) {
			file.MediaType = c.Inputs.ContentTypes[i]
		}
		m.Files = append(m.Files, file)
	}
	for _, one := range c.Inputs.Files {
		data, err := base64.StdEncoding.DecodeString(one.Base64)
		must(t, err)
		m.Files = append(m.Files, service.File{MediaType: one.ContentType, Data: data})
	}
	parts, err := b.Parts(m)
	must(t, err)
	if parts != 1 {
		t.Fatalf("%d requests, want 1", parts)
	}
	got, err := b.Request(m, 0, service.Attempt{Now: time.Unix(1700000000, 0), UUID: "0b6f6a9e-6a3c-4a5e-8f0a-1c1d2e3f4a5b"})
	must(t, err)
	if c.Request.Method != "" { // some cases are about the answer alone
		c.Request.same(t, got)
	}

	r := b.Response(m, 0, c.Response.wire(), time.Unix(1700000000, 0))
	want := c.MessageIDs
	if want == nil && c.MessageID != nil {
		want = []string{*c.MessageID}
	}
	if r.Outcome != message.Accepted || !slices.Equal(r.MessageIDs, want) {
		t.Errorf("response: got %s %q, want accepted %q", r.Outcome, r.MessageIDs, want)
	}
}

// same compares what leaves with what the provider documents.
func (want *fixtureRequest) same(t *testing.T, got *wire.Request) {
	t.Helper()
	if got.Method != want.Method {
		t.Errorf("method: got %s, want %s", got.Method, want.Method)
	}
	sameURL(t, got.URL, want.URL)
	for name, value := range want.Headers {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			value, _, _ = mime.ParseMediaType(value)
			if g, _, _ := mime.ParseMediaType(got.Header.Get(name)); g != value {
				t.Errorf("content type: got %q, want %q", g, value)
			}
			continue
		}
		if g := got.Header.Get(name); g != value {
			t.Errorf("header %s: got %q, want %q", name, g, value)
		}
	}
	sameBody(t, got.Header.Get("Content-Type"), got.Body, want.Headers["Content-Type"], []byte(want.BodyRaw))
}

// kept is a number as the store has it: the fixtures write a + before every one, even before a short code.
func kept(number string) string {
	if digits := strings.TrimPrefix(number, "+"); phone.KindOf(digits) == phone.ShortCode {
		return digits
	}
	return number
}

func (r *fixtureResponse) wire() *wire.Response {
	h := http.Header{}
	for k, v := range r.Headers {
		h.Set(k, v)
	}
	return &wire.Response{Status: r.Status, Header: h, Body: []byte(r.BodyRaw)}
}

func (c *fixtureError) run(t *testing.T, b *service.Bound) {
	m := &service.Sending{ID: "m", From: "+14155552345", To: "+14155552346", Text: "x", WebhookURL: "https://gw.example.com/x"}
	r := b.Response(m, 0, c.Response.wire(), time.Unix(1700000000, 0))
	want := message.Refused
	if c.Expect.Retryable {
		want = message.Busy
	}
	if r.Outcome != want {
		t.Errorf("outcome: got %s, want %s", r.Outcome, want)
	}
	if code := c.Expect.Error.Code; code != nil && r.ErrorCode != *code {
		t.Errorf("code: got %q, want %q", r.ErrorCode, *code)
	}
	if text := c.Expect.Error.Text; text != nil && r.ErrorText != *text {
		t.Errorf("text: got %q, want %q", r.ErrorText, *text)
	}
}

// callback is the webhook as it came, at the time when it came.
func (c *fixtureHook) callback(t *testing.T, f *fixture) *service.Callback {
	t.Helper()
	cb := &service.Callback{Now: time.Unix(1700000000, 0)}
	if c.Verify != nil && c.Verify.Freeze != 0 {
		cb.Now = time.Unix(c.Verify.Freeze, 0)
	}
	public, err := url.Parse(f.PublicURL)
	must(t, err)
	cb.Request = wire.Request{
		Method: c.Request.Method, URL: public.Scheme + "://" + public.Host + c.Request.PathQuery, Header: http.Header{}, Body: []byte(c.Request.BodyRaw),
	}
	for k, v := range c.Request.Headers {
		cb.Request.Header.Set(k, v)
	}
	return cb
}

func (c *fixtureHook) run(t *testing.T, f *fixture, b *service.Bound) {
	expect := c.ExpectAll
	switch {
	case c.Kind == "ignored":
		expect = nil
	case expect == nil && c.Expect != nil:
		expect = []fixtureEvent{*c.Expect}
	}
	cb := c.callback(t, f)
	if c.Verify != nil {
		if err := b.Verify(cb); (err == nil) != c.Verify.Valid {
			t.Fatalf("verify: got %v, want valid %v", err, c.Verify.Valid)
		}
		if c.Verify.Valid && len(cb.Request.Body) > 0 {
			tampered := service.Callback{Request: cb.Request, Now: cb.Now}
			tampered.Request.Body = append(slices.Clone(cb.Request.Body), "&x=1"...)
			if b.Verify(&tampered) == nil && c.signsBody() {
				t.Error("a changed body still verifies")
			}
		}
	}
	reading := b.Read(cb)
	if reading.Unmatched {
		t.Fatalf("unmatched: %s; %s%s", reading.Reason, reading.Nearest, reading.Difference)
	}
	var events []service.Event
	for _, e := range reading.Events {
		if e.Type != service.EventIgnore {
			events = append(events, e)
		}
	}
	if len(events) != len(expect) {
		t.Fatalf("got %d events, want %d: %+v", len(events), len(expect), events)
	}
	for i, want := range expect {
		want.same(t, &events[i])
	}
	if c.Reply != nil {
		got := b.Reply(cb, &reading)
		if got.Status != c.Reply.Status {
			t.Errorf("reply: got %d, want %d", got.Status, c.Reply.Status)
		}
		if c.Reply.ContentType != nil && got.Header.Get("Content-Type") != *c.Reply.ContentType {
			t.Errorf("reply: got %q, want %q", got.Header.Get("Content-Type"), *c.Reply.ContentType)
		}
		if c.Reply.Body != nil && *c.Reply.Body != "" && string(got.Body) != *c.Reply.Body {
			t.Errorf("reply: got %q, want %q", got.Body, *c.Reply.Body)
		}
	}
}

// signsBody reports whether the proof covers the body: a password does not, nor does a hash of the key and one header.
func (c *fixtureHook) signsBody() bool {
	return c.Verify.Scheme != "basic_auth" && c.Verify.Scheme != "sha256_hex_key_plus_header"
}

func (want *fixtureEvent) same(t *testing.T, got *service.Event) {
	t.Helper()
	number := func(name, got string, want *string) {
		if want == nil || *want == "" {
			return
		}
		n, err := phone.Parse(*want, "")
		if err != nil {
			n = *want
		}
		if strings.TrimLeft(got, "+") != strings.TrimLeft(n, "+") {
			t.Errorf("%s: got %q, want %q", name, got, n)
		}
	}
	number("from", got.From, want.From)
	number("to", got.To, want.To)
	if want.MessageID != nil && got.MessageID != *want.MessageID {
		t.Errorf("messageid: got %q, want %q", got.MessageID, *want.MessageID)
	}
	if want.Content != nil && got.Content != *want.Content {
		t.Errorf("content: got %q, want %q", got.Content, *want.Content)
	}
	if want.Status == nil && !got.IsMessage() {
		t.Errorf("got a %s, want a message", got.Type)
	}
	if status, receipt := got.Status(); want.Status != nil && (!receipt || string(status) != *want.Status) {
		t.Errorf("got %s, want a receipt of %q", got.Type, *want.Status)
	}
	var urls, types []string
	for _, f := range got.Files {
		if f.URL != "" {
			urls, types = append(urls, f.URL), append(types, f.MediaType)
		}
	}
	if want.URLs != nil && !slices.Equal(urls, want.URLs) {
		t.Errorf("urls: got %q, want %q", urls, want.URLs)
	}
	if want.ContentTypes != nil && !slices.Equal(types, want.ContentTypes) {
		t.Errorf("types: got %q, want %q", types, want.ContentTypes)
	}
	if want.Error == nil {
		return
	}
	if code := want.Error.Code; code != nil && got.ErrorCode != *code {
		t.Errorf("error code: got %q, want %q", got.ErrorCode, *code)
	}
	if text := want.Error.Text; text != nil && got.ErrorText != *text {
		t.Errorf("error text: got %q, want %q", got.ErrorText, *text)
	}
}

// sameURL compares the query as a set of pairs, the rest byte for byte.
func sameURL(t *testing.T, got, want string) {
	t.Helper()
	g, gq, _ := strings.Cut(got, "?")
	w, wq, _ := strings.Cut(want, "?")
	if g != w {
		t.Errorf("url: got %s, want %s", g, w)
	}
	if d := cmp.Diff(pairs(t, wq), pairs(t, gq)); d != "" {
		t.Errorf("query (-want +got):\n%s", d)
	}
}

func pairs(t *testing.T, s string) []string {
	t.Helper()
	v, err := url.ParseQuery(s)
	must(t, err)
	out := []string{}
	for name, values := range v {
		for _, value := range values {
			out = append(out, name+"="+value)
		}
	}
	sort.Strings(out)
	return out
}

func sameBody(t *testing.T, gotType string, got []byte, wantType string, want []byte) {
	t.Helper()
	switch wire.FormatOf(wantType) {
	case wire.JSON:
		var g, w any
		must(t, json.Unmarshal(got, &g))
		must(t, json.Unmarshal(want, &w))
		if d := cmp.Diff(w, g); d != "" {
			t.Errorf("body (-want +got):\n%s", d)
		}
	case wire.Form:
		if d := cmp.Diff(pairs(t, string(want)), pairs(t, string(got))); d != "" {
			t.Errorf("body (-want +got):\n%s", d)
		}
	case wire.Multipart:
		g, err := wire.Decode(gotType, got, wire.Limits{})
		must(t, err)
		w, err := wire.Decode(wantType, want, wire.Limits{})
		must(t, err)
		for _, m := range w.Members() {
			if !g.Get(m.Name).Equal(m.Value) && g.Get(m.Name).File() == nil {
				t.Errorf("part %s: got %q, want %q", m.Name, g.Get(m.Name).Text(), m.Value.Text())
			}
		}
		if len(g.Members()) != len(w.Members()) {
			t.Errorf("got %d parts, want %d", len(g.Members()), len(w.Members()))
		}
	default:
		if string(got) != string(want) {
			t.Errorf("body: got %q, want %q", got, want)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
