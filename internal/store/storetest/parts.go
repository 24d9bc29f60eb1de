package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchbay/internal/message"
	"patchbay/internal/store"
)

// part is a piece of a long text, from one contact.
func (w *World) part(ref string, n, of int, text, providerID string) message.Arrival {
	a := w.Arrival(number(1), text, providerID)
	a.Part = message.TextPart{Ref: ref, N: n, Of: of}
	return a
}

func (w *World) arrives(now time.Time, list ...message.Arrival) {
	w.t.Helper()
	c := message.Callback{ID: message.NewID(), AccountID: w.Acct, ServiceID: "carrier", At: now, State: message.CallbackDone}
	w.must(w.ReceiveCallback(w.Ctx, &c, message.Applied{State: message.CallbackDone, Now: now, Arrivals: list}))
}

// texts are the inbound messages' texts, the oldest first.
func (w *World) texts() []string {
	w.t.Helper()
	var out []string
	for _, v := range w.inbound() {
		out = append(out, v.Content)
	}
	slices.Reverse(out)
	return out
}

func (w *World) joins(now time.Time) int {
	w.t.Helper()
	n, err := w.JoinParts(w.Ctx, now)
	w.must(err)
	return n
}

func joinsParts(t *testing.T, w *World) {
	now := w.Now
	w.arrives(now, w.part("7", 3, 3, "$to$", "c"))
	w.arrives(now.Add(time.Second), w.part("7", 1, 3, "yes ", "a"))
	if got := w.texts(); len(got) != 0 {
		t.Fatalf("delivered before the last part: %q", got)
	}
	if n := w.joins(now.Add(59 * time.Second)); n != 0 {
		t.Errorf("%d texts delivered before their minute", n)
	}
	before, err := w.LastNotification(w.Ctx)
	w.must(err)
	w.arrives(now.Add(59*time.Second), w.part("7", 2, 3, "0123 {{to}} \" \\ é😀€ ", "b"))
	list := w.inbound()
	if len(list) != 1 || list[0].Content != "yes 0123 {{to}} \" \\ é😀€ $to$" {
		t.Fatalf("got %q", w.texts())
	}
	if v := list[0]; !slices.Equal(v.MessageIDs, []string{"a", "b", "c"}) || v.From != number(1) || v.OrgID != w.Org.ID || v.ConversationID == "" ||
		v.Status != message.Received || v.ServiceVersion != "v1" || v.To != w.Num.Value {
		t.Errorf("the message is %+v", v)
	}
	told, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct}, before, 10)
	w.must(err)
	if len(told) != 1 || told[0].Type != message.MessageReceived || told[0].Message.Content != list[0].Content {
		t.Errorf("told %+v", told)
	}
	// What was delivered is known for good: by the provider's id, and by ours.
	w.arrives(now.Add(time.Hour), w.part("7", 2, 3, "0123", "b"))
	w.joins(now.Add(2 * time.Hour))
	if got := w.texts(); len(got) != 1 {
		t.Errorf("a part that came again made a message: %q", got)
	}
}

func deliversWhatIsThere(t *testing.T, w *World) {
	now := w.Now
	w.arrives(now, w.part("7", 3, 3, "three", ""), w.part("7", 1, 3, "one ", ""), w.part("7", 3, 3, "three", ""))
	w.Reopen()
	if n := w.joins(now.Add(message.PartsWait)); n != 1 {
		t.Errorf("%d texts delivered after their minute", n)
	}
	w.joins(now.Add(message.PartsWait))
	w.arrives(now.Add(61*time.Second), w.part("7", 2, 3, "two", ""))
	w.joins(now.Add(3 * time.Minute))
	if got := w.texts(); !slices.Equal(got, []string{"one three", "two"}) {
		t.Errorf("got %q", got)
	}
	// The reference is used again hours later: a text of its own, also when nobody has looked meanwhile.
	w.arrives(now.Add(3*time.Hour), w.part("7", 1, 2, "new ", ""))
	w.arrives(now.Add(6*time.Hour), w.part("7", 2, 2, "newer", ""))
	w.arrives(now.Add(6*time.Hour), w.part("7", 1, 2, "the ", ""))
	if got := w.texts(); !slices.Equal(got, []string{"one three", "two", "new ", "the newer"}) {
		t.Errorf("got %q", got)
	}
	// And within the minute: nothing is lost.
	w.arrives(now.Add(7*time.Hour), w.part("8", 1, 2, "A1", ""), w.part("8", 1, 2, "B1", ""), w.part("8", 2, 2, "B2", ""))
	if got := w.texts(); !slices.Equal(got[4:], []string{"A1", "B1B2"}) {
		t.Errorf("got %q", got[4:])
	}
}

func keepsTextsApart(t *testing.T, w *World) {
	other := w.NewNumber(w.Intg, "+15550000002")
	a, b := w.part("7", 1, 2, "mine ", "1"), w.part("7", 1, 2, "yours ", "1")
	b.Message.NumberID, b.Message.To = other.ID, other.Value
	c, d := w.part("7", 1, 2, "theirs ", "3"), w.part("7", 1, 3, "longer ", "4")
	c.Message.From = number(2)
	for i, end := range []message.Arrival{a, b, c, d} {
		end.Part.N, end.ProviderID, end.Message.Content = 2, fmt.Sprint("end", i), "end"
		w.arrives(w.Now, []message.Arrival{a, b, c, d}[i])
		w.arrives(w.Now, end)
	}
	got := w.texts()
	slices.Sort(got)
	if !slices.Equal(got, []string{"mine end", "theirs end", "yours end"}) {
		t.Errorf("got %q", got)
	}
	w.joins(w.Now.Add(time.Hour))
	if got := w.texts(); len(got) != 4 || got[3] != "longer end" {
		t.Errorf("got %q", got)
	}
	// Parts that are none: numbers out of range, no reference. Each is a message.
	for _, p := range []message.TextPart{{Ref: "9", N: 0, Of: 2}, {Ref: "9", N: 3, Of: 2}, {Ref: "9", N: 1, Of: 256}, {Ref: "", N: 1, Of: 2}, {Ref: "9", N: 1, Of: 1}} {
		whole := w.Arrival(number(3), "whole", "")
		whole.Part = p
		w.arrives(w.Now, whole)
	}
	if got := w.texts(); len(got) != 9 {
		t.Errorf("got %q", got)
	}
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	if n := w.joins(w.Now.Add(2 * time.Hour)); n != 0 {
		t.Error("parts outlived their organization")
	}
}

func sweepsParts(t *testing.T, w *World) {
	w.arrives(w.Now, w.part("7", 1, 2, "a", "1"), w.part("7", 2, 2, "b", "2"), w.part("8", 1, 2, "waits", "3"))
	w.must(w.Sweep(w.Ctx, w.Now.Add(29*24*time.Hour)))
	w.arrives(w.Now.Add(29*24*time.Hour), w.part("7", 1, 2, "a", "1"))
	if n := w.joins(w.Now.Add(29*24*time.Hour + time.Minute)); n != 1 {
		t.Errorf("%d texts, want the one that waited: the other is known", n)
	}
	w.must(w.Sweep(w.Ctx, w.Now.Add(31*24*time.Hour)))
	w.arrives(w.Now.Add(31*24*time.Hour), w.part("7", 1, 2, "a", "1"))
	if n := w.joins(w.Now.Add(32 * 24 * time.Hour)); n != 1 {
		t.Errorf("%d texts: what was kept long enough is not forgotten", n)
	}
}

func dropsRepeatedTextsByWindow(t *testing.T, w *World) {
	send := func(ref string, at time.Time) {
		for n, text := range []string{"Where ", "are you?"} {
			a := w.part(ref, n+1, 2, text, "")
			a.Window, a.Message.Created = 10*time.Minute, at
			w.arrives(at, a)
		}
	}
	send("7", w.Now)
	send("7", w.Now.Add(time.Second))
	send("8", w.Now.Add(2*time.Minute)) // sent again by the phone
	w.joins(w.Now.Add(5 * time.Minute))
	if got := w.texts(); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	send("9", w.Now.Add(time.Hour))
	if got := w.texts(); len(got) != 2 {
		t.Errorf("after the window: %q", got)
	}
}

func joinsUnderRace(t *testing.T, w *World) {
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			a := w.part(fmt.Sprint(i%10), i/10%4+1, 4, string(rune('a'+i/10%4)), fmt.Sprint(i%40))
			if err := w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Arrivals: []message.Arrival{a}}); err != nil {
				t.Error(err)
			}
			if _, err := w.JoinParts(w.Ctx, time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got := w.texts()
	if len(got) != 10 {
		t.Errorf("%d messages, want 10: %q", len(got), got)
	}
	for _, text := range got {
		if text != "abcd" {
			t.Errorf("got %q", text)
		}
	}
}

// partsModel is what must come out, in a form that is plain enough to be right.
type partsModel struct {
	known     map[string]bool // provider's ids
	waiting   map[string]*waitingText
	delivered []string
}

type waitingText struct {
	due   time.Time
	parts map[int]string
}

func (m *partsModel) deliver(key string) {
	g := m.waiting[key]
	if g == nil {
		return
	}
	delete(m.waiting, key)
	all := ""
	for n := range message.MaxParts + 1 {
		all += g.parts[n]
	}
	m.delivered = append(m.delivered, all)
}

func (m *partsModel) due(now time.Time) {
	for key, g := range m.waiting {
		if !g.due.After(now) {
			m.deliver(key)
		}
	}
}

func (m *partsModel) arrive(key string, n, of int, text, id string, now time.Time) {
	if id != "" && m.known[id] {
		return
	}
	g := m.waiting[key]
	if g != nil && g.parts[n] == text {
		return
	}
	if g != nil && (g.parts[n] != "" || !g.due.After(now)) {
		m.deliver(key)
		g = nil
	}
	if g == nil {
		g = &waitingText{now.Add(message.PartsWait), map[int]string{}}
		m.waiting[key] = g
	}
	m.known[id] = id != ""
	if g.parts[n] = text; len(g.parts) == of {
		m.deliver(key)
	}
}

// holdsPartsModel sends parts in any order, again, late, over crashes, under references that are used again, and compares with the model.
func holdsPartsModel(t *testing.T, w *World) {
	run := 0
	w.check(t, func(rt *rapid.T) {
		run++
		m := &partsModel{known: map[string]bool{}, waiting: map[string]*waitingText{}}
		now, made := time.Now().Truncate(time.Microsecond), 0
		contacts := []string{number(1000 + 2*run), number(1001 + 2*run)}
		type sent struct {
			ref         string
			n, of       int
			text, id    string
			contact, me string
		}
		var past []sent
		send := func(s sent) {
			a := w.part(s.ref, s.n, s.of, s.text, s.id)
			a.Message.From, a.Message.Created, a.Message.ID = s.contact, now, s.me
			w.arrives(now, a)
			m.arrive(s.contact+s.ref+fmt.Sprint(s.of), s.n, s.of, s.text, s.id, now)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"part": func(rt *rapid.T) {
				s := sent{ref: fmt.Sprint(rapid.IntRange(0, 1).Draw(rt, "ref")), of: rapid.IntRange(2, 4).Draw(rt, "of"),
					contact: rapid.SampledFrom(contacts).Draw(rt, "contact"), me: message.NewID()}
				s.n = rapid.IntRange(1, s.of).Draw(rt, "n")
				made++
				s.text = fmt.Sprintf("%d.%d$to$\"é😀;", run, made)
				if rapid.Bool().Draw(rt, "with an id") {
					s.id = fmt.Sprintf("%d.%d", run, made)
				}
				past = append(past, s)
				send(s)
			},
			"again": func(rt *rapid.T) {
				if len(past) == 0 {
					rt.Skip("nothing to repeat")
				}
				s := rapid.SampledFrom(past).Draw(rt, "which")
				if s.id == "" { // replayed: known by our own id, whatever the provider called it
					a := w.part(s.ref, s.n, s.of, s.text, "")
					a.Message.From, a.Message.Created, a.Message.ID = s.contact, now, s.me
					w.arrives(now, a)
					return
				}
				s.me = message.NewID()
				send(s)
			},
			"time": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 45).Draw(rt, "seconds")) * time.Second)
			},
			"crash": func(rt *rapid.T) {
				if rapid.IntRange(0, 99).Draw(rt, "luck") != 0 {
					rt.Skip("not now")
				}
				w.Reopen()
			},
			"look": func(rt *rapid.T) {
				w.joins(now)
				m.due(now)
				got, want := w.textsOf(contacts), slices.Clone(m.delivered)
				slices.Sort(got) // texts that end together do so in no order
				slices.Sort(want)
				if !slices.Equal(got, want) {
					rt.Fatalf("delivered %q, want %q", got, want)
				}
			},
		})
		now = now.Add(time.Hour)
		w.joins(now)
		m.due(now)
		if got := strings.Join(w.textsOf(contacts), ""); strings.Count(got, ";") != made {
			rt.Fatalf("%d parts delivered of %d: %q", strings.Count(got, ";"), made, got)
		}
	})
}

// textsOf is every text that these contacts sent.
func (w *World) textsOf(contacts []string) (out []string) {
	w.t.Helper()
	for _, c := range contacts {
		list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, Direction: message.Inbound, From: c}, store.Page{Limit: 200})
		w.must(err)
		for _, v := range list {
			out = append(out, v.Content)
		}
	}
	return out
}
