package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// holdsInboxModel does anything that people do with conversations, in any order, and compares with a model that is plain enough to be
// right. Cases run beside each other, each with a number and contacts of its own: so many that they share commits, and few wait for a
// processor. Each is half as long as is usual, and on a server there is a tenth of them.
func holdsInboxModel(t *testing.T, w *World) {
	w.retained = true // what comes in here is brought by a program, and is nobody's to bill
	const beside = 20
	defer w.set("rapid.steps", 15)()
	if !w.engine.Alone() {
		defer w.set("rapid.checks", 8)()
	}
	var cases atomic.Int64
	var all sync.WaitGroup
	for i := range beside {
		org := w.NewOrg(fmt.Sprintf("model-%d.example", i))
		users := []*directory.User{w.NewUser(org, "1"), w.NewUser(org, "2"), w.NewUser(org, "3")}
		n := w.NewNumber(w.NewIntegration(org, "carrier"), fmt.Sprintf("+1555100%04d", i))
		all.Go(func() {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				rapid.Check(t, func(rt *rapid.T) { newInboxModel(w, rt, n, users, int(cases.Add(1))).run() })
			})
		})
	}
	all.Wait()
	t.Logf("%d cases", cases.Load())
}

// talk is a conversation in the model.
type talk struct {
	id, contact, user, claimed string
	closed, joined             bool
	lastOut                    int // when its user wrote last in it
	said                       []said
	read                       map[string]int // by user
}

type said struct {
	id      string
	inbound bool
	at      int
}

type inboxModel struct {
	w        *World
	rt       *rapid.T
	num      *directory.Number
	users    []*directory.User
	contacts []string
	begin    time.Time
	now      int            // minutes since
	since    map[string]int // by user who is assigned
	talks    []*talk
}

func newInboxModel(w *World, rt *rapid.T, num *directory.Number, users []*directory.User, n int) *inboxModel {
	m := &inboxModel{w: w, rt: rt, num: num, users: users, begin: time.Now().Truncate(time.Second), now: 1, since: map[string]int{},
		contacts: []string{fmt.Sprintf("+1777%07d", 2*n), fmt.Sprintf("+1777%07d", 2*n+1)}}
	m.assign(nil, 0)
	return m
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
	pick := func(rt *rapid.T) *talk {
		if len(m.talks) == 0 {
			rt.Skip("no conversation")
		}
		return rapid.SampledFrom(m.talks).Draw(rt, "conversation")
	}
	user := func(rt *rapid.T) string { return rapid.SampledFrom(m.users).Draw(rt, "user").ID }
	contact := func(rt *rapid.T) string { return rapid.SampledFrom(m.contacts).Draw(rt, "contact") }
	m.rt.Repeat(map[string]func(*rapid.T){
		"assign": func(rt *rapid.T) {
			var list []string
			for _, u := range m.users {
				if rapid.Bool().Draw(rt, "assigned") {
					list = append(list, u.ID)
				}
			}
			m.assign(list, time.Duration(rapid.SampledFrom([]int{0, 0, 30}).Draw(rt, "timeout"))*time.Minute)
		},
		"time":    func(rt *rapid.T) { m.now += rapid.IntRange(1, 60).Draw(rt, "minutes") },
		"inbound": func(rt *rapid.T) { m.inbound(contact(rt)) },
		"outbound": func(rt *rapid.T) {
			writers := append([]string{""}, m.num.Users...)
			m.outbound(contact(rt), rapid.SampledFrom(writers).Draw(rt, "writer"))
		},
		"close":   func(rt *rapid.T) { m.close(pick(rt)) },
		"reopen":  func(rt *rapid.T) { m.reopen(pick(rt)) },
		"claim":   func(rt *rapid.T) { m.claim(pick(rt), user(rt), rapid.Bool().Draw(rt, "take")) },
		"release": func(rt *rapid.T) { m.release(pick(rt), user(rt), rapid.Bool().Draw(rt, "take")) },
		"read":    func(rt *rapid.T) { m.markRead(pick(rt), user(rt)) },
		"unread":  func(rt *rapid.T) { m.markUnread(pick(rt), user(rt)) },
		"look":    func(rt *rapid.T) { m.compare(user(rt)) },
		"":        func(*rapid.T) { m.now++ }, // no two things happen at once
	})
	for _, u := range m.users {
		m.compare(u.ID)
	}
	m.compareTexts()
}

func (m *inboxModel) assign(users []string, timeout time.Duration) {
	m.num.Users, m.num.SessionTimeout = users, timeout
	m.must(m.w.UpdateNumber(m.w.Ctx, m.num))
	for _, u := range m.users {
		_, was := m.since[u.ID]
		switch is := slices.Contains(users, u.ID); {
		case is && !was:
			m.since[u.ID] = m.now
		case was && !is:
			delete(m.since, u.ID)
			for _, c := range m.talks {
				if c.claimed == u.ID {
					c.claimed = ""
				}
			}
		}
	}
}

// open is the open conversation of a contact that is this user's, or the group's.
func (m *inboxModel) open(contact, user string) *talk {
	for _, c := range m.talks {
		if c.contact == contact && c.user == user && !c.closed {
			return c
		}
	}
	return nil
}

func (m *inboxModel) privates(contact string) (list []*talk) {
	for _, c := range m.talks {
		if c.contact == contact && c.user != "" && !c.closed {
			list = append(list, c)
		}
	}
	return list
}

// share makes private conversations the group's. Which of them lives on where there was none is the store's to choose: into.
func (m *inboxModel) share(contact string, list []*talk, into string) {
	group := m.open(contact, "")
	for _, c := range list {
		if group == nil && c.id == into {
			c.user, c.lastOut, group = "", 0, c
		}
	}
	for _, c := range list {
		if c == group || group == nil {
			continue
		}
		group.said = append(group.said, c.said...)
		slices.SortFunc(group.said, func(a, b said) int { return a.at - b.at })
		c.said, c.closed, c.joined = nil, true, true
	}
}

// put says where the model puts a text: the user's conversation, or the group's, which some become part of first.
func (m *inboxModel) put(contact, user string, shared []*talk, s said, id string) {
	m.rt.Helper()
	m.share(contact, shared, id)
	c := m.open(contact, user)
	if c == nil {
		c = &talk{id: id, contact: contact, user: user, read: map[string]int{}}
		for _, other := range m.talks {
			if other.id == id {
				m.rt.Fatalf("a text of %s went into %s, and belongs into a new conversation of %q", contact, id, user)
			}
		}
		m.talks = append(m.talks, c)
	}
	if c.id != id {
		m.rt.Fatalf("a text of %s went into %s, and belongs into %s", contact, id, c.id)
	}
	c.said = append(c.said, s)
}

func (m *inboxModel) inbound(contact string) {
	a := message.Arrival{ConversationUser: conversation.Receiver(m.num), SessionTimeout: m.num.SessionTimeout, Message: message.Message{ID: message.NewID(), OrgID: m.num.OrgID,
		NumberID: m.num.ID, IntegrationID: m.num.IntegrationID, ServiceID: m.num.ServiceID, From: contact, To: m.num.Value, Content: "x", Created: m.time()}}
	acks, err := m.w.Arrive(m.w.Ctx, m.w.Acct, m.time(), []message.Arrival{a})
	m.must(err)
	s, id := said{acks[0].ID, true, m.now}, acks[0].ConversationID
	if len(m.num.Users) == 1 {
		m.put(contact, m.num.Users[0], nil, s, id)
		return
	}
	if m.num.SessionTimeout == 0 {
		m.put(contact, "", m.privates(contact), s, id)
		return
	}
	var last *talk
	for _, c := range m.privates(contact) {
		if slices.Contains(m.num.Users, c.user) && c.lastOut > 0 && (last == nil || c.lastOut > last.lastOut) {
			last = c
		}
	}
	switch {
	case last == nil:
		m.put(contact, "", nil, s, id)
	case time.Duration(m.now-last.lastOut)*time.Minute <= m.num.SessionTimeout:
		m.put(contact, last.user, nil, s, id)
	default:
		m.put(contact, "", []*talk{last}, s, id)
	}
}

func (m *inboxModel) outbound(contact, writer string) {
	a := m.w.Outbound(m.num, contact, "x")
	a.Message.UserID, a.Message.Created, a.SessionTimeout, a.ConversationUser = writer, m.time(), m.num.SessionTimeout, conversation.Owner(m.num, writer)
	ack, err := m.w.Accept(m.w.Ctx, a)
	m.must(err)
	s, id := said{ack.ID, false, m.now}, ack.ConversationID
	alone := len(m.num.Users) == 1
	switch {
	case writer == "":
		m.put(contact, "", nil, s, id)
		return
	case alone:
		m.put(contact, writer, nil, s, id)
	case m.num.SessionTimeout == 0:
		m.put(contact, "", m.privates(contact), s, id)
	case m.open(contact, writer) != nil, m.open(contact, "") == nil:
		m.put(contact, writer, nil, s, id)
	default:
		m.put(contact, "", nil, s, id)
	}
	if c := m.open(contact, writer); c != nil && c.id == id {
		c.lastOut = m.now
	}
}

func (m *inboxModel) close(c *talk) {
	m.must(m.w.CloseConversation(m.w.Ctx, m.w.Acct, c.id, "", m.time()))
	c.closed = true
}

func (m *inboxModel) reopen(c *talk) {
	want := fault.Code("")
	if c.joined || c.closed && m.open(c.contact, c.user) != nil {
		want = fault.Conflict
	}
	m.expect("reopen", m.w.ReopenConversation(m.w.Ctx, m.w.Acct, c.id, "", m.time()), want)
	if want == "" {
		c.closed = false
	}
}

func (m *inboxModel) claim(c *talk, user string, take bool) {
	want := fault.Code("")
	switch {
	case c.user != "", c.closed:
		want = fault.Conflict
	case !slices.Contains(m.num.Users, user):
		want = fault.Invalid
	case c.claimed != "" && c.claimed != user && !take:
		want = fault.Conflict
	}
	m.expect("claim", m.w.ClaimConversation(m.w.Ctx, m.w.Acct, c.id, conversation.Claim{User: user, By: user, Take: take, At: m.time()}), want)
	if want == "" {
		c.claimed = user
	}
}

func (m *inboxModel) release(c *talk, by string, take bool) {
	want := fault.Code("")
	if c.user != "" || c.claimed != "" && c.claimed != by && !take {
		want = fault.Conflict
	}
	m.expect("release", m.w.ClaimConversation(m.w.Ctx, m.w.Acct, c.id, conversation.Claim{By: by, Take: take, At: m.time()}), want)
	if want == "" {
		c.claimed = ""
	}
}

// mark is how far a user has read.
func (m *inboxModel) mark(c *talk, user string) int {
	if at, ok := c.read[user]; ok {
		return at
	}
	return m.since[user]
}

func (m *inboxModel) markRead(c *talk, user string) {
	m.must(m.w.MarkRead(m.w.Ctx, m.w.Acct, c.id, user, "", m.time()))
	if n := len(c.said); n > 0 && c.said[n-1].at > m.mark(c, user) {
		c.read[user] = c.said[n-1].at
	}
}

func (m *inboxModel) markUnread(c *talk, user string) {
	m.must(m.w.MarkUnread(m.w.Ctx, m.w.Acct, c.id, user, "", m.time()))
	for i := len(c.said) - 1; i >= 0; i-- {
		if s := c.said[i]; s.inbound {
			if m.mark(c, user) >= s.at {
				c.read[user] = s.at - 1
			}
			return
		}
	}
}

// row is a conversation as a user's list shows it.
type row struct {
	ID, User, Claimed string
	Closed            bool
	Unread            int
	Last              string
}

// compare shows a user's list beside the model's.
func (m *inboxModel) compare(user string) {
	m.rt.Helper()
	items, _, err := m.w.Inbox(m.w.Ctx, conversation.Filter{AccountID: m.w.Acct, OrgID: m.num.OrgID, UserID: user, Reader: user, Contacts: m.contacts}, store.Page{Limit: 200})
	m.must(err)
	got, want := map[string]row{}, map[string]row{}
	for _, it := range items {
		r := row{it.ID, it.UserID, it.ClaimedBy, it.Closed, it.Unread, ""}
		if it.Last != nil {
			r.Last = it.Last.ID
		}
		got[it.ID] = r
	}
	for _, c := range m.talks {
		if c.joined || !slices.Contains(m.num.Users, user) || c.user != "" && c.user != user {
			continue
		}
		r := row{ID: c.id, User: c.user, Claimed: c.claimed, Closed: c.closed}
		for _, s := range c.said {
			if s.inbound && s.at > m.mark(c, user) {
				r.Unread++
			}
			r.Last = s.id
		}
		want[c.id] = r
	}
	if len(got) != len(want) {
		m.rt.Fatalf("%s sees %+v, want %+v", user, got, want)
	}
	for id := range want {
		if got[id] != want[id] {
			m.rt.Fatalf("%s sees %+v, want %+v", user, got[id], want[id])
		}
	}
}

// compareTexts looks into every conversation.
func (m *inboxModel) compareTexts() {
	for _, c := range m.talks {
		found, _, err := m.w.Entries(m.w.Ctx, m.w.Acct, c.id, conversation.Stretch{}, store.Page{Limit: 200})
		m.must(err)
		var got, want []string
		for _, e := range found {
			got = append(got, e.Message.ID)
		}
		for _, s := range slices.Backward(c.said) {
			want = append(want, s.id)
		}
		if !slices.Equal(got, want) {
			m.rt.Fatalf("in %s stand %v, want %v", c.id, got, want)
		}
	}
}
