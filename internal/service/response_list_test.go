package service

import (
	"testing"

	"patchbay/internal/message"
)

func TestAListThatSomeAnswersLackIsReadOrMissing(t *testing.T) {
	b := bind(t, `{"id": "x", "API": {"SendMessage": {"request_url": "https://api.example.com", "request_parameters": {"to": "$to$", "t": "$content$"},
		"responses": [{"body": {"ok": true, "parts": {"$any": [null, [{"id": "$messageid$"}]]}}, "outcome": "accepted"},
			{"status": 429, "headers": {"Retry-After": "$retry_after|default:30$"}, "outcome": "busy"}]}}}`, nil)
	for body, want := range map[string]struct {
		outcome message.Outcome
		ids     int
	}{
		`{"ok": true}`:                {message.Accepted, 0},
		`{"ok": true, "parts": null}`: {message.Accepted, 0},
		`{"ok": true, "parts": [{"id": "a"}, {"id": "b"}]}`: {message.Accepted, 2},
		`{"ok": true, "parts": [{"id": "a"}, {"no": "b"}]}`: {message.Maybe, 0},
		`{"ok": true, "parts": "x"}`:                        {message.Maybe, 0},
	} {
		if r := b.Response(text, 0, answered(200, body), now); r.Outcome != want.outcome || len(r.MessageIDs) != want.ids {
			t.Errorf("%s: got %s %q, want %s and %d ids", body, r.Outcome, r.MessageIDs, want.outcome, want.ids)
		}
	}
	for header, want := range map[string]float64{"": 30, "7": 7} {
		r := answered(429, "")
		if header != "" {
			r.Header.Set("Retry-After", header)
		}
		if got := b.Response(text, 0, r, now); got.Outcome != message.Busy || got.RetryAfter.Seconds() != want {
			t.Errorf("Retry-After %q: got %s after %v, want busy after %v s", header, got.Outcome, got.RetryAfter, want)
		}
	}
}
