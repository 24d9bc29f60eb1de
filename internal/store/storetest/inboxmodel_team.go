package storetest

import (
	"slices"

	"patchbay/internal/conversation"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

func (m *inboxModel) close(c *talk) {
	m.must(m.w.CloseConversation(m.w.Ctx, m.w.Acct, c.id, "", m.time()))
	c.closed = true
}

func (m *inboxModel) reopen(c *talk) {
	want := fault.Code("")
	if c.joined || c.closed && slices.ContainsFunc(m.talks, func(o *talk) bool {
		return !o.closed && o.number == c.number && o.contact == c.contact && o.user == c.user
	}) {
		want = fault.Conflict
	}
	m.expect("reopen", m.w.ReopenConversation(m.w.Ctx, m.w.Acct, c.id, "", m.time()), want)
	if want == "" {
		c.closed = false
	}
}

// isAssigned reports whether a user has the number of a conversation, which nobody has who had it before it moved.
func (m *inboxModel) isAssigned(c *talk, user string) bool {
	_, is := m.since[[2]string{c.number, user}]
	return is
}

func (m *inboxModel) claim(c *talk, user string, take bool) {
	want := fault.Code("")
	switch {
	case c.user != "", c.closed:
		want = fault.Conflict
	case !m.isAssigned(c, user):
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
	return m.since[[2]string{c.number, user}]
}

func (m *inboxModel) markRead(c *talk, user string) {
	m.must(m.w.MarkRead(m.w.Ctx, m.w.Acct, c.id, user, "", m.time()))
	before := m.mark(c, user)
	if n := len(c.said); n > 0 && c.said[n-1].at > before {
		c.read[user] = c.said[n-1].at
	}
	for _, s := range c.said {
		if s.inbound && s.at > before {
			s.status = message.Read
		}
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

// sees reports whether a user may see a conversation.
func (m *inboxModel) sees(o *org, user string, c *talk) bool {
	return c.of == o && !c.joined && m.isAssigned(c, user) && (c.user == "" || c.user == user)
}

// row is a conversation as a user's list shows it.
type row struct {
	ID, User, Claimed string
	Closed, Stopped   bool
	Unread            int
	Last              string
	Status            message.Status
}

// compare shows a user's list beside the model's.
func (m *inboxModel) compare(o *org, user string) {
	m.rt.Helper()
	items, _, err := m.w.Inbox(m.w.Ctx, conversation.Filter{AccountID: m.w.Acct, OrgID: o.ID, UserID: user, Reader: user, Contacts: m.contacts}, store.Page{Limit: 200})
	m.must(err)
	got, want := map[string]row{}, map[string]row{}
	for _, it := range items {
		r := row{ID: it.ID, User: it.UserID, Claimed: it.ClaimedBy, Closed: it.Closed, Stopped: it.OptedOut, Unread: it.Unread}
		if it.Last != nil {
			r.Last, r.Status = it.Last.ID, it.Last.Status
		}
		got[it.ID] = r
	}
	for _, c := range m.talks {
		if !m.sees(o, user, c) {
			continue
		}
		r := row{ID: c.id, User: c.user, Claimed: c.claimed, Closed: c.closed}
		for _, l := range m.lines {
			r.Stopped = r.Stopped || l.ID == c.number && m.hasStopped(l, c.contact)
		}
		for _, s := range c.said {
			if s.inbound && s.at > m.mark(c, user) {
				r.Unread++
			}
			r.Last, r.Status = s.id, s.status
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

// compareMessages shows all messages that a user may see, wherever they are, beside the model's.
func (m *inboxModel) compareMessages(o *org, user string) {
	m.rt.Helper()
	for _, contact := range m.contacts {
		var got, want []string
		for _, f := range []message.Filter{{From: contact}, {To: contact}} {
			f.AccountID, f.OrgID, f.UserID = m.w.Acct, o.ID, user
			list, _, err := m.w.Messages(m.w.Ctx, f, store.Page{Limit: 200})
			m.must(err)
			for i := range list {
				got = append(got, list[i].ID)
			}
		}
		for _, c := range m.talks {
			if c.contact == contact && m.sees(o, user, c) {
				for _, s := range c.said {
					want = append(want, s.id)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			m.rt.Fatalf("%s sees the messages %v of %s, want %v", user, got, contact, want)
		}
	}
}

// compareTexts looks into every conversation.
func (m *inboxModel) compareTexts() {
	m.rt.Helper()
	for _, c := range m.talks {
		found, _, err := m.w.Entries(m.w.Ctx, m.w.Acct, c.id, conversation.Stretch{}, store.Page{Limit: 200})
		m.must(err)
		var got, want []string
		for _, e := range found {
			got = append(got, e.Message.ID+" "+string(e.Message.Status))
		}
		for _, s := range slices.Backward(c.said) {
			want = append(want, s.id+" "+string(s.status))
		}
		if !slices.Equal(got, want) {
			m.rt.Fatalf("in %s stand %v, want %v", c.id, got, want)
		}
	}
}

// compareStatuses looks at all that we wrote: where it stands, and that it came there by nothing but higher ranks.
func (m *inboxModel) compareStatuses() {
	m.rt.Helper()
	for _, s := range m.wrote {
		v, err := m.w.Message(m.w.Ctx, m.w.Acct, s.id)
		m.must(err)
		if v.Status != s.status {
			m.rt.Fatalf("%s is %s, want %s; history %v", s.id, v.Status, s.status, v.History)
		}
		rank := -1
		for _, h := range v.History {
			if !h.Late && h.Status.Rank() <= rank {
				m.rt.Fatalf("%s went back: %v", s.id, v.History)
			}
			if !h.Late {
				rank = h.Status.Rank()
			}
		}
	}
}
