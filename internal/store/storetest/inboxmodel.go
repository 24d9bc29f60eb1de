package storetest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// holdsInboxModel does anything that people, contacts and providers do with conversations, in any order, and compares with a model that is
// plain enough to be right: whose a text is, who sees it, what is new to whom, who wants no messages, what leaves, and what became of it.
//
// Cases run beside each other on databases of their own, so that each is the only one there and a difference comes again when it is played
// again. PATCHBAY_MODEL_CASES is how many there are.
func holdsInboxModel(t *testing.T, w *World) {
	cases, steps, beside := 80, 35, 4
	if !w.engine.Alone() {
		cases = 24 // its answers take longer, and most of what a model finds is in what the engines share
	}
	if n, err := strconv.Atoi(os.Getenv("PATCHBAY_MODEL_CASES")); err == nil && n > 0 {
		cases, steps = n, 60
	}
	defer w.set("rapid.steps", steps)()
	defer w.set("rapid.checks", (cases+beside-1)/beside)()
	var played, done atomic.Int64
	var all sync.WaitGroup
	for i := range beside {
		own := w
		if i > 0 {
			own = NewWorld(t, w.engine.Open(t))
			own.engine = w.engine
		}
		b := newBed(own)
		all.Go(func() {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				rapid.Check(t, func(rt *rapid.T) {
					m := newInboxModel(b, rt, int(played.Add(1)))
					m.run()
					done.Add(int64(m.steps))
				})
				own.Conserved()
			})
		})
	}
	all.Wait()
	if !t.Failed() {
		t.Logf("%d cases of conversations, %d steps: no difference", played.Load(), done.Load())
	}
}

// bed is what the cases of one database have in common: two organizations with their users, and two numbers, which the first has at first.
type bed struct {
	w      *World
	orgs   [2]*org
	values [2]string
}

type org struct {
	*directory.Organization
	integration *directory.Integration
	users       []string
}

func newBed(w *World) *bed {
	b := &bed{w: w, values: [2]string{"+15551000001", "+15551000002"}}
	for i, users := range []int{3, 2} {
		o := &org{Organization: w.NewOrg(fmt.Sprintf("model-%d.example", i))}
		o.integration = w.NewIntegration(o.Organization, "carrier")
		for k := range users {
			o.users = append(o.users, w.NewUser(o.Organization, fmt.Sprint(k)).ID)
		}
		b.orgs[i] = o
	}
	return b
}

// line is a number, whoever has it.
type line struct {
	*directory.Number
	of  *org
	any bool // any later text of a contact resubscribes them
}

// talk is a conversation in the model.
type talk struct {
	id, contact, user, claimed string
	number                     string // the id of its number
	of                         *org
	closed, joined             bool
	lastOut                    int // when its user wrote last in it
	said                       []*said
	read                       map[string]int // by user
}

// said is a text in a conversation.
type said struct {
	id      string
	inbound bool
	at      int
	status  message.Status

	// Of what we wrote.
	of               *org
	lane, number, to string
	confirms         bool // the confirmation of a STOP
	waits            bool // in its lane
	again            bool // its last try may have been taken
	dismissed        bool // somebody said that it stays as it is
	ref              bool // the provider's id of it is known
	parked           []message.Status
	open             *lane.Claimed[message.Send] // its attempt, while one is open
}

type inboxModel struct {
	*bed
	rt       *rapid.T
	n        int
	lines    []*line
	contacts []string
	begin    time.Time
	now      int               // minutes since
	since    map[[2]string]int // by number and user who is assigned
	talks    []*talk
	lanes    map[string][]*said // what waits, in order
	wrote    []*said            // all that we wrote
	stopped  map[stop]bool
	steps    int
}

// stop is a contact who wants no messages of a number or, with an empty one, of all of an organization's.
type stop struct{ org, contact, number string }

func newInboxModel(b *bed, rt *rapid.T, n int) *inboxModel {
	m := &inboxModel{bed: b, rt: rt, n: n, begin: time.Now().Truncate(time.Second), now: 1, since: map[[2]string]int{}, lanes: map[string][]*said{}, stopped: map[stop]bool{},
		contacts: []string{fmt.Sprintf("+1777%07d", 2*n), fmt.Sprintf("+1777%07d", 2*n+1)}}
	for _, value := range b.values { // a case that failed leaves them anywhere
		old, err := b.w.NumberByValue(b.w.Ctx, b.w.Acct, value)
		m.must(err)
		if old != nil {
			m.must(b.w.DeleteNumber(b.w.Ctx, b.w.Acct, old.ID))
		}
		m.lines = append(m.lines, &line{of: b.orgs[0], Number: m.newNumber(b.orgs[0], value, nil)})
	}
	return m
}

func (m *inboxModel) newNumber(o *org, value string, users []string) *directory.Number {
	n := &directory.Number{AccountID: m.w.Acct, OrgID: o.ID, IntegrationID: o.integration.ID, Value: value, Users: users}
	m.must(m.w.CreateNumber(m.w.Ctx, n))
	return n
}

func (m *inboxModel) time() time.Time { return m.begin.Add(time.Duration(m.now) * time.Minute) }

func (m *inboxModel) must(err error) {
	m.rt.Helper()
	if err != nil {
		m.rt.Fatal(err)
	}
}

// expect compares an outcome with what the model says: "" or a fault's code.
func (m *inboxModel) expect(what string, err error, want fault.Code) {
	m.rt.Helper()
	got := fault.Code("")
	if err != nil {
		got = fault.CodeOf(err)
	}
	if got != want {
		m.rt.Fatalf("%s: %v, want %q", what, err, want)
	}
}

func (m *inboxModel) run() {
	oneOf := func(rt *rapid.T, what string, list []*said) *said {
		if len(list) == 0 {
			rt.Skip("none")
		}
		return rapid.SampledFrom(list).Draw(rt, what)
	}
	pick := func(rt *rapid.T) *talk {
		if len(m.talks) == 0 {
			rt.Skip("no conversation")
		}
		return rapid.SampledFrom(m.talks).Draw(rt, "conversation")
	}
	user := func(rt *rapid.T, o *org) string { return rapid.SampledFrom(o.users).Draw(rt, "user") }
	// Most happens between one number and one contact: what is told apart must meet, too.
	seldom := func(rt *rapid.T, what string) int { return rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(rt, what) }
	contact := func(rt *rapid.T) string { return m.contacts[seldom(rt, "contact")] }
	number := func(rt *rapid.T) *line { return m.lines[seldom(rt, "number")] }
	some := func(rt *rapid.T, list []string) (out []string) {
		for _, u := range list {
			if rapid.Bool().Draw(rt, "assigned") {
				out = append(out, u)
			}
		}
		return out
	}
	hear := func(rt *rapid.T) { m.inbound(number(rt), contact(rt), rapid.SampledFrom(spoken).Draw(rt, "text")) }
	write := func(rt *rapid.T) {
		l := number(rt)
		m.outbound(l, contact(rt), rapid.SampledFrom(append(slices.Clone(l.Users), "")).Draw(rt, "writer"))
	}
	m.rt.Repeat(map[string]func(*rapid.T){
		"assign": func(rt *rapid.T) {
			l := number(rt)
			m.assign(l, some(rt, l.of.users), time.Duration(rapid.SampledFrom([]int{0, 30, 30}).Draw(rt, "timeout"))*time.Minute, rapid.IntRange(0, 3).Draw(rt, "resubscribes") == 0)
		},
		"move": func(rt *rapid.T) {
			if seldom(rt, "it moves") == 0 {
				rt.Skip("it is seldom")
			}
			l := number(rt)
			to := m.orgs[0]
			if l.of == to {
				to = m.orgs[1]
			}
			m.move(l, to, some(rt, to.users))
		},
		"time":     func(rt *rapid.T) { m.now += rapid.SampledFrom([]int{1, 5, 20, 29, 30, 31, 300}).Draw(rt, "minutes") },
		"inbound":  hear,
		"answer":   hear,
		"again":    hear,
		"outbound": write,
		"write":    write,
		"ask":      write,
		"optout": func(rt *rapid.T) {
			l, value := number(rt), ""
			if rapid.Bool().Draw(rt, "one number") {
				value = l.Value
			}
			m.changeOptOut(l, contact(rt), value, rapid.Bool().Draw(rt, "out"))
		},
		"told of a stop": func(rt *rapid.T) { m.toldOfStop(number(rt), contact(rt)) },
		"send":           func(*rapid.T) { m.send() },
		"settle": func(rt *rapid.T) {
			m.settle(oneOf(rt, "attempt", m.opened()), rapid.SampledFrom(outcomes).Draw(rt, "outcome"))
		},
		"receipt": func(rt *rapid.T) {
			m.receipt(oneOf(rt, "message", m.wrote), rapid.Bool().Draw(rt, "by our id"), rapid.SampledFrom([]message.Status{message.Sent, message.Failed, message.Delivered, message.Read}).Draw(rt, "status"))
		},
		"cancel":       func(rt *rapid.T) { m.cancel(oneOf(rt, "message", m.wrote)) },
		"dismiss":      func(rt *rapid.T) { m.dismiss(oneOf(rt, "message", m.wrote)) },
		"contact read": func(rt *rapid.T) { m.contactRead(pick(rt)) },
		"close":        func(rt *rapid.T) { m.close(pick(rt)) },
		"reopen":       func(rt *rapid.T) { m.reopen(pick(rt)) },
		"claim":        func(rt *rapid.T) { c := pick(rt); m.claim(c, user(rt, c.of), rapid.Bool().Draw(rt, "take")) },
		"release":      func(rt *rapid.T) { c := pick(rt); m.release(c, user(rt, c.of), rapid.Bool().Draw(rt, "take")) },
		"read":         func(rt *rapid.T) { c := pick(rt); m.markRead(c, user(rt, c.of)) },
		"unread":       func(rt *rapid.T) { c := pick(rt); m.markUnread(c, user(rt, c.of)) },
		"look": func(rt *rapid.T) {
			o := m.orgs[rapid.IntRange(0, 1).Draw(rt, "organization")]
			m.compare(o, user(rt, o))
		},
		"": func(*rapid.T) { m.now++; m.steps++ }, // no two things happen at once
	})
	for _, o := range m.orgs {
		for _, u := range o.users {
			m.compare(o, u)
		}
		m.compareMessages(o, user(m.rt, o))
		m.compareStopped(o)
	}
	m.compareTexts()
	m.finish()
}

func (m *inboxModel) assign(l *line, users []string, timeout time.Duration, resubscribes bool) {
	l.Number.Users, l.SessionTimeout, l.Settings, l.any = users, timeout, "", resubscribes
	if resubscribes {
		l.Settings = `{"optout":{"resubscribe":"any"}}`
	}
	m.must(m.w.UpdateNumber(m.w.Ctx, l.Number))
	m.assigned(l)
}

// assigned notes who came to a number and who left it, and with them what they had claimed there.
func (m *inboxModel) assigned(l *line) {
	for _, u := range l.of.users {
		at := [2]string{l.ID, u}
		_, was := m.since[at]
		switch is := slices.Contains(l.Users, u); {
		case is && !was:
			m.since[at] = m.now
		case was && !is:
			delete(m.since, at)
			for _, c := range m.talks {
				if c.number == l.ID && c.claimed == u {
					c.claimed = ""
				}
			}
		}
	}
}

// move gives a number to another organization, which has it as if it had never been anybody's.
func (m *inboxModel) move(l *line, to *org, users []string) {
	m.must(m.w.DeleteNumber(m.w.Ctx, m.w.Acct, l.ID))
	l.Number.Users = nil
	m.assigned(l)
	l.Number, l.of, l.any = m.newNumber(to, l.Value, users), to, false
	m.assigned(l)
}
