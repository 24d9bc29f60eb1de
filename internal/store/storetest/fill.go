package storetest

import (
	"crypto/sha256"
	"time"

	"patchbay/internal/audit"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// FillOrganization makes an organization that has something of everything, and gives its id.
func (w *World) FillOrganization() string {
	w.t.Helper()
	was := *w
	defer func() { w.Org, w.Ann, w.Bob, w.Intg, w.Num = was.Org, was.Ann, was.Bob, was.Intg, was.Num }()
	now := time.Now()
	w.Org = w.NewOrg("full.example")
	w.Ann, w.Bob = w.NewUser(w.Org, "101"), w.NewUser(w.Org, "102")
	w.Intg = w.NewIntegration(w.Org, "carrier")
	w.Num = w.NewNumber(w.Intg, "+15550007777", w.Ann.ID, w.Bob.ID)

	w.webhook(w.Org.ID)
	w.must(w.CreateKey(w.Ctx, &directory.Key{ID: directory.NewID(now), AccountID: w.Acct, OrgID: w.Org.ID, Role: directory.OrgAdmin, Name: "k", Created: now}, sha256.Sum256([]byte("of the full one"))))
	w.must(w.CreateSignIn(w.Ctx, &directory.SignIn{ID: directory.NewID(now), Whose: ofUser(w.Ann), Created: now, Used: now}, sha256.Sum256([]byte("full")), "", nil))
	w.must(w.PutInvitation(w.Ctx, &directory.Invitation{Whose: ofUser(w.Bob), Expires: now.Add(time.Hour)}, sha256.Sum256([]byte("invited"))))
	u := &directory.User{AccountID: w.Acct, OrgID: w.Org.ID, Extension: "103"}
	w.must(w.CreateUser(audit.With(w.Ctx, audit.NewNote(audit.Entry{AccountID: w.Acct, OrgID: w.Org.ID, At: now, By: audit.ByKey, ByID: "k", What: "user.created", ObjectID: "o"})), u))
	w.hold("k1", "me", now)
	w.must(w.KeepAuthorization(w.Ctx, "state of the full one", directory.Authorization{AccountID: w.Acct, IntegrationID: w.Intg.ID, Key: "k", Expires: now.Add(time.Hour)}))
	w.knows("Known", contact)
	w.uploads("a.png", now)
	w.must(w.AskPolls(w.Ctx, []message.Poll{w.poll()}, now))
	w.wants(now, "https://carrier.example/full")
	w.arrives(now, w.part("ref", 1, 2, "half", "full-half"))

	in := w.Arrival(contact, "hello", "full-in")
	in.Media = []message.Media{{ID: message.NewID(), SourceURL: "https://carrier.example/full.png"}}
	w.apply(message.Applied{Arrivals: []message.Arrival{in}})
	w.arrived(number(7), "STOP", "full-stop") // a reply is owed
	said := w.inbound()[0]
	w.must(w.KeepNote(w.Ctx, conversation.Note{ID: message.NewID(), AccountID: w.Acct, OrgID: w.Org.ID, ConversationID: said.ConversationID, By: conversation.Who{ID: w.Ann.ID}, Content: "n", Created: now}))
	w.must(w.MarkRead(w.Ctx, w.Acct, said.ConversationID, w.Ann.ID, "", now))
	w.must(w.EditMessage(w.Ctx, w.Acct, said.ID, message.Edit{At: now, Content: "changed"}))

	capped := w.Outbound(w.Num, number(3), "capped")
	capped.Caps = []message.Capped{{Owner: w.Num.ID, Name: "the number", Messages: 40}}
	_, err := w.Accept(w.Ctx, capped)
	w.must(err)
	sent := Ends(w.ClaimOne(), message.Accepted, message.Sent, "full-ref")
	sent.AskAt = now.Add(time.Minute)
	w.Settle(sent)
	w.Send(number(4), "refused")
	refused := Ends(w.ClaimOne(), message.Refused, message.Failed)
	refused.Attention, refused.Attempt.ErrorCode = "the provider refused the credentials", "401"
	w.Settle(refused)
	d := w.only()
	told := told(d, 1)
	told.Tries = []message.DeliveryTry{{Notification: d.Work.Notifications[0].Seq, Type: message.MessageStatus, OrgID: w.Org.ID, At: now, Status: 410}}
	told.DeadLetter = &message.DeadLetter{Seq: told.Cursor, Reason: "410 Gone"}
	w.settles(told)
	w.Send(number(5), "put aside")
	aside := Ends(w.ClaimOne(), message.Busy, message.Sending)
	aside.Aside, aside.RetryAt = true, now.Add(time.Hour)
	w.Settle(aside)
	w.Send(number(6), "waits")
	w.must(w.PauseIntegration(w.Ctx, w.Acct, w.Intg.ID, "key1", "maintenance"))
	e := &message.Erasure{AccountID: w.Acct, OrgID: w.Org.ID, Addresses: []string{number(9)}, Created: now}
	w.must(w.BeginErasure(w.Ctx, e))
	return w.Org.ID
}
