package store_test

import (
	"strings"
	"testing"
	"time"

	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// Nodes are exchanged one by one: the first new one migrates, and the old ones go on, and start again, beside it.
func TestANewerSchemaThatSaysSoIsNoReasonToStop(t *testing.T) {
	server := pgtest.Shared(t)
	database := server.Database(t, "")
	w := storetest.NewWorld(t, openNode(t, server.URL(database)))
	// What a migration of the next version does.
	server.Exec(t, database, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99001, true);
		ALTER TABLE messages ADD COLUMN next_version TEXT NOT NULL DEFAULT ''; CREATE TABLE next_version (id BIGINT PRIMARY KEY)`)
	w.Send("+16660000001", "on the old node, while it runs")
	again := w.On(openNode(t, server.URL(database)))
	id := again.Send("+16660000002", "on the old node, started again")
	again.View(id)

	server.Exec(t, database, `UPDATE meta SET value = '99001' WHERE key = 'oldest program'`)
	for _, readOnly := range []bool{false, true} {
		s, err := store.Open(t.Context(), store.Options{DatabaseURL: server.URL(database), Box: storetest.Box(), ReadOnly: readOnly})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "99001") || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("a schema that this program cannot live with: %v", err)
		}
	}
}

func TestADatabaseOfSomebodyElseIsNotBegunByMistake(t *testing.T) {
	server := pgtest.Shared(t)
	url := server.URL(server.Database(t, ""))
	for _, o := range []store.Options{{NotEmpty: true}, {ReadOnly: true}} {
		o.DatabaseURL, o.Box = url, storetest.Box()
		if s, err := store.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "nothing of ours") {
			t.Errorf("%v", err)
			if err == nil {
				s.Close()
			}
		}
	}
	latin := server.Keep(t, "")
	server.Exec(t, "postgres", "DROP DATABASE "+latin)
	server.Exec(t, "postgres", "CREATE DATABASE "+latin+" TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'")
	if s, err := store.Open(t.Context(), store.Options{DatabaseURL: server.URL(latin), Box: storetest.Box()}); err == nil || !strings.Contains(err.Error(), "UTF8") {
		t.Errorf("a database that cannot hold every text: %v", err)
		if err == nil {
			s.Close()
		}
	}
}

// Leases and pauses are times that nodes compare: whose clock is off takes no work, and says why.
func TestANodeWhoseClockIsOffTakesNoLanes(t *testing.T) {
	server := pgtest.Shared(t)
	w := storetest.NewWorld(t, openNode(t, server.URL(server.Database(t, ""))))
	w.Send("+16660000001", "x")
	w.SetSkew(10 * time.Second)
	if _, _, err := w.ClaimSends(t.Context(), time.Now(), 1); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("a claim: %v", err)
	}
	if err := w.Healthy(); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("it calls itself well: %v", err)
	}
	eventually(t, 5*time.Second, "a look at the database's clock mends it", w.Healthy)
	w.ClaimOne()
}
