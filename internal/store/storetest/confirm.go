package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
)

func (w *World) confirmation(url string) message.Confirmation {
	return message.Confirmation{ID: message.NewID(), OrgID: w.Org.ID, IntegrationID: w.Intg.ID, ServiceID: "carrier", ServiceVersion: "v1", URL: url}
}

func (w *World) wants(at time.Time, urls ...string) {
	w.t.Helper()
	a := message.Applied{Now: at}
	for _, url := range urls {
		a.Confirms = append(a.Confirms, w.confirmation(url))
	}
	w.apply(a)
}

func (w *World) claims(at time.Time) []message.Confirmation {
	w.t.Helper()
	list, err := w.ClaimConfirmations(w.Ctx, at, time.Minute, 100)
	w.must(err)
	return list
}

func confirms(t *testing.T, w *World) {
	now := time.Now()
	w.wants(now, "https://carrier.example/1", "https://carrier.example/1")
	w.wants(now, "https://carrier.example/1")
	w.Reopen()
	list := w.claims(now)
	if len(list) != 1 || list[0].URL != "https://carrier.example/1" || list[0].Tries != 1 || list[0].AccountID != w.Acct || list[0].IntegrationID != w.Intg.ID {
		t.Fatalf("claimed %+v", list)
	}
	one := list[0]
	if again := w.claims(now.Add(59 * time.Second)); len(again) != 0 {
		t.Errorf("claimed while its lease holds: %+v", again)
	}
	w.must(w.SettleConfirmation(w.Ctx, one, "the provider answered 500", now.Add(10*time.Minute)))
	if list := append(w.claims(now.Add(9*time.Minute)), w.claims(now.Add(10*time.Minute))...); len(list) != 1 || list[0].Tries != 2 {
		t.Errorf("the second try: %+v", list)
	}
	before, err := w.LastNotification(w.Ctx)
	w.must(err)
	w.must(w.SettleConfirmation(w.Ctx, one, "the provider answered 403", time.Time{}))
	w.must(w.SettleConfirmation(w.Ctx, one, "again", time.Time{})) // somebody else's, late
	told, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct}, before, 10)
	w.must(err)
	if len(told) != 1 || told[0].Type != message.IntegrationAttention || !strings.Contains(string(told[0].Data), "403") {
		t.Errorf("told %+v", told)
	}
	// Asked for again: not at once, and then from the beginning. One that was called is not called again.
	w.wants(now.Add(time.Minute), one.URL)
	if list := w.claims(now.Add(time.Minute)); len(list) != 0 {
		t.Errorf("called again at once: %+v", list)
	}
	later := time.Now().Add(2 * time.Hour)
	w.wants(later, one.URL)
	if list = w.claims(later); len(list) != 1 || list[0].Tries != 1 {
		t.Fatalf("two hours later: %+v", list)
	}
	w.must(w.SettleConfirmation(w.Ctx, list[0], "", time.Time{}))
	w.wants(later.Add(24*time.Hour), one.URL)
	if list := w.claims(later.Add(24 * time.Hour)); len(list) != 0 {
		t.Errorf("called again: %+v", list)
	}
	for i := range 50 {
		w.wants(later, fmt.Sprint("https://carrier.example/many/", i))
	}
	if list := w.claims(later); len(list) != 20 {
		t.Errorf("%d addresses of one integration wait at once, want 20", len(list))
	}
	w.must(w.Sweep(w.Ctx, later.Add(31*24*time.Hour)))
	w.wants(later.Add(32*24*time.Hour), "https://carrier.example/new")
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	if list := w.claims(later.Add(33 * 24 * time.Hour)); len(list) != 0 {
		t.Errorf("outlived their organization: %+v", list)
	}
}
