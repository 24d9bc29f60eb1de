package store

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/store/pgtest"
)

// onServer is a migrated database and a connection to it.
func onServer(t *testing.T, turns bool) (*pgConn, string) {
	t.Helper()
	server := pgtest.Shared(t)
	url := server.URL(server.Database(t, ""))
	config, err := parsePostgres(url)
	if err != nil {
		t.Fatal(err)
	}
	if err := migratePostgres(context.Background(), config, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	setup := pgReaderSetup
	if turns {
		setup = pgWriterSetup
	}
	c := &pgConn{config: config, setup: fmt.Sprintf(setup, "on"), turns: turns, limit: writeLimit}
	if err := c.ready(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close() })
	return c, url
}

func TestEveryQueryIsPreparedOnPostgres(t *testing.T) {
	c, _ := onServer(t, true)
	for _, q := range slices.Concat(queries, pgQueries) {
		if _, err := c.prepare(q); err != nil {
			t.Error(err)
		}
	}
}

func TestAnEmptyTextIsNeverNull(t *testing.T) {
	c, _ := onServer(t, true)
	echo := &query{name: "echo", text: `SELECT $1::text IS NOT NULL, $2::bytea IS NOT NULL, $3::text IS NOT NULL`, reads: true}
	for range 2 { // on a connection's first query, too
		if err := c.each(echo, func(r *row) error {
			if a, b, c := r.text(), r.text(), r.text(); a != "t" || b != "t" || c != "t" {
				t.Errorf("an empty text, no bytes, an empty text: %s %s %s, want none to be NULL", a, b, c)
			}
			return nil
		}, "", []byte(nil), ""); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHotQueriesScanNothingOnPostgres(t *testing.T) {
	c, _ := onServer(t, true)
	plain := func(text string) []string {
		t.Helper()
		var lines []string
		answers, err := c.conn.Exec(t.Context(), text).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, r := range answers[len(answers)-1].Rows {
			lines = append(lines, string(r[0]))
		}
		return lines
	}
	plain("SET plan_cache_mode = force_generic_plan") // a plan that knows no values, as the one that a statement ends up with
	for _, q := range hotQueries {
		st, err := c.prepare(q)
		if err != nil {
			t.Error(err)
			continue
		}
		args := strings.Repeat(", NULL", len(st.desc.ParamOIDs))
		if args != "" {
			args = "(" + args[2:] + ")"
		}
		plan := strings.Join(plain(`EXPLAIN EXECUTE "`+st.desc.Name+`"`+args), "\n")
		// A scan without a condition on its index reads all of it. Of what is pending the oldest are asked, whichever they are.
		for _, scan := range strings.Split(plan, "->") {
			head, _, _ := strings.Cut(scan, "\n")
			if strings.Contains(head, "Scan") && !strings.Contains(scan, "Index Cond") && !strings.Contains(head, "Bitmap Heap Scan") &&
				!strings.Contains(head, "callbacks_pending") && !strings.Contains(head, "Subquery Scan") {
				t.Errorf("%s: %s\n%s", q.name, strings.TrimSpace(head), plan)
			}
		}
	}
}
