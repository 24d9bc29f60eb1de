package store_test

import (
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// A row that cannot be read stops nobody else, and its message is put aside where people see it.
func TestAMessageThatCannotBeReadIsPutAside(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		putsPoisonAside(t, storetest.NewWorld(t, (&onSQLite{dirs: map[*store.Store]string{}}).Open(t)))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server := pgtest.Shared(t)
		putsPoisonAside(t, storetest.NewWorld(t, openNode(t, server.URL(server.Database(t, "")))))
	})
}

func putsPoisonAside(t *testing.T, w *storetest.World) {
	inFlight := w.Send("+16660000001", "poison in flight")
	w.ClaimOne()
	other := w.NewNumber(w.Intg, "+15550000002")
	poison, err := w.Accept(w.Ctx, w.Outbound(other, "+16660000002", "poison"))
	if err != nil {
		t.Fatal(err)
	}
	behind, err := w.Accept(w.Ctx, w.Outbound(other, "+16660000002", "behind it"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{inFlight, poison.ID} {
		if err := w.Spoil(w.Ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range 3 { // its holder is gone
		list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(10*time.Second), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			got = append(got, c.Work.Message.ID)
			w.Settle(storetest.Ends(c, message.Accepted, message.Sent, "p1"))
		}
	}
	if len(got) != 1 || got[0] != behind.ID {
		t.Errorf("claimed %q, want the one that can be read", got)
	}
	for id, want := range map[string]message.Status{inFlight: message.Unclear, poison.ID: message.Failed} {
		if v := w.View(id); v.Status != want || v.ErrorCode != message.CodeQuarantined {
			t.Errorf("it is %s (%s), want %s", v.Status, v.ErrorCode, want)
		}
	}
	w.Conserved()
}
