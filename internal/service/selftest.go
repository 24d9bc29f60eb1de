package service

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/phone"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// TestResult is what one test inside the file showed.
type TestResult struct {
	Name     string    `json:"name"`
	Pointer  string    `json:"pointer"`
	Failures []Failure `json:"failures,omitempty"`
}

// Passed reports whether everything was as the test wants it.
func (r *TestResult) Passed() bool { return len(r.Failures) == 0 }

// Failure is one difference between what a test wants and what it got.
type Failure struct {
	Pointer string `json:"pointer"` // of the wanted value inside the file
	Want    string `json:"want"`
	Got     string `json:"got"`
	Message string `json:"message,omitempty"`
}

func (f Failure) String() string {
	if f.Message != "" {
		return f.Message
	}
	return fmt.Sprintf("want %s, got %s", f.Want, f.Got)
}

// Failed is every failure as a problem of the file.
func Failed(results []TestResult) Problems {
	var ps Problems
	for _, r := range results {
		for _, f := range r.Failures {
			ps = append(ps, Problem{Pointer: f.Pointer, Message: fmt.Sprintf("test %q: %s", r.Name, f)})
		}
	}
	return ps
}

var (
	testMembers = []string{
		"name", "properties", "now", "send", "request", "requests", "response", "responses", "result",
		"webhook", "numbers", "sign", "verified", "events", "unmatched", "reply",
	}
	testSendMembers = []string{
		"from", "to", "content", "text", "url", "urls", "files", "extension", "domain", "username", "orgid", "id", "webhook_url", "country",
		"format", "created", "uuid",
	}
	testFileMembers    = []string{"url", "name", "type"}
	testRequestMembers = []string{"method", "url", "headers", "body"}
	testAnswerMembers  = []string{"status", "headers", "body"}
	testResultMembers  = []string{
		"outcome", "messageid", "messageids", "error_code", "error_text", "retry_after", "opted_out", "auth_expired",
	}
	testWebhookMembers = []string{"method", "url", "query", "number", "headers", "body"}
	testEventMembers   = []string{
		"type", "from", "to", "also_to", "content", "urls", "types", "names", "mediaids", "messageid", "id", "event_key", "error_code",
		"error_text", "timestamp", "part", "parts", "part_ref",
	}
	testReplyMembers = []string{"status", "content_type", "headers", "body"}
)

// tests checks the shape of the tests; RunTests runs them.
func (l *loader) tests(v tree.Value) {
	if v.Kind() == tree.Absent {
		l.warn("/tests", "the file has no tests, so nothing shows that it does what its provider wants")
		return
	}
	if v.Kind() != tree.List {
		l.fail("/tests", "this must be a list of tests, not %s", kindName(v))
		return
	}
	for i, t := range v.List() {
		ptr := pointer("/tests", i)
		if !l.object(t, ptr, testMembers) {
			continue
		}
		send, hook := t.Get("send"), t.Get("webhook")
		switch {
		case send.Kind() == tree.Absent && hook.Kind() == tree.Absent:
			l.fail(ptr, `a test has a "send" (a message of ours) or a "webhook" (a callback of the provider)`)
		case send.Kind() != tree.Absent && hook.Kind() != tree.Absent:
			l.fail(ptr, `"send" and "webhook" are two tests`)
		}
		for _, part := range []struct {
			name  string
			known []string
		}{
			{"send", testSendMembers}, {"request", testRequestMembers}, {"response", testAnswerMembers}, {"result", testResultMembers},
			{"webhook", testWebhookMembers}, {"reply", testReplyMembers},
		} {
			if p := t.Get(part.name); p.Kind() != tree.Absent {
				l.object(p, pointer(ptr, part.name), part.known)
			}
		}
		for j, f := range send.Get("files").List() {
			l.object(f, pointer(pointer(ptr+"/send", "files"), j), testFileMembers)
		}
		for _, part := range []struct {
			name  string
			known []string
		}{{"requests", testRequestMembers}, {"responses", testAnswerMembers}, {"events", testEventMembers}} {
			p, at := t.Get(part.name), pointer(ptr, part.name)
			if p.Kind() != tree.Absent && p.Kind() != tree.List {
				l.fail(at, "this must be a list, not %s", kindName(p))
			}
			for j, e := range p.List() {
				l.object(e, pointer(at, j), part.known)
			}
		}
	}
	l.svc.program.tests = v
}

// RunTests runs the tests that the file carries, offline.
func RunTests(s *Service) []TestResult {
	var out []TestResult
	for i, t := range s.program.tests.List() {
		r := &testRun{
			service: s, test: t,
			result: TestResult{Name: t.Get("name").Text(), Pointer: pointer("/tests", i)},
		}
		if r.result.Name == "" {
			r.result.Name = strconv.Itoa(i)
		}
		r.run()
		out = append(out, r.result)
	}
	return out
}

// testNow is the time where a test says none.
var testNow = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const testURL = "https://patchbay.example.com/services/"

type testRun struct {
	service *Service
	bound   *Bound
	test    tree.Value
	now     time.Time
	result  TestResult
}

func (r *testRun) fail(at string, want, got any) {
	r.result.Failures = append(r.result.Failures, Failure{Pointer: r.result.Pointer + at, Want: show(want), Got: show(got)})
}

func (r *testRun) broken(at, format string, args ...any) {
	r.result.Failures = append(r.result.Failures, Failure{Pointer: r.result.Pointer + at, Message: fmt.Sprintf(format, args...)})
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case tree.Value:
		if v.Kind() == tree.Absent {
			return "nothing"
		}
		return string(wire.AppendJSON(nil, v))
	}
	return fmt.Sprint(v)
}

// same compares a wanted text, when the test wants one.
func (r *testRun) same(at string, want tree.Value, got string) {
	if want.Kind() == tree.Absent {
		return
	}
	if text, scalar := want.Scalar(); want.Kind() != tree.Null && (!scalar || text != got) || want.Kind() == tree.Null && got != "" {
		if scalar {
			r.fail(at, text, got)
		} else {
			r.fail(at, want, got)
		}
	}
}

func (r *testRun) sameList(at string, want tree.Value, got []string) {
	if want.Kind() == tree.Absent {
		return
	}
	wanted := texts(want)
	if strings.Join(wanted, "\x00") != strings.Join(got, "\x00") || len(wanted) != len(got) {
		r.fail(at, fmt.Sprintf("%q", wanted), fmt.Sprintf("%q", got))
	}
}

func (r *testRun) run() {
	r.now = testNow
	if now := r.test.Get("now"); now.Kind() != tree.Absent {
		t, err := time.Parse(time.RFC3339, now.Text())
		if err != nil {
			r.broken("/now", "%s is no time; write it like \"2026-01-01T00:00:00Z\"", show(now))
			return
		}
		r.now = t
	}
	props := map[string]string{}
	for _, m := range r.test.Get("properties").Members() {
		if _, known := r.service.property(m.Name); !known {
			r.broken(pointer("/properties", m.Name), "the file has no property of this name%s", hint(m.Name, r.service.names.propertyNames()))
		}
		props[m.Name] = m.Value.Text()
	}
	for _, p := range r.service.Properties { // what a test does not care about
		if props[p.Name] == "" && !p.Optional && p.Default == "" {
			props[p.Name] = "test"
			if len(p.Choices) > 0 {
				props[p.Name] = p.Choices[0]
			} else if r.service.standsForHost(p.Name) {
				props[p.Name] = "https://api.example.com"
			}
		}
	}
	var err error
	if r.bound, err = r.service.Bind(props); err != nil {
		r.broken("/properties", "%v", err)
		return
	}
	if r.test.Get("send").Kind() != tree.Absent {
		r.runSend()
	} else {
		r.runWebhook()
	}
}

// standsForHost reports whether a property is the scheme and host of a request.
func (s *Service) standsForHost(name string) bool {
	for _, m := range s.methods() {
		if m.url.base >= 0 && s.names.propertyOf(m.url.base).Name == name {
			return true
		}
	}
	return false
}

func (r *testRun) sending() *Sending {
	v := r.test.Get("send")
	m := &Sending{
		From: v.Get("from").Text(), To: v.Get("to").Text(), Text: v.Get("content").Text(), Extension: v.Get("extension").Text(),
		Domain: v.Get("domain").Text(), Username: v.Get("username").Text(), OrgID: v.Get("orgid").Text(), ID: v.Get("id").Text(),
		WebhookURL: v.Get("webhook_url").Text(), Country: v.Get("country").Text(), OutboundFormat: v.Get("format").Text(), Created: r.now,
	}
	if m.Text == "" {
		m.Text = v.Get("text").Text()
	}
	if m.ID == "" {
		m.ID = "00000000-0000-7000-8000-000000000001"
	}
	if m.WebhookURL == "" {
		m.WebhookURL = testURL + r.service.ID + "/a1"
	}
	if created := v.Get("created"); created.Kind() != tree.Absent {
		m.Created = timeOf(created.Text())
	}
	if m.Country == "" {
		m.Country = phone.Country(m.From)
	}
	m.Encoding, m.Segments, _ = phone.Segments(m.Text)
	for _, u := range append(texts(v.Get("url")), texts(v.Get("urls"))...) {
		m.Files = append(m.Files, File{URL: u})
	}
	for _, f := range v.Get("files").List() {
		m.Files = append(m.Files, File{URL: f.Get("url").Text(), Name: f.Get("name").Text(), MediaType: f.Get("type").Text()})
	}
	return m
}

func (r *testRun) runSend() {
	m := r.sending()
	at := Attempt{Now: r.now, UUID: r.test.Get("send").Get("uuid").Text()}
	if at.UUID == "" {
		at.UUID = "00000000-0000-4000-8000-000000000001"
	}
	parts, err := r.bound.Parts(m)
	if err != nil {
		r.broken("/send", "the message cannot be sent: %v", err)
		return
	}
	wanted, place := r.test.Get("requests").List(), "/requests/"
	if one := r.test.Get("request"); one.Kind() != tree.Absent {
		wanted, place = []tree.Value{one}, ""
	}
	if len(wanted) > 0 && len(wanted) != parts {
		r.fail("/request", fmt.Sprintf("%d requests", len(wanted)), fmt.Sprintf("%d requests", parts))
	}
	for part := range parts {
		req, err := r.bound.Request(m, part, at)
		if err != nil {
			r.broken("/send", "the request cannot be written: %v", err)
			return
		}
		if part < len(wanted) {
			where := "/request"
			if place != "" {
				where = place + strconv.Itoa(part)
			}
			r.request(where, wanted[part], req)
		}
	}
	answers := r.test.Get("responses").List()
	if one := r.test.Get("response"); one.Kind() != tree.Absent {
		answers = []tree.Value{one}
	}
	for part, answer := range answers {
		if part >= parts {
			r.broken("/responses", "there are more responses than requests")
			return
		}
		got := r.bound.Response(m, part, testResponse(answer), r.now)
		if part == len(answers)-1 {
			want := r.test.Get("result")
			r.same("/result/outcome", want.Get("outcome"), string(got.Outcome))
			r.same("/result/messageid", want.Get("messageid"), strings.Join(got.MessageIDs, ","))
			r.sameList("/result/messageids", want.Get("messageids"), got.MessageIDs)
			r.same("/result/error_code", want.Get("error_code"), got.ErrorCode)
			r.same("/result/error_text", want.Get("error_text"), got.ErrorText)
			r.same("/result/retry_after", want.Get("retry_after"), strconv.FormatFloat(got.RetryAfter.Seconds(), 'f', -1, 64))
			r.same("/result/opted_out", want.Get("opted_out"), strconv.FormatBool(got.OptedOut))
			r.same("/result/auth_expired", want.Get("auth_expired"), strconv.FormatBool(got.AuthFailed))
		}
	}
}

func testHeaders(v tree.Value) http.Header {
	h := http.Header{}
	for _, m := range v.Members() {
		h[http.CanonicalHeaderKey(m.Name)] = texts(m.Value)
	}
	return h
}

// testBody is a body as bytes: text as it stands, anything else as its content type says, JSON where none does.
func testBody(v tree.Value, h http.Header) ([]byte, error) {
	if v.Kind() == tree.Absent {
		return nil, nil
	}
	if v.Kind() == tree.String {
		return []byte(v.Text()), nil
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	body, contentType, err := wire.Encode(h.Get("Content-Type"), v)
	h.Set("Content-Type", contentType)
	return body, err
}

func testResponse(v tree.Value) *wire.Response {
	r := &wire.Response{Status: http.StatusOK, Header: testHeaders(v.Get("headers"))}
	if status, err := strconv.Atoi(v.Get("status").Text()); err == nil {
		r.Status = status
	}
	r.Body, _ = testBody(v.Get("body"), r.Header)
	return r
}

func (r *testRun) request(at string, want tree.Value, got *wire.Request) {
	r.same(at+"/method", want.Get("method"), got.Method)
	r.same(at+"/url", want.Get("url"), got.URL)
	r.headers(at+"/headers", want.Get("headers"), got.Header)
	r.body(at+"/body", want.Get("body"), got.Header.Get("Content-Type"), got.Body)
}

// headers compares the headers that the test names; null wants none of that name.
func (r *testRun) headers(at string, want tree.Value, got http.Header) {
	for _, m := range want.Members() {
		r.same(pointer(at, m.Name), m.Value, got.Get(m.Name))
	}
}

// body compares text as bytes, and anything else as what it means: members in any order.
func (r *testRun) body(at string, want tree.Value, contentType string, got []byte) {
	switch want.Kind() {
	case tree.Absent:
	case tree.String, tree.Null:
		r.same(at, want, string(got))
	default:
		v, err := wire.Decode(contentType, got, wire.Limits{})
		if err != nil {
			r.broken(at, "the body is not what its content type says: %v", err)
		} else {
			r.value(at, want, v, wire.FormatOf(contentType) == wire.JSON)
		}
	}
}

// value compares two values and fails at the first place where they differ.
func (r *testRun) value(at string, want, got tree.Value, typed bool) bool {
	switch {
	case want.Kind() == tree.Object && got.Kind() == tree.Object:
		for _, m := range want.Members() {
			if !r.value(pointer(at, m.Name), m.Value, all(got, m.Name), typed) {
				return false
			}
		}
		for _, m := range got.Members() {
			if want.Get(m.Name).Kind() == tree.Absent {
				r.fail(pointer(at, m.Name), tree.Value{}, m.Value)
				return false
			}
		}
		return true
	case want.Kind() == tree.List && got.Kind() == tree.List && len(want.List()) == len(got.List()):
		for i, e := range want.List() {
			if !r.value(pointer(at, i), e, got.List()[i], typed) {
				return false
			}
		}
		return true
	case want.Kind() == tree.List && len(want.List()) == 1 && !typed:
		return r.value(pointer(at, 0), want.List()[0], got, typed)
	}
	a, aScalar := want.Scalar()
	b, bScalar := got.Scalar()
	if aScalar && bScalar && a == b && (!typed || want.Kind() == got.Kind()) || want.Kind() == tree.Null && got.Kind() == tree.Null {
		return true
	}
	r.fail(at, want, got)
	return false
}

// all is the value of a member, or the list of its values where a form repeats it.
func all(v tree.Value, name string) tree.Value {
	var list []tree.Value
	for _, m := range v.Members() {
		if m.Name == name {
			list = append(list, m.Value)
		}
	}
	switch len(list) {
	case 0:
		return tree.Value{}
	case 1:
		return list[0]
	}
	return tree.ListOf(list...)
}

func (r *testRun) callback() (*Callback, error) {
	v := r.test.Get("webhook")
	cb := &Callback{Now: r.now, Number: v.Get("number").Text()}
	cb.Request = wire.Request{Method: v.Get("method").Text(), URL: v.Get("url").Text(), Header: testHeaders(v.Get("headers"))}
	if cb.Request.Method == "" {
		cb.Request.Method = http.MethodPost
	}
	if cb.Request.URL == "" {
		cb.Request.URL = testURL + r.service.ID + "/a1"
	}
	switch q := v.Get("query"); q.Kind() {
	case tree.Absent:
	case tree.String:
		cb.Request.URL += "?" + q.Text()
	default:
		query, err := wire.EncodeQuery(q)
		if err != nil {
			return nil, err
		}
		cb.Request.URL += "?" + query
	}
	var err error
	if cb.Request.Body, err = testBody(v.Get("body"), cb.Request.Header); err != nil {
		return nil, err
	}
	if ours := r.test.Get("numbers"); ours.Kind() != tree.Absent {
		var list []Number
		for _, n := range texts(ours) {
			list = append(list, Number{Value: n, Country: phone.Country(n)})
		}
		cb.Numbers = NewNumbers(list)
	}
	return cb, nil
}

func (r *testRun) runWebhook() {
	cb, err := r.callback()
	if err == nil && r.test.Get("sign").Text() == "true" {
		err = r.bound.Sign(cb)
	}
	if err != nil {
		r.broken("/webhook", "the callback cannot be made: %v", err)
		return
	}
	if shaken := r.bound.Handshake(cb); shaken != nil {
		r.reply(shaken)
		return
	}
	if want := r.test.Get("verified"); want.Kind() != tree.Absent || r.test.Get("sign").Text() == "true" {
		err := r.bound.Verify(cb)
		if (err == nil) == (want.Text() == "false") {
			got := "verified"
			if err != nil {
				got = err.Error()
			}
			r.fail("/verified", want, got)
		}
		if err != nil {
			return
		}
	}
	reading := r.bound.Read(cb)
	if want := r.test.Get("unmatched"); want.Kind() != tree.Absent {
		r.same("/unmatched", want, strconv.FormatBool(reading.Unmatched))
	} else if reading.Unmatched {
		r.broken("/webhook", "%s", strings.TrimSpace(strings.Join([]string{reading.Reason, reading.Nearest, reading.Difference}, " ")))
	}
	if want := r.test.Get("events"); want.Kind() != tree.Absent {
		r.events(want.List(), reading.Events)
	}
	r.reply(r.bound.Reply(cb, &reading))
}

func (r *testRun) events(want []tree.Value, got []Event) {
	if len(want) != len(got) {
		r.fail("/events", fmt.Sprintf("%d events", len(want)), fmt.Sprintf("%d events", len(got)))
	}
	for i := range min(len(want), len(got)) {
		w, e, at := want[i], &got[i], pointer("/events", i)
		kind := w.Get("type")
		if kind.Text() == "mms" && e.Type == EventMessage && len(e.Files) > 0 {
			kind = tree.Text(string(EventMessage))
		}
		r.same(at+"/type", kind, string(e.Type))
		for _, row := range []struct{ name, got string }{
			{"from", e.From}, {"to", e.To}, {"content", e.Content}, {"messageid", e.MessageID}, {"id", e.ID}, {"event_key", e.Word},
			{"error_code", e.ErrorCode}, {"error_text", e.ErrorText}, {"part_ref", e.PartRef},
			{"part", strconv.Itoa(e.Part)}, {"parts", strconv.Itoa(e.Parts)}, {"timestamp", moment(e.Timestamp).Text()},
		} {
			r.same(pointer(at, row.name), w.Get(row.name), row.got)
		}
		r.sameList(at+"/also_to", w.Get("also_to"), e.AlsoTo)
		for _, row := range []struct {
			name string
			of   func(*File) string
		}{
			{"urls", func(f *File) string { return f.URL }}, {"types", func(f *File) string { return f.MediaType }},
			{"names", func(f *File) string { return f.Name }}, {"mediaids", func(f *File) string { return f.MediaID }},
		} {
			var list []string
			for j := range e.Files {
				if s := row.of(&e.Files[j]); s != "" {
					list = append(list, s)
				}
			}
			r.sameList(pointer(at, row.name), w.Get(row.name), list)
		}
	}
}

func (r *testRun) reply(got *wire.Response) {
	want := r.test.Get("reply")
	r.same("/reply/status", want.Get("status"), strconv.Itoa(got.Status))
	r.same("/reply/content_type", want.Get("content_type"), got.Header.Get("Content-Type"))
	r.headers("/reply/headers", want.Get("headers"), got.Header)
	r.body("/reply/body", want.Get("body"), got.Header.Get("Content-Type"), got.Body)
}

// Check is Parse and the tests inside the file: what an upload must pass.
func Check(data []byte) (*Service, Problems) {
	s, problems := Parse(data)
	if s == nil {
		return nil, problems
	}
	problems = append(problems, Failed(RunTests(s))...)
	if problems.Err() != nil {
		return nil, problems
	}
	return s, problems
}
