package outbound

import (
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
)

func TestAProviderIsAskedAboutAMessageWhereItCanBe(t *testing.T) {
	ask := `"GetStatus": {"request_method": "GET", "request_url": "PROVIDER/status/$messageid$",
		"events": [{"events": {"ok": "messageDelivered"}, "request_parameters": {"state": "$event_key$"}}]}, "SendMessage":`
	for _, c := range []struct {
		file string
		want int
	}{{base, 0}, {strings.Replace(base, `"SendMessage":`, ask, 1), 1}} {
		r := newRig(t, c.file)
		r.run()
		id := r.send(r.text("+61455555555", "hi"))
		r.reaches(id, message.Sent)
		if polls, _, err := r.store.ClaimPolls(t.Context(), time.Now().Add(message.FirstAsk-time.Second), 10); err != nil || len(polls) != 0 {
			t.Errorf("too soon: %+v, %v", polls, err)
		}
		polls, _, err := r.store.ClaimPolls(t.Context(), time.Now().Add(message.FirstAsk), 10)
		if err != nil || len(polls) != c.want {
			t.Fatalf("%d polls are due, want %d; %v", len(polls), c.want, err)
		}
		if c.want == 0 {
			continue
		}
		list, err := r.store.Awaited(t.Context(), polls[0], time.Now().Add(message.FirstAsk), 10)
		if err != nil || len(list) != 1 || list[0].Message.ID != id || len(list[0].Refs) != 1 || list[0].Refs[0] != "p1" {
			t.Errorf("awaited: %+v, %v", list, err)
		}
	}
}
