package service

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
	"patchbay/services"
)

// poisons is what no service file may hold, by the place where it is put. Whatever else a file says, it must be refused.
var poisons = []struct {
	at    string // a path of members and indexes
	value string // JSON; "" takes the member away
}{
	{"id", ``}, {"id", `""`}, {"id", `"a b"`}, {"id", `7`}, {"id", `"../x"`}, {"id", `".."`}, {"id", `null`}, {"id", `"x\u0000"`},
	{"properties", `{"API key": 1}`}, {"properties/0", `"to"`}, {"properties/0", `"a$b"`}, {"properties/0", `7`}, {"properties/0", `"Other"`},
	{"auth", `"Bearer"`}, {"auth/type", `"None of it"`}, {"auth/type", `"JWT"`}, {"auth/token", ``}, {"auth/token", `"$API kee$"`}, {"auth/token", `"$from$"`},
	{"auth/token", `{"$any": ["a"]}`}, {"OAuth2", `{}`}, {"API", `[]`}, {"API", `"x"`}, {"API/UploadFile", `{}`}, {"API/Receive", `{}`},
	{"API/SendMessage", `[]`}, {"API/SendMessage", `7`}, {"API/SendMessage/request_url", ``}, {"API/SendMessage/request_url", `"api.example.com"`},
	{"API/SendMessage/request_url", `"file:///etc/passwd"`}, {"API/SendMessage/request_url", `"gopher://a.example.com"`}, {"API/SendMessage/request_url", `"unix:///run/x"`},
	{"API/SendMessage/request_url", `"https://$content$/"`}, {"API/SendMessage/request_url", `"https://a.example.com@evil/"`}, {"API/SendMessage/request_url", `"https://$API key$.example.com/"`},
	{"API/SendMessage/request_url", `"$content$"`}, {"API/SendMessage/request_url", `"https:///x"`}, {"API/SendMessage/request_url", `"https://a.example.com/$nobody$"`},
	{"API/SendMessage/request_url", `["https://a.example.com"]`}, {"API/SendMessage/request_url", `"https://a.example.com/x\r\ny"`},
	{"API/SendMessage/request_method", `"TRACE"`}, {"API/SendMessage/request_method", `"POST /x HTTP/1.1"`}, {"API/SendMessage/request_content_type", `"a/b\r\nX: y"`},
	{"API/SendMessage/request_content_type", `"application/octet-stream"`}, {"API/SendMessage/request_headers", `{"Host": "x"}`}, {"API/SendMessage/request_headers", `{"X": "a\nb"}`},
	{"API/SendMessage/request_headers", `{"X\r\nY": "a"}`}, {"API/SendMessage/request_headers", `{"X": "$env.HOME$"}`}, {"API/SendMessage/request_headers", `["X"]`},
	{"API/SendMessage/request_parameters/to", `"$nobody$"`}, {"API/SendMessage/request_parameters/to", `"$to|nofilter$"`}, {"API/SendMessage/request_parameters/to", `"$file:/etc/passwd$"`},
	{"API/SendMessage/request_parameters/to", `"$secret.other$"`}, {"API/SendMessage/request_parameters/to", `{"$any": ["a", "b"]}`}, {"API/SendMessage/request_parameters/to", `"$to|md5$"`},
	{"API/SendMessage/request_parameters/to", `"$messageid$"`}, {"API/SendMessage/when", `"x"`}, {"API/SendMessage/when", `{"nobody": 1}`},
	{"API/SendMessage/response_map/data/id", `"$mesageid$"`}, {"API/SendMessage/response_map/data/id", `"$messageid$$error_code$"`}, {"API/SendMessage/response_map/data/id", `{"$match": "("}`},
	{"API/SendMessage/response_map/data/id", `{"$match": "(?=x)"}`}, {"API/SendMessage/response_map/data/id", `{"$nope": 1}`}, {"API/SendMessage/responses", `7`},
	{"API/SendMessage/responses", `[{"status": 99}]`}, {"API/SendMessage/responses", `[{"outcome": "sent"}]`}, {"API/SendMessage/responses", `[{"outcomes": {"*": "busy"}}]`}, {"API/SendMessage/idempotent", `"yes"`},
	{"Webhook", `7`}, {"Webhook/0", `"x"`}, {"Webhook/0/event_type", ``}, {"Webhook/0/event_type", `"call"`}, {"Webhook/0/event_key", `{"a": 1}`},
	{"Webhook/0/request_parameters", ``}, {"Webhook/0/request_parameters/params/from", `"$nobody$"`}, {"Webhook/0/request_parameters/params/from", ``},
	{"Webhook/0/request_parameters/params/content", `"$from|truncate:3$"`}, {"Webhook/0/request_parameters/params/content", ``}, {"Webhook/0/request_parameters/params/content", `"$content$$text$"`},
	{"Webhook/2/request_parameters/params/messageid", `"x"`}, {"Webhook/0/events", `{"a": "message"}`}, {"Webhook/0/reply", `{"status": 42}`}, {"Webhook/0/reply", `{"body": "$nobody$"}`},
	{"Webhook/0/query", `"x"`}, {"Webhook/0/headers", `{"Bad Name": "x"}`}, {"limits", `[]`}, {"limits", `{"timeout": "soon"}`}, {"limits", `{"messages_per_second": -1}`},
	{"limits", `{"concurrency": 1e400}`}, {"tests", `{}`}, {"tests", `[{}]`}, {"dedupe_window", `"1y"`}, {"setup", `"x"`}, {"logo", `"data:x"`},
	{"Webhook", `{"verify": {}, "events": []}`}, {"Webhook", `{"verify": {"cidr": ["10.0.0.0/33"]}, "events": []}`}, {"Webhook", `{"verify": {"hmac": {"algorithm": "crc32"}}, "events": []}`},
}

// set gives v with the value at path replaced, or taken away.
func set(t *testing.T, v tree.Value, path string, to tree.Value) tree.Value {
	t.Helper()
	name, rest, deeper := strings.Cut(path, "/")
	if v.Kind() == tree.List {
		list := append([]tree.Value(nil), v.List()...)
		i := int(name[0] - '0')
		if deeper {
			to = set(t, list[i], rest, to)
		}
		list[i] = to
		return tree.ListOf(list...)
	}
	var members []tree.Member
	done := false
	for _, m := range v.Members() {
		if m.Name == name {
			done = true
			if deeper {
				m.Value = set(t, m.Value, rest, to)
			} else if m.Value = to; to.Kind() == tree.Absent {
				continue
			}
		}
		members = append(members, m)
	}
	if !done {
		if deeper {
			t.Fatalf("no %s to poison", path)
		}
		members = append(members, tree.Member{Name: name, Value: to})
	}
	return tree.ObjectOf(members...)
}

// harmless changes a file in ways that mean nothing: other orders, other notes, other spaces.
func harmless(r *rand.Rand, v tree.Value, inPattern bool) tree.Value {
	switch v.Kind() {
	case tree.Object:
		ms := append([]tree.Member(nil), v.Members()...)
		for i := range ms {
			ms[i].Value = harmless(r, ms[i].Value, inPattern || strings.HasPrefix(ms[i].Name, "request_") || ms[i].Name == "response_map")
		}
		r.Shuffle(len(ms), func(i, j int) { ms[i], ms[j] = ms[j], ms[i] })
		if !inPattern && r.IntN(3) == 0 {
			ms = append(ms, tree.Member{Name: "note_" + nasty[r.IntN(10)], Value: tree.Text(nasty[r.IntN(len(nasty))])})
		}
		return tree.ObjectOf(ms...)
	case tree.List:
		list := append([]tree.Value(nil), v.List()...)
		for i := range list {
			list[i] = harmless(r, list[i], inPattern)
		}
		return tree.ListOf(list...)
	}
	return v
}

func TestTenThousandBadFilesAreAllRefused(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	good, p := document([]byte(baseFormat))
	if p != nil {
		t.Fatal(p)
	}
	for i := range many(10_000) {
		poison := poisons[i%len(poisons)]
		var value tree.Value
		if poison.value != "" {
			var p *Problem
			if value, p = document([]byte(poison.value)); p != nil {
				t.Fatalf("%s: %v", poison.value, p)
			}
		}
		file := wire.AppendJSON(nil, harmless(r, set(t, good, poison.at, value), false))
		if r.IntN(2) == 0 {
			if formatted, err := Format(file); err == nil {
				file = formatted
			}
		}
		s, problems := Parse(file)
		if s != nil || problems.Err() == nil {
			t.Fatalf("%s = %s is accepted:\n%s", poison.at, poison.value, file)
		}
		for _, p := range problems {
			if p.Message == "" || !p.Warning && p.Pointer != "" && p.Pointer[0] != '/' {
				t.Fatalf("%s = %s: a problem that says nothing: %+v", poison.at, poison.value, p)
			}
		}
	}
	for range 1000 { // and the poison is what was refused, not the shuffling
		file := wire.AppendJSON(nil, harmless(r, good, false))
		if _, problems := Parse(file); problems.Err() != nil {
			t.Fatalf("%v\n%s", problems.Err(), file)
		}
	}
}

func TestFilesThatAreTooMuch(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"10 MB":                       `{"id": "x", "name": "` + strings.Repeat("x", 10<<20) + `"}`,
		"a million levels":            `{"id": "x", "API": ` + strings.Repeat(`[`, 400_000) + strings.Repeat(`]`, 400_000) + `}`,
		"a million levels, not ended": `{"id": "x", "API": ` + strings.Repeat(`{"a":`, 200_000),
		"1,000 models":                `{"id": "x", "Webhook": [` + strings.TrimSuffix(strings.Repeat(`{"event_type": "typing", "request_parameters": {"from": "$from$"}},`, 1000), ",") + `]}`,
		"a pattern of 100,000 nodes":  `{"id": "x", "API": {"SendMessage": {"request_url": "https://a.example.com", "request_parameters": [` + strings.TrimSuffix(strings.Repeat(`"$to$",`, 100_000), ",") + `]}}}`,
		"a variable of 100,000":       `{"id": "x", "API": {"SendMessage": {"request_url": "https://a.example.com", "request_parameters": {"to": "$` + strings.Repeat("x", 100_000) + `$"}}}}`,
		"binary":                      "\x00\x01\x02",
		"not UTF-8":                   "{\"id\": \"x\", \"name\": \"\xff\xfe\"}",
		"half a surrogate":            `{"id": "x", "name": "\ud800"}`,
	} {
		s, problems := Parse([]byte(file))
		if s != nil || problems.Err() == nil {
			t.Errorf("%s is accepted", name)
		}
		if len(problems) > 2*maxProblems {
			t.Errorf("%s: %d problems", name, len(problems))
		}
		for _, p := range problems {
			if len(p.Message) > 4096 {
				t.Errorf("%s: a message of %d bytes", name, len(p.Message))
			}
		}
	}
}

func seeds(tb testing.TB) [][]byte {
	tb.Helper()
	out := [][]byte{[]byte(baseFormat), []byte(`"id": "x", // c`), []byte(`{"id": "x", "Webhook": ` + twoModels + `}`)}
	for _, name := range []string{"generic.json", "simulator.json", "twilio.json"} {
		data, err := services.Files.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// exercise does with a service whatever a gateway does, and checks what holds for every file that was let in.
func exercise(t *testing.T, s *Service) {
	t.Helper()
	if !jsontext.Value(s.Source).IsValid() {
		t.Fatalf("what is stored is no JSON: %s", s.Source)
	}
	again, problems := Parse(s.Source)
	if again == nil || again.Version != s.Version {
		t.Fatalf("what is stored does not load: %v", problems)
	}
	props := map[string]string{}
	for _, p := range s.Properties {
		if props[p.Name] = "v"; len(p.Choices) > 0 {
			props[p.Name] = p.Choices[0]
		} else if s.standsForHost(p.Name) {
			props[p.Name] = "https://api.example.com"
		}
	}
	RunTests(s)
	b, err := s.Bind(props)
	if err != nil {
		return
	}
	m := &Sending{ID: "m", From: "+15550001111", To: "+15550002222", Text: nasty[10], WebhookURL: "https://gw.example.com/x", Country: "US"}
	for range 2 {
		if n, err := b.Parts(m); err == nil {
			for part := range min(n, 3) {
				r, err := b.Request(m, part, Attempt{Now: now, UUID: "u"})
				if err == nil {
					scheme, rest, _ := strings.Cut(r.URL, "://")
					host, _, _ := strings.Cut(strings.NewReplacer("?", "/", "#", "/").Replace(rest), "/")
					if scheme != "https" && scheme != "http" || strings.Contains(host, "@") || host == "" {
						t.Fatalf("a request to %s", r.URL)
					}
				}
				b.Response(m, part, answered(200, `{"data": {"id": "m1"}}`), now)
			}
		}
		m.Files = []File{{URL: "https://f.example.com/a.jpg"}}
	}
	for _, body := range []string{`{"method": "message", "params": {"from": "+15550002222", "to": "+15550001111", "content": "x"}}`, "a=1&b=2", ""} {
		cb := post("", body)
		s.Peek(cb)
		b.Handshake(cb)
		_ = b.Verify(cb)
		r := b.Read(cb)
		b.Reply(cb, &r)
		b.Explain(cb)
	}
}

func TestFilesWithRandomByteFaultsNeitherPanicNorLoadAsSomethingElse(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	good := seeds(t)
	loaded := 0
	for range many(10_000) {
		file := bytes.Clone(good[r.IntN(len(good))])
		for range 1 + r.IntN(4) {
			i := r.IntN(len(file))
			switch r.IntN(5) {
			case 0:
				file[i] = byte(r.IntN(256))
			case 1:
				file = append(file[:i], file[min(i+1+r.IntN(20), len(file)):]...)
			case 2:
				file = append(file[:i:i], append([]byte(`"$`+nasty[r.IntN(10)]), file[i:]...)...)
			case 3:
				file[i] = `{}[]",:$|?/\`[r.IntN(12)]
			case 4:
				j := r.IntN(len(file))
				file = append(file[:i:i], append(bytes.Clone(file[j:min(j+r.IntN(60), len(file))]), file[i:]...)...)
			}
			if len(file) == 0 {
				break
			}
		}
		s, problems := Parse(file)
		if (s == nil) != (problems.Err() != nil) {
			t.Fatalf("a service and errors: %v\n%s", problems, file)
		}
		if s != nil {
			loaded++
			exercise(t, s)
		}
	}
	if loaded == 0 || loaded == many(10_000) {
		t.Errorf("%d of 10,000 load; the test shows nothing", loaded)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, problems := Parse(file)
		if (s == nil) != (problems.Err() != nil) {
			t.Fatalf("a service and errors: %v", problems)
		}
		if s != nil {
			exercise(t, s)
		}
		if formatted, err := Format(file); err == nil {
			again, err := Format(formatted)
			if err != nil || !bytes.Equal(formatted, again) {
				t.Fatalf("the canonical form has another canonical form: %v\n%s\n%s", err, formatted, again)
			}
		}
	})
}

func FuzzReadCallback(f *testing.F) {
	f.Add("application/json", `{"method": "message", "params": {"from": "+15550002222", "to": "+15550001111", "content": "x"}}`, "POST", "")
	f.Add("application/x-www-form-urlencoded", "MessageSid=SM1&SmsStatus=received&Body=x&From=%2B1&To=12345&MediaUrl0=https://a", "POST", "number=12345")
	f.Add("application/json", `[{"event": "message.status", "id": "a", "status": "delivered"}]`, "POST", "a=1;b=2")
	f.Add("text/xml", `<a b="c"><d/></a>`, "GET", "%zz")
	f.Add("multipart/form-data; boundary=b", "--b\r\n\r\n\r\n--b--", "PUT", "")
	var bound []*Bound
	for _, source := range seeds(f) {
		s, _ := Parse(source)
		if s == nil {
			continue
		}
		props := map[string]string{}
		for _, p := range s.Properties {
			props[p.Name] = "https://v.example.com"
		}
		b, err := s.Bind(props)
		if err != nil {
			f.Fatal(err)
		}
		bound = append(bound, b)
	}
	f.Fuzz(func(t *testing.T, contentType, body, verb, query string) {
		for _, b := range bound {
			cb := post(contentType, body)
			cb.Request.Method = verb
			if query != "" {
				cb.Request.URL += "?" + query
			}
			b.Peek(cb)
			b.Handshake(cb)
			_ = b.Verify(cb)
			r := b.Read(cb)
			if !r.Empty && !r.Unmatched && len(r.Events) == 0 && strings.TrimSpace(body) != "" && !strings.Contains(body, "[") {
				t.Fatalf("%s: nothing was read, and nobody is told: %q", b.ID, body)
			}
			for _, e := range r.Events {
				if e.IsMessage() && (e.To == "" || e.Model == "") {
					t.Fatalf("%s: a message to nobody: %+v", b.ID, e)
				}
				if _, receipt := e.Status(); receipt && e.MessageID+e.ID == "" {
					t.Fatalf("%s: a receipt of nothing: %+v", b.ID, e)
				}
			}
			reply := b.Reply(cb, &r)
			if reply.Status != 200 {
				t.Fatalf("%s: reply %d", b.ID, reply.Status)
			}
		}
	})
}

// many is n, or a tenth of it when the tests are to be short.
func many(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}
