package service

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/message"
	"patchbay/internal/wire"
)

// baseFormat is the format as it was first published, with the model of its later edition.
const baseFormat = `{
  "id": "YourService", "name": "YourService", "logo": "https://example.com/assets/logo.png", "class": "sms",
  "properties": ["API key"],
  "auth": {"type": "Bearer", "token": "$API key$"},
  "API": {
    "SendMessage": {
      "request_method": "POST", "request_url": "https://api.example.com/webhook",
      "request_content_type": "application/json",
      "request_parameters": {"from": "$from$", "to": "$to$", "extension": "$extension$", "domain": "$domain$", "content": "$content$"},
      "response_map": {"data": {"id": "$messageid$"}}
    },
    "SendFile": {
      "request_method": "POST", "request_url": "https://api.example.com/webhook",
      "request_content_type": "application/json",
      "request_parameters": {"from": "$from$", "to": "$to$", "extension": "$extension$", "domain": "$domain$", "media_url": "$content$"},
      "response_map": {"data": {"id": "$messageid$"}}
    }
  },
  "Webhook": [
    {"event_key": "message", "event_type": "message", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "content": "$content$"}}},
    {"event_key": "file", "event_type": "mms", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "text": "$text$", "url": "$url$"}}},
    {"event_key": "delivered", "event_type": "messageDelivered", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"messageid": "$messageid$"}}}
  ]
}`

// nasty is every text that somebody's gateway has lost, split or executed.
var nasty = []string{
	"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "null", "1e3", `{"a":1}`, "a\nb", "a\r\nb", "\t",
	`","to":"+1900`, "$$", "$content$$from$", "${7*7}", "<%= 1 %>", "%s %n", "&to=+1900", "a;b", "]]>", strings.Repeat("x", 1600),
	strings.Repeat("👍", 400),
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func load(t testing.TB, source string) *Service {
	t.Helper()
	s, problems := Parse([]byte(source))
	if err := problems.Err(); err != nil {
		t.Fatalf("load: %v", problems.Errors())
	}
	return s
}

func bind(t testing.TB, source string, props map[string]string) *Bound {
	t.Helper()
	b, err := load(t, source).Bind(props)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func base(t testing.TB) *Bound { return bind(t, baseFormat, map[string]string{"API key": "k-1"}) }

func hook(body string) *Callback {
	cb := &Callback{Now: now, Numbers: NewNumbers([]Number{{Value: "+61123456789", Country: "AU"}})}
	cb.Request = wire.Request{
		Method: "POST", URL: "https://gw.example.com/services/YourService/a1", Body: []byte(body),
		Header: map[string][]string{"Content-Type": {"application/json"}},
	}
	return cb
}

func TestBaseFormatSendsExactlyItsBytes(t *testing.T) {
	m := &Sending{ID: "m1", From: "+61123456789", To: "+61855555555", Text: "Hello there!", Extension: "101", Domain: "acme"}
	r, err := base(t).Request(m, 0, Attempt{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	want := &wire.Request{
		Method: "POST", URL: "https://api.example.com/webhook",
		Header: map[string][]string{"Authorization": {"Bearer k-1"}, "Content-Type": {"application/json"}},
		Body:   []byte(`{"from":"+61123456789","to":"+61855555555","extension":"101","domain":"acme","content":"Hello there!"}`),
	}
	if d := cmp.Diff(want, r); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
	m.Text, m.Files = "", []File{{URL: "https://files.example.com/a b.jpg"}}
	if r, err = base(t).Request(m, 0, Attempt{Now: now}); err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Body), `{"from":"+61123456789","to":"+61855555555","extension":"101","domain":"acme","media_url":"https://files.example.com/a b.jpg"}`; got != want {
		t.Errorf("file: got %s, want %s", got, want)
	}
}

func TestBaseFormatCapturesTheIDOfTheAnswer(t *testing.T) {
	m := &Sending{From: "+61123456789", To: "+61855555555", Text: "x"}
	got := base(t).Response(m, 0, &wire.Response{Status: 200, Body: []byte(`{"data": {"id": "9612c4e2-27f8-4463-a517-c6306ffdabff"}}`)}, now)
	want := message.Result{Outcome: message.Accepted, MessageIDs: []string{"9612c4e2-27f8-4463-a517-c6306ffdabff"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("result (-want +got):\n%s", d)
	}
}

func TestBaseFormatReadsItsThreeCallbacks(t *testing.T) {
	for _, c := range []struct {
		body string
		want Event
	}{
		{`{"method": "message", "params": {"from": "+61855555555", "to": "+61123456789", "content": "Hello there!"}}`,
			Event{Type: EventMessage, From: "+61855555555", To: "+61123456789", Content: "Hello there!", Word: "message", Model: "/Webhook/0"}},
		{`{"method": "file", "params": {"from": "+61855555555", "to": "+61123456789", "text": "Sending a file", "url": "https://your.server.com/files/8a8d89798as9ud.jpeg"}}`,
			Event{Type: EventMessage, From: "+61855555555", To: "+61123456789", Content: "Sending a file", Word: "file", Model: "/Webhook/1",
				Files: []File{{URL: "https://your.server.com/files/8a8d89798as9ud.jpeg"}}}},
		{`{"method": "delivered", "params": {"messageid": "9612c4e2-27f8-4463-a517-c6306ffdabff"}}`,
			Event{Type: EventDelivered, MessageID: "9612c4e2-27f8-4463-a517-c6306ffdabff", Word: "delivered", Model: "/Webhook/2",
				Key: "r|9612c4e2-27f8-4463-a517-c6306ffdabff|||messageDelivered|delivered|"}},
	} {
		b, cb := base(t), hook(c.body)
		if err := b.Verify(cb); err != nil {
			t.Errorf("%s: %v", c.body, err)
		}
		got := b.Read(cb)
		if got.Unmatched || len(got.Events) != 1 {
			t.Errorf("%s: got %+v", c.body, got)
			continue
		}
		e := got.Events[0]
		e.model, e.values = nil, nil
		if d := cmp.Diff(c.want, e, cmp.AllowUnexported(Event{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.body, d)
		}
		reply := b.Reply(cb, &got)
		if reply.Status != 200 || string(reply.Body) != `{"result": {}}` {
			t.Errorf("%s: reply %d %s", c.body, reply.Status, reply.Body)
		}
	}
}

func TestEveryTextArrivesAsItWas(t *testing.T) {
	b := base(t)
	for _, text := range nasty {
		m := &Sending{From: "+61123456789", To: "+61855555555", Text: text, Extension: text, Domain: text}
		r, err := b.Request(m, 0, Attempt{Now: now})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		v, err := wire.DecodeJSON(r.Body, wire.Limits{})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := v.Get("content").Text(); got != text || len(v.Members()) != 5 || v.Get("to").Text() != "+61855555555" {
			t.Errorf("%q arrived as %s", text, r.Body)
		}
		body := wire.AppendJSON(nil, v)
		in := b.Read(hook(`{"method": "message", "params": {"from": "+61855555555", "to": "+61123456789", "content": ` + string(wire.AppendJSON(nil, v.Get("content"))) + `}}`))
		if len(in.Events) != 1 || in.Events[0].Content != text {
			t.Errorf("%q (%s) came in as %+v", text, body, in)
		}
	}
	for _, c := range []struct{ in, want string }{{"a\x00b", "a\ufffdb"}, {"a\xffb", "a\ufffdb"}} {
		r, err := b.Request(&Sending{From: "+61123456789", To: "+61855555555", Text: c.in}, 0, Attempt{})
		if err != nil || !strings.Contains(string(r.Body), c.want) {
			t.Errorf("%q: got %s, %v; want %q in it", c.in, r.Body, err, c.want)
		}
	}
}

// The page that published the format shows these fragments without their line breaks, the first without braces around its members.
func TestPublishedFragmentsLoadAsTheyStand(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile("testdata/fragments/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(data))
	}
	api := read("api.txt")
	strict, warnings := strictly([]byte(api))
	v, p := document(strict)
	if p != nil || v.Get("API").Get("SendFile").Get("request_method").Text() != "POST" || len(warnings) != 2 {
		t.Fatalf("the members without braces: %v, %v", p, warnings)
	}
	var models, bodies []string
	for _, name := range []string{"message.txt", "file.txt"} {
		strict, warnings := strictly([]byte(read(name)))
		if len(warnings) == 0 {
			t.Errorf("%s: no warning of its comments", name)
		}
		first, rest := firstValue(t, strict)
		second, _ := firstValue(t, bytes.TrimLeft(rest, ", "))
		models, bodies = append(models, first), append(bodies, second)
	}
	file := `"id": "YourService", "properties": ["API key"], "auth": {"type": "bearer", "token": "$API key$"}, ` + api +
		` "Webhook": [ //model ` + models[0] + `, //model ` + models[1] + `, ],`
	for _, source := range []string{file, strings.ReplaceAll(file, "//model", "//model\n")} {
		s, problems := Parse([]byte(source))
		if err := problems.Err(); err != nil {
			t.Fatalf("%v\n%s", err, source)
		}
		if len(problems) < 3 {
			t.Errorf("comments, last commas and missing braces: got only %v", problems)
		}
		if !jsontext.Value(s.Source).IsValid() {
			t.Errorf("what is stored is no strict JSON: %s", s.Source)
		}
		b, err := s.Bind(map[string]string{"API key": "k"})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"Hello there!", "Sending a file"} {
			got := b.Read(hook(bodies[i]))
			if len(got.Events) != 1 || got.Events[0].Content != want || got.Events[0].From != "+61855555555" || len(got.Events[0].Files) != i {
				t.Errorf("%s: got %+v", bodies[i], got)
			}
		}
		r, err := b.Request(&Sending{From: "+61123456789", To: "+61855555555", Text: "Hello there!", Extension: "101", Domain: "acme"}, 0, Attempt{})
		if err != nil || string(r.Body) != `{"from":"+61123456789","to":"+61855555555","extension":"101","domain":"acme","content":"Hello there!"}` {
			t.Errorf("got %v, %v", r, err)
		}
	}
}

func firstValue(t *testing.T, data []byte) (string, []byte) {
	t.Helper()
	d := jsontext.NewDecoder(bytes.NewReader(data))
	v, err := d.ReadValue()
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	first := string(v)
	return first, data[d.InputOffset():]
}

func TestWebhookLoadsInEveryContainer(t *testing.T) {
	one := `{"event_key": "message", "event_type": "message", "request_parameters": {"method": "$event_key$", "from": "$from$", "to": "$to$", "content": "$content$"}}`
	two := `{"event_key": "delivered", "event_type": "messageDelivered", "request_parameters": {"method": "$event_key$", "id": "$messageid$"}}`
	for _, c := range []struct {
		name, webhook string
		models        int
	}{
		{"a list", `[` + one + `,` + two + `]`, 2},
		{"one model", one, 1},
		{"named models", `{"text": ` + one + `, "receipt": ` + two + `}`, 2},
		{"with verify and a list", `{"verify": {"header": {"X-Key": "$Key$"}}, "events": [` + one + `]}`, 1},
		{"with a reply and one model", `{"reply": {"status": 204}, "events": ` + one + `}`, 1},
		{"with events alone, named", `{"events": {"text": ` + one + `, "receipt": ` + two + `}}`, 2},
		{"an empty list", `[]`, 0},
	} {
		s := load(t, `{"id": "x", "properties": ["Key"], "Webhook": `+c.webhook+`}`)
		if len(s.models) != c.models {
			t.Errorf("%s: got %d models, want %d", c.name, len(s.models), c.models)
		}
	}
}
