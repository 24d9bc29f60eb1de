package service

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/message"
	"patchbay/internal/wire"
)

// answering is a service that sends {"to": …} and has the given members to read answers with.
func answering(t *testing.T, members string) *Bound {
	t.Helper()
	return bind(t, `{"id": "x", "API": {"SendMessage": {"request_url": "https://api.example.com/m",
		"request_parameters": {"to": "$to$", "text": "$content$"}, `+members+`}}}`, nil)
}

func answered(status int, body string, header ...string) *wire.Response {
	r := &wire.Response{Status: status, Body: []byte(body), Header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

var text = &Sending{ID: "m1", From: "+15550001111", To: "+15550002222", Text: "x"}

func TestWhereTheFileSaysNothingTheStatusDecides(t *testing.T) {
	mapped, strict := answering(t, `"response_map": {"id": "$messageid$"}`),
		answering(t, `"response_map": {"id": "$messageid$"}, "responses": [{"status": 418, "outcome": "refused"}]`)
	for _, c := range []struct {
		name string
		b    *Bound
		r    *wire.Response
		want message.Outcome
		ids  string
	}{
		{"2xx with the id", mapped, answered(200, `{"id": "a"}`), message.Accepted, "a"},
		{"202 with the id", mapped, answered(202, `{"id": "a"}`), message.Accepted, "a"},
		{"2xx without the id", mapped, answered(200, `{}`), message.Accepted, ""},
		{"2xx of HTML", mapped, answered(200, `<html>ok</html>`, "Content-Type", "text/html"), message.Accepted, ""},
		{"2xx of broken JSON", mapped, answered(200, `{"id": `, "Content-Type", "application/json"), message.Accepted, ""},
		{"2xx of nothing", mapped, answered(204, ``), message.Accepted, ""},
		{"2xx without the id, where the file says how answers look", strict, answered(200, `{}`), message.Maybe, ""},
		{"2xx with the id, where the file says how answers look", strict, answered(200, `{"id": "a"}`), message.Accepted, "a"},
		{"null for an id", mapped, answered(200, `{"id": null}`), message.Accepted, ""},
		{"a list for an id", mapped, answered(200, `{"id": {"x": 1}}`), message.Accepted, ""},
		{"20 digits", mapped, answered(200, `{"id": 12345678901234567890}`), message.Accepted, "12345678901234567890"},
		{"digits that a float would spoil", mapped, answered(200, `{"id": 23434}`), message.Accepted, "23434"},
		{"10 KB for an id", mapped, answered(200, `{"id": "`+strings.Repeat("x", 10_000)+`"}`), message.Accepted, ""},
		{"a repeated key", mapped, answered(200, `{"id": "a", "id": "b"}`), message.Accepted, "b"},
		{"a byte order mark", mapped, answered(200, "\xef\xbb\xbf"+`{"id": "a"}`), message.Accepted, "a"},
		{"not UTF-8", mapped, answered(200, "{\"id\": \"a\xff\"}"), message.Accepted, "a\ufffd"},
		{"UTF-16", mapped, answered(200, "\xff\xfe{\x00\"\x00i\x00d\x00\"\x00:\x001\x00}\x00", "Content-Type", "application/json"), message.Accepted, "1"},
		{"request timeout", mapped, answered(408, ``), message.Busy, ""},
		{"too early", mapped, answered(425, ``), message.Busy, ""},
		{"too many requests", mapped, answered(429, ``), message.Busy, ""},
		{"server error", mapped, answered(500, ``), message.Busy, ""},
		{"unavailable", mapped, answered(503, ``), message.Busy, ""},
		{"some other 5xx", mapped, answered(520, ``), message.Busy, ""},
		{"bad gateway", mapped, answered(502, ``), message.Maybe, ""},
		{"gateway timeout", mapped, answered(504, ``), message.Maybe, ""},
		{"redirect", mapped, answered(302, ``, "Location", "https://elsewhere.example.com"), message.Refused, ""},
		{"bad request", mapped, answered(400, ``), message.Refused, ""},
		{"not found", mapped, answered(404, ``), message.Refused, ""},
		{"cut off", mapped, &wire.Response{Status: 200, Body: []byte(`{"id": "a"}`), Cut: true}, message.Maybe, ""},
	} {
		got := c.b.Response(text, 0, c.r, now)
		if got.Outcome != c.want || strings.Join(got.MessageIDs, ",") != c.ids {
			t.Errorf("%s: got %s %q, want %s %q", c.name, got.Outcome, got.MessageIDs, c.want, c.ids)
		}
		if got.Outcome == message.Accepted && c.ids == "" && got.Warning == "" {
			t.Errorf("%s: accepted without an id, and no warning", c.name)
		}
		if got.Outcome != message.Accepted && (got.ErrorCode == "" || got.ErrorText == "") {
			t.Errorf("%s: nobody can see why: %+v", c.name, got)
		}
	}
}

func TestTheFileDecidesBeforeTheStatus(t *testing.T) {
	vonage := `"responses": [
		{"status": "2xx", "body": {"messages": [{"status": "0", "message-id": "$messageid$"}]}, "outcome": "accepted"},
		{"body": {"messages": [{"status": "$error_code$", "error-text": "$error_text$"}]}, "outcomes": {"1": "busy", "*": "refused"}}]`
	table := `"response_map": {"id": "$messageid$"}, "responses": [{"status": ["4xx", "5xx"], "body": {"code": "$error_code$", "id": "$messageid?$", "wait": "$retry_after?$"},
		"outcomes": {"21610": "opted_out", "20429": "busy", "401": "auth_expired", "7": "unclear"}}]`
	for _, c := range []struct {
		name, members string
		r             *wire.Response
		want          message.Result
	}{
		{"failure inside a 200", `"responses": [{"body": {"success": false}, "outcome": "refused"}], "response_map": {"id": "$messageid$"}`,
			answered(200, `{"success": false}`), message.Result{Outcome: message.Refused, ErrorCode: "http_200", ErrorText: "the provider answered 200 OK"}},
		{"the second entry of two", vonage, answered(200, `{"messages": [{"status": "4", "error-text": "Bad credentials"}]}`),
			message.Result{Outcome: message.Refused, ErrorCode: "4", ErrorText: "Bad credentials"}},
		{"throttled inside a 200", vonage, answered(200, `{"messages": [{"status": "1", "error-text": "Throttled"}]}`),
			message.Result{Outcome: message.Busy, ErrorCode: "1", ErrorText: "Throttled"}},
		{"several parts, all taken", vonage, answered(200, `{"messages": [{"status": "0", "message-id": "a"}, {"status": "0", "message-id": "b"}]}`),
			message.Result{Outcome: message.Accepted, MessageIDs: []string{"a", "b"}}},
		{"an id means that it was taken, whatever else is said", table, answered(503, `{"code": 20429, "id": "a"}`),
			message.Result{Outcome: message.Refused, MessageIDs: []string{"a"}, ErrorCode: "20429", ErrorText: "20429"}},
		{"opted out", table, answered(400, `{"code": 21610}`),
			message.Result{Outcome: message.Refused, OptedOut: true, ErrorCode: "21610", ErrorText: "21610"}},
		{"credentials", table, answered(400, `{"code": 401}`),
			message.Result{Outcome: message.Refused, AuthFailed: true, ErrorCode: "401", ErrorText: "401"}},
		{"unclear by its own word", table, answered(500, `{"code": 7}`),
			message.Result{Outcome: message.Maybe, ErrorCode: "7", ErrorText: "7"}},
		{"a code that the table does not have", table, answered(500, `{"code": 9}`),
			message.Result{Outcome: message.Busy, ErrorCode: "9", ErrorText: "9"}},
		{"a wait in the body", table, answered(429, `{"code": 20429, "wait": 30}`),
			message.Result{Outcome: message.Busy, ErrorCode: "20429", RetryAfter: 30 * time.Second, ErrorText: "20429"}},
		{"text", `"responses": [{"body": {"$match": "^ID: (?P<messageid>\\w+)$"}, "outcome": "accepted"}]`, answered(200, "ID: abc\n"),
			message.Result{Outcome: message.Accepted, MessageIDs: []string{"abc"}}},
		{"a header", `"responses": [{"status": 201, "headers": {"Location": "/messages/$messageid$"}, "outcome": "accepted"}]`,
			answered(201, ``, "Location", "/messages/a-1"), message.Result{Outcome: message.Accepted, MessageIDs: []string{"a-1"}}},
		{"XML", `"response_map": {"Response": {"Message": {"@id": "$messageid$"}}}`, answered(200, `<Response><Message id="x1"/></Response>`, "Content-Type", "text/xml"),
			message.Result{Outcome: message.Accepted, MessageIDs: []string{"x1"}}},
		{"a form", `"response_map": {"id": "$messageid$"}`, answered(200, `status=ok&id=f1`, "Content-Type", "application/x-www-form-urlencoded"),
			message.Result{Outcome: message.Accepted, MessageIDs: []string{"f1"}}},
		{"only the answer about this contact", `"responses": [{"body": {"to": "$to$", "id": "$messageid$"}, "outcome": "accepted"}]`,
			answered(200, `{"to": "15550002222", "id": "a"}`), message.Result{Outcome: message.Accepted, MessageIDs: []string{"a"}}},
		{"an answer about somebody else", `"responses": [{"body": {"to": "$to$", "id": "$messageid$"}, "outcome": "accepted"}]`,
			answered(200, `{"to": "15559999999", "id": "a"}`), message.Result{Outcome: message.Maybe, ErrorCode: "http_200",
				ErrorText: "the file says how answers look, and this one looks like none of them"}},
	} {
		got := answering(t, c.members).Response(text, 0, c.r, now)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestRetryAfterIsBelievedWithinReason(t *testing.T) {
	for _, c := range []struct {
		header string
		want   time.Duration
	}{
		{"120", 2 * time.Minute},
		{" 1.5 ", 1500 * time.Millisecond},
		{now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{now.Add(-time.Hour).Format(http.TimeFormat), 0},
		{"2026-01-02T03:05:05Z", time.Minute},
		{"1e9", time.Hour}, {"-5", 0}, {"NaN", 0}, {"+Inf", time.Hour}, {"soon", 0}, {"", 0}, {"0", 0},
	} {
		got := answering(t, `"response_map": {"id": "$messageid$"}`).Response(text, 0, answered(429, ``, "Retry-After", c.header), now)
		if got.Outcome != message.Busy || got.RetryAfter != c.want {
			t.Errorf("%q: got %s after %v, want busy after %v", c.header, got.Outcome, got.RetryAfter, c.want)
		}
	}
}
