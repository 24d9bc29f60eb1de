package store

import (
	"bytes"
	"context"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
	"patchbay/internal/secret"
)

// A group may hold both what a webhook does not listen to, often enough to move its place on, and what it does.
func TestAWebhookIsNotMovedPastWhatItIsToBeTold(t *testing.T) {
	box, err := secret.NewBox(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	s, err := Open(ctx, Options{DataDir: t.TempDir(), Box: box})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateAccount(ctx, &directory.Account{ID: "a", Created: time.Now()}, nil, [32]byte{}); err != nil {
		t.Fatal(err)
	}
	h := &directory.Webhook{AccountID: "a", Types: []string{message.MessageReceived}}
	if err := s.CreateWebhook(ctx, h); err != nil {
		t.Fatal(err)
	}
	tell := func(kinds ...string) {
		t.Helper()
		if err := s.write(ctx, func(tx *tx) error {
			for _, k := range kinds {
				if err := notify(tx, &message.Notification{AccountID: "a", OrgID: "o", Type: k, At: time.Now()}, 0); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	tell(message.MessageStatus)
	for i := range 20 { // in whatever order the group's kinds come
		if err := s.write(ctx, func(*tx) error { s.wakes.byAccount["a"][0].missed = skipEvery; return nil }); err != nil {
			t.Fatal(err)
		}
		tell(message.MessageStatus, message.MessageReceived, message.ConversationUpdated)
		list, _, err := s.ClaimDeliveries(ctx, time.Now(), 1)
		if err != nil || len(list) != 1 || len(list[0].Work.Notifications) != 1 {
			t.Fatalf("round %d: %+v, %v", i, list, err)
		}
		d := list[0]
		if _, err := s.SettleDelivery(ctx, message.DeliverySettlement{LaneID: d.Lane.ID, Epoch: d.Lane.Epoch, WebhookID: h.ID, Now: time.Now(),
			Cursor: d.Work.Notifications[0].Seq}); err != nil {
			t.Fatal(err)
		}
	}
}
