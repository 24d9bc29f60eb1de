package storetest

import (
	"fmt"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// versionsOf is the versions of a service as they are listed, the current one with a star.
func (w *World) versionsOf(service string) (out []string) {
	w.t.Helper()
	list, err := w.ServiceVersions(w.Ctx, w.Acct, service)
	w.must(err)
	for _, v := range list {
		if v.ServiceID == "" || v.Created.IsZero() {
			w.t.Errorf("a version without a service or a time: %+v", v)
		}
		name := v.Version
		if v.Current {
			name += "*"
		}
		out = append(out, name)
	}
	return out
}

func setsVersions(t *testing.T, w *World) {
	want := func(want ...string) {
		t.Helper()
		if got := w.versionsOf("OWN"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("versions %q, want %q", got, want)
		}
	}
	want()
	WantFault(t, w.SetServiceVersion(w.Ctx, w.Acct, "own", "v1"), fault.NotFound)
	for _, v := range []string{"v1", "v2", "v3"} {
		w.must(w.PutService(w.Ctx, w.Acct, "own", v, []byte(`{}`)))
	}
	want("v3*", "v2", "v1")
	w.must(w.SetServiceVersion(w.Ctx, w.Acct, "own", "v1"))
	want("v3", "v2", "v1*")
	WantFault(t, w.SetServiceVersion(w.Ctx, w.Acct, "own", "v4"), fault.NotFound)
	WantFault(t, w.SetServiceVersion(w.Ctx, "another", "own", "v2"), fault.NotFound)
	w.must(w.PutService(w.Ctx, w.Acct, "own", "v2", []byte(`{}`))) // the same bytes again
	want("v3", "v2*", "v1")
	w.must(w.DeleteService(w.Ctx, w.Acct, "own"))
	want()
	WantFault(t, w.SetServiceVersion(w.Ctx, w.Acct, "own", "v2"), fault.NotFound)
}

func dropsVersions(t *testing.T, w *World) {
	version := func(i int) string { return fmt.Sprintf("v%03d", i) }
	put := func(i int) { w.must(w.PutService(w.Ctx, w.Acct, "own", version(i), []byte(`{}`))) }
	accept := func(i int, to string) string {
		a := w.Outbound(w.Num, to, "x")
		a.Message.ServiceID, a.Message.ServiceVersion = "own", version(i)
		ack, err := w.Accept(w.Ctx, a)
		w.must(err)
		return ack.ID
	}
	kept := func(i int) bool {
		_, _, err := w.ServiceSource(w.Ctx, w.Acct, "own", version(i))
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		return err == nil
	}
	for i := range 4 {
		put(i)
	}
	sent, waits := accept(1, "+15550100001"), accept(2, "+15550100002")
	w.must(w.PutService(w.Ctx, w.Acct, "other", version(3), []byte(`{}`)))

	w.must(w.SetServiceVersion(w.Ctx, w.Acct, "own", version(3)))
	for i := 4; i < store.MaxVersions+4; i++ {
		put(i)
	}
	if kept(0) || !kept(1) || !kept(2) || kept(3) || !kept(4) {
		t.Errorf("of the first five there are %v %v %v %v %v; want those of waiting messages, and the newest", kept(0), kept(1), kept(2), kept(3), kept(4))
	}
	if n := len(w.versionsOf("own")); n != store.MaxVersions+2 {
		t.Errorf("%d versions are kept", n)
	}
	if got := w.versionsOf("other"); len(got) != 1 {
		t.Errorf("another service has %q", got)
	}

	// One in flight and one behind it still need theirs.
	c := w.ClaimOne()
	if c.Work.Message.ID != sent {
		t.Fatalf("claimed %s", c.Work.Message.ID)
	}
	put(store.MaxVersions + 4)
	if !kept(1) || !kept(2) {
		t.Error("a version was dropped under a message in flight")
	}
	w.Settle(Ends(c, message.Accepted, message.Sent, "id-1"))
	w.must(w.SetServiceVersion(w.Ctx, w.Acct, "own", version(2)))
	put(store.MaxVersions + 5)
	if kept(1) || !kept(2) {
		t.Errorf("after the first was sent: %v %v", kept(1), kept(2))
	}
	w.must(w.CancelMessage(w.Ctx, w.Acct, waits, time.Now()))
	put(store.MaxVersions + 6)
	if kept(2) {
		t.Error("nobody needs it any more, and it is kept")
	}
	if n := len(w.versionsOf("own")); n != store.MaxVersions {
		t.Errorf("%d versions are kept", n)
	}
}
