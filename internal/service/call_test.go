package service_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// calls is a file whose defaults are made for messages, and a call that asks for little.
const calls = `{
  "id": "acme", "properties": ["Key", {"name": "API", "choices": ["1", "2"], "default": "1", "secret": false}],
  "API": {
    "request_url": "https://api.example.com", "request_method": "PUT",
    "request_headers": {"X-Key": "$Key$", "Idempotency-Key": "$id$"},
    "request_parameters": {"to": "$to$", "text": "$content$"},
    "responses": [
      {"status": 200, "body": {"id": "$messageid$"}, "outcome": "accepted"},
      {"status": "4xx", "body": {"code": "$error_code$", "reason": "$error_text$"}, "outcomes": {"17": "auth_expired", "18": "busy", "*": "refused"}}
    ],
    "SendMessage": {"request_url": "/send"},
    "CheckCredentials": [
      {"when": {"API": "2"}, "request_method": "GET", "request_url": "/v2/me", "request_parameters": {"at": "$now|unix$"},
       "responses": [{"status": 200, "body": {"me": {}}, "outcome": "accepted"}]},
      {"request_method": "GET", "request_url": "/me"}
    ]
  }
}`

func bound(t *testing.T, file string, properties map[string]string) *service.Bound {
	t.Helper()
	s, problems := service.Parse([]byte(file))
	if s == nil {
		t.Fatal(problems)
	}
	b, err := s.Bind(properties)
	must(t, err)
	return b
}

func TestACallHasTheDefaultsThatSayNothingOfAMessage(t *testing.T) {
	b := bound(t, calls, map[string]string{"Key": "k"})
	got, err := b.Call(service.CheckCredentials, service.Calling{}, service.Attempt{})
	must(t, err)
	if got.Method != "GET" || got.URL != "https://api.example.com/me" || len(got.Body) > 0 {
		t.Errorf("got %s %s %q", got.Method, got.URL, got.Body)
	}
	if got.Header.Get("X-Key") != "k" || got.Header.Get("Idempotency-Key") != "" {
		t.Errorf("headers: %v", got.Header)
	}
	got, err = bound(t, calls, map[string]string{"Key": "k", "API": "2"}).Call(service.CheckCredentials, service.Calling{}, service.Attempt{Now: time.Unix(1700000000, 0)})
	must(t, err)
	if got.URL != "https://api.example.com/v2/me?at=1700000000" {
		t.Errorf("the variant of the property: got %s", got.URL)
	}
}

func TestAnAnswerToACallHasAnOutcome(t *testing.T) {
	answer := func(status int, body string) *wire.Response {
		return &wire.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	}
	for _, c := range []struct {
		api    string
		answer *wire.Response
		want   message.Outcome
		code   string
		auth   bool
	}{
		{"1", answer(200, `{"balance": 3}`), message.Accepted, "", false}, // the shared entry for messages does not ask for its id here
		{"1", answer(403, `{"code": 17, "reason": "wrong key"}`), message.Refused, "17", true},
		{"1", answer(403, `{"code": 18, "reason": "slow down"}`), message.Busy, "18", false},
		{"1", answer(401, `<html>`), message.Refused, "http_401", true},
		{"1", answer(503, ``), message.Busy, "http_503", false},
		{"1", &wire.Response{Status: 200, Header: http.Header{}, Cut: true}, message.Maybe, "cut_off", false},
		{"2", answer(200, `{"me": {"name": "yes"}}`), message.Accepted, "", false},
		{"2", answer(200, `{"login": "here"}`), message.Maybe, "http_200", false}, // its own responses say how answers look
	} {
		b := bound(t, calls, map[string]string{"Key": "k", "API": c.api})
		got := b.Called(service.CheckCredentials, service.Calling{}, c.answer, time.Now())
		if got.Outcome != c.want || got.ErrorCode != c.code || got.AuthFailed != c.auth {
			t.Errorf("API %s, %d %s: got %+v", c.api, c.answer.Status, c.answer.Body, got.Result)
		}
	}
}

func TestACallThatTheFileDoesNotHaveCannotBeMade(t *testing.T) {
	b := bound(t, calls, map[string]string{"Key": "k"})
	if b.Has(service.SetWebhook) || !b.Has(service.CheckCredentials) {
		t.Error("the file has CheckCredentials and no SetWebhook")
	}
	if _, err := b.Call(service.SetWebhook, service.Calling{}, service.Attempt{}); err == nil || !strings.Contains(err.Error(), "has no SetWebhook") {
		t.Errorf("got %v", err)
	}
}

func TestACallKnowsOnlyItsOwnVariables(t *testing.T) {
	for _, c := range []struct{ method, want string }{
		{`"CheckCredentials": {"request_url": "https://api.example.com/$to$"}`, "$to$"},
		{`"SendMessage": {"request_url": "https://api.example.com/", "request_parameters": {"to": "$to$", "text": "$content$", "file": "$mediaid$"}}`, "UploadFile"},
	} {
		_, problems := service.Parse([]byte(`{"id": "acme", "API": {` + c.method + `}}`))
		if err := problems.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.method, err)
		}
	}
}
