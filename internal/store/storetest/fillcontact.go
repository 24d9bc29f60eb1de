package storetest

import (
	"fmt"
	"strings"
	"time"

	"patchbay/internal/audit"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// FillContact has everything that the store can keep of a contact say the canary, or the contact's number: where a text of theirs could be, the
// canary stands alone, as in a receipt that repeats a text and names nobody. Nothing is left in flight.
func (w *World) FillContact(number, canary string) {
	w.t.Helper()
	now := time.Now()
	said := func(what string) string { return canary + " " + what }
	w.webhook(w.Org.ID)
	card := &directory.Contact{ID: directory.NewID(now), AccountID: w.Acct, OrgID: w.Org.ID, Name: said("name"), Info: `{"note":"` + said("info") + `"}`, About: said("about"),
		Addresses: []string{number}, CreatedBy: "key-1", Created: now}
	w.must(w.ImportContacts(w.Ctx, []*directory.Contact{card}))

	// In, with a file, in parts, and as history that a program brought.
	in := w.Arrival(number, said("in"), "in-1")
	in.Message.ID = message.NewID()
	in.Media = []message.Media{{ID: message.NewID(), State: message.MediaStored, Name: said("file"), Path: "ab/1"},
		{ID: message.NewID(), SourceURL: "https://carrier.example/" + canary, State: message.MediaFailed, Reason: said("reason")}}
	kept := &message.Callback{ID: message.NewID(), AccountID: w.Acct, ServiceID: "carrier", Method: "POST", At: now, State: message.CallbackDone,
		IntegrationIDs: []string{w.Intg.ID}, Body: []byte(said("without a number")), Events: []byte(`[{"text":"` + said("event") + `"}]`)}
	w.must(w.ReceiveCallback(w.Ctx, kept, message.Applied{CallbackID: kept.ID, State: message.CallbackDone, Now: now, Arrivals: []message.Arrival{in}}))
	half := w.part("ref", 1, 2, said("half"), "half-1")
	half.Message.From = number
	w.arrives(now, half)
	national := fmt.Sprintf("(%s) %s-%s", number[2:5], number[5:8], number[8:])
	unread := &message.Callback{ID: message.NewID(), AccountID: w.Acct, ServiceID: "carrier", Method: "POST", At: now, State: message.CallbackUnmatched, Reason: "no model",
		IntegrationIDs: []string{w.Intg.ID}, URL: "https://us.example/?from=" + strings.TrimPrefix(number, "+"), Header: map[string][]string{"X-Text": {said("header")}}, Body: []byte(national + said("raw"))}
	w.must(w.KeepCallback(w.Ctx, unread))

	// Out: taken, with what the provider and a program said about it; refused; put aside; and queued.
	a := w.Outbound(w.Num, number, said("out"))
	a.IdempotencyKey, a.BodyHash = said("key"), [32]byte{1}
	a.Message.URLs = []string{"https://us.example/" + canary}
	ack, err := w.Accept(w.Ctx, a)
	w.must(err)
	taken := Ends(w.ClaimOne(), message.Accepted, message.Sent, "ref-"+canary)
	taken.Attempt.Request, taken.Attempt.Response = said("request"), said("response")
	taken.AskAt = now.Add(time.Hour)
	w.Settle(taken)
	about := &message.Callback{ID: message.NewID(), AccountID: w.Acct, ServiceID: "carrier", Method: "POST", At: now, State: message.CallbackDone,
		IntegrationIDs: []string{w.Intg.ID}, Body: []byte(said("a receipt that repeats the text"))}
	w.must(w.ReceiveCallback(w.Ctx, about, message.Applied{CallbackID: about.ID, State: message.CallbackDone, Now: now,
		Receipts: []message.Receipt{{Ref: "ref-" + canary, Status: message.Failed, ErrorText: said("error"), IntegrationIDs: []string{w.Intg.ID}}}}))
	w.Receipt(message.Receipt{Ref: "unknown", Status: message.Failed, ErrorText: "to " + number + ": " + said("parked")})
	w.Send(number, said("refused"))
	refused := Ends(w.ClaimOne(), message.Refused, message.Failed)
	refused.ErrorText, refused.Attempt.ErrorText = said("refusal"), said("refusal")
	w.Settle(refused)
	w.Send(number, said("put aside"))
	aside := Ends(w.ClaimOne(), message.Busy, message.Sending)
	aside.Aside, aside.RetryAt = true, now.Add(time.Hour)
	w.Settle(aside)
	w.Send(number, said("queued"))

	// What people did with it.
	c := w.View(ack.ID).ConversationID
	w.must(w.KeepNote(w.Ctx, conversation.Note{ID: message.NewID(), AccountID: w.Acct, OrgID: w.Org.ID, ConversationID: c, By: conversation.Who{ID: w.Ann.ID}, Content: said("note"), Created: now}))
	w.must(w.EditMessage(w.Ctx, w.Acct, ack.ID, message.Edit{At: now, Content: said("edit")}))
	w.must(w.MarkRead(w.Ctx, w.Acct, c, w.Ann.ID, "", now))
	entry := audit.Entry{AccountID: w.Acct, OrgID: w.Org.ID, At: now, By: audit.ByKey, ByID: "k", What: "user.created", Name: said("log"), Was: `{"to":"` + number + `"}`, Became: said("log")}
	w.must(w.CreateUser(audit.With(w.Ctx, audit.NewNote(entry)), &directory.User{AccountID: w.Acct, OrgID: w.Org.ID, Extension: "777"}))

	// They stop, which is confirmed, and told to programs, of which one answers with what it was told.
	w.arrived(number, "STOP", "stop-1")
	d := w.only()
	told := told(d, len(d.Work.Notifications))
	for _, n := range d.Work.Notifications {
		told.Tries = append(told.Tries, message.DeliveryTry{Notification: n.Seq, Type: n.Type, OrgID: w.Org.ID, At: now, Status: 500, Error: "answered 500", Response: said("a program's answer")})
	}
	told.DeadLetter = &message.DeadLetter{Seq: d.Work.Notifications[0].Seq, Reason: said("why it was given up")}
	w.settles(told)
}
