package service

import (
	"strings"
	"testing"
)

const coverFile = `{
  "id": "c", "name": "C", "class": "sms",
  "API": {"request_url": "https://api.example.com/sms", "request_parameters": {"to": "$to$", "t": "$content$"},
    "response_map": {"id": "$messageid$"},
    "SendMessage": [
      {"when": {"encoding": "ucs2"}, "responses": [{"status": "4xx", "body": {"code": "$error_code$"}, "outcomes": {"1": "busy", "9": "busy", "*": "refused"}}]},
      {}],
    "SendFile": {"request_parameters": {"to": "$to$", "u": "$content$"}}},
  "Webhook": [
    {"event_type": "message", "request_parameters": {"a": "$from$", "b": "$to$", "t": "$content$"}},
    {"events": {"ok": "messageDelivered", "fine": "messageDelivered", "lost": "messageFailed"}, "request_parameters": {"id": "$messageid$", "word": "$event_key$"}},
    {"event_type": "handshake", "request_parameters": {"c": "$challenge$"}}],
  "tests": [TESTS]
}`

func TestCoverageNamesWhatNoTestTouches(t *testing.T) {
	const (
		variant = `{"send": {"from": "+15550001111", "to": "+15550002222", "content": "😀"}, "response": {"status": 400, "body": {"code": 1}}}`
		other   = `{"send": {"from": "+15550001111", "to": "+15550002222", "content": "x"}, "response": {"body": {"id": "m"}}}`
		refused = `{"send": {"from": "+15550001111", "to": "+15550002222", "content": "😀"}, "response": {"status": 400, "body": {"code": "$to$"}}}`
		file    = `{"send": {"from": "+15550001111", "to": "+15550002222", "url": "https://f.example.com/a.jpg"}}`
		inbound = `{"webhook": {"body": {"a": "+15550002222", "b": "+15550001111", "t": "yes"}}}`
		done    = `{"webhook": {"body": {"id": "m", "word": "fine"}}}`
		lost    = `{"webhook": {"body": {"id": "m", "word": "lost"}}}`
		unknown = `{"webhook": {"body": {"id": "m", "word": "0123"}}}`
		shaken  = `{"webhook": {"body": {"c": "~"}}}`
	)
	all := []string{
		"/API/SendMessage/0", "/API/SendMessage/0/responses/0", `busy`, `refused`, "/API/response_map", "/API/SendMessage/1", "/API/SendFile",
		"/Webhook/0", "/Webhook/1", `messageDelivered`, `messageFailed`, "/Webhook/2",
	}
	for _, c := range []struct {
		tests string
		found []string // what of all is covered
	}{
		{"", nil},
		{variant, []string{"/API/SendMessage/0", "/API/SendMessage/0/responses/0", "busy"}},
		{other, []string{"/API/SendMessage/1", "/API/response_map"}},
		{file, []string{"/API/SendFile"}},
		{inbound, []string{"/Webhook/0"}},
		{done, []string{"/Webhook/1", "messageDelivered"}},
		{unknown, []string{"/Webhook/1"}},
		{shaken, []string{"/Webhook/2"}},
		{strings.Join([]string{variant, other, refused, file, inbound, done, lost, shaken}, ","), all},
	} {
		s, problems := Parse([]byte(strings.Replace(coverFile, "TESTS", c.tests, 1)))
		if s == nil {
			t.Fatal(problems)
		}
		_, cover := s.Prove()
		if cover.Parts != len(all) || cover.Covered != len(c.found) || len(cover.Missed) != len(all)-len(c.found) {
			t.Errorf("%s: %d of %d parts, %d missed; want %d of %d", c.tests, cover.Covered, cover.Parts, len(cover.Missed), len(c.found), len(all))
		}
		missed := ""
		for _, m := range cover.Missed {
			missed += m.Pointer + " " + m.What + "\n"
		}
		for _, part := range c.found {
			if strings.Contains(missed, part+" no") || strings.Contains(missed, `"`+part+`"`) {
				t.Errorf("%s: %s counts as missed:\n%s", c.tests, part, missed)
			}
		}
	}
}

func TestProvingAFileLeavesNoTraceInItsIntegrations(t *testing.T) {
	s, _ := Parse([]byte(strings.Replace(coverFile, "TESTS", "", 1)))
	s.Prove()
	b, err := s.Bind(nil)
	if err != nil || b.touched != nil {
		t.Errorf("got %v, %v; want nothing noted", b.touched, err)
	}
}
