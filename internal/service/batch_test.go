package service

import (
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/wire"
)

func TestABatchMayHoldMessagesInOneListAndReceiptsInAnother(t *testing.T) {
	s, problems := Parse([]byte(`{"id": "b", "name": "B", "class": "sms", "properties": [], "Webhook": [
		{"event_type": "message", "request_parameters": {"entry": [{"value": {"messages": [{"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}]}}]}},
		{"events": {"delivered": "messageDelivered", "*": "ignore"}, "request_parameters": {"entry": [{"value": {"statuses": [{"id": "$messageid$", "status": "$event_key$"}]}}]}}]}`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	b, err := s.Bind(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ body, events, reason string }{
		"both in one element": {`{"entry": [{"value": {"messages": [{"id": "m1", "from": "+15550000001", "to": "+15550000002", "text": "$to$"}], "statuses": [{"id": "s1", "status": "delivered"}]}}]}`,
			"message m1, messageDelivered s1", ""},
		"in two elements": {`{"entry": [{"value": {"messages": [{"id": "m1", "from": "+15550000001", "to": "+15550000002", "text": "yes"}]}}, {"value": {"statuses": [{"id": "s1", "status": "delivered"}, {"id": "s2", "status": "delivered"}]}}]}`,
			"message m1, messageDelivered s1, messageDelivered s2", ""},
		"a list that is nobody's need not be read": {`{"entry": [{"value": {"contacts": [{"name": "Ann"}], "statuses": [{"id": "s1", "status": "delivered"}]}}]}`,
			"messageDelivered s1", ""},
		"one that a model should read and cannot is unmatched": {`{"entry": [{"value": {"messages": [{"id": "m1", "from": "+15550000001", "to": "+15550000002", "text": "yes"}, {"id": "m2"}], "statuses": [{"id": "s1", "status": "delivered"}]}}]}`,
			"message m1, messageDelivered s1", "no model reads a part of it"},
	} {
		cb := &Callback{Request: wire.Request{Method: "POST", URL: "https://us.example/x", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(c.body)}}
		r := b.Read(cb)
		var got []string
		for _, e := range r.Events {
			got = append(got, string(e.Type)+" "+e.MessageID)
		}
		if strings.Join(got, ", ") != c.events || r.Reason != c.reason {
			t.Errorf("%s: %s, %q; want %s, %q", name, strings.Join(got, ", "), r.Reason, c.events, c.reason)
		}
	}
}
