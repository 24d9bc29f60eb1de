package storetest

import (
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// uploads keeps an upload of the organization.
func (w *World) uploads(name string, created time.Time) *message.Upload {
	w.t.Helper()
	id := message.NewID()
	u := &message.Upload{
		ID: id, AccountID: w.Acct, OrgID: w.Org.ID, UserID: w.Ann.ID, MediaType: "image/png", Name: name, Size: 7, Path: "ab/" + id, Created: created.Truncate(time.Microsecond),
	}
	w.must(w.KeepUpload(w.Ctx, u))
	return u
}

// takes is a message with an upload in it.
func (w *World) takes(u *message.Upload) message.Acceptance {
	a := w.Outbound(w.Num, contact, "")
	a.Media = []message.Media{{
		ID: message.NewID(), MessageID: a.Message.ID, MediaType: u.MediaType, Name: u.Name, Size: u.Size, Path: u.Path, State: message.MediaStored, Shared: true,
	}}
	return a
}

func (w *World) unknown(path string) bool {
	w.t.Helper()
	list, err := w.UnknownMedia(w.Ctx, []string{path})
	w.must(err)
	return len(list) == 1
}

func keepsUploads(t *testing.T, w *World) {
	now := time.Now()
	for _, name := range []string{"yes", "$to$", "{{to}}", `"`, `\`, "é", "😀", "~", ""} {
		u := w.uploads(name, now)
		kept, err := w.Upload(w.Ctx, w.Acct, u.ID)
		w.must(err)
		if !kept.Created.Equal(u.Created) {
			t.Errorf("created %v, kept %v", u.Created, kept.Created)
		}
		if kept.Created = u.Created; *kept != *u {
			t.Errorf("kept %+v, want %+v", kept, u)
		}
		shown, err := w.Media(w.Ctx, u.ID)
		w.must(err)
		if shown.Path != u.Path || shown.State != message.MediaStored || shown.Name != name {
			t.Errorf("behind its link is %+v", shown)
		}
		w.must(w.DeleteUpload(w.Ctx, w.Acct, u.ID))
		if !w.unknown(u.Path) {
			t.Error("a file of an upload that was deleted is kept")
		}
	}
	u := w.uploads("a.png", now)
	_, err := w.Upload(w.Ctx, "another", u.ID)
	WantFault(t, err, fault.NotFound)
	WantFault(t, w.DeleteUpload(w.Ctx, "another", u.ID), fault.NotFound)
	for _, c := range []struct {
		org, user string
		want      int
	}{{"", "", 1}, {w.Org.ID, "", 1}, {w.Org.ID, w.Ann.ID, 1}, {"another", "", 0}, {w.Org.ID, "another", 0}} {
		list, _, err := w.Uploads(w.Ctx, w.Acct, c.org, c.user, store.Page{})
		w.must(err)
		if len(list) != c.want {
			t.Errorf("of organization %q and user %q there are %d, want %d", c.org, c.user, len(list), c.want)
		}
	}
}

// An upload is nobody's for a day, then gone; what a message took stays with the message.
func sweepsUploads(t *testing.T, w *World) {
	now := time.Now()
	young, old, used := w.uploads("young", now), w.uploads("old", now.Add(-25*time.Hour)), w.uploads("used", now.Add(-25*time.Hour))
	first, second := w.takes(used), w.takes(used)
	for _, a := range []message.Acceptance{first, second} { // one file may go to several
		_, err := w.Accept(w.Ctx, a)
		w.must(err)
	}
	w.must(w.Sweep(w.Ctx, now))
	for _, c := range []struct {
		u       *message.Upload
		there   bool
		unknown bool
	}{{young, true, false}, {old, false, true}, {used, false, false}} {
		_, err := w.Upload(w.Ctx, w.Acct, c.u.ID)
		if (err == nil) != c.there || w.unknown(c.u.Path) != c.unknown {
			t.Errorf("%s: there %v, its file unknown %v; want %v, %v", c.u.Name, err == nil, w.unknown(c.u.Path), c.there, c.unknown)
		}
	}
	// A message that comes too late does not promise a file that may be swept at any moment.
	_, err := w.Accept(w.Ctx, w.takes(old))
	WantFault(t, err, fault.Conflict)
	if v := w.View(first.Message.ID); len(v.Media) != 1 || v.Media[0].Path != used.Path {
		t.Errorf("the message shows %+v", v.Media)
	}
	// Of a file that another message has, a message can still be made.
	if _, err := w.Accept(w.Ctx, w.takes(used)); err != nil {
		t.Errorf("a file that is there cannot be sent again: %v", err)
	}
}
