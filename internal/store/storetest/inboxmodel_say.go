package storetest

import (
	"fmt"
	"slices"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// spoken are texts of contacts, and what each asks for, by a person's judgement.
var spoken = []struct {
	text string
	wish conversation.Wish
}{
	{"x", conversation.NoWish}, {"please stop the meeting at 5", conversation.NoWish}, {"no", conversation.NoWish}, {"", conversation.NoWish},
	{"yes", conversation.NoWish}, {"$to$", conversation.NoWish}, {"{{to}}", conversation.NoWish}, {`"`, conversation.NoWish}, {"é😀€", conversation.NoWish},
	{"STOP", conversation.Stop}, {"Stop. Thank you!", conversation.Stop}, {"ＳＴＯＰ", conversation.Stop}, {"arrêt", conversation.Stop},
	{"start", conversation.Start}, {"UNSTOP", conversation.Start}, {"help", conversation.Help},
}

// in is the open conversation of a number with a contact that is this user's, or the group's.
func (m *inboxModel) in(l *line, contact, user string) *talk {
	for _, c := range m.talks {
		if c.number == l.ID && c.contact == contact && c.user == user && !c.closed {
			return c
		}
	}
	return nil
}

func (m *inboxModel) privates(l *line, contact string) (list []*talk) {
	for _, c := range m.talks {
		if c.number == l.ID && c.contact == contact && c.user != "" && !c.closed {
			list = append(list, c)
		}
	}
	return list
}

// share makes private conversations the group's. Which of them lives on where there was none is the store's to choose: into.
func (m *inboxModel) share(l *line, contact string, list []*talk, into string) {
	group := m.in(l, contact, "")
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
		slices.SortFunc(group.said, func(a, b *said) int { return a.at - b.at })
		c.said, c.closed, c.joined = nil, true, true
	}
}

// put says where the model puts a text: the user's conversation, or the group's, which some become part of first.
func (m *inboxModel) put(l *line, contact, user string, shared []*talk, s *said, id string) {
	m.rt.Helper()
	m.share(l, contact, shared, id)
	c := m.in(l, contact, user)
	if c == nil {
		c = &talk{id: id, of: l.of, number: l.ID, contact: contact, user: user, read: map[string]int{}}
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

// inbound: a contact writes.
func (m *inboxModel) inbound(l *line, contact string, words struct {
	text string
	wish conversation.Wish
}) {
	m.rt.Helper()
	a := message.Arrival{ConversationUser: conversation.Receiver(l.Number), SessionTimeout: l.SessionTimeout, Message: message.Message{ID: message.NewID(), OrgID: l.of.ID,
		NumberID: l.ID, IntegrationID: l.IntegrationID, ServiceID: l.ServiceID, From: contact, To: l.Value, Content: words.text, Created: m.time()}}
	m.hears(message.Applied{Arrivals: []message.Arrival{a}})
	v, err := m.w.Message(m.w.Ctx, m.w.Acct, a.Message.ID)
	m.must(err)
	s, id := &said{id: a.Message.ID, inbound: true, at: m.now, status: message.Received}, v.ConversationID
	whose := ""
	var last *talk
	for _, c := range m.privates(l, contact) {
		if slices.Contains(l.Users, c.user) && c.lastOut > 0 && (last == nil || c.lastOut > last.lastOut) {
			last = c
		}
	}
	switch {
	case len(l.Users) == 1:
		whose = l.Users[0]
		m.put(l, contact, whose, nil, s, id)
	case l.SessionTimeout == 0:
		m.put(l, contact, "", m.privates(l, contact), s, id)
	case last == nil:
		m.put(l, contact, "", nil, s, id)
	case time.Duration(m.now-last.lastOut)*time.Minute <= l.SessionTimeout:
		whose = last.user
		m.put(l, contact, whose, nil, s, id)
	default:
		m.put(l, contact, "", []*talk{last}, s, id)
	}
	m.obey(l, contact, whose, words.wish)
}

// hears has a provider say something in a callback.
func (m *inboxModel) hears(a message.Applied) {
	m.rt.Helper()
	a.State, a.Now = message.CallbackDone, m.time()
	c := message.Callback{ID: message.NewID(), AccountID: m.w.Acct, ServiceID: "carrier", At: m.time(), State: message.CallbackDone}
	a.CallbackID = c.ID
	m.must(m.w.ReceiveCallback(m.w.Ctx, &c, a))
}

// obey is what a wish does: a new STOP is confirmed once, in the conversation that it came into; nothing else is answered.
func (m *inboxModel) obey(l *line, contact, whose string, wish conversation.Wish) {
	m.rt.Helper()
	confirmed := wish == conversation.Stop && !m.hasStopped(l, contact)
	switch {
	case wish == conversation.Stop:
		m.stop(l, contact, l.Value)
	case wish == conversation.Start, wish == conversation.NoWish && l.any:
		m.start(l, contact, l.Value)
	}
	list, err := m.w.OwedReplies(m.w.Ctx, m.time(), 100)
	m.must(err)
	if !confirmed {
		if len(list) > 0 {
			m.rt.Fatalf("owed to %s: %+v, want nothing", contact, list)
		}
		return
	}
	if len(list) != 1 || list[0].Kind != message.AutoOptOut || list[0].Contact != contact || list[0].NumberID != l.ID || list[0].UserID != whose {
		m.rt.Fatalf("owed to %s: %+v, want one confirmation in the conversation of %q", contact, list, whose)
	}
	m.now++
	a := m.outgoing(l, contact, "")
	a.Message.ID, a.Message.Content, a.Message.Auto, a.ConversationUser, a.OwedReply = list[0].ID, list[0].Text, list[0].Kind, list[0].UserID, true
	ack, err := m.w.Accept(m.w.Ctx, a)
	m.must(err)
	s := m.wrotes(l, contact, ack.ID, a.LaneKey)
	s.confirms = true
	m.put(l, contact, whose, nil, s, ack.ConversationID)
}

func (m *inboxModel) outgoing(l *line, contact, writer string) message.Acceptance {
	a := m.w.Outbound(l.Number, contact, "x")
	a.Message.UserID, a.Message.Created, a.SessionTimeout, a.ConversationUser = writer, m.time(), l.SessionTimeout, conversation.Owner(l.Number, writer)
	a.LaneKey += fmt.Sprint("/", m.n) // one of this case
	return a
}

// wrotes notes a message of ours that waits in its lane.
func (m *inboxModel) wrotes(l *line, contact, id, inLane string) *said {
	s := &said{id: id, at: m.now, status: message.Queued, of: l.of, lane: inLane, number: l.Value, to: contact, waits: true}
	m.wrote, m.lanes[inLane] = append(m.wrote, s), append(m.lanes[inLane], s)
	return s
}

// outbound: a user writes, or a program for nobody.
func (m *inboxModel) outbound(l *line, contact, writer string) {
	m.rt.Helper()
	a := m.outgoing(l, contact, writer)
	ack, err := m.w.Accept(m.w.Ctx, a)
	if m.hasStopped(l, contact) {
		m.expect("a text to who has stopped", err, fault.Forbidden)
		return
	}
	m.must(err)
	s, id := m.wrotes(l, contact, ack.ID, a.LaneKey), ack.ConversationID
	switch {
	case writer == "":
		m.put(l, contact, "", nil, s, id)
		return
	case len(l.Users) == 1:
		m.put(l, contact, writer, nil, s, id)
	case l.SessionTimeout == 0:
		m.put(l, contact, "", m.privates(l, contact), s, id)
	case m.in(l, contact, writer) != nil, m.in(l, contact, "") == nil:
		m.put(l, contact, writer, nil, s, id)
	default:
		m.put(l, contact, "", nil, s, id)
	}
	if c := m.in(l, contact, writer); c != nil && c.id == id {
		c.lastOut = m.now
	}
}

// hasStopped reports whether the contact wants nothing of a number.
func (m *inboxModel) hasStopped(l *line, contact string) bool {
	return m.wantsNone(l.of, contact, l.Value)
}

func (m *inboxModel) wantsNone(o *org, contact, number string) bool {
	return m.stopped[stop{o.ID, contact, number}] || m.stopped[stop{o.ID, contact, ""}]
}

func (m *inboxModel) stop(l *line, contact, number string) (changed bool) {
	at := stop{l.of.ID, contact, number}
	changed = !m.stopped[at]
	m.stopped[at] = true
	return changed
}

// start ends a stop. Who has stopped all numbers and wants one of them again has stopped the others.
func (m *inboxModel) start(l *line, contact, number string) (changed bool) {
	for at := range m.stopped {
		if at.org == l.of.ID && at.contact == contact && (number == "" || at.number == number) {
			delete(m.stopped, at)
			changed = true
		}
	}
	if all := (stop{l.of.ID, contact, ""}); number != "" && m.stopped[all] {
		delete(m.stopped, all)
		for _, other := range m.lines {
			if other.of == l.of && other.Value != number {
				m.stopped[stop{l.of.ID, contact, other.Value}] = true
			}
		}
		changed = true
	}
	return changed
}

// changeOptOut: a person changes the list.
func (m *inboxModel) changeOptOut(l *line, contact, number string, out bool) {
	m.rt.Helper()
	n, err := m.w.ChangeOptOuts(m.w.Ctx, []message.OptOut{{AccountID: m.w.Acct, OrgID: l.of.ID, Contact: contact, Number: number, Since: m.time(), Source: message.ByAPI}}, out, "key-1")
	m.must(err)
	changed := false
	if out {
		changed = m.stop(l, contact, number)
	} else {
		changed = m.start(l, contact, number)
	}
	if (n == 1) != changed {
		m.rt.Fatalf("opt-out of %q for %s, %v: %d changed, want %v", number, contact, out, n, changed)
	}
}

// toldOfStop: the contact told the provider, and it tells us.
func (m *inboxModel) toldOfStop(l *line, contact string) {
	m.hears(message.Applied{OptOuts: []message.OptOut{{OrgID: l.of.ID, Number: l.Value, NumberID: l.ID, Contact: contact, Source: message.ByProvider}}})
	m.stop(l, contact, l.Value)
}

// compareStopped shows an organization's list beside the model's.
func (m *inboxModel) compareStopped(o *org) {
	m.rt.Helper()
	for _, contact := range m.contacts {
		list, _, err := m.w.OptOuts(m.w.Ctx, message.OptOutFilter{AccountID: m.w.Acct, OrgID: o.ID, Contact: contact}, store.Page{})
		m.must(err)
		got, want := map[stop]bool{}, map[stop]bool{}
		for _, e := range list {
			got[stop{e.OrgID, e.Contact, e.Number}] = true
		}
		for at := range m.stopped {
			if at.org == o.ID && at.contact == contact {
				want[at] = true
			}
		}
		if len(got) != len(want) {
			m.rt.Fatalf("the list has %v, want %v", got, want)
		}
		for at := range want {
			if !got[at] {
				m.rt.Fatalf("the list has %v, want %v", got, want)
			}
		}
	}
}
