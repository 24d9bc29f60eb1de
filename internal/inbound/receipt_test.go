package inbound

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/message"
	"patchbay/internal/service"
)

func receipt(word, id string, more ...string) string {
	return fmt.Sprintf(`{"events":[{"kind":%q,"id":%q%s}]}`, word, id, strings.Join(more, ""))
}

// C5, C6, field-asks 27: the lattice holds, and everything is in the history.
func TestReceiptsMoveAMessageByRankWhateverTheirOrder(t *testing.T) {
	for _, c := range []struct {
		words string
		want  message.Status
	}{
		{"delivered", message.Delivered},
		{"sent delivered", message.Delivered},
		{"delivered sent", message.Delivered},
		{"failed", message.Failed},
		{"failed delivered", message.Delivered},
		{"delivered failed", message.Delivered},
		{"delivered delivered delivered", message.Delivered},
		{"read delivered", message.Read},
		{"sent", message.Sent},
		{"queued", message.Sent}, // a word that the file ignores
	} {
		tn := acmeTenant(t)
		numbers, err := tn.store.NumbersOfIntegration(t.Context(), tn.account, tn.in.ID)
		tn.must(err)
		id := tn.sent(numbers[0], "+15552223333", "ref-1")
		for word := range strings.FieldsSeq(c.words) {
			tn.takes(tn.signed(receipt(word, "ref-1")))
		}
		got := tn.message(id)
		if got.Status != c.want {
			t.Errorf("%s: got %s, want %s", c.words, got.Status, c.want)
		}
		for word := range strings.FieldsSeq(c.words) {
			if word != "queued" && !slices.ContainsFunc(got.History, func(h message.Change) bool { return string(h.Status) == word }) {
				t.Errorf("%s: %q is not in the history %v", c.words, word, got.History)
			}
		}
	}
}

func TestAFailureCarriesItsCodeOrElseTheWord(t *testing.T) {
	for _, c := range []struct{ more, want string }{{`,"error":"30003"`, "30003"}, {"", "failed"}} {
		tn := acmeTenant(t)
		numbers, err := tn.store.NumbersOfIntegration(t.Context(), tn.account, tn.in.ID)
		tn.must(err)
		id := tn.sent(numbers[0], "+15552223333", "ref-1")
		tn.takes(tn.signed(receipt("failed", "ref-1", c.more)))
		if got := tn.message(id); got.Status != message.Failed || got.ErrorCode != c.want {
			t.Errorf("got %s %q, want %q", got.Status, got.ErrorCode, c.want)
		}
	}
}

// C4, field-asks 29.
func TestAReceiptThatOvertakesTheAnswerIsParked(t *testing.T) {
	tn := acmeTenant(t)
	numbers, err := tn.store.NumbersOfIntegration(t.Context(), tn.account, tn.in.ID)
	tn.must(err)
	id := tn.accept(numbers[0], "+15552223333")
	tn.takes(tn.signed(receipt("delivered", "ref-1")))
	if list := tn.callbacks(tn.account, true); len(list) != 0 {
		t.Errorf("an early receipt is unmatched: %+v", list)
	}
	if got := tn.message(id).Status; got != message.Queued {
		t.Errorf("before the answer: %s", got)
	}
	tn.settle(id, "ref-1")
	if got := tn.message(id).Status; got != message.Delivered {
		t.Errorf("after it: %s", got)
	}
}

// C7: without a filter in the file ids are exact.
func TestIDsOfReceiptsAreExact(t *testing.T) {
	tn := acmeTenant(t)
	numbers, err := tn.store.NumbersOfIntegration(t.Context(), tn.account, tn.in.ID)
	tn.must(err)
	id := tn.sent(numbers[0], "+15552223333", "00Ab12345678901234567890")
	for _, wrong := range []string{"00ab12345678901234567890", "0Ab12345678901234567890", "00Ab12345678901234567891"} {
		tn.takes(tn.signed(receipt("delivered", wrong)))
	}
	if got := tn.message(id).Status; got != message.Sent {
		t.Errorf("another id: %s", got)
	}
	tn.takes(tn.signed(receipt("delivered", "00Ab12345678901234567890")))
	if got := tn.message(id).Status; got != message.Delivered {
		t.Errorf("its id: %s", got)
	}
}

// C6: two customers of one provider may meet the same id; it is never matched by the id alone.
func TestAReceiptSpeaksOnlyOfMessagesOfWhoProvedItself(t *testing.T) {
	g := newGate(t)
	account, stranger := g.account("one"), g.account("two")
	g.put(account, acme)
	g.put(stranger, acme)
	a := g.enable(account, "a.example", "acme", map[string]string{"Secret": "secret of a"})
	b := g.enable(account, "b.example", "acme", map[string]string{"Secret": "secret of b"})
	c := g.enable(stranger, "c.example", "acme", map[string]string{"Secret": "secret of a"})
	ma := a.sent(a.number("+15550001111", "US", 1), "+15552223333", "ref-1")
	mb := b.sent(b.number("+15550002222", "US", 1), "+15552223333", "ref-1")
	mc := c.sent(c.number("+15550003333", "US", 1), "+15552223333", "ref-1")
	a.takes(a.signed(receipt("delivered", "ref-1")))
	if x, y, z := a.message(ma).Status, b.message(mb).Status, c.message(mc).Status; x != message.Delivered || y != message.Sent || z != message.Sent {
		t.Errorf("under a's secret: a %s, b %s, another account %s", x, y, z)
	}
	b.takes(b.signed(receipt("failed", "ref-1")))
	if y := b.message(mb).Status; y != message.Failed {
		t.Errorf("under b's secret: %s", y)
	}
}

// Of more secrets than may be tried, the message picks its own.
func TestAReceiptFindsItsIntegrationAmongManySecrets(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, acme)
	var last *tenant
	var id string
	for i := range 3 * maxSecrets {
		last = g.enable(account, fmt.Sprintf("d%d.example", i), "acme", map[string]string{"Secret": fmt.Sprintf("secret number %d", i)})
		id = last.sent(last.number(fmt.Sprintf("+1555000%04d", i), "US", 1), "+15552223333", fmt.Sprint("ref-", i))
	}
	last.takes(last.signed(receipt("delivered", fmt.Sprint("ref-", 3*maxSecrets-1))))
	if got := last.message(id).Status; got != message.Delivered {
		t.Errorf("got %s", got)
	}
	if a := g.flow.Receive(t.Context(), last.signed(receipt("delivered", "nobody's"))); a.Status != 404 {
		t.Errorf("one that names nobody was tried against more than %d secrets: answered %d", maxSecrets, a.Status)
	}
}

func TestAnEventThatNeedsNothingOfUsIsKeptAndDone(t *testing.T) {
	tn := acmeTenant(t)
	tn.takes(tn.signed(receipt("buffered", "ref-1")))
	if all, unmatched := tn.callbacks(tn.account, false), tn.callbacks(tn.account, true); len(all) != 1 || len(unmatched) != 0 {
		t.Errorf("%d kept, %d of them unmatched", len(all), len(unmatched))
	}
}

// What the provider says about a contact's wish holds from its 2xx on.
func TestAnOptOutThatTheProviderTellsOfGoesOnTheList(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, `{"id":"words","name":"Words","class":"sms","Webhook":{"events":{"stop":"optout","typing":"typing"},
		"request_parameters":{"what":"$event_key$","from":"$from$","to":"$to?$"}}}`)
	tn := g.enable(account, "a.example", "words", nil)
	n, other := tn.number("+61412345678", "AU", 1), tn.number("+15550001111", "US", 1)
	for _, c := range []struct {
		name, what, from, to, query string
		contact                     string
		number, otherNumber         bool // from which no messages are wanted then
		unmatched                   int
	}{
		{"typing is none", "typing", "08 5555 5551", "0412345678", "", "+61855555551", false, false, 0},
		{"from one number", "stop", "08 5555 5552", "0412345678", "", "+61855555552", true, false, 0},
		{"again", "stop", "08 5555 5552", "0412345678", "", "+61855555552", true, false, 0},
		{"the other way round", "stop", "+61412345678", "08 5555 5553", "", "+61855555553", true, false, 0},
		{"the URL carries the number", "stop", "+61855555554", "", "?number=%2B61412345678", "+61855555554", true, false, 0},
		{"from no number", "stop", "+61855555555", "", "", "+61855555555", true, true, 0},
		{"from a number that is not ours", "stop", "+61855555556", "+15559999999", "", "+61855555556", false, false, 1},
	} {
		before := len(tn.callbacks(account, true))
		r := tn.request(`{"what":"` + c.what + `","from":"` + c.from + `","to":"` + c.to + `"}`)
		r.HTTP.URL += c.query
		tn.takes(r)
		for number, want := range map[string]bool{n.Value: c.number, other.Value: c.otherNumber} {
			if out, err := tn.store.IsOptedOut(t.Context(), tn.org, number, c.contact); err != nil || out != want {
				t.Errorf("%s: opted out of %s: %v, %v, want %v", c.name, number, out, err, want)
			}
		}
		if got := len(tn.callbacks(account, true)) - before; got != c.unmatched {
			t.Errorf("%s: %d unmatched", c.name, got)
		}
	}
	if n := len(tn.messages(account)); n != 0 {
		t.Errorf("%d messages", n)
	}
	told, err := tn.store.NotificationsAfter(t.Context(), message.NotificationFilter{AccountID: account, Types: []string{message.OptOutChanged}}, 0, 100)
	tn.must(err)
	if len(told) != 4 || !strings.Contains(string(told[0].Data), message.ByProvider) {
		t.Errorf("told %+v", told)
	}
}

// Typing becomes nothing: it is kept with its callback, in our spelling of the numbers.
func TestTypingIsKeptWithItsCallback(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, `{"id":"words","name":"Words","class":"sms","Webhook":{"event_type":"typing","request_parameters":{"from":"$from$","to":"$to$"}}}`)
	tn := g.enable(account, "a.example", "words", nil)
	tn.number("+61412345678", "AU", 1)
	tn.takes(tn.request(`{"from":"08 5555 5555","to":"0412345678"}`))
	cb, err := tn.store.Callback(t.Context(), account, tn.callbacks(account, false)[0].ID)
	tn.must(err)
	var read []service.Event
	tn.must(json.Unmarshal(cb.Events, &read))
	if cb.State != message.CallbackDone || len(read) != 1 || read[0].Type != service.EventTyping || read[0].From != "+61855555555" || read[0].To != "+61412345678" {
		t.Errorf("kept as %s %s", cb.State, cb.Events)
	}
}
