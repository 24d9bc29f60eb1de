package outbound

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// bodies is the texts that reached the provider, in their order.
func (r *rig) bodies() (list []string) {
	for _, a := range r.provider.got() {
		_, text, _ := strings.Cut(a.Body, `"content":"`)
		list = append(list, strings.TrimSuffix(text, `"}`))
	}
	return list
}

func TestABusyContactIsPutAsideInOrderWhileOthersFlow(t *testing.T) {
	r := newRig(t, base)
	failed := false
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, a ask) {
		if strings.Contains(a.Body, "+61855555551") && !failed { // one connection: requests of a lane do not overlap
			failed = true
			says(500, "", "Retry-After", "1")(w, req, a)
			return
		}
		takes(w, req, a)
	})
	var ids []string
	for _, d := range []struct{ to, text string }{
		{"+61855555551", "a1"}, {"+61855555552", "b1"}, {"+61855555551", "a2"}, {"+61855555552", "b2"},
	} {
		ids = append(ids, r.send(r.text(d.to, d.text)))
	}
	r.run()
	for _, id := range ids {
		r.reaches(id, message.Sent)
	}
	if got, want := r.bodies(), []string{"a1", "b1", "b2", "a1", "a2"}; !slices.Equal(got, want) {
		t.Errorf("the provider got %v, want %v", got, want)
	}
}

func TestAThrottlingProviderPausesTheWholeLaneForAsLongAsItSays(t *testing.T) {
	for _, status := range []int{429, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, base)
			r.provider.answer(inTurn(says(status, "", "Retry-After", "1"), takes))
			a := r.send(r.text("+61855555551", "a1"))
			b := r.send(r.text("+61855555552", "b1"))
			r.run()
			r.reaches(a, message.Sent)
			r.reaches(b, message.Sent)
			if got, want := r.bodies(), []string{"a1", "a1", "b1"}; !slices.Equal(got, want) {
				t.Errorf("the provider got %v, want %v", got, want)
			}
			asks := r.provider.got()
			if gap := asks[1].At.Sub(asks[0].At); gap < time.Second {
				t.Errorf("the next request came after %v, the provider asked for 1s", gap)
			}
		})
	}
}

func TestRetryAfterIsObeyedInBothForms(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		least  time.Duration
		most   time.Duration
	}{
		"seconds":        {"120", 119 * time.Second, 121 * time.Second},
		"a date":         {"in two minutes", 115 * time.Second, 121 * time.Second},
		"an absurd wait": {"1000000000", 59 * time.Minute, time.Hour},
		"a date of 1999": {"Fri, 31 Dec 1999 23:59:59 GMT", 0, time.Second},
		"negative":       {"-5", 0, time.Second},
		"NaN":            {"NaN", 0, time.Second},
		"no number":      {"soon", 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, base)
			before := time.Now()
			if c.header == "in two minutes" { // of now, not of when the table was written: others run meanwhile
				c.header = before.Add(2 * time.Minute).UTC().Format(http.TimeFormat)
			}
			r.provider.answer(inTurn(says(503, "", "Retry-After", c.header), takes))
			id := r.send(r.text("+61855555551", "hi"))
			r.run()
			if c.least == 0 {
				r.reaches(id, message.Sent) // such a header says nothing
				return
			}
			v := r.tried(id, 1)
			after := time.Now()
			r.stop()
			early, next, err := r.store.ClaimSends(t.Context(), before.Add(c.least), 10)
			if err != nil || len(early) != 0 {
				t.Fatalf("claimed %d lanes %v after the answer, %v", len(early), c.least, err)
			}
			if next.Before(before.Add(c.least)) || next.After(after.Add(c.most)) {
				t.Errorf("the next attempt is due %v after the answer, want %v to %v", next.Sub(before), c.least, c.most)
			}
			if late, _, err := r.store.ClaimSends(t.Context(), next, 10); err != nil || len(late) != 1 || late[0].Work.Message.ID != v.ID {
				t.Errorf("claimed %d lanes when it is due, %v", len(late), err)
			}
		})
	}
}

func TestAThrottledNumberLeavesTheOthersAlone(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, a ask) {
		if strings.Contains(a.Body, r.mine.Value) {
			w.WriteHeader(http.StatusTooManyRequests) // and does not say until when
			return
		}
		takes(w, req, a)
	})
	throttled := r.send(r.text("+61855555551", "a"))
	r.run()
	r.tried(throttled, 2)
	other := r.text("+61855555551", "b")
	other.From = r.shared.Value
	r.reaches(r.send(other), message.Sent)
	if v := r.view(throttled); v.Status != message.Sending || r.paused() != nil {
		t.Errorf("the throttled number's message is %s, the integration paused: %+v", v.Status, r.paused())
	}
}

// begun is when the messages' attempts began, in order.
func (r *rig) begun(ids []string) (at []time.Time) {
	for _, id := range ids {
		for _, a := range r.view(id).Attempts {
			at = append(at, a.At)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

func TestANumberKeepsItsPace(t *testing.T) {
	r := newRig(t, limited(`{"messages_per_second": 20}`))
	lists := map[*directory.Number][]string{}
	for i := range 8 {
		for _, n := range []*directory.Number{r.mine, r.shared} {
			d := r.text(fmt.Sprint("+6185555555", i), "hi")
			d.From = n.Value
			lists[n] = append(lists[n], r.send(d))
		}
	}
	r.run()
	var all []string
	for n, ids := range lists {
		for _, id := range ids {
			r.reaches(id, message.Sent)
		}
		at := r.begun(ids)
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap < 50*time.Millisecond {
				t.Errorf("number %s: attempt %d began %v after the one before, want at least 50ms", n.Value, i, gap)
			}
		}
		all = append(all, ids...)
	}
	at := r.begun(all)
	overlaps := false
	for i := 1; i < len(at); i++ {
		overlaps = overlaps || at[i].Sub(at[i-1]) < 45*time.Millisecond
	}
	if !overlaps {
		t.Error("two numbers shared one pace")
	}
}

func TestAnIntegrationsPaceIsSharedByItsNumbers(t *testing.T) {
	r := newRig(t, limited(`{"messages_per_second": 20, "per": "integration"}`))
	var ids []string
	for i := range 6 {
		for _, n := range []*directory.Number{r.mine, r.shared} {
			d := r.text(fmt.Sprint("+6185555555", i), "hi")
			d.From = n.Value
			ids = append(ids, r.send(d))
		}
	}
	r.run()
	for _, id := range ids {
		r.reaches(id, message.Sent)
	}
	at := r.begun(ids)
	for i := 1; i < len(at); i++ {
		if gap := at[i].Sub(at[i-1]); gap < 50*time.Millisecond {
			t.Errorf("attempt %d began %v after the one before, want at least 50ms", i, gap)
		}
	}
}

func TestConcurrencyRaisesWhatIsInFlightAndKeepsEachConversationsOrder(t *testing.T) {
	r := newRig(t, limited(`{"concurrency": 4}`))
	const together = 2
	in := make(chan struct{}, 100)
	gate := make(chan struct{})
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, a ask) {
		in <- struct{}{}
		<-gate
		takes(w, req, a)
	})
	var ids []string
	for round := range 3 {
		for c := range 6 {
			ids = append(ids, r.send(r.text(fmt.Sprint("+6185555555", c), fmt.Sprint(c, "-", round))))
		}
	}
	r.run()
	timeout := time.After(patience)
	for range together {
		select {
		case <-in:
		case <-timeout:
			t.Fatal("a concurrency of 4 never had two requests in flight")
		}
	}
	close(gate)
	for _, id := range ids {
		r.reaches(id, message.Sent)
	}
	last := map[byte]string{}
	for _, b := range r.bodies() {
		if b <= last[b[0]] {
			t.Errorf("%s after %s", b, last[b[0]])
		}
		last[b[0]] = b
	}
}
