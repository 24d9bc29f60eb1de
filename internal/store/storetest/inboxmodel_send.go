package storetest

import (
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// outcomes are how an attempt ends.
var outcomes = []string{"accepted", "accepted", "refused", "refused: the contact has opted out", "unclear", "busy", "again"}

// opened are the messages with an attempt that has begun.
func (m *inboxModel) opened() (list []*said) {
	for _, s := range m.wrote {
		if s.open != nil {
			list = append(list, s)
		}
	}
	return list
}

// raise is what a status of one message does: a higher one replaces a lower, and ends the wait.
func (s *said) raise(to message.Status) {
	if to.Rank() > s.status.Rank() {
		s.status, s.waits = to, false
	}
}

// turn is whose turn it is in a lane, and who would have been and wants no messages any more.
func (m *inboxModel) turn(inLane string) (s *said, gone []*said) {
	for _, s := range m.lanes[inLane] {
		switch {
		case s.open != nil:
			return nil, nil
		case !s.waits:
		case !s.confirms && m.wantsNone(s.of, s.to, s.number):
			gone = append(gone, s)
		default:
			return s, gone
		}
	}
	return nil, gone
}

// send begins what may begin: of each lane the first that waits, unless its contact has stopped meanwhile.
func (m *inboxModel) send() {
	m.rt.Helper()
	list, _, err := m.w.ClaimSends(m.w.Ctx, time.Now(), 20)
	m.must(err)
	want := map[string]*said{}
	for key := range m.lanes {
		s, gone := m.turn(key)
		for _, g := range gone {
			if g.again {
				g.raise(message.Unclear) // an earlier try may have been taken
			} else {
				g.raise(message.Failed)
			}
			g.waits = false
		}
		if s != nil {
			want[s.id] = s
		}
	}
	for _, c := range list {
		s := want[c.Work.Message.ID]
		if s == nil {
			if slices.ContainsFunc(m.wrote, func(s *said) bool { return s.id == c.Work.Message.ID }) {
				m.rt.Fatalf("an attempt at a message to %s began whose turn it is not", c.Work.Message.To)
			}
			st := Ends(c, message.Refused, message.Failed) // of a case that failed
			_, err := m.w.SettleSend(m.w.Ctx, st)
			m.must(err)
			continue
		}
		delete(want, s.id)
		s.open = &c
		if s.status == message.Queued {
			s.status = message.Sending
		}
	}
	for _, s := range want {
		m.rt.Fatalf("no attempt began at %+v, whose turn it is", *s)
	}
}

// settle ends an attempt.
func (m *inboxModel) settle(s *said, outcome string) {
	m.rt.Helper()
	ref := "p-" + s.id
	to, goesOn := message.Sending, false
	st := Ends(*s.open, message.Refused, message.Failed)
	switch outcome {
	case "accepted":
		st, to = Ends(*s.open, message.Accepted, message.Sent, ref), message.Sent
	case "unclear":
		st, to = Ends(*s.open, message.Maybe, message.Unclear), message.Unclear
	case "busy", "again":
		st, goesOn = Ends(*s.open, message.Busy, message.Sending), true
		if outcome == "again" {
			st.Attempt.Outcome, st.Again = message.Maybe, true
		}
	default:
		to, st.OptedOut = message.Failed, outcome != "refused"
	}
	_, err := m.w.SettleSend(m.w.Ctx, st)
	m.must(err)
	s.open, s.waits, s.again = nil, false, st.Again
	if goesOn {
		s.waits = s.status == message.Sending
	} else {
		s.raise(to)
	}
	if st.OptedOut {
		m.stopped[stop{s.of.ID, s.to, s.number}] = true
	}
	if outcome == "accepted" {
		s.ref = true
		for _, p := range s.parked {
			s.raise(p)
		}
		s.parked = nil
	}
}

// receipt: the provider says what became of a message, by our id of it or by its own, which we may not know yet.
func (m *inboxModel) receipt(s *said, ours bool, status message.Status) {
	m.rt.Helper()
	r := message.Receipt{AccountID: m.w.Acct, IntegrationIDs: []string{s.of.integration.ID}, Status: status, At: m.time()}
	if ours {
		r.ID = s.id
	} else {
		r.Ref = "p-" + s.id
	}
	m.hears(message.Applied{Receipts: []message.Receipt{r}})
	if !ours && !s.ref {
		s.parked = append(s.parked, status)
		return
	}
	s.raise(status)
}

func (m *inboxModel) cancel(s *said) {
	want := fault.Conflict
	if s.status == message.Queued {
		want = ""
	}
	m.expect("cancel", m.w.CancelMessage(m.w.Ctx, m.w.Acct, s.id, m.time()), want)
	if want == "" {
		s.raise(message.Cancelled)
	}
}

func (m *inboxModel) dismiss(s *said) {
	want := fault.Conflict
	if !s.dismissed && (s.status == message.Unclear || s.status == message.Failed || s.status == message.Expired) {
		want = ""
	}
	m.expect("dismiss", m.w.DismissMessage(m.w.Ctx, m.w.Acct, s.id, m.time()), want)
	s.dismissed = s.dismissed || want == ""
	if want == "" && s.status == message.Unclear {
		s.raise(message.Failed)
	}
}

// contactRead: the provider says that a contact has read a conversation.
func (m *inboxModel) contactRead(c *talk) {
	m.must(m.w.ReadConversation(m.w.Ctx, m.w.Acct, c.id, message.Outbound, m.time()))
	for _, s := range c.said {
		if !s.inbound && (s.status == message.Unclear || s.status == message.Sent || s.status == message.Delivered) {
			s.raise(message.Read)
		}
	}
}

// finish sends what is left: nothing is stuck, and the next case begins with nothing that waits.
func (m *inboxModel) finish() {
	m.rt.Helper()
	for range 100 {
		for _, s := range m.opened() {
			m.settle(s, "accepted")
		}
		m.send()
		if len(m.opened()) == 0 {
			break
		}
	}
	for _, s := range m.wrote {
		if s.waits {
			m.rt.Fatalf("%+v is left", *s)
		}
	}
	m.compareStatuses()
}
