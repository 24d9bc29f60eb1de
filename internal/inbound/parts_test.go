package inbound

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/store"
)

// longTenant has a provider that sends long texts in parts.
func longTenant(t *testing.T) *tenant {
	t.Helper()
	g := newGate(t)
	account := g.account("one")
	tn := g.enable(account, "a.example", "vonage_sms", map[string]string{"API key": "abcd1234", "API secret": "s3cret-of-the-api"})
	tn.number("+447700900000", "GB", 1)
	return tn
}

// piece is one part as the provider sends it: n of of, or a whole text when of is 0.
func (tn *tenant) piece(id, text string, ref, n, of int) Request {
	form := url.Values{"msisdn": {"447700900001"}, "to": {"447700900000"}, "messageId": {id}, "text": {text}, "type": {"text"}}
	if of > 0 {
		form.Set("concat", "true")
		form.Set("concat-ref", fmt.Sprint(ref))
		form.Set("concat-part", fmt.Sprint(n))
		form.Set("concat-total", fmt.Sprint(of))
	}
	r := tn.request(form.Encode())
	r.HTTP.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return r
}

func (tn *tenant) texts() []string {
	tn.t.Helper()
	var out []string
	for _, m := range tn.messages(tn.account) {
		out = append(out, m.Content)
	}
	slices.Reverse(out)
	return out
}

func TestTheLastPartMakesOneMessageOfALongText(t *testing.T) {
	tn := longTenant(t)
	tn.takes(tn.piece("m2", "$to$ \"é\\ ", 1, 2, 3))
	tn.takes(tn.piece("w", "a whole one", 0, 0, 0))
	tn.takes(tn.piece("m3", "😀", 1, 3, 3))
	tn.takes(tn.piece("m2", "$to$ \"é\\ ", 1, 2, 3)) // the provider did not hear our answer
	if got := tn.texts(); !slices.Equal(got, []string{"a whole one"}) {
		t.Fatalf("before the last part: %q", got)
	}
	tn.takes(tn.piece("m1", "yes {{to}} ", 1, 1, 3))
	tn.takes(tn.piece("m1", "yes {{to}} ", 1, 1, 3))
	tn.flow.joinParts(t.Context())
	if got := tn.texts(); !slices.Equal(got, []string{"a whole one", "yes {{to}} $to$ \"é\\ 😀"}) {
		t.Fatalf("got %q", got)
	}
	m := tn.messages(tn.account)[0]
	if !slices.Equal(m.MessageIDs, []string{"m1", "m2", "m3"}) || m.From != "+447700900001" || m.To != "+447700900000" {
		t.Errorf("got %+v", m)
	}
	if list := tn.callbacks(tn.account, true); len(list) != 0 {
		t.Errorf("unmatched: %+v", list)
	}
}

// A9: a part is a row before its 2xx, whatever stops us then.
func TestPartsSurviveACrashAndWhatCouldNotBeAppliedAtOnce(t *testing.T) {
	tn := longTenant(t)
	tn.takes(tn.piece("m1", "one ", 1, 1, 3))
	whole := tn.flow.store
	tn.flow.store = broken{tn.store, false}
	tn.takes(tn.piece("m3", "three", 1, 3, 3))
	tn.flow.store = whole
	tn.takes(tn.piece("m2", "two ", 1, 2, 3))
	if got := tn.texts(); len(got) != 0 {
		t.Errorf("one part is kept and not applied yet: %q", got)
	}
	tn.settleAll()
	if got := tn.texts(); !slices.Equal(got, []string{"one two three"}) {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsNoPartIsAMessageOfItsOwn(t *testing.T) {
	tn := longTenant(t)
	long := strings.Repeat("x", maxPart+1)
	for i, p := range []struct {
		text  string
		n, of int
		ref   string
	}{
		{"part 0", 0, 2, "1"}, {"beyond the last", 3, 2, "1"}, {"of 1", 1, 1, "1"}, {"of 256", 1, 256, "1"}, {"of 1e9", 1, 1_000_000_000, "1"},
		{"negative", -1, 2, "1"}, {"no reference", 1, 2, ""}, {"a reference of a kilobyte", 1, 2, strings.Repeat("r", 1024)}, {long, 1, 2, "1"},
	} {
		r := tn.piece(fmt.Sprint("m", i), p.text, 1, p.n, p.of)
		form, err := url.ParseQuery(string(r.HTTP.Body))
		tn.must(err)
		form.Set("concat-ref", p.ref)
		r.HTTP.Body = []byte(form.Encode())
		tn.takes(r)
		if got := tn.texts(); len(got) != i+1 || got[i] != p.text {
			t.Errorf("%s: got %.100q", p.text, got)
		}
	}
}

func TestEveryNumberThatWasCalledGetsTheWholeText(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, `{"id":"parts","name":"Parts","class":"sms","Webhook":{"events":[{"event_type":"message","request_parameters":
		[{"id":"$messageid$","from":"$from$","to":["$to$"],"text":"$content$","n":"$part$","of":"$parts$","ref":"$part_ref$"}]}]}}`)
	tn := g.enable(account, "a.example", "parts", nil)
	tn.number("+15550001111", "US", 1)
	tn.number("+15550003333", "US", 2)
	// One id for all parts, two parts in one batch.
	tn.takes(tn.request(`[{"id":"m","from":"+15552223333","to":["+15550001111","+15550003333"],"text":"b","n":2,"of":3,"ref":"x"},
		{"id":"m","from":"+15552223333","to":["+15550001111","+15550003333"],"text":"c","n":"3","of":"3","ref":"x"}]`))
	tn.takes(tn.request(`[{"id":"m","from":"+15552223333","to":["+15550001111","+15550003333"],"text":"a","n":1,"of":3,"ref":"x"}]`))
	got := map[string]string{}
	for _, m := range tn.messages(account) {
		got[m.To] += m.Content
		if !slices.Equal(m.MessageIDs, []string{"m"}) {
			t.Errorf("ids %v", m.MessageIDs)
		}
	}
	if len(got) != 2 || got["+15550001111"] != "abc" || got["+15550003333"] != "abc" {
		t.Errorf("got %v", got)
	}
}

// joining is the store, and says what was joined.
type joining struct {
	*store.Store
	joined chan int
}

func (j joining) JoinParts(ctx context.Context, now time.Time) (int, error) {
	n, err := j.Store.JoinParts(ctx, now)
	if n > 0 {
		j.joined <- n
	}
	return n, err
}

func TestAfterAMinuteWhatIsThereIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tn := longTenant(t)
		s := joining{tn.store, make(chan int)}
		tn.flow.store = s
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- tn.flow.Run(ctx) }()
		began := time.Now()
		tn.takes(tn.piece("m3", "three", 1, 3, 3))
		time.Sleep(30 * time.Second)
		tn.takes(tn.piece("m1", "one ", 1, 1, 3))
		if n := <-s.joined; n != 1 {
			t.Errorf("%d texts", n)
		}
		if waited := time.Since(began); waited < message.PartsWait || waited > message.PartsWait+settleEvery {
			t.Errorf("delivered after %v", waited)
		}
		tn.takes(tn.piece("m2", "two", 1, 2, 3))
		<-s.joined
		if got := tn.texts(); !slices.Equal(got, []string{"one three", "two"}) {
			t.Errorf("got %q", got)
		}
		cancel()
		tn.must(<-ended)
	})
}
