package store_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/lookup"
	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// A search finds what a plain model finds that looks at every text, whatever was said, changed, erased and indexed before, and from
// whomever numbers were taken. Blocks are tiny, so that all levels come into it.
func TestASearchFindsWhatLookingAtEveryTextFinds(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { modelsSearch(t, (&onSQLite{map[*store.Store]string{}}).Open(t)) })
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Shared(t)
		checks := flag.Lookup("rapid.checks")
		was := checks.Value.String()
		if was == "100" {
			if err := checks.Value.Set("15"); err != nil {
				t.Fatal(err)
			}
			defer checks.Value.Set(was)
		}
		modelsSearch(t, openNode(t, server.URL(server.Database(t, ""))))
	})
}

func modelsSearch(t *testing.T, s *store.Store) {
	s.SetSearchShape(1, 3, 5)
	w := storetest.NewWorld(t, s)
	cases := 0
	rapid.Check(t, func(rt *rapid.T) { cases++; newSearchModel(w, rt, cases).run() })
	t.Logf("%d cases", cases)
	there, err := s.Indexed(w.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	for seq, is := range there {
		if !is {
			t.Errorf("the index still knows of %d, which is gone", seq)
		}
	}
}

type searchModel struct {
	w        *storetest.World
	rt       *rapid.T
	org      *directory.Organization
	users    []*directory.User
	numbers  []*directory.Number
	contacts []string
	said     []*saidText
}

// saidText is a message or a note in the model.
type saidText struct {
	id, conversation, text, contact string
	number                          *directory.Number
	note, deleted                   bool
}

func newSearchModel(w *storetest.World, rt *rapid.T, n int) *searchModel {
	m := &searchModel{w: w, rt: rt, org: w.NewOrg(fmt.Sprintf("search-%d.example", n))}
	m.users = []*directory.User{w.NewUser(m.org, "1"), w.NewUser(m.org, "2")}
	intg := w.NewIntegration(m.org, "carrier")
	for i := range 3 {
		m.numbers = append(m.numbers, w.NewNumber(intg, fmt.Sprintf("+1555%06d%d", n, i), m.users[0].ID, m.users[1].ID))
		m.contacts = append(m.contacts, fmt.Sprintf("+1666%06d%d", n, i))
	}
	return m
}

func (m *searchModel) must(err error) {
	m.rt.Helper()
	if err != nil {
		m.rt.Fatal(err)
	}
}

var searchTexts = rapid.OneOf(
	rapid.SampledFrom([]string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "hello there", "there hello", "今日は東京です", "서울에서"}),
	rapid.StringOfN(rapid.SampledFrom([]rune("abAB éÉσς東京한글$\"\\😀\u0301\n ")), 1, 30, -1),
)

func (m *searchModel) run() {
	any := func(rt *rapid.T) *saidText {
		if len(m.said) == 0 {
			rt.Skip("nothing was said")
		}
		return rapid.SampledFrom(m.said).Draw(rt, "of")
	}
	m.rt.Repeat(map[string]func(*rapid.T){
		"say":      m.say,
		"say more": m.say,
		"note": func(rt *rapid.T) {
			of := any(rt)
			if of.note {
				rt.Skip("of a message")
			}
			n := &saidText{id: message.NewID(), conversation: of.conversation, text: searchTexts.Draw(rt, "note"), contact: of.contact, number: of.number, note: true}
			m.must(m.w.KeepNote(m.w.Ctx, conversation.Note{ID: n.id, AccountID: m.w.Acct, OrgID: m.org.ID, ConversationID: n.conversation,
				By: conversation.Who{ID: m.users[0].ID}, Content: n.text, Created: time.Now()}))
			m.said = append(m.said, n)
		},
		"edit": func(rt *rapid.T) {
			of := any(rt)
			text := searchTexts.Draw(rt, "text")
			if of.deleted || text == of.text {
				rt.Skip("nothing to change")
			}
			if of.note {
				m.must(m.w.DeleteNote(m.w.Ctx, conversation.Note{ID: of.id, AccountID: m.w.Acct, ConversationID: of.conversation, Created: time.Now()}))
				of.deleted = true
				return
			}
			if of.deleted = rapid.IntRange(0, 3).Draw(rt, "delete") == 0; of.deleted {
				text = ""
			}
			m.must(m.w.EditMessage(m.w.Ctx, m.w.Acct, of.id, message.Edit{At: time.Now(), Content: text, Deleted: of.deleted}))
			of.text = text
		},
		"erase": func(rt *rapid.T) {
			if rapid.IntRange(0, 9).Draw(rt, "rarely") != 0 {
				rt.Skip("not now")
			}
			gone := rapid.SampledFrom(m.contacts).Draw(rt, "contact")
			e := &message.Erasure{AccountID: m.w.Acct, OrgID: m.org.ID, Addresses: []string{gone}, Created: time.Now()}
			m.must(m.w.BeginErasure(m.w.Ctx, e))
			_, err := m.w.GoOnErasing(m.w.Ctx, e.ID, time.Now(), func([]string) {})
			m.must(err)
			m.said = slices.DeleteFunc(m.said, func(s *saidText) bool { return s.contact == gone })
		},
		"assign": func(rt *rapid.T) {
			n := rapid.SampledFrom(m.numbers).Draw(rt, "number")
			n.Users = nil
			for _, u := range m.users {
				if rapid.Bool().Draw(rt, "assigned") {
					n.Users = append(n.Users, u.ID)
				}
			}
			m.must(m.w.UpdateNumber(m.w.Ctx, n))
		},
		"index": func(rt *rapid.T) { m.index(rapid.IntRange(1, 5).Draw(rt, "steps")) },
		"look":  func(rt *rapid.T) { m.look(rt, false) },
		"find": func(rt *rapid.T) {
			m.index(1 << 20)
			m.look(rt, true)
		},
	})
	m.index(1 << 20)
	for range 5 {
		m.look(m.rt, true)
	}
}

func (m *searchModel) index(steps int) {
	for more := true; more && steps > 0; steps-- {
		var err error
		more, err = m.w.IndexSearch(m.w.Ctx)
		m.must(err)
	}
}

func (m *searchModel) say(rt *rapid.T) {
	n := rapid.SampledFrom(m.numbers).Draw(rt, "number")
	s := &saidText{id: message.NewID(), text: searchTexts.Draw(rt, "text"), contact: rapid.SampledFrom(m.contacts).Draw(rt, "contact"), number: n}
	a := message.Arrival{ProviderID: s.id, Message: message.Message{ID: s.id, OrgID: m.org.ID, NumberID: n.ID, IntegrationID: n.IntegrationID,
		ServiceID: "carrier", ServiceVersion: "v1", From: s.contact, To: n.Value, Content: s.text, Created: time.Now()}}
	m.must(m.w.ApplyCallback(m.w.Ctx, message.Applied{CallbackID: m.w.Kept(), State: message.CallbackDone, Now: time.Now(), Arrivals: []message.Arrival{a}}))
	s.conversation = m.w.View(s.id).ConversationID
	m.said = append(m.said, s)
}

// look compares a search with the model. What is not indexed yet may be missing, and nothing else may.
func (m *searchModel) look(rt *rapid.T, all bool) {
	text := searchTexts.Draw(rt, "look for")
	if len(m.said) > 0 && rapid.IntRange(0, 3).Draw(rt, "of a text") != 0 {
		runes := []rune(rapid.SampledFrom(m.said).Draw(rt, "text").text)
		from := rapid.IntRange(0, len(runes)).Draw(rt, "from")
		text = string(runes[from:rapid.IntRange(from, len(runes)).Draw(rt, "to")])
	}
	f := conversation.Search{AccountID: m.w.Acct, OrgID: m.org.ID, Text: text}
	if rapid.Bool().Draw(rt, "by a user") {
		f.UserID = rapid.SampledFrom(m.users).Draw(rt, "user").ID
	}
	if rapid.IntRange(0, 2).Draw(rt, "of a number") == 0 {
		f.NumberID = rapid.SampledFrom(m.numbers).Draw(rt, "number").ID
	}
	if rapid.IntRange(0, 2).Draw(rt, "of contacts") == 0 {
		f.Contacts = rapid.SliceOfDistinct(rapid.SampledFrom(m.contacts), func(c string) string { return c }).Draw(rt, "contacts")
		f.Contacts = append([]string{}, f.Contacts...)
	}
	q := lookup.Parse(text)
	var want, got []string
	for _, s := range slices.Backward(m.said) {
		if !s.deleted && q.In(s.text) && (f.UserID == "" || slices.Contains(s.number.Users, f.UserID)) &&
			(f.NumberID == "" || s.number.ID == f.NumberID) && (f.Contacts == nil || slices.Contains(f.Contacts, s.contact)) {
			want = append(want, s.id)
		}
	}
	for cursor, pages := "", 0; ; pages++ {
		found, err := m.w.Search(m.w.Ctx, f, store.Page{Limit: 3, Cursor: cursor})
		m.must(err)
		for _, h := range found.Hits {
			got = append(got, h.ID)
		}
		if cursor = found.Next; cursor == "" || pages > 1000 {
			break
		}
	}
	if all && !slices.Equal(got, want) {
		rt.Fatalf("%q of %+v: %q, want %q", text, f, got, want)
	}
	last := 0
	for _, id := range got {
		i := slices.Index(want[last:], id)
		if i < 0 {
			rt.Fatalf("%q of %+v finds %s, which is not to be found or not there", text, f, id)
		}
		last += i + 1
	}
}
