package store_test

import (
	"slices"
	"strings"
	"testing"

	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// Tables that a deletion may leave with more than they had: no row of them names the organization.
var nobodysTables = []string{
	"meta", "changes", // of the database, and of the cluster
	"accounts", "people", "services", "service_versions", // of the account
	"callbacks", "receipts", "idempotency", // what a provider said to the account, and answers: they go with time
	"sweeps",                                      // how far each is
	"search_blocks", "search_upto", "search_redo", // numbers; the blocks are made anew in a moment
	"search_index", "search_mark", "search_again", // of programs of before, on PostgreSQL
	"notifications", // the last of all stays, for its number, until another one comes and the sweep takes it
}

// After an organization was deleted, every table is as it was before there was the organization: the tables are the schema's, so that none
// can be forgotten that is new.
func TestOfADeletedOrganizationNoTableKeepsARow(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { leavesNoRow(t, (&onSQLite{map[*store.Store]string{}}).Open(t)) })
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Shared(t)
		leavesNoRow(t, openNode(t, server.URL(server.Database(t, ""))))
	})
}

func leavesNoRow(t *testing.T, s *store.Store) {
	w := storetest.NewWorld(t, s)
	rows := func() map[string][]string {
		all, err := s.Rows(w.Ctx)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := rows()
	o := w.FillOrganization()
	full := rows()
	for table := range full {
		if !slices.Contains(nobodysTables, table) && len(full[table]) <= len(before[table]) {
			t.Errorf("the test puts nothing into %s: have FillOrganization do so, or say why it is no organization's", table)
		}
	}
	if err := s.DeleteOrganization(w.Ctx, w.Acct, o); err != nil {
		t.Fatal(err)
	}
	after := rows()
	if n := len(after["notifications"]) - len(before["notifications"]); n > 1 {
		t.Errorf("%d notifications are left", n)
	}
	for table, left := range after {
		nobodys := slices.Contains(nobodysTables, table)
		for _, row := range left {
			if !slices.Contains(before[table], row) && (!nobodys || table != "notifications" && strings.Contains(row, o)) {
				t.Errorf("%s keeps %.300s", table, row)
			}
		}
	}
}
