package store_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// lived is a data directory in which something of everything has happened.
func lived(t *testing.T) (*storetest.World, string) {
	t.Helper()
	e, dir := &onSQLite{map[*store.Store]string{}}, t.TempDir()
	w := storetest.NewWorld(t, e.open(t, dir))
	w.NewWebhook("whsec_x")
	for i, text := range storetest.NastyTexts {
		w.Send(fmt.Sprintf("+1666%07d", i), text)
	}
	for range 3 {
		c := w.ClaimOne()
		w.Settle(storetest.Ends(c, message.Accepted, message.Sent, "ref-"+c.Work.Message.ID))
	}
	w.Receipt(message.Receipt{Ref: "unknown", Status: message.Delivered})
	w.Kept()
	w.Receipt(message.Receipt{ID: w.Send("+16661234567", "x"), Status: message.Failed})
	return w, dir
}

func TestAMoveTakesEverythingAlong(t *testing.T) {
	w, dir := lived(t)
	page := store.Page{Limit: 200}
	before, _, err := w.Messages(t.Context(), message.Filter{AccountID: w.Acct}, page)
	if err != nil {
		t.Fatal(err)
	}
	counts := w.Conserved()
	server := pgtest.Shared(t)
	url := server.URL(server.Database(t, ""))
	log := slog.New(slog.DiscardHandler)
	if _, err := store.Move(t.Context(), dir, url, log); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("moved under a running server: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	m, err := store.Move(t.Context(), dir, url, log)
	if err != nil {
		t.Fatal(err)
	}
	if m.Tables["messages"] != int64(len(before)) || m.Tables["lanes"] != 2 || filepath.Base(m.Kept) != "patchbay.db.moved" {
		t.Errorf("moved %+v", m)
	}
	there := w.On(openNode(t, url))
	after, _, err := there.Messages(t.Context(), message.Filter{AccountID: w.Acct}, page)
	if err != nil {
		t.Fatal(err)
	}
	for i := range before { // PostgreSQL keeps neither U+0000 nor what is no UTF-8
		before[i].Content = (&onPostgres{}).Text(before[i].Content)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(counts, there.Conserved()); diff != "" {
		t.Error(diff)
	}
	if i, err := there.Integration(t.Context(), w.Acct, w.Intg.ID); err != nil || i.Properties["API key"] != "k-carrier" {
		t.Errorf("its credentials: %+v, %v", i, err)
	}
	// It goes on: what is new comes after what is there.
	id := there.Send("+16667654321", "new")
	list, _, err := there.Messages(t.Context(), message.Filter{AccountID: w.Acct}, store.Page{Limit: 1})
	if err != nil || len(list) != 1 || list[0].ID != id {
		t.Errorf("the newest is %+v, %v", list, err)
	}
	there.ClaimOne()
	if d, _, err := there.ClaimDeliveries(t.Context(), time.Now(), 1); err != nil || len(d) != 1 {
		t.Errorf("%d webhooks have something to be told, %v", len(d), err)
	}
	// What was copied lives once.
	if s, err := store.Open(t.Context(), store.Options{DataDir: dir, Box: storetest.Box()}); err == nil {
		s.Close()
		t.Error("a server started on what was moved away")
	}
	if _, err := store.Move(t.Context(), dir, url, log); err == nil {
		t.Error("moved twice")
	}
}

func TestAMoveThatFailsLeavesEverythingWhereItWas(t *testing.T) {
	w, dir := lived(t)
	w.Close()
	server := pgtest.Shared(t)
	full := server.URL(server.Database(t, ""))
	storetest.NewWorld(t, openNode(t, full))
	for _, url := range []string{full, "postgres://u:p@127.0.0.1:1/db", "mysql://x"} {
		if _, err := store.Move(t.Context(), dir, url, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("moved to %s", url)
		}
	}
	s, err := store.Open(t.Context(), store.Options{DataDir: dir, Box: storetest.Box()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.On(s).Conserved()
	w.On(s).Send("+16660000001", "as before")
}

// A move that was cut off is begun again: before its commit it copies, after it compares.
func TestAMoveThatWasCutOffIsBegunAgain(t *testing.T) {
	w, dir := lived(t)
	w.Close()
	server := pgtest.Shared(t)
	url := server.URL(server.Database(t, ""))
	db := func(suffix string) string { return filepath.Join(dir, "patchbay.db"+suffix) }
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(db(from), db(to)); err != nil {
			t.Fatal(err)
		}
	}
	move := func() error {
		_, err := store.Move(t.Context(), dir, url, slog.New(slog.DiscardHandler))
		return err
	}
	if err := move(); err != nil {
		t.Fatal(err)
	}
	rename(".moved", ".moving") // cut off after the commit
	if err := move(); err != nil {
		t.Errorf("after the commit: %v", err)
	}
	rename(".moved", ".moving") // and the nodes have been started since
	there := w.On(openNode(t, url))
	there.Send("+16660000001", "new")
	err := move()
	if err == nil || !strings.Contains(err.Error(), "gone on") {
		t.Errorf("the copy lives: %v", err)
	}
	if _, err := os.Stat(db("")); err == nil {
		t.Error("the source could live again, beside its copy")
	}
	url = server.URL(server.Database(t, "")) // cut off before the commit
	if err := move(); err != nil {
		t.Errorf("before the commit: %v", err)
	}
	if _, err := w.On(openNode(t, url)).Message(t.Context(), w.Acct, "none"); fault.CodeOf(err) != fault.NotFound {
		t.Error(errors.Join(errors.New("the copy does not answer"), err))
	}
}
