package outbound

import (
	"strings"
	"testing"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

func TestADraftIsRefusedWithItsReason(t *testing.T) {
	r := newRig(t, base)
	for _, c := range []struct {
		name   string
		change func(*Draft)
		code   fault.Code
		field  string
	}{
		{"no from", func(d *Draft) { d.From = " " }, fault.Invalid, "from"},
		{"a number that nobody has", func(d *Draft) { d.From = "+61999999999" }, fault.Forbidden, "from"},
		{"a number of another account", func(d *Draft) { d.AccountID = directory.NewAccountID() }, fault.Forbidden, "from"},
		{"a number of another organization", func(d *Draft) { d.OrgID = "17000000000001234567" }, fault.Forbidden, "from"},
		{"a user who is not assigned", func(d *Draft) { d.UserID = r.bob.ID }, fault.Forbidden, "user"},
		{"a user who does not exist", func(d *Draft) { d.UserID = "1" }, fault.Forbidden, "user"},
		{"no to", func(d *Draft) { d.To = "" }, fault.Invalid, "to"},
		{"a to that is no number", func(d *Draft) { d.To = "+" }, fault.Invalid, "to"},
		{"a sender's name as to", func(d *Draft) { d.To = "ACME" }, fault.Invalid, "to"},
		{"the number itself", func(d *Draft) { d.To = d.From }, fault.Invalid, "to"},
		{"the number itself, in its national spelling", func(d *Draft) { d.To = "0" + strings.TrimPrefix(d.From, "+61") }, fault.Invalid, "to"},
		{"nothing to send", func(d *Draft) { d.Content = "" }, fault.Invalid, "content"},
		{"a text that is too long", func(d *Draft) { d.Content = strings.Repeat("é", 1601) }, fault.Invalid, "content"},
		{"a file that is no URL", func(d *Draft) { d.URLs = []string{"cat.jpg"} }, fault.Invalid, "urls"},
		{"a file on our disk", func(d *Draft) { d.URLs = []string{"file:///etc/passwd"} }, fault.Invalid, "urls"},
		{"a file with a password", func(d *Draft) { d.URLs = []string{"https://u:p@example.com/a"} }, fault.Invalid, "urls"},
		{"a URL of 3 KB", func(d *Draft) { d.URLs = []string{"https://example.com/" + strings.Repeat("a", 3000)} }, fault.Invalid, "urls"},
		{"eleven files", func(d *Draft) { d.URLs = make([]string, 11) }, fault.Invalid, "urls"},
		{"a key of 300 bytes", func(d *Draft) { d.IdempotencyKey = strings.Repeat("k", 300) }, fault.Invalid, "Idempotency-Key"},
	} {
		d := r.text("+61855555555", "hi")
		c.change(&d)
		_, err := r.Accept(t.Context(), d)
		f, ok := err.(*fault.Error)
		if !ok || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: got %v, want %s at %q", c.name, err, c.code, c.field)
		}
	}
	counts, err := r.store.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range counts {
		if strings.HasPrefix(what, "outbound/") && n != 0 {
			t.Errorf("refused drafts left %d of %s", n, what)
		}
	}
}

func TestANumberOfSomebodyElseAndOneOfNobodyGetTheSameAnswer(t *testing.T) {
	r := newRig(t, base)
	stranger := r.text("+61855555555", "hi")
	stranger.AccountID, stranger.UserID = directory.NewAccountID(), ""
	_, theirs := r.Accept(t.Context(), stranger)
	nobodys := stranger
	nobodys.From = "+61123450000"
	_, none := r.Accept(t.Context(), nobodys)
	if theirs == nil || none == nil || strings.ReplaceAll(theirs.Error(), stranger.From, "") != strings.ReplaceAll(none.Error(), nobodys.From, "") {
		t.Errorf("the answers differ:\n%v\n%v", theirs, none)
	}
}

func TestAcceptedMessagesCarryWhatTheNumberSays(t *testing.T) {
	r := newRig(t, base)
	n := r.number("+61123456791", r.ann.ID)
	n.Header, n.Footer, n.SendName = "Acme Ltd", "STOP to end", true
	if err := r.store.UpdateNumber(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	d := r.text("0855555555", "hi €")
	d.From = "61123456791"
	v := r.view(r.send(d))
	if v.From != "+61123456791" || v.To != "+61855555555" {
		t.Errorf("from %s to %s: national spellings were not read with the number's country", v.From, v.To)
	}
	if want := "Acme Ltd\nAnn: hi €\nSTOP to end"; v.Content != want {
		t.Errorf("got text %q, want %q", v.Content, want)
	}
	if v.Encoding != "gsm7" || v.Segments != 1 || v.Parts != 1 {
		t.Errorf("got %s, %d segments, %d parts; want gsm7, 1, 1", v.Encoding, v.Segments, v.Parts)
	}
	if got := v.Expires.Sub(v.Created).Hours(); got != 24 {
		t.Errorf("valid for %v hours, want 24", got)
	}
	if v.Status != message.Queued || v.ConversationID == "" || v.ServiceVersion == "" {
		t.Errorf("got %+v", v.Message)
	}
}

func TestAnotherLimitOfTheFileCountsWithHeaderAndFooter(t *testing.T) {
	r := newRig(t, limited(`{"max_length": 10}`))
	for _, c := range []struct{ header, footer, text string }{{"", "", "0123456789"}, {"", "é😀", "0123456"}, {"A", "B", "012345"}} {
		n := *r.mine
		n.Header, n.Footer = c.header, c.footer
		if err := r.store.UpdateNumber(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Accept(t.Context(), r.text("+61855555555", c.text)); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if _, err := r.Accept(t.Context(), r.text("+61855555555", c.text+"x")); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%+v: 11 characters where 10 may be sent: got %v", c, err)
		}
	}
}

func TestConversationsArePrivateForOneUserAndSharedForSeveral(t *testing.T) {
	r := newRig(t, base)
	conv := func(from *directory.Number, user *directory.User) *directory.Conversation {
		d := r.text("+61855555555", "hi")
		d.From, d.UserID = from.Value, ""
		if user != nil {
			d.UserID = user.ID
		}
		c, err := r.store.Conversation(t.Context(), r.account, r.view(r.send(d)).ConversationID)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	private := conv(r.mine, r.ann)
	if private.UserID != r.ann.ID {
		t.Errorf("the only user's conversation belongs to %q", private.UserID)
	}
	if again := conv(r.mine, r.ann); again.ID != private.ID {
		t.Error("a second text to the same contact opened a second conversation")
	}
	if byProgram := conv(r.mine, nil); byProgram.UserID != "" || byProgram.ID == private.ID {
		t.Error("a text without a user is not in the group's conversation")
	}
	ann, bob := conv(r.shared, r.ann), conv(r.shared, r.bob)
	if ann.ID != bob.ID || ann.UserID != "" {
		t.Error("two users of one number do not share the conversation")
	}
}

func TestAnIdempotencyKeyGivesTheFirstAnswerAgain(t *testing.T) {
	r := newRig(t, base)
	d := r.text("+61855555555", "hi")
	d.IdempotencyKey = "k1"
	first, err := r.Accept(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Accept(t.Context(), d)
	if err != nil || second.ID != first.ID || !second.Repeated || second.Status != first.Status {
		t.Errorf("got %+v, %v; want the first answer %+v", second, err, first)
	}
	d.Content = "something else"
	if _, err := r.Accept(t.Context(), d); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("the same key with another body: got %v, want invalid", err)
	}
}

func TestAnIntegrationThatIsOffSendsNothingNewAndHoldsWhatWaits(t *testing.T) {
	r := newRig(t, base)
	held := r.send(r.text("+61855555555", "one"))
	off := *r.integration
	off.Enabled = false
	if err := r.store.PutIntegration(t.Context(), &off); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Accept(t.Context(), r.text("+61855555555", "two")); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("accepting for an integration that is off: got %v, want conflict", err)
	}
	claimed, next, err := r.store.ClaimSends(t.Context(), r.view(held).Created.Add(1e9), 10)
	if err != nil || len(claimed) != 0 {
		t.Fatalf("claimed %d lanes of an integration that is off, next %v, %v", len(claimed), next, err)
	}
	r.run()
	off.Enabled = true
	if err := r.store.PutIntegration(t.Context(), &off); err != nil {
		t.Fatal(err)
	}
	r.reaches(held, message.Sent)
}

func TestTwoDraftsAreTheSameRequestOnlyWhenNothingDiffers(t *testing.T) {
	one := Draft{OrgID: "o", UserID: "u", From: "f", To: "t", Content: "c", URLs: []string{"a", "b"}}
	for name, change := range map[string]func(*Draft){
		"org":                  func(d *Draft) { d.OrgID = "" },
		"user":                 func(d *Draft) { d.UserID = "" },
		"from":                 func(d *Draft) { d.From = "" },
		"to":                   func(d *Draft) { d.To = "" },
		"content":              func(d *Draft) { d.Content = "" },
		"a file less":          func(d *Draft) { d.URLs = d.URLs[:1] },
		"files run together":   func(d *Draft) { d.URLs = []string{"ab"} },
		"members run together": func(d *Draft) { d.From, d.To = "ft", "" },
	} {
		other := one
		change(&other)
		if one.hash(nil) == other.hash(nil) {
			t.Errorf("%s: the difference is not seen", name)
		}
	}
	if one.hash(nil) == one.hash(&message.Message{ID: "old"}) {
		t.Error("a message and its repetition are the same request")
	}
	same := one
	same.URLs = []string{"a", "b"}
	if one.hash(nil) != same.hash(nil) {
		t.Error("the same request is taken for another")
	}
}
