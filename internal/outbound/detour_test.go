package outbound

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// Never after an attempt that may have been taken: every outcome, and whether another provider may get the message then.
func TestOnlyWhatAProviderCertainlyDidNotTakeGoesByAnother(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name   string
		send   message.Send
		taught taught
		want   bool
		moved  bool // where the number has left the provider
	}{
		{"accepted", message.Send{}, taught{result: message.Result{Outcome: message.Accepted}}, false, false},
		{"refused", message.Send{}, taught{result: message.Result{Outcome: message.Refused}, status: 400}, false, false},
		{"refused for its key", message.Send{}, taught{result: message.Result{Outcome: message.Refused, AuthFailed: true}, status: 401}, true, true},
		{"refused for its token, and there may be a better one", message.Send{},
			taught{result: message.Result{Outcome: message.Refused, AuthFailed: true}, status: 401, renew: true}, false, false},
		{"unclear", message.Send{}, taught{result: message.Result{Outcome: message.Maybe}}, false, false},
		{"unclear, where the same text is taken twice as one", message.Send{}, taught{result: message.Result{Outcome: message.Maybe}, idempotent: true}, false, false},
		{"a word that nobody knows", message.Send{}, taught{result: message.Result{Outcome: "nonsense"}}, false, false},
		{"unreached", message.Send{}, taught{result: message.Result{Outcome: message.Unreached}}, true, true},
		{"unreached, after an unclear attempt", message.Send{Again: true}, taught{result: message.Result{Outcome: message.Unreached}}, false, false},
		{"unreached, after a part was taken", message.Send{Message: message.Message{Part: 1, Parts: 3}}, taught{result: message.Result{Outcome: message.Unreached}}, false, false},
		{"a file that cannot be had", message.Send{}, taught{result: message.Result{Outcome: message.Unreached}, own: true}, false, false},
		{"its integration is off", message.Send{}, taught{result: message.Result{Outcome: message.Unreached, ErrorCode: codeHeld}}, true, true},
		{"its time is over", message.Send{}, taught{result: message.Result{Outcome: message.Unreached}, late: true}, false, false},
		{"interrupted by a crash", message.Send{Unfinished: true}, taught{result: interrupted}, false, false},
		{"busy once", message.Send{}, taught{result: message.Result{Outcome: message.Busy}, status: 503}, false, true},
		{"busy twice", message.Send{Tries: 1}, taught{result: message.Result{Outcome: message.Busy}, status: 429}, false, true},
		{"busy three times", message.Send{Tries: 2}, taught{result: message.Result{Outcome: message.Busy}, status: 503}, true, true},
		{"busy three times, after an unclear attempt", message.Send{Tries: 2, Again: true}, taught{result: message.Result{Outcome: message.Busy}, status: 503}, false, false},
		{"busy with an id", message.Send{Tries: 5}, taught{result: message.Result{Outcome: message.Busy, MessageIDs: []string{"m1"}}, status: 503}, false, false},
		{"refused for its key with an id", message.Send{}, taught{result: message.Result{Outcome: message.Refused, AuthFailed: true, MessageIDs: []string{"m1"}}}, false, false},
	} {
		c.send.Message.Status, c.send.Message.Parts, c.send.Message.Expires = message.Sending, max(c.send.Message.Parts, 1), now.Add(time.Hour)
		st := decide(c.send, c.taught, now, func() float64 { return 0.5 })
		if got := mayLeave(&c.send, &c.taught, &st, false); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if got := mayLeave(&c.send, &c.taught, &st, true); got != c.moved {
			t.Errorf("%s, and the number has moved: %v, want %v", c.name, got, c.moved)
		}
	}
}

// failsOver is a rig whose number has a second provider, which takes everything.
func failsOver(t *testing.T, first func(http.ResponseWriter, *http.Request, ask)) *rig {
	r := newRig(t, base)
	second := r.second(base)
	r.mine.Failover = second.IntegrationID
	if err := r.store.UpdateNumber(t.Context(), r.mine); err != nil {
		t.Fatal(err)
	}
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, a ask) {
		if strings.HasPrefix(req.URL.Path, "/second/") {
			takes(w, req, a)
			return
		}
		first(w, req, a)
	})
	return r
}

func TestWhatOneProviderCertainlyDidNotTakeTheOtherGets(t *testing.T) {
	for name, first := range map[string]func(http.ResponseWriter, *http.Request, ask){
		"a refused key": says(401, `{}`),
		"busy":          says(429, `{}`),
	} {
		t.Run(name, func(t *testing.T) {
			r := failsOver(t, first)
			r.run()
			v := r.reaches(r.send(r.text("+61855555555", "hello")), message.Sent)
			last := v.Attempts[len(v.Attempts)-1]
			if v.ServiceID != "second" || v.Attempts[0].ServiceID != "acme" || last.ServiceID != "second" || last.Outcome != message.Accepted {
				t.Errorf("%s, attempts %+v", v.ServiceID, v.Attempts)
			}
			if n := r.asked("/second/messages"); n != 1 {
				t.Errorf("the second provider was asked %d times", n)
			}
		})
	}
}

func TestWhatOneProviderMayHaveTakenTheOtherNeverGets(t *testing.T) {
	r := failsOver(t, raw(true, ""))
	r.run()
	r.reaches(r.send(r.text("+61855555555", "hello")), message.Unclear)
	r.provider.answer(says(400, `{}`))
	r.reaches(r.send(r.text("+61855555556", "hello")), message.Failed)
	if n := r.asked("/second/messages"); n != 0 {
		t.Errorf("the second provider was asked %d times", n)
	}
}

func TestWhatWaitsForAPausedIntegrationGoesByTheFailover(t *testing.T) {
	r := failsOver(t, takes)
	if err := r.store.PauseIntegration(t.Context(), r.account, r.integration.ID, "", "x"); err != nil {
		t.Fatal(err)
	}
	r.run()
	waits := r.send(Draft{AccountID: r.account, From: r.shared.Value, To: "+61855555555", Content: "its number has no failover"})
	v := r.reaches(r.send(r.text("+61855555555", "hello")), message.Sent)
	if v.ServiceID != "second" || r.asked("/messages") != 0 {
		t.Errorf("sent by %s, and the paused one was asked %d times", v.ServiceID, r.asked("/messages"))
	}
	if v := r.view(waits); v.Status != message.Queued {
		t.Errorf("the other number's message is %s", v.Status)
	}
}

// An integration with more numbers than are looked at together: those that have nothing to move keep nobody waiting.
func TestEveryNumberOfAPausedIntegrationIsLookedAt(t *testing.T) {
	r := failsOver(t, takes)
	if err := r.store.PauseIntegration(t.Context(), r.account, r.integration.ID, "", "x"); err != nil {
		t.Fatal(err)
	}
	last := r.mine
	for i := range detourBatch {
		n := r.number(fmt.Sprintf("+6112360%04d", i), r.ann.ID)
		n.Failover = r.mine.Failover
		if err := r.store.UpdateNumber(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if n.ID > last.ID {
			last = n
		}
	}
	d := r.text("+61855555555", "hello")
	d.From = last.Value
	id := r.send(d)
	after := ""
	for range 2 {
		var err error
		if after, err = r.detourSome(t.Context(), after); err != nil {
			t.Fatal(err)
		}
	}
	if v := r.view(id); v.ServiceID != "second" || after != "" {
		t.Errorf("the last number's message waits for %s; looked as far as %q", v.ServiceID, after)
	}
}

func TestAMovedNumbersMessagesGoTheNewWay(t *testing.T) {
	r := newRig(t, base)
	second := r.second(base)
	var waiting []string
	for range 3 {
		waiting = append(waiting, r.send(r.text("+61855555555", "waits")))
	}
	if err := r.MoveNumber(t.Context(), r.mine, second.IntegrationID); err != nil {
		t.Fatal(err)
	}
	waiting = append(waiting, r.send(r.text("+61855555555", "after")))
	r.run()
	for _, id := range waiting {
		if v := r.reaches(id, message.Sent); v.ServiceID != "second" {
			t.Errorf("%q went by %s", v.Content, v.ServiceID)
		}
	}
	var got []string
	for _, a := range r.provider.got() {
		got = append(got, a.Path)
	}
	if r.asked("/second/messages") != 4 {
		t.Errorf("requests to %q", got)
	}
	if err := r.MoveNumber(t.Context(), r.mine, "nobody"); err == nil {
		t.Error("a number moved to nobody")
	}
}

// What is on its way when its number moves follows, if it comes back.
func TestAMessageInFlightFollowsItsNumber(t *testing.T) {
	asked, moved := make(chan struct{}), make(chan struct{})
	var second *directory.Number
	r := newRig(t, base)
	second = r.second(base)
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, a ask) {
		if strings.HasPrefix(req.URL.Path, "/second/") {
			takes(w, req, a)
			return
		}
		close(asked)
		<-moved
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	r.run()
	id := r.send(r.text("+61855555555", "in flight"))
	<-asked
	if err := r.MoveNumber(t.Context(), r.mine, second.IntegrationID); err != nil {
		t.Fatal(err)
	}
	close(moved)
	if v := r.reaches(id, message.Sent); v.ServiceID != "second" || len(v.Attempts) != 2 {
		t.Errorf("sent by %s, attempts %+v", v.ServiceID, v.Attempts)
	}
}

func TestADailyCapRefusesWhatIsTooMuch(t *testing.T) {
	r := newRig(t, base)
	r.mine.DailyCap = directory.Cap{Segments: 3}
	if err := r.store.UpdateNumber(t.Context(), r.mine); err != nil {
		t.Fatal(err)
	}
	r.send(r.text("+61855555555", strings.Repeat("x", 200))) // two segments
	if _, err := r.Accept(t.Context(), r.text("+61855555555", strings.Repeat("x", 200))); err == nil || !strings.Contains(err.Error(), "3 segments") {
		t.Errorf("the fourth segment: %v", err)
	}
	r.send(r.text("+61855555555", "one more"))
	r.send(Draft{AccountID: r.account, From: r.shared.Value, To: "+61855555555", Content: "another number"})
	r.org.DailyCap = directory.Cap{Messages: 1}
	if err := r.store.UpdateOrganization(t.Context(), r.org); err != nil {
		t.Fatal(err)
	}
	r.send(Draft{AccountID: r.account, From: r.shared.Value, To: "+61855555555", Content: "the first that counts"})
	if _, err := r.Accept(t.Context(), Draft{AccountID: r.account, From: r.shared.Value, To: "+61855555555", Content: "x"}); err == nil {
		t.Error("the organization's cap holds nobody")
	}
}
