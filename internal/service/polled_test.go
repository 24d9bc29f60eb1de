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

// polling is a provider that calls nobody.
const polling = `{
  "id": "acme", "properties": ["Key"], "auth": {"type": "Bearer", "token": "$Key$"},
  "API": {
    "request_url": "https://api.example.com", "request_method": "GET",
    "SendMessage": {"request_url": "/messages", "request_method": "POST", "request_parameters": {"to": "$to$", "text": "$content$"}, "response_map": {"id": "$messageid$"}},
    "GetStatus": {
      "request_url": "/messages/$messageid$", "response_map": {"error": "$error_text?$"},
      "events": [{"events": {"ok": "messageDelivered", "bad": "messageFailed", "*": "ignore"},
        "request_parameters": {"state": "$event_key$", "reason": "$error_code?$"}}]
    },
    "Receive": {
      "request_url": "/inbox", "request_parameters": {"after": "$cursor?$"}, "interval": "1m",
      "response_map": {"next": "$cursor?$"},
      "events": [
        {"event_type": "message", "request_parameters": {"inbox": [{"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}]}},
        {"event_type": "ignore", "request_parameters": {"inbox": [{"kind": "note", "id": "$messageid$"}]}}
      ]
    }
  }
}`

func answerOf(body string) *wire.Response {
	return &wire.Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}

func TestAnAnswerIsReadAsACallbackIs(t *testing.T) {
	b := bound(t, polling, map[string]string{"Key": "k"})
	for _, c := range []struct{ cursor, url string }{
		{"", "https://api.example.com/inbox"}, {"$to$ &x", "https://api.example.com/inbox?after=%24to%24+%26x"},
	} {
		r, err := b.Call(service.Receive, service.Calling{Cursor: c.cursor}, service.Attempt{})
		must(t, err)
		if r.Method != "GET" || r.URL != c.url || r.Header.Get("Authorization") != "Bearer k" {
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
	}
	if b.Interval() != time.Minute {
		t.Errorf("every %v", b.Interval())
	}
	answer := answerOf(`{"next": "c7", "inbox": [{"kind": "note", "id": "n1"}, {"id": 12345678901234567890, "from": "15550002222", "to": "+15550001111", "text": "$to$ \"yes\" 😀"}, {"id": "m2", "from": "+15550002222", "to": "15550001111", "text": "0123"}]}`)
	got := b.Called(service.Receive, service.Calling{}, answer, time.Now())
	if got.Outcome != message.Accepted || got.Values["cursor"] != "c7" {
		t.Errorf("got %+v", got)
	}
	cb := b.Answer(service.Receive, service.Calling{}, "https://api.example.com/inbox", answer, time.Now())
	cb.Numbers = service.NewNumbers([]service.Number{{Value: "+15550001111", Country: "US"}})
	want := func(cb *service.Callback) {
		t.Helper()
		reading := b.Read(cb)
		if reading.Unmatched || len(reading.Events) != 3 {
			t.Fatalf("read %+v", reading)
		}
		var said []string
		for _, e := range reading.Events {
			if e.IsMessage() {
				said = append(said, e.MessageID, e.From, e.To, e.Content)
			}
		}
		if got := strings.Join(said, "|"); got != `12345678901234567890|+15550002222|+15550001111|$to$ "yes" 😀|m2|+15550002222|+15550001111|0123` {
			t.Errorf("read %s", got)
		}
	}
	want(cb)
	// Kept, and read again from what was kept.
	want(&service.Callback{Request: cb.Request, Numbers: cb.Numbers, Now: cb.Now})
	// A request of such a body is none: the file has no Webhook.
	if reading := b.Read(&service.Callback{Request: wire.Request{Method: "POST", URL: "https://x.example", Header: answer.Header, Body: answer.Body}}); !reading.Unmatched {
		t.Errorf("a request was read as an answer: %+v", reading)
	}
}

func TestOfSeveralCursorsTheNewestCounts(t *testing.T) {
	b := bound(t, strings.Replace(polling, `{"next": "$cursor?$"}`, `{"inbox": [{"id": "$cursor$"}]}`, 1), map[string]string{"Key": "k"})
	for body, want := range map[string]string{
		`{"inbox": [{"id": 9}, {"id": 10}, {"id": 8}]}`:                               "10",
		`{"inbox": [{"id": "2026-01-02T00:00:00Z"}, {"id": "2025-12-31T23:59:59Z"}]}`: "2026-01-02T00:00:00Z",
		`{"inbox": [{"id": "b"}, {"id": "ab"}]}`:                                      "b",
		`{"inbox": []}`:                                                               "",
		`{"inbox": [{"id": 18446744073709551616}, {"id": 9223372036854775807}]}`:      "18446744073709551616",
	} {
		if got := b.Called(service.Receive, service.Calling{}, answerOf(body), time.Now()); got.Outcome != message.Accepted || got.Values["cursor"] != want {
			t.Errorf("%s: got %+v, want %q", body, got, want)
		}
	}
}

func TestAStatusNeedNotRepeatWhatWasAsked(t *testing.T) {
	b := bound(t, polling, map[string]string{"Key": "k"})
	c := service.Calling{MessageID: "a/b"}
	r, err := b.Call(service.GetStatus, c, service.Attempt{})
	must(t, err)
	if r.URL != "https://api.example.com/messages/a%2Fb" || !b.AsksByMessageID() {
		t.Errorf("asked %s", r.URL)
	}
	for body, want := range map[string]struct {
		kind service.EventType
		code string
	}{
		`{"state": "ok"}`:                     {service.EventDelivered, ""},
		`{"state": "bad", "reason": "21610"}`: {service.EventFailed, "21610"},
		`{"state": "bad"}`:                    {service.EventFailed, "bad"},
		`{"state": "on its way"}`:             {service.EventIgnore, ""},
	} {
		reading := b.Read(b.Answer(service.GetStatus, c, r.URL, answerOf(body), time.Now()))
		if len(reading.Events) != 1 || reading.Events[0].Type != want.kind || reading.Events[0].ErrorCode != want.code || reading.Events[0].MessageID != "a/b" {
			t.Errorf("%s: read %+v", body, reading)
		}
	}
}

func TestWithoutModelsOfItsOwnAnAnswerIsReadByThoseOfWebhook(t *testing.T) {
	file := strings.Replace(polling, `"API":`, `"Webhook": [{"event_type": "message", "request_method": "POST",
		"request_parameters": {"inbox": [{"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}]}}], "API":`, 1)
	own := file[strings.Index(file, `"interval"`):strings.LastIndex(file, "\n    }\n  }")]
	file = strings.Replace(file, own, `"response_map": {"next": "$cursor?$"}`, 1)
	b := bound(t, file, map[string]string{"Key": "k"})
	reading := b.Read(b.Answer(service.Receive, service.Calling{}, "https://api.example.com/inbox", answerOf(`{"inbox": [{"id": "m1", "from": "+15550002222", "to": "+15550001111", "text": "hi"}]}`), time.Now()))
	if reading.Unmatched || len(reading.Events) != 1 || reading.Events[0].MessageID != "m1" {
		t.Errorf("read %+v", reading)
	}
	if b.Interval() != 30*time.Second {
		t.Errorf("every %v", b.Interval())
	}
}

func TestWhatAPollTellsIsHeldToWhatPollsNeed(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{`{"id": "$messageid$", "from"`, `{"from"`, "every poll may bring it again"},
		{`"interval": "1m"`, `"interval": "1s"`, "from 5s to"},
		{`{"state": "$event_key$"`, `{"from": "$from$", "text": "$content$", "state": "$event_key$"`, ""},
		{`"ok": "messageDelivered"`, `"ok": "message"`, "those of contacts are read by Receive"},
		{`"events": [{"events"`, `"other": [{"events"`, "say what its answers tell"},
	} {
		_, problems := service.Parse([]byte(strings.Replace(polling, c.from, c.to, 1)))
		switch err := problems.Err(); {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.to, err, c.want)
		}
	}
}

func TestTestsOfPollsStandInTheFile(t *testing.T) {
	file := strings.Replace(polling, `"API":`, `"tests": [
    {"name": "inbox", "properties": {"Key": "k"}, "call": "Receive", "with": {"cursor": "c1"}, "numbers": ["+15550001111"],
     "request": {"method": "GET", "url": "https://api.example.com/inbox?after=c1"},
     "response": {"body": {"next": "c2", "inbox": [{"id": "m1", "from": "+15550002222", "to": "+15550001111", "text": "hi"}]}},
     "result": {"outcome": "accepted", "values": {"cursor": "c2"}}, "events": [{"type": "message", "messageid": "m1", "content": "hi"}]},
    {"name": "status", "call": "GetStatus", "with": {"messageid": "m9"}, "response": {"body": {"state": "ok"}}, "events": [{"type": "messageDelivered", "messageid": "WRONG"}]},
    {"name": "strange", "call": "Receive", "response": {"body": {"other": 1}}, "unmatched": true}
  ], "API":`, 1)
	s, problems := service.Parse([]byte(file))
	if s == nil {
		t.Fatal(problems)
	}
	results, cover := s.Prove()
	if failed := service.Failed(results); len(failed) != 1 || failed[0].Pointer != "/tests/1/events/0/messageid" {
		t.Errorf("failed: %v", failed)
	}
	var missed []string
	for _, m := range cover.Missed {
		missed = append(missed, m.Pointer)
	}
	if got := strings.Join(missed, " "); !strings.Contains(got, "/API/Receive/events/1") || strings.Contains(got, "/API/Receive/events/0") || strings.Contains(got, "GetStatus/events/0 ") {
		t.Errorf("missed: %s", got)
	}
}
