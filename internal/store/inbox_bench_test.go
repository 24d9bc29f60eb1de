package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// BenchmarkInbox is how long people wait in front of many messages (PATCHBAY_BENCH_MESSAGES, 100,000): lists, a conversation opened and
// paged back, searches. Each reports the time of the slowest in a hundred.
func BenchmarkInbox(b *testing.B) {
	messages := 100_000
	if n, err := strconv.Atoi(os.Getenv("PATCHBAY_BENCH_MESSAGES")); err == nil {
		messages = n
	}
	b.Run("sqlite", func(b *testing.B) {
		e := &onSQLite{map[*store.Store]string{}}
		s := e.Open(b)
		benchInbox(b, s, messages)
		if f, err := os.Stat(e.dirs[s] + "/patchbay.db"); err == nil {
			b.Logf("the file has %d MB", f.Size()>>20)
		}
	})
	b.Run("postgres", func(b *testing.B) {
		server := pgtest.Start(b)
		benchInbox(b, openNode(b, server.URL(server.Database(b, ""))), messages)
	})
}

// language is five thousand words, the first ones said most.
type language struct {
	words []string
	zipf  *rand.Zipf
}

func newLanguage() *language {
	r := rand.New(rand.NewPCG(1, 2))
	l := &language{zipf: rand.NewZipf(r, 1.1, 4, 4999)}
	syllables := strings.Fields("ba be bi bo da de di do fa fe ga go ka ke ki la le li lo ma me mi mo na ne ni no pa pe ra re ri ro sa se si so ta te ti to va ve ya yo za")
	for range 5000 {
		w := ""
		for range 1 + r.IntN(4) {
			w += syllables[r.IntN(len(syllables))]
		}
		l.words = append(l.words, w)
	}
	return l
}

func (l *language) text(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = l.words[l.zipf.Uint64()]
	}
	return strings.Join(words, " ")
}

func benchInbox(b *testing.B, s *store.Store, messages int) {
	w := storetest.NewWorld(b, s)
	l := newLanguage()
	var numbers []*directory.Number
	for i := range 20 {
		numbers = append(numbers, w.NewNumber(w.Intg, fmt.Sprintf("+1777%07d", i), w.Ann.ID, w.Bob.ID))
	}
	other := w.NewNumber(w.Intg, "+17779999999", w.NewUser(w.Org, "103").ID)
	began := time.Now()
	var texts []string
	for i := range messages {
		texts = append(texts, l.text(4+i%20))
	}
	texts[messages/3] += " extraordinarily"
	var next atomic.Int64
	var clients sync.WaitGroup
	for range 128 {
		clients.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= messages {
					return
				}
				n := numbers[i%len(numbers)]
				if i%1000 == 7 {
					n = other
				}
				if _, err := s.Accept(w.Ctx, w.Outbound(n, fmt.Sprintf("+1888%07d", i%10_000), texts[i])); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
	b.Logf("%d messages accepted in %s", messages, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	before := cpu()
	var slowest time.Duration
	for more := true; more; {
		batch := time.Now()
		var err error
		if more, err = s.IndexSearch(w.Ctx); err != nil {
			b.Fatal(err)
		}
		slowest = max(slowest, time.Since(batch))
	}
	took := time.Since(began)
	b.Logf("indexed in %s, %.0f a second, with %s of a processor; the slowest batch took %s", took.Round(time.Millisecond), float64(messages)/took.Seconds(),
		(cpu()-before)/time.Duration(messages), slowest.Round(time.Millisecond))

	search := func(b *testing.B, f conversation.Search, p store.Page) *conversation.Found {
		f.AccountID, f.OrgID = w.Acct, w.Org.ID
		found, err := s.Search(w.Ctx, f, p)
		if err != nil {
			b.Fatal(err)
		}
		return found
	}
	list := func(b *testing.B, f conversation.Filter, p store.Page) ([]conversation.Item, string) {
		f.AccountID, f.OrgID, f.Open = w.Acct, w.Org.ID, true
		items, next, err := s.Inbox(w.Ctx, f, p)
		if err != nil || len(items) == 0 {
			b.Fatal(len(items), err)
		}
		return items, next
	}
	entries := func(b *testing.B, id string, p store.Page) string {
		found, next, err := s.Entries(w.Ctx, w.Acct, id, conversation.Stretch{}, p)
		if err != nil || len(found) == 0 {
			b.Fatal(len(found), err)
		}
		return next
	}
	few, _ := list(b, conversation.Filter{}, store.Page{Limit: 200})
	_, second := list(b, conversation.Filter{Reader: w.Ann.ID, UserID: w.Ann.ID}, store.Page{})
	member := conversation.Filter{Reader: w.Ann.ID, UserID: w.Ann.ID}
	for _, c := range []struct {
		name string
		do   func(b *testing.B, i int)
	}{
		{"list of an organization", func(b *testing.B, i int) { list(b, conversation.Filter{}, store.Page{}) }},
		{"list of a user", func(b *testing.B, i int) { list(b, member, store.Page{}) }},
		{"list of a user, next page", func(b *testing.B, i int) { list(b, member, store.Page{Cursor: second}) }},
		{"list of a user who has few of them", func(b *testing.B, i int) { list(b, conversation.Filter{NumberID: other.ID}, store.Page{}) }},
		{"conversation opened", func(b *testing.B, i int) { entries(b, few[i%len(few)].ID, store.Page{}) }},
		{"conversation paged back", func(b *testing.B, i int) {
			entries(b, few[i%len(few)].ID, store.Page{Limit: 2, Cursor: entries(b, few[i%len(few)].ID, store.Page{Limit: 2})})
		}},
		{"search for a common word", func(b *testing.B, i int) { search(b, conversation.Search{Text: l.words[i%10]}, store.Page{}) }},
		{"search for some word", func(b *testing.B, i int) { search(b, conversation.Search{Text: l.words[100+i*7%4900]}, store.Page{}) }},
		{"search for two words", func(b *testing.B, i int) {
			words := strings.Fields(texts[i*31%messages])
			search(b, conversation.Search{Text: words[1] + " " + words[2]}, store.Page{})
		}},
		{"search for one text", func(b *testing.B, i int) {
			if found := search(b, conversation.Search{Text: "traordinari"}, store.Page{}); len(found.Hits) != 1 {
				b.Fatal(len(found.Hits))
			}
		}},
		{"search for what is nowhere", func(b *testing.B, i int) { search(b, conversation.Search{Text: "kabaxe lodi"}, store.Page{}) }},
		{"search for a letter", func(b *testing.B, i int) {
			search(b, conversation.Search{Text: string(rune('a' + i%26))}, store.Page{})
		}},
		{"search by a user", func(b *testing.B, i int) {
			search(b, conversation.Search{UserID: w.Ann.ID, Text: l.words[i*7%5000]}, store.Page{})
		}},
		{"search in one conversation's contact", func(b *testing.B, i int) {
			search(b, conversation.Search{Contacts: []string{fmt.Sprintf("+1888%07d", i*37%10_000)}, Text: l.words[i%10]}, store.Page{})
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			before, i := cpu(), 0
			for b.Loop() {
				began := time.Now()
				c.do(b, i)
				took = append(took, time.Since(began))
				i++
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric((cpu()-before).Seconds()*1e3/float64(i), "cpu-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
