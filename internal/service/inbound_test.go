package service

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/wire"
)

// reading is a service with the given Webhook.
func reading(t testing.TB, webhook string, props ...string) *Bound {
	t.Helper()
	var names []string
	values := map[string]string{}
	for i := 0; i < len(props); i += 2 {
		values[props[i]] = props[i+1]
		names = append(names, `"`+props[i]+`"`)
	}
	return bind(t, `{"id": "x", "properties": [`+strings.Join(names, ",")+`], "Webhook": `+webhook+`}`, values)
}

var ours = []Number{{Value: "+15550001111", Country: "US", Integration: "7"}, {Value: "+61412345678", Country: "AU", Integration: "8"}, {Value: "12345", Integration: "7"}}

func post(contentType, body string) *Callback {
	cb := &Callback{Now: now, Numbers: NewNumbers(ours)}
	cb.Request = wire.Request{Method: "POST", URL: "https://gw.example.com/services/x/a1", Header: http.Header{}, Body: []byte(body)}
	if contentType != "" {
		cb.Request.Header.Set("Content-Type", contentType)
	}
	return cb
}

const twoModels = `[
	{"event_type": "message", "request_method": "POST", "request_parameters": {"type": "in", "id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content?$", "media": "$urls?$"}},
	{"events": {"dlvrd": "messageDelivered", "failed": "messageFailed", "sent": "messageSent"},
	 "request_parameters": {"type": "dlr", "id": "$messageid$", "status": "$event_key$", "to": "$to?$", "code": "$error_code?$"}}]`

func TestWhatEveryKindOfCallbackIsRead(t *testing.T) {
	b := reading(t, twoModels)
	const in = `{"type": "in", "id": "m1", "from": "+15550002222", "to": "+15550001111", "text": "hi"}`
	for _, c := range []struct {
		name   string
		cb     *Callback
		events int
		empty  bool
		reason string
	}{
		{"JSON", post("application/json", in), 1, false, ""},
		{"JSON that says it is text", post("text/plain", in), 1, false, ""},
		{"JSON that says nothing", post("", in), 1, false, ""},
		{"a form", post("application/x-www-form-urlencoded", "type=in&id=m1&from=%2B15550002222&to=%2B15550001111&text=hi"), 1, false, ""},
		{"a form that says it is JSON", post("application/json", "type=in&id=m1&from=%2B15550002222&to=%2B15550001111"), 1, false, ""},
		{"multipart", post("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nin\r\n--b\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nm1\r\n--b\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\n+15550002222\r\n--b\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\n+15550001111\r\n--b--\r\n"), 1, false, ""},
		{"nothing", post("application/json", ""), 0, true, ""},
		{"white space", post("application/json", " \n"), 0, true, ""},
		{"broken JSON", post("application/json", `{"type": "in", `), 0, false, "JSON"},
		{"JSON null", post("application/json", `null`), 0, false, "no model"},
		{"a list where an object is read", post("application/json", `[1, 2]`), 0, false, "no model"},
		{"an unknown type", post("application/json", `{"type": "call"}`), 0, false, "no model"},
		{"no number of ours", post("application/json", strings.Replace(in, "+15550001111", "+15559999999", 1)), 0, false, `"+15559999999"`},
		{"no called number", post("application/json", strings.Replace(in, `"to": "+15550001111", `, "", 1)), 0, false, "no model"},
		{"nested 100,000 deep", post("application/json", strings.Repeat("[", 100_000)), 0, false, "decoded"},
		{"closed 100,000 deep", post("application/json", strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)), 0, false, "decoded"},
		{"a million members", post("application/json", `{"a":1`+strings.Repeat(`,"a":1`, 1_000_000)+`}`), 0, false, "decoded"},
		{"a word nobody knows", post("application/json", `{"type": "dlr", "id": "m1", "status": "teleported"}`), 1, false, ""},
	} {
		got := b.Read(c.cb)
		if len(got.Events) != c.events || got.Empty != c.empty || got.Unmatched != (c.reason != "") || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: got %+v, want %d events, empty %v, reason %q", c.name, got, c.events, c.empty, c.reason)
		}
		if reply := b.Reply(c.cb, &got); reply.Status != 200 {
			t.Errorf("%s: reply %d", c.name, reply.Status)
		}
	}
	get := post("", "")
	get.Request.Method, get.Request.URL = "GET", get.Request.URL+"?type=dlr&id=m1&status=dlvrd"
	if got := b.Read(get); len(got.Events) != 1 || got.Events[0].Type != EventDelivered {
		t.Errorf("GET: the query stands for the body: got %+v", got)
	}
	head := post("application/json", in)
	head.Request.Method = "HEAD"
	if got := b.Read(head); !got.Empty {
		t.Errorf("HEAD: got %+v", got)
	}
	wrong := post("application/json", in)
	wrong.Request.Method = "PUT"
	if got := b.Read(wrong); !got.Unmatched || got.Nearest != "/Webhook/0" || !strings.Contains(got.Difference, "POST") {
		t.Errorf("PUT: got %+v", got)
	}
}

func TestAReadingNamesTheNearestModelAndTheFirstDifference(t *testing.T) {
	b := reading(t, twoModels)
	got := b.Read(post("application/json", `{"type": "in", "id": "m1", "from": "+15550002222", "To": "+15550001111"}`))
	if got.Nearest != "/Webhook/0" || !strings.HasPrefix(got.Difference, "/request_parameters/to: ") {
		t.Errorf("got %+v", got)
	}
}

func TestAnExplanationNamesTheWordThatIsMissing(t *testing.T) {
	b := reading(t, `[{"event_key": "sms.in", "event_type": "message", "request_parameters": {"type": "$event_key$", "from": "$from$", "to": "$to$", "text": "$content$"}},
		{"events": {"sent": "messageSent"}, "request_parameters": {"kind": "dlr", "id": "$messageid$", "status": "$event_key$"}}]`)
	got := b.Explain(post("application/json", `{"type": "sms.out", "from": "1", "to": "12345", "text": "x"}`))
	if want := `/request_parameters/type: wants $event_key$ to be "sms.in", and "sms.out" came`; got.Difference != want || got.Nearest != "/Webhook/0" || !got.Reading.Unmatched {
		t.Errorf("got %+v, want %s", got, want)
	}
	got = b.Explain(post("application/json", `{"kind": "dlr", "id": "a", "status": "odd"}`))
	if v := got.Order[1]; v.Pointer != "/Webhook/1" || !v.Took || got.Reading.Unmatched || got.Reading.Events[0].Note == "" {
		t.Errorf("a word nobody knows: got %+v", got)
	}
}

func TestTheReplyIsAnObjectOnlyToJSON(t *testing.T) {
	b := reading(t, twoModels)
	for _, c := range []struct{ contentType, want string }{
		{"application/json", `{"result": {}}`}, {"application/json; charset=utf-8", `{"result": {}}`}, {"application/x-www-form-urlencoded", ""}, {"text/xml", ""}, {"", ""},
	} {
		cb := post(c.contentType, "type=x")
		r := b.Read(cb)
		if got := b.Reply(cb, &r); string(got.Body) != c.want {
			t.Errorf("%q: got %q, want %q", c.contentType, got.Body, c.want)
		}
	}
}

func TestNumbersAreFoundInAnySpelling(t *testing.T) {
	b := reading(t, `[{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$"}}]`)
	for _, c := range []struct{ from, to, wantFrom, wantTo string }{
		{"+1 (555) 000-2222", "1-555-000-1111", "+15550002222", "+15550001111"},
		{"15550002222", "5550001111", "+15550002222", "+15550001111"},
		{"0855555555", "0412345678", "+61855555555", "+61412345678"},
		{"0061855555555", "61412345678", "+61855555555", "+61412345678"},
		{"ACME", "12345", "ACME", "12345"},
		{"777", "+61 412 345 678", "777", "+61412345678"},
	} {
		got := b.Read(post("application/json", `{"from": "`+c.from+`", "to": "`+c.to+`", "text": "x"}`))
		if len(got.Events) != 1 || got.Events[0].From != c.wantFrom || got.Events[0].To != c.wantTo {
			t.Errorf("%s → %s: got %+v, want %s → %s", c.from, c.to, got, c.wantFrom, c.wantTo)
		}
	}
}

func TestTheURLCarriesTheNumberWhereTheProviderDoesNot(t *testing.T) {
	b := reading(t, `[{"event_type": "message", "request_parameters": {"from": "$from$", "text": "$content$"}}]`)
	cb := post("application/json", `{"from": "5550002222", "text": "x"}`)
	if got := b.Read(cb); !got.Unmatched || len(got.Events) != 0 {
		t.Errorf("without it: got %+v", got)
	}
	cb = post("application/json", `{"from": "5550002222", "text": "x"}`)
	cb.Number = "+15550001111"
	if got := b.Read(cb); len(got.Events) != 1 || got.Events[0].To != "+15550001111" || got.Events[0].From != "+15550002222" {
		t.Errorf("with it: got %+v", got)
	}
}

func TestModelsAreTriedFromTheStrictestOn(t *testing.T) {
	b := reading(t, `[
		{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$"}},
		{"event_type": "messageDelivered", "request_parameters": {"status": "DELIVRD", "id": "$messageid$"}},
		{"event_type": "messageFailed", "request_parameters": {"status": "DELIVRD", "final": "no", "id": "$messageid$"}},
		{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$", "media": ["$urls$"]}},
		{"event_key": "odd", "event_type": "messageRead", "request_parameters": {"status": "$event_key$", "id": "$messageid$"}}]`)
	var order []string
	ex := b.Explain(post("application/json", `{"status": "DELIVRD", "final": "no", "id": "m1", "from": "1", "to": "+15550001111", "text": "x"}`))
	for _, v := range ex.Order {
		order = append(order, v.Pointer)
	}
	if got := strings.Join(order, " "); got != "/Webhook/2 /Webhook/1 /Webhook/4 /Webhook/3 /Webhook/0" {
		t.Errorf("order: %s", got)
	}
	if len(ex.Reading.Events) != 1 || ex.Reading.Events[0].Type != EventFailed {
		t.Errorf("got %+v", ex.Reading)
	}
	if v := ex.Order[0]; !v.Took || v.Literals != 2 || v.Variables != 1 || ex.Order[1].Took || ex.Order[1].Reason == "" {
		t.Errorf("got %+v", ex.Order)
	}
}

func TestABatchIsSharedByTheModels(t *testing.T) {
	b := reading(t, `[
		{"event_type": "message", "request_parameters": [{"type": "in", "id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content?$"}]},
		{"events": {"delivered": "messageDelivered"}, "request_parameters": [{"type": "dlr", "id": "$messageid$", "status": "$event_key$"}]}]`)
	body := `[{"type": "dlr", "id": "a", "status": "delivered"}, {"type": "in", "id": "b", "from": "5550002222", "to": "5550001111", "text": "x"},
		{"type": "call"}, {"type": "dlr", "id": "c", "status": "odd"}]`
	got := b.Read(post("application/json", body))
	var kinds []string
	for _, e := range got.Events {
		kinds = append(kinds, e.MessageID+"="+string(e.Type))
	}
	if s := strings.Join(kinds, " "); s != "b=message a=messageDelivered c=ignore" {
		t.Errorf("got %s", s)
	}
	if !got.Unmatched || got.Reason != "no model reads a part of it" {
		t.Errorf("what nobody reads is not lost: got %+v", got)
	}
	if got := b.Read(post("application/json", `[]`)); got.Unmatched || len(got.Events) != 0 {
		t.Errorf("an empty batch: got %+v", got)
	}
}

func TestEventsHaveKeysToFindRepetitionsBy(t *testing.T) {
	b := reading(t, twoModels)
	key := func(body string) string {
		got := b.Read(post("application/json", body))
		if len(got.Events) != 1 {
			t.Fatalf("%s: %+v", body, got)
		}
		return got.Events[0].Key
	}
	in := `{"type": "in", "id": "m1", "from": "+15550002222", "to": "+15550001111", "text": "hi"}`
	if a, b := key(in), key(strings.Replace(in, "hi", "ho", 1)); a != b || a == "" {
		t.Errorf("one id, one message: %q, %q", a, b)
	}
	if a, b := key(in), key(strings.Replace(in, "+15550001111", "+61412345678", 1)); a == b {
		t.Errorf("two called numbers are two messages: %q", a)
	}
	if a, b := key(`{"type": "dlr", "id": "m1", "status": "sent"}`), key(`{"type": "dlr", "id": "m1", "status": "dlvrd"}`); a == b {
		t.Errorf("two receipts: %q", a)
	}
	noID := reading(t, `[{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$"}}]`)
	if got := noID.Read(post("application/json", `{"from": "1", "to": "12345", "text": "yes"}`)); got.Events[0].Key != "" {
		t.Errorf("without an id every delivery is a message: %q", got.Events[0].Key)
	}
}

func TestReceiptsSpeakOurFiveWords(t *testing.T) {
	b := reading(t, `[{"events": {"QUEUED": "ignore", "SENT": "messageSent", "DELIVRD": "messageDelivered", "UNDELIV": "messageFailed", "READ": "messageRead", "*": "messageSent"},
		"request_parameters": {"id": "$messageid$", "stat": "$event_key|trim|upper$", "err": "$error_code?$", "to": "$to?$", "at": "$timestamp?|unix$"}}]`)
	for _, c := range []struct {
		word, kind, code string
	}{
		{"SENT", "messageSent", ""}, {"delivrd ", "messageDelivered", ""}, {"UNDELIV", "messageFailed", "30003"}, {"READ", "messageRead", ""}, {"QUEUED", "ignore", "30003"}, {"odd", "messageSent", ""},
	} {
		got := b.Read(post("application/json", `{"id": 1234567890123456789012, "stat": "`+c.word+`", "err": 30003, "at": 1767323045}`))
		if len(got.Events) != 1 {
			t.Fatalf("%s: got %+v", c.word, got)
		}
		e := got.Events[0]
		if string(e.Type) != c.kind || e.ErrorCode != c.code || e.MessageID != "1234567890123456789012" || !e.Timestamp.Equal(now) {
			t.Errorf("%s: got %+v", c.word, e)
		}
		if status, receipt := e.Status(); receipt != (c.kind != "ignore") || receipt && status.Rank() < 3 {
			t.Errorf("%s: status %s, %v", c.word, status, receipt)
		}
	}
	noCode := b.Read(post("application/json", `{"id": "a", "stat": "UNDELIV"}`))
	if noCode.Events[0].ErrorCode != "UNDELIV" {
		t.Errorf("a failure without a code has the word as its code: got %+v", noCode.Events[0])
	}
}

func TestPeekNamesOurNumbersAndIdsAndBelievesNothing(t *testing.T) {
	s := load(t, `{"id": "x", "properties": ["Account"], "Webhook": [
		{"event_type": "message", "request_parameters": {"account": "$Account$", "from": "$from$", "to": "$to$", "text": "$content?$"}},
		{"events": {"d": "messageDelivered"}, "request_parameters": {"id": "$messageid$", "ref": "$id?$", "s": "$event_key$", "from": "$from?$", "to": "$to?$"}}]}`)
	for _, c := range []struct {
		body string
		want Peek
	}{
		{`{"account": "whoever", "from": "+15550001111", "to": "(555) 000-1111", "text": "x"}`, Peek{Numbers: ours[:1]}},
		{`{"account": "whoever", "from": "+15550002222", "to": "+15559999999"}`, Peek{}},
		{`{"id": "m1", "ref": "r1", "s": "d", "from": "61412345678", "to": "+15550002222"}`, Peek{Numbers: ours[1:2], MessageIDs: []string{"m1"}, IDs: []string{"r1"}}},
		{`{"id": "m1", "s": "a word nobody knows"}`, Peek{MessageIDs: []string{"m1"}}},
		{`[]`, Peek{}}, {``, Peek{}}, {`{`, Peek{}},
	} {
		if d := cmp.Diff(c.want, s.Peek(post("application/json", c.body))); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.body, d)
		}
	}
	var many strings.Builder
	for i := range 1000 {
		many.WriteString(`{"id": "` + strings.Repeat("x", i) + `", "s": "d"},`)
	}
	batch := load(t, `{"id": "x", "Webhook": [{"events": {"d": "messageDelivered"}, "request_parameters": [{"id": "$messageid$", "s": "$event_key$"}]}]}`)
	if got := batch.Peek(post("application/json", "["+strings.TrimSuffix(many.String(), ",")+"]")); len(got.MessageIDs) > maxPeek {
		t.Errorf("%d look-ups before anything is verified", len(got.MessageIDs))
	}
}

func TestHandshakesAreAnsweredAndGuarded(t *testing.T) {
	b := reading(t, `[{"event_type": "handshake", "request_method": "GET", "request_parameters": {"mode": "subscribe", "token": "$Verify token$", "challenge": "$challenge$"}},
		{"event_type": "handshake", "request_parameters": {"type": "ping", "value": "$challenge$"}, "reply": {"status": 202, "body": {"pong": "$challenge$"}}}]`, "Verify token", "s3cret")
	get := func(query string) *Callback {
		cb := post("", "")
		cb.Request.Method, cb.Request.URL = "GET", cb.Request.URL+"?"+query
		return cb
	}
	r := b.Handshake(get("mode=subscribe&token=s3cret&challenge=%3Cb%3E"))
	if r == nil || r.Status != 200 || string(r.Body) != "<b>" || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %+v", r)
	}
	if r := b.Handshake(get("mode=subscribe&token=other&challenge=x")); r != nil {
		t.Errorf("a stranger: got %+v", r)
	}
	if r := b.Handshake(get("mode=subscribe&token=s3cret&challenge=" + strings.Repeat("x", 5000))); len(r.Body) > maxChallenge {
		t.Errorf("%d bytes were said back to a stranger", len(r.Body))
	}
	if r := b.Handshake(post("application/json", `{"type": "ping", "value": "\"quoted\""}`)); r == nil || r.Status != 202 || string(r.Body) != `{"pong":"\"quoted\""}` {
		t.Errorf("got %+v", r)
	}
	if r := b.Handshake(post("application/json", `{"type": "message"}`)); r != nil {
		t.Errorf("no handshake: got %+v", r)
	}
}

func TestRepliesAreWrittenAsTheFileSays(t *testing.T) {
	b := reading(t, `{"reply": {"status": 202, "content_type": "text/plain", "body": "OK",
			"outcomes": {"unmatched": {"status": 299}, "mms": {"status": 208}, "typing": {"status": 204}}},
		"events": [
			{"events": {"t1": "typing", "t2": "message", "t3": "messageRead"}, "request_parameters": {"table": "$event_key$", "from": "$from$", "to": "$to$", "text": "$content?$", "id": "$messageid?$"},
			 "reply": {"outcomes": {"messageRead": {"status": 206, "body": "$event_key$ $messageid$"}}}},
			{"event_type": "message", "request_parameters": {"t": "in", "from": "$from$", "to": "$to$", "text": "$content$", "id": "$messageid$"},
			 "reply": {"content_type": "text/xml", "headers": {"X-Id": "$messageid$"}, "body": {"ok": {"@id": "$messageid$", "#text": "$content$"}}}},
			{"event_type": "messageDelivered", "request_parameters": {"t": "dlr", "id": "$messageid$"}}]}`)
	for _, c := range []struct {
		body, reply, contentType, header string
		status                           int
	}{
		{`{"t": "in", "from": "1", "to": "12345", "text": "<&>", "id": "a\"b"}`, `<ok id="a&#34;b">&lt;&amp;&gt;</ok>`, "text/xml", `a"b`, 200},
		{`{"t": "in", "from": "1", "to": "12345", "text": "x", "id": "a\r\nX: y"}`, `{"result": {}}`, "application/json", "", 200},
		{`{"t": "dlr", "id": "a"}`, "OK", "text/plain", "", 202},
		{`{"t": "odd"}`, "", "", "", 299},
		{`not JSON`, "", "", "", 299},
		{`{"table": "t1", "from": "1", "to": "12345"}`, "", "", "", 204},
		{`{"table": "t2", "from": "1", "to": "12345", "text": "x"}`, "", "", "", 208},
		{`{"table": "t3", "from": "1", "to": "12345", "id": "$to$"}`, "t3 $to$", "text/plain", "", 206},
		{`{"table": "t4", "from": "1", "to": "12345", "id": "$to$"}`, "OK", "text/plain", "", 202},
	} {
		cb := post("application/json", c.body)
		r := b.Read(cb)
		got := b.Reply(cb, &r)
		body := string(got.Body)
		if i := strings.Index(body, "?>"); i >= 0 {
			body = strings.TrimSpace(body[i+2:])
		}
		body = strings.ReplaceAll(body, "&quot;", "&#34;")
		if got.Status != c.status || body != c.reply || !strings.HasPrefix(got.Header.Get("Content-Type"), c.contentType) || got.Header.Get("X-Id") != c.header {
			t.Errorf("%s: got %d %q %v, want %d %q", c.body, got.Status, body, got.Header, c.status, c.reply)
		}
	}
}

// A provider may send all of its lists in every callback, most of them empty.
func TestAnEmptyListTakesNothingFromTheOtherModels(t *testing.T) {
	b := reading(t, `[
		{"event_type": "message", "request_parameters": {"messages": [{"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}]}},
		{"event_type": "messageDelivered", "request_parameters": {"statuses": [{"id": "$messageid$", "status": "delivered"}]}}]`)
	for _, c := range []struct {
		body      string
		events    int
		kind      EventType
		unmatched bool
	}{
		{`{"messages": [], "statuses": [{"id": "m1", "status": "delivered"}]}`, 1, EventDelivered, false},
		{`{"messages": [{"id": "m1", "from": "1", "to": "12345", "text": "x"}], "statuses": []}`, 1, EventMessage, false},
		{`{"messages": [], "statuses": []}`, 0, "", false},
		{`{"messages": []}`, 0, "", false},
		{`{"messages": [], "statuses": [{"id": "m1", "status": "odd"}]}`, 0, "", false},
	} {
		cb := post("application/json", c.body)
		got := b.Read(cb)
		if len(got.Events) != c.events || got.Unmatched != c.unmatched || c.events > 0 && got.Events[0].Type != c.kind {
			t.Errorf("%s: got %+v", c.body, got)
		}
		if x := b.Explain(post("application/json", c.body)); len(x.Reading.Events) != c.events || len(x.Order) != 2 {
			t.Errorf("%s: explained as %+v", c.body, x)
		}
		if p := b.Peek(post("application/json", c.body)); len(p.MessageIDs) != map[EventType]int{EventDelivered: 1}[c.kind] {
			t.Errorf("%s: peeked %+v", c.body, p)
		}
	}
}

func TestQueryAndHeadersBindToo(t *testing.T) {
	b := reading(t, `[{"event_type": "message", "headers": {"x-provider-event": "sms", "X-Request-Id": "$messageid$"}, "query": {"line": "$to$"},
		"request_parameters": {"from": "$from$", "text": "$content$"}}]`)
	cb := post("application/json", `{"from": "5550002222", "text": "x"}`)
	cb.Request.URL += "?line=12345&other=1"
	cb.Request.Header.Set("X-Provider-Event", "sms")
	cb.Request.Header.Set("X-Request-Id", "r-9")
	got := b.Read(cb)
	if len(got.Events) != 1 || got.Events[0].To != "12345" || got.Events[0].MessageID != "r-9" {
		t.Errorf("got %+v", got)
	}
	cb.Request.Header.Set("X-Provider-Event", "call")
	if got := b.Read(cb); !got.Unmatched || !strings.HasPrefix(got.Difference, "/headers/X-Provider-Event") {
		t.Errorf("got %+v", got)
	}
}

func TestFilesKeepTheirTypesAndNames(t *testing.T) {
	b := reading(t, `[{"event_type": "mms", "request_parameters": {"from": "$from$", "to": "$to$", "media": [{"url": "$urls?$", "type": "$mimetype?$", "name": "$filename?$"}], "inline": [{"data": "$file?|base64$"}], "ref": "$mediaid?$"}}]`)
	got := b.Read(post("application/json", `{"from": "1", "to": "12345", "media": [{"url": "https://f/1", "type": "image/png"}, {"url": "javascript:alert(1)"}, {"url": "https://f/2", "name": "b.pdf"}], "inline": [{"data": "aGk="}], "ref": "media-7"}`))
	if len(got.Events) != 1 {
		t.Fatalf("got %+v", got)
	}
	var seen []string
	for _, f := range got.Events[0].Files {
		seen = append(seen, f.URL+f.MediaID+"|"+string(f.Data))
	}
	if s := strings.Join(seen, " "); s != "https://f/1| https://f/2| |hi media-7|" {
		t.Errorf("got %s", s)
	}
	if f := got.Events[0].Files; f[0].MediaType != "image/png" || f[0].Name != "" || f[1].Name != "b.pdf" || f[1].MediaType != "" {
		t.Errorf("got %+v", f)
	}
}

func TestACallbackIsDecodedOnce(t *testing.T) {
	b := reading(t, twoModels)
	cb := post("application/json", `{"type": "dlr", "id": "m1", "status": "dlvrd"}`)
	first := cb.decode()
	b.Peek(cb)
	b.Read(cb)
	if cb.decode() != first {
		t.Error("the body was decoded twice")
	}
}

func TestTheModelWhoseWordFitsIsNearestWhateverElseFits(t *testing.T) {
	b := reading(t, `[
		{"event_key": "in", "event_type": "message", "request_parameters": {"kind": "$event_key$", "source": "$from$", "dest": "$to$", "text": "$content$"}},
		{"event_key": "dlr", "event_type": "messageDelivered", "request_parameters": {"kind": "$event_key$", "from": "$from$", "to": "$to$", "at": "$timestamp$", "v": "1", "id": "$messageid$"}},
		{"events": {"opened": "messageRead"}, "request_parameters": {"n": {"what": "is $event_key$."}, "number": "$messageid$"}}]`)
	for body, want := range map[string]string{
		`{"kind": "in", "from": "+15550002222", "to": "+15550001111", "at": "now", "v": "1", "text": "hi"}`:              "/Webhook/0",
		`{"kind": "dlr", "source": "+15550002222", "dest": "+15550001111", "text": "hi"}`:                                "/Webhook/1",
		`{"n": {"what": "is opened."}, "from": "+15550002222", "to": "+15550001111", "at": "now", "v": "1"}`:             "/Webhook/2",
		`{"n": {"what": "is closed."}, "from": "+15550002222", "to": "+15550001111", "at": "now", "v": "1", "id": "m1"}`: "/Webhook/1",
	} {
		got := b.Read(post("application/json", body))
		if got.Nearest != want || !got.Unmatched {
			t.Errorf("%s: nearest %s (%s), want %s", body, got.Nearest, got.Difference, want)
		}
	}
}
