package store_test

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// Tables in which nothing can stand of a contact, and why. Into every other one the test puts something.
var nothingOfContacts = map[string]string{
	"meta": "of the database", "changes": "of the cluster", "sweeps": "how far each is", "erasures": "counts; its addresses are forgotten with its end",
	"accounts": "", "people": "", "organizations": "", "users": "", "keys": "", "signins": "", "invitations": "", "numbers": "", "number_users": "",
	"integrations": "", "services": "", "service_versions": "", "webhooks": "", "credentials": "", "authorizations": "", "pauses": "",
	"attention": "why an integration needs somebody", "confirmations": "addresses of ours that a provider wants called", "polls": "how far a provider's list was read",
	"lanes": "numbers of ours", "daily_counts": "counts", "usage_days": "counts", "usage_failures": "counts, by a provider's codes",
	"conversation_reads": "how far users have read", "awaited": "which messages are asked for",
	"uploads":       "a user's file, of no contact before a message takes it; it goes a day after it was brought",
	"search_blocks": "hashes of what may be looked for, made anew without what is gone", "search_upto": "counts", "search_redo": "counts",
	"search_index": "of programs of before, on PostgreSQL", "search_mark": "the same", "search_again": "the same",
}

// What stays of an erased contact, and why.
var staysOfContacts = map[string]string{
	"idempotency": "that a request repeated within a day is not sent a second time: what the program made its key of, and a digest of the request",
}

// Nothing stays of an erased contact in any column of any table: the tables are the schema's, so that none can be forgotten that is new. A STOP
// holds nevertheless, by a digest of the number.
func TestOfAnErasedContactNoColumnKeepsAWord(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { keepsNoWord(t, (&onSQLite{map[*store.Store]string{}}).Open(t)) })
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Shared(t)
		keepsNoWord(t, openNode(t, server.URL(server.Database(t, ""))))
	})
}

func keepsNoWord(t *testing.T, s *store.Store) {
	const number, canary = "+15558675309", "ZQCANARYQZ"
	w := storetest.NewWorld(t, s)
	told := func(row string) bool {
		for _, word := range []string{canary, number[2:], "867-5309"} { // and as bytes are shown
			if strings.Contains(row, word) || strings.Contains(strings.ToLower(row), hex.EncodeToString([]byte(word))) {
				return true
			}
		}
		return false
	}
	tell := func() map[string][]string {
		rows, err := s.Rows(w.Ctx)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string][]string{}
		for table, list := range rows {
			found[table] = slices.DeleteFunc(list, func(row string) bool { return !told(row) })
		}
		return found
	}
	w.FillContact(number, canary)
	w.Send("+15550100002", "somebody else's")
	index := func() {
		for more := true; more; {
			var err error
			if more, err = s.IndexSearch(w.Ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	index()
	search := func() int {
		f, err := s.Search(w.Ctx, conversation.Search{AccountID: w.Acct, OrgID: w.Org.ID, Text: canary}, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return len(f.Hits)
	}
	if search() == 0 {
		t.Error("a search finds nothing even before")
	}
	before := tell()
	for table := range before {
		if _, nothing := nothingOfContacts[table]; nothing != (len(before[table]) == 0) {
			t.Errorf("%s tells of the contact in %d rows: have FillContact put something there, or say why nothing can be", table, len(before[table]))
		}
	}
	for table := range maps.Keys(nothingOfContacts) {
		if _, there := before[table]; !there && !strings.Contains(nothingOfContacts[table], "PostgreSQL") && !strings.Contains(nothingOfContacts[table], "same") && table != "changes" {
			t.Errorf("there is no table %s", table)
		}
	}

	e := &message.Erasure{AccountID: w.Acct, OrgID: w.Org.ID, Addresses: []string{number}, Created: time.Now()}
	if err := s.BeginErasure(w.Ctx, e); err != nil {
		t.Fatal(err)
	}
	var paths []string
	done, err := s.GoOnErasing(w.Ctx, e.ID, time.Now(), func(p []string) { paths = append(paths, p...) })
	if err != nil || done.Done.IsZero() {
		t.Fatalf("%+v, %v", done, err)
	}
	if fmt.Sprint(paths) != "[ab/1]" {
		t.Errorf("the files to remove are %v", paths)
	}
	index()
	if n := search(); n != 0 {
		t.Errorf("a search finds %d", n)
	}
	for table, rows := range tell() {
		if _, stays := staysOfContacts[table]; stays {
			continue
		}
		for _, row := range rows {
			t.Errorf("%s keeps %.400s", table, row)
		}
	}
	if out, err := s.IsOptedOut(w.Ctx, w.Org.ID, w.Num.Value, number); err != nil || !out {
		t.Errorf("their STOP holds: %v, %v", out, err)
	}
	// What stays is gone in a day.
	if err := s.Sweep(w.Ctx, time.Now().Add(25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for table, rows := range tell() {
		for _, row := range rows {
			t.Errorf("after a day %s keeps %.400s", table, row)
		}
	}
}
