package storetest

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// holdsModel does anything in any order and compares with a model that is plain enough to be right: a status only rises,
// and every message is in exactly one place.
func holdsModel(t *testing.T, w *World) {
	contacts := []string{number(1), number(2)}
	w.check(t, func(rt *rapid.T) {
		m := &model{w: w, rt: rt, now: time.Now(), status: map[string]message.Status{}, dismissed: map[string]bool{}}
		rt.Repeat(map[string]func(*rapid.T){
			"accept": func(rt *rapid.T) {
				a := w.Outbound(w.Num, rapid.SampledFrom(contacts).Draw(rt, "to"), "x")
				a.Message.Parts = rapid.IntRange(1, 2).Draw(rt, "parts")
				a.Message.Created, a.Message.Expires = m.now, m.now.Add(time.Hour)
				ack, err := w.Accept(w.Ctx, a)
				m.must(err)
				m.status[ack.ID] = message.Queued
				m.order = append(m.order, ack.ID)
			},
			"claim": func(rt *rapid.T) {
				if m.held != nil {
					rt.Skip("in flight")
				}
				list, _, err := w.ClaimSends(w.Ctx, m.now, 1)
				m.must(err)
				if len(list) == 0 {
					m.took(nil)
				} else {
					m.took(&list[0])
				}
			},
			"settle": func(rt *rapid.T) {
				if m.held == nil {
					rt.Skip("nothing in flight")
				}
				m.settle(rt)
			},
			"receipt": func(rt *rapid.T) {
				if len(m.order) == 0 {
					rt.Skip("no message")
				}
				id := rapid.SampledFrom(m.order).Draw(rt, "message")
				s := rapid.SampledFrom([]message.Status{message.Sent, message.Delivered, message.Failed, message.Read}).Draw(rt, "status")
				w.Receipt(message.Receipt{ID: id, Status: s, At: m.now})
				if v := w.View(id); v.Status != m.status[id] && !m.status[id].MayBecome(v.Status) {
					rt.Fatalf("%s: %s became %s", id, m.status[id], v.Status)
				}
				m.status[id] = w.View(id).Status
			},
			"cancel": func(rt *rapid.T) {
				if len(m.order) == 0 {
					rt.Skip("no message")
				}
				id := rapid.SampledFrom(m.order).Draw(rt, "message")
				err := w.CancelMessage(w.Ctx, w.Acct, id, m.now)
				if (err == nil) != (m.status[id] == message.Queued) {
					rt.Fatalf("cancelling a message that is %s: %v", m.status[id], err)
				}
				if err == nil {
					m.status[id] = message.Cancelled
				}
			},
			"dismiss": func(rt *rapid.T) {
				if len(m.order) == 0 {
					rt.Skip("no message")
				}
				id := rapid.SampledFrom(m.order).Draw(rt, "message")
				err := w.DismissMessage(w.Ctx, w.Acct, id, m.now)
				if (err == nil) != (!m.dismissed[id] && slices.Contains([]message.Status{message.Unclear, message.Failed, message.Expired}, m.status[id])) {
					rt.Fatalf("dismissing a message that is %s: %v", m.status[id], err)
				}
				m.dismissed[id] = m.dismissed[id] || err == nil
				if err == nil && m.status[id] == message.Unclear {
					m.status[id] = message.Failed
				}
			},
			"time": func(rt *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 1500).Draw(rt, "seconds")) * time.Second)
				m.held = nil // a lease is shorter than this: whoever had the lane has lost it when somebody claims
			},
			"expire": func(*rapid.T) {
				_, err := w.ExpireMessages(w.Ctx, m.now)
				m.must(err)
				for id, s := range m.status {
					if now := w.View(id).Status; now != s {
						if now != message.Expired || !s.MayBecome(now) {
							rt.Fatalf("%s: %s became %s by expiry", id, s, now)
						}
						m.status[id] = now
					}
				}
			},
			"": m.check,
		})
		m.finish()
	})
}

// check is rapid.Check with a quarter of the runs on a server: its answers take longer, and most of what a model finds is in what the
// engines share.
func (w *World) check(t *testing.T, property func(*rapid.T)) {
	if !w.engine.Alone() {
		n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
		w.must(err)
		defer w.set("rapid.checks", max(n/4, 1))()
	}
	rapid.Check(t, property)
}

// set changes a flag of the tests; what it returns sets it back.
func (w *World) set(name string, n int) (back func()) {
	w.t.Helper()
	f := flag.Lookup(name)
	was := f.Value.String()
	w.must(f.Value.Set(strconv.Itoa(n)))
	return func() { w.must(f.Value.Set(was)) }
}

type model struct {
	w         *World
	rt        *rapid.T
	now       time.Time
	status    map[string]message.Status
	dismissed map[string]bool
	order     []string
	held      *lane.Claimed[message.Send]
	n         int
}

func (m *model) must(err error) {
	if err != nil {
		m.rt.Fatalf("%v", err)
	}
}

// took notes what a claim did: it may have expired others on its way.
func (m *model) took(c *lane.Claimed[message.Send]) {
	for id, s := range m.status {
		if now := m.w.View(id).Status; now != s && now == message.Expired && s.MayBecome(now) {
			m.status[id] = now
		}
	}
	if m.held = c; c == nil {
		return
	}
	id := c.Work.Message.ID
	s, known := m.status[id]
	if !known {
		m.rt.Fatalf("claimed a message that was never accepted")
	}
	if s != message.Queued && s != message.Sending && !c.Work.Unfinished {
		m.rt.Fatalf("claimed a message that is %s", s)
	}
	if message.Queued == s {
		m.status[id] = message.Sending
	}
}

func (m *model) settle(rt *rapid.T) {
	c := *m.held
	id := c.Work.Message.ID
	kind := rapid.SampledFrom([]string{"accepted", "refused", "pause", "aside", "unclear", "again"}).Draw(rt, "outcome")
	m.n++
	ref := fmt.Sprintf("%s-%d", id, m.n)
	var st message.Settlement
	switch kind {
	case "accepted":
		st = Ends(c, message.Accepted, message.Sent, ref)
		if c.Work.Message.Part+1 < c.Work.Message.Parts {
			st.Status = message.Sending
		}
	case "refused":
		st = Ends(c, message.Refused, message.Failed)
	case "pause", "aside":
		st = Ends(c, message.Busy, message.Sending)
		st.Aside, st.RetryAt = kind == "aside", m.now.Add(time.Duration(rapid.IntRange(1, 900).Draw(rt, "wait"))*time.Second)
	case "again":
		st = Ends(c, message.Maybe, message.Sending)
		st.Again, st.Aside, st.RetryAt = true, true, m.now.Add(time.Second)
	default:
		st = Ends(c, message.Maybe, message.Unclear)
	}
	st.Now, st.More = m.now, rapid.Bool().Draw(rt, "more")
	next, err := m.w.SettleSend(m.w.Ctx, st)
	m.must(err)
	if was := m.status[id]; was.MayBecome(st.Status) {
		m.status[id] = st.Status
	}
	m.took(next)
}

// check compares the store with the model.
func (m *model) check(rt *rapid.T) {
	for id, want := range m.status {
		if got := m.w.View(id).Status; got != want {
			rt.Fatalf("%s is %s, want %s", id, got, want)
		}
	}
	counts, err := m.w.Counts(m.w.Ctx)
	m.must(err)
	if counts["pending"] != counts["waiting"] {
		rt.Fatalf("lanes count %d, %d messages wait", counts["pending"], counts["waiting"])
	}
}

// finish sends what is left, so that the next run begins with an empty lane, and nothing was stuck.
func (m *model) finish() {
	for range 1000 {
		m.now = m.now.Add(time.Hour)
		if _, err := m.w.ExpireMessages(m.w.Ctx, m.now); err != nil {
			m.rt.Fatalf("%v", err)
		}
		list, _, err := m.w.ClaimSends(m.w.Ctx, m.now, 1)
		m.must(err)
		if len(list) == 0 {
			break
		}
		st := Ends(list[0], message.Refused, message.Failed)
		st.Now = m.now
		_, err = m.w.SettleSend(m.w.Ctx, st)
		m.must(err)
	}
	counts, err := m.w.Counts(m.w.Ctx)
	m.must(err)
	if counts["waiting"] != 0 || counts["pending"] != 0 {
		m.rt.Fatalf("left over: %v", counts)
	}
}
