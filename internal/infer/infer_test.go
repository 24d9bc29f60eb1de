package infer

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// jsonBody is a callback with a JSON body.
func jsonBody(name, body string) Capture {
	return Capture{Name: name, Request: wire.Request{
		Method: "POST", URL: "https://gw.example.com/services/x/a1", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}}
}

// models is the Webhook of a draft in one line.
func models(t *testing.T, r Result) string {
	t.Helper()
	s, problems := service.Check(r.File)
	if s == nil {
		t.Fatalf("the draft does not pass: %v\n%s", problems, r.File)
	}
	var file struct{ Webhook json.RawMessage }
	if err := json.Unmarshal(r.File, &file); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var v []map[string]json.RawMessage
	if err := json.Unmarshal(file.Webhook, &v); err != nil && len(file.Webhook) > 0 {
		t.Fatal(err)
	}
	for _, m := range v {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
		out.WriteByte('\n')
	}
	return strings.TrimSpace(out.String())
}

func TestEachPlaceBecomesWhatItLooksLike(t *testing.T) {
	for _, c := range []struct {
		name     string
		captures []string
		numbers  []string
		want     string
	}{
		{"the base format's messages",
			[]string{`{"method": "message", "params": {"from": "+61855555555", "to": "+61123456789", "content": "Hello there!"}}`},
			nil,
			`{"event_type":"message","request_parameters":{"method":"message","params":{"from":"$from$","to":"$to$","content":"$content$"}}}`},
		{"a receipt of the base format",
			[]string{`{"method": "delivered", "params": {"messageid": "9612c4e2-27f8-4463-a517-c6306ffdabff"}}`},
			nil,
			`{"events":{"delivered":"messageDelivered"},"request_parameters":{"method":"$event_key$","params":{"messageid":"$messageid$"}}}`},
		{"two kinds at one place: what names the kind is literal in either",
			[]string{
				`{"event": "sms.in", "id": "m-1", "from": "+15550002222", "to": "+15550001111", "text": "Hi"}`,
				`{"event": "sms.status", "id": "m-1", "from": "+15550001111", "to": "+15550002222", "status": "delivered", "text": "Hi"}`,
			},
			nil,
			`{"event_type":"message","request_parameters":{"event":"sms.in","id":"$messageid$","from":"$from$","to":"$to$","text":"$content$"}}
{"events":{"delivered":"messageDelivered"},"request_parameters":{"event":"sms.status","id":"$messageid$","from":"$from?$","to":"$to?$","status":"$event_key$"}}`},
		{"nothing names the kind: the message's model wants nothing where the receipt has its word",
			[]string{
				`{"id": "m-1", "from": "+15550002222", "to": "+15550001111", "text": "Hi"}`,
				`{"id": "m-1", "from": "+15550001111", "to": "+15550002222", "text": "Hi", "status": "delivered"}`,
			},
			nil,
			`{"event_type":"message","request_parameters":{"id":"$messageid$","from":"$from$","to":"$to$","text":"$content$","status":null}}
{"events":{"delivered":"messageDelivered"},"request_parameters":{"id":"$messageid$","from":"$from?$","to":"$to?$","status":"$event_key$"}}`},
		{"what only one capture has is optional, and so is a text that may be empty",
			[]string{
				`{"from": "+15550002222", "to": "+15550001111", "text": "Hi"}`,
				`{"from": "+15550002223", "to": "+15550001111", "text": "", "media": ["https://f.example.com/a.jpg"]}`,
			},
			nil,
			`{"event_type":"message","request_parameters":{"from":"$from$","to":"$to$","text":"$content?$","media":["$urls?$"]}}`},
		{"a name that varies between words of its trade is one of them",
			[]string{
				`{"type": "mo_text", "from": "+15550002222", "to": "+15550001111", "text": "Hi"}`,
				`{"type": "mo_long", "from": "+15550002222", "to": "+15550001111", "text": "Hi again"}`,
			},
			nil,
			`{"event_type":"message","request_parameters":{"type":{"$any":["mo_text","mo_long"]},"from":"$from$","to":"$to$","text":"$content$"}}`},
		{"our numbers tell the sides apart where names do not",
			[]string{`{"ref": "r-1", "From": "15550002222", "To": "15550001111", "state": "DELIVRD"}`},
			[]string{"+15550001111"},
			`{"events":{"DELIVRD":"messageDelivered"},"request_parameters":{"ref":"$messageid$","From":"$to?$","To":"$from?$","state":"$event_key$"}}`},
		{"the text of an SMPP receipt",
			[]string{`{"RefId": "c1", "From": "+15550002222", "To": ["+15550001111"], "Message": "id:1 sub:001 stat:DELIVRD err:000 text:", "DeliveryReceipt": true}`},
			nil,
			`{"events":{"DELIVRD":"messageDelivered"},"request_parameters":{"RefId":"$messageid$","From":"$from?$","To":["$to?$"],"Message":{"$match":"(?is)\\bstat:\\s*(?P\u003cevent_key\u003e\\w+).*\\berr:\\s*(?P\u003cerror_code\u003e\\w+)"},"DeliveryReceipt":true}}`},
		{"a code is the word where a text beside it says what it means",
			[]string{`{"message_id": "m1", "status_code": 201, "status_text": "Success: Message received on handset."}`},
			nil,
			`{"events":{"201":"messageDelivered"},"request_parameters":{"message_id":"$messageid$","status_code":"$event_key$","status_text":"$error_text?$"}}`},
		{"JSON inside a text, and names with a dollar sign",
			[]string{`{"payload": "{\"from\": \"+15550002222\", \"to\": \"+15550001111\", \"te$xt\": 1, \"$any\": {\"body\": \"Hi\"}}"}`},
			nil,
			`{"event_type":"message","request_parameters":{"payload":{"$json":{"from":"$from$","to":"$to$","$$any":{"body":"$content$"}}}}}`},
		{"a batch is as many events, of different kinds",
			[]string{`[{"type": "message-received", "message": {"id": "1", "from": "+15550002222", "to": ["+15550001111"], "text": "Hi"}},
				{"type": "message-failed", "errorCode": 4432, "message": {"id": "2", "from": "+15550001111", "to": ["+15550002222"], "text": ""}}]`},
			nil,
			`{"event_type":"message","request_parameters":[{"type":"message-received","message":{"id":"$messageid$","from":"$from$","to":["$to$"],"text":"$content$"}}]}
{"events":{"message-failed":"messageFailed"},"request_parameters":[{"type":"$event_key$","errorCode":"$error_code?$","message":{"id":"$messageid$","from":"$from?$","to":["$to?$"]}}]}`},
		{"times in a form that a filter reads, the parts of a long text",
			[]string{`{"msisdn": "15550002222", "to": "15550001111", "text": "two", "message-timestamp": "2020-01-01 12:00:00", "concat-ref": "1", "concat-total": "3", "concat-part": "2"}`},
			nil,
			`{"event_type":"message","request_parameters":{"msisdn":"$from$","to":"$to$","text":"$content$","message-timestamp":"$timestamp?|date:YYYY-MM-DD HH:mm:ss$","concat-ref":"$part_ref?$","concat-total":"$parts?$","concat-part":"$part?$"}}`},
	} {
		var captures []Capture
		for i, body := range c.captures {
			captures = append(captures, jsonBody(string(rune('a'+i)), body))
		}
		r := Infer(captures, Options{ID: "x", Numbers: c.numbers})
		got := models(t, r)
		if want := canonical(t, c.want); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
		if len(r.Unread) > 0 {
			t.Errorf("%s: not read: %+v", c.name, r.Unread)
		}
	}
}

// canonical is lines of JSON with their members as encoding/json orders them.
func canonical(t *testing.T, lines string) string {
	t.Helper()
	var out []string
	for line := range strings.SplitSeq(lines, "\n") {
		var v map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return strings.Join(out, "\n")
}

func TestFormsQueriesAndXMLAreReadToo(t *testing.T) {
	form := Capture{Name: "form", Request: wire.Request{Method: "POST", URL: "https://gw.example.com/x", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body: []byte("From=%2B15550002222&To=%2B15550001111&Body=&NumMedia=2&MediaUrl0=https%3A%2F%2Ff.example.com%2Fa&MediaContentType0=image%2Fjpeg&MediaUrl1=https%3A%2F%2Ff.example.com%2Fb&MediaContentType1=image%2Fpng")}}
	query := Capture{Name: "query", Request: wire.Request{Method: "GET", URL: "https://gw.example.com/x?key=k&number=%2B15550001111&from=15550002222&to=15550001111&message=Hi", Header: http.Header{}}}
	xml := Capture{Name: "xml", Request: wire.Request{Method: "POST", URL: "https://gw.example.com/x", Header: http.Header{"Content-Type": {"text/xml"}},
		Body: []byte("<sms><from>15550002222</from><to>15550001111</to><msg>hello &amp; bye</msg></sms>")}}
	r := Infer([]Capture{form, query, xml}, Options{})
	want := canonical(t, `{"event_type":"message","request_parameters":{"From":"$from$","To":"$to$","Body":"$content?$","MediaUrl$n0$":"$url?$","MediaContentType$n0$":"$mimetype?$"}}
{"event_type":"message","request_parameters":{"from":"$from$","to":"$to$","message":"$content$"}}
{"event_type":"message","request_parameters":{"sms":{"from":"$from$","to":"$to$","msg":"$content$"}}}`)
	if got := models(t, r); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestEveryChoiceHasItsReasonAndItsPlace(t *testing.T) {
	captures, _ := readFixture(t, "telnyx")
	r := Infer(captures, Options{})
	s, problems := service.Check(r.File)
	if s == nil {
		t.Fatal(problems)
	}
	var file any
	if err := json.Unmarshal(r.File, &file); err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Models {
		if len(m.Captures) == 0 || len(m.Choices) < 4 || len(m.LeftOut) < 5 {
			t.Errorf("%s: %+v", m.Pointer, m)
		}
		for _, c := range m.Choices {
			if c.Reason == "" || c.Became == "" {
				t.Errorf("%s%s: no reason for %q", m.Pointer, c.Pointer, c.Became)
			}
			if at(file, m.Pointer+c.Pointer) == nil && c.Became != "null" {
				t.Errorf("%s%s: nothing stands there", m.Pointer, c.Pointer)
			}
		}
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "Telnyx-Signature-Ed25519") {
		t.Errorf("notes: %q", r.Notes)
	}
}

// at is the value at a JSON pointer.
func at(v any, pointer string) any {
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			if len(step) != 1 || int(step[0]-'0') >= len(x) {
				return nil
			}
			v = x[step[0]-'0']
		default:
			return nil
		}
	}
	return v
}

func TestWhatCannotBeDraftedSaysWhy(t *testing.T) {
	for _, c := range []struct{ body, why string }{
		{``, "there is nothing in it"},
		{`{}`, "there is nothing in it"},
		{`"hello"`, "a text without members"},
		{`{"a": `, "cannot be decoded"},
		{`{"ping": 1}`, "neither a message nor a receipt"},
		{`{"id": "m1", "status": "delivered but by whom is not for us to say"}`, ""},
		{`{"status": "delivered"}`, "nothing in it looks like the id"},
		{`{"id": "m1", "type": "delivery_receipt", "state": "~"}`, "no word in it is known"},
	} {
		r := Infer([]Capture{jsonBody("a", c.body)}, Options{})
		if s, problems := service.Check(r.File); s == nil {
			t.Errorf("%s: the file does not load: %v", c.body, problems)
		}
		if c.why == "" {
			continue
		}
		if len(r.Unread) != 1 || !strings.Contains(r.Unread[0].Reason, c.why) {
			t.Errorf("%s: got %+v, want %q", c.body, r.Unread, c.why)
		}
	}
}

// Values are no names and no patterns: whatever a text says, the draft is the same and reads it.
func TestTextsOfMessagesChangeNothing(t *testing.T) {
	plain := models(t, Infer([]Capture{jsonBody("a", body("Hi"))}, Options{}))
	for _, text := range []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", strings.Repeat("x", 1600), "a\x00b", "{\"from\": 1", "null", "true", "+15550003333"} {
		r := Infer([]Capture{jsonBody("a", body(text))}, Options{})
		if got := models(t, r); got != plain {
			t.Errorf("%.40q: got %s, want %s", text, got, plain)
		}
		if len(r.Unread) > 0 {
			t.Errorf("%.40q: %+v", text, r.Unread)
		}
	}
	if got := models(t, Infer([]Capture{jsonBody("a", body(""))}, Options{})); got != strings.Replace(plain, "$content$", "$content?$", 1) {
		t.Errorf("an empty text: got %s", got)
	}
}

func body(text string) string {
	b, _ := json.Marshal(map[string]string{"id": "m1", "from": "+15550002222", "to": "+15550001111", "text": text})
	return string(b)
}

func TestTheNameOfTheFileAndOfCapturesAreText(t *testing.T) {
	for _, name := range []string{"", "$to$", "a b", "\xff", strings.Repeat("x", 2<<20)} {
		r := Infer([]Capture{jsonBody(name, body("Hi"))}, Options{ID: name, Name: name, Numbers: []string{"+15550001111", "\xff"}})
		if s, problems := service.Check(r.File); s == nil {
			t.Errorf("%.20q: %v", name, problems)
		}
	}
}
