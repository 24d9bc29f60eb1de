package storetest

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/audit"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// person is somebody of the account who has the password (its hash, as far as the store knows).
func (w *World) person(email, password string) *directory.Person {
	w.t.Helper()
	d := &directory.Person{ID: directory.NewID(w.Now), AccountID: w.Acct, Email: email, Name: email, Status: 1, Created: w.Now}
	w.must(w.CreatePerson(w.Ctx, d))
	if password != "" {
		w.must(w.SetPassword(w.Ctx, ofPerson(d), "", password, ""))
	}
	return d
}

func ofPerson(d *directory.Person) directory.Whose {
	return directory.Whose{AccountID: d.AccountID, PersonID: d.ID}
}

func ofUser(u *directory.User) directory.Whose {
	return directory.Whose{AccountID: u.AccountID, OrgID: u.OrgID, PersonID: u.ID}
}

// signIn signs somebody in at that time, and gives the hash of the cookie.
func (w *World) signIn(who directory.Whose, password string, at time.Time) [32]byte {
	w.t.Helper()
	i := &directory.SignIn{ID: directory.NewID(w.Now), Whose: who, Agent: "a test", Created: at, Used: at}
	hash := sha256.Sum256([]byte(i.ID))
	w.must(w.CreateSignIn(w.Ctx, i, hash, password, nil))
	return hash
}

// isSignedIn reports whether the sign-in is there.
func (w *World) isSignedIn(hash [32]byte) bool {
	w.t.Helper()
	i, err := w.SignInByHash(w.Ctx, hash)
	w.must(err)
	return i != nil
}

// password sets a user's as a program does.
func (w *World) password(u *directory.User, hash string) {
	w.t.Helper()
	u.Password, u.Status = hash, 1
	w.must(w.UpdateUser(w.Ctx, u))
	u.Password = ""
}

// on switches an organization on.
func (w *World) on(o *directory.Organization) {
	w.t.Helper()
	o.Status = 1
	w.must(w.UpdateOrganization(w.Ctx, o))
}

func findsWhoSignsIn(t *testing.T, w *World) {
	w.on(w.Org)
	w.Ann.Email = "Ann@Example.com"
	w.password(w.Ann, "hash of ann")
	person := w.person("boss@example.com", "hash of boss")
	w.person("invited@example.com", "")
	them := NewWorld(t, w.Store) // has the same of everything
	them.on(them.Org)
	them.password(them.Ann, "hash of their ann")
	named := w.NewOrg("example.com")
	w.on(named)
	shadow := w.NewUser(named, "boss") // boss@example.com as extension@domain
	w.password(shadow, "hash of shadow")
	for _, c := range []struct {
		name string
		want []string
	}{
		{"101@west.example", []string{"hash of ann", "hash of their ann"}},
		{"101@WEST.EXAMPLE", []string{"hash of ann", "hash of their ann"}},
		{"ann@EXAMPLE.com", []string{"hash of ann"}},
		{"boss@example.com", []string{"hash of boss", "hash of shadow"}},
		{"invited@example.com", nil},
		{"101", nil}, {"@west.example", nil}, {"101@", nil}, {"", nil}, {"@", nil}, {"%@%", nil}, {strings.Repeat("é", 1600), nil},
		{"$1 OR 1=1@west.example", nil},
	} {
		list, err := w.Candidates(w.Ctx, c.name)
		w.must(err)
		var got []string
		for _, found := range list {
			if found.AccountID == w.Acct || found.AccountID == them.Acct {
				got = append(got, found.Password)
			}
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q: got %v, want %v", c.name, got, c.want)
		}
	}
	w.Ann.Status = 0
	w.must(w.UpdateUser(w.Ctx, w.Ann))
	person.Status = 0
	w.person("other@example.com", "so that somebody is left")
	w.must(w.UpdatePerson(w.Ctx, person))
	for _, name := range []string{"ann@example.com", "boss@example.com"} {
		list, err := w.Candidates(w.Ctx, name)
		w.must(err)
		for _, c := range list {
			if c.PersonID == w.Ann.ID || c.PersonID == person.ID {
				t.Errorf("%s is switched off and may sign in", name)
			}
		}
	}
}

// Everything that ends a sign-in does so in its own commit.
func endsSignIns(t *testing.T, w *World) {
	for name, end := range map[string]func(u *directory.User){
		"another password": func(u *directory.User) { w.password(u, "another") },
		"another role":     func(u *directory.User) { u.Admin = true; w.must(w.UpdateUser(w.Ctx, u)) },
		"switched off":     func(u *directory.User) { u.Status = 0; w.must(w.UpdateUser(w.Ctx, u)) },
		"removed":          func(u *directory.User) { w.must(w.DeleteUser(w.Ctx, w.Acct, u.ID)) },
		"own password":     func(u *directory.User) { w.must(w.SetPassword(w.Ctx, ofUser(u), "first", "second", "")) },
	} {
		u := w.NewUser(w.Org, name)
		w.password(u, "first")
		first, second := w.signIn(ofUser(u), "first", w.Now), w.signIn(ofUser(u), "first", w.Now)
		u.Name = "another name"
		w.must(w.UpdateUser(w.Ctx, u))
		if !w.isSignedIn(first) || !w.isSignedIn(second) {
			t.Errorf("%s: another name ended a sign-in", name)
		}
		end(u)
		if w.isSignedIn(first) || w.isSignedIn(second) {
			t.Errorf("%s: still signed in", name)
		}
	}
	u := w.NewUser(w.Org, "stays")
	w.password(u, "first")
	here, there := w.signIn(ofUser(u), "first", w.Now), w.signIn(ofUser(u), "first", w.Now)
	mine, err := w.SignInByHash(w.Ctx, here)
	w.must(err)
	w.must(w.SetPassword(w.Ctx, ofUser(u), "first", "second", mine.ID))
	if !w.isSignedIn(here) || w.isSignedIn(there) {
		t.Error("a new password ends the other sign-ins and leaves one's own")
	}
	if err := w.SetPassword(w.Ctx, ofUser(u), "first", "third", ""); !errors.Is(err, store.ErrGone) {
		t.Errorf("a password that was not the current one any more: %v", err)
	}
	i := &directory.SignIn{ID: "x", Whose: ofUser(u), Created: w.Now, Used: w.Now}
	if err := w.CreateSignIn(w.Ctx, i, sha256.Sum256([]byte("x")), "first", nil); !errors.Is(err, store.ErrGone) {
		t.Errorf("signed in with a password that was replaced while it was checked: %v", err)
	}
}

func remembersUse(t *testing.T, w *World) {
	w.password(w.Ann, "h")
	start := w.Now.Add(-3 * time.Hour).Truncate(time.Microsecond)
	hash := w.signIn(ofUser(w.Ann), "h", start)
	for _, c := range []struct{ at, want time.Duration }{
		{59 * time.Second, 0}, {61 * time.Second, 61 * time.Second}, {90 * time.Second, 61 * time.Second}, {time.Hour, time.Hour},
		{time.Hour + directory.SignInIdle, time.Hour}, // too late: it stays as it is
	} {
		before := w.Generation()
		i, err := w.UsedSignIn(w.Ctx, hash, start.Add(c.at))
		w.must(err)
		if w.Generation() != before {
			t.Error("that a sign-in is used makes others forget the directory")
		}
		if got := i.Used.Sub(start); got != c.want {
			t.Errorf("used after %v: noted %v, want %v", c.at, got, c.want)
		}
	}
	for range 60 { // one more browser than may be
		w.signIn(ofUser(w.Ann), "h", w.Now)
	}
	list, err := w.SignIns(w.Ctx, w.Acct, w.Ann.ID)
	w.must(err)
	if len(list) != 50 || w.isSignedIn(hash) {
		t.Errorf("%d sign-ins; the one used longest ago is there: %v", len(list), w.isSignedIn(hash))
	}
	ben := w.NewUser(w.Org, "ben")
	old := w.signIn(ofUser(ben), "", w.Now.Add(-directory.SignInIdle-time.Second))
	w.must(w.Sweep(w.Ctx, w.Now))
	if w.isSignedIn(old) {
		// What the cache remembers is judged by its time; the row itself must be gone.
		if list, err := w.SignIns(w.Ctx, w.Acct, ben.ID); err != nil || len(list) != 0 {
			t.Errorf("swept: %v, %v", list, err)
		}
	}
}

func usesLinksOnce(t *testing.T, w *World) {
	who := ofUser(w.Ann)
	link, newer := sha256.Sum256([]byte("link")), sha256.Sum256([]byte("newer"))
	put := func(hash [32]byte, expires time.Time) {
		t.Helper()
		w.must(w.PutInvitation(w.Ctx, &directory.Invitation{Whose: who, Expires: expires}, hash))
	}
	good := func(hash [32]byte, at time.Time) bool {
		t.Helper()
		i, err := w.Invitation(w.Ctx, hash, at)
		w.must(err)
		return i != nil && i.Whose == who
	}
	accept := func(hash [32]byte, n int) error {
		in := &directory.SignIn{ID: directory.NewID(w.Now), Whose: who, Created: w.Now, Used: w.Now}
		return w.AcceptInvitation(w.Ctx, hash, "chosen", nil, in, sha256.Sum256([]byte{byte(n), byte(n >> 8)}))
	}
	put(link, w.Now.Add(time.Hour))
	put(newer, w.Now.Add(time.Hour))
	if good(link, w.Now) || !good(newer, w.Now) || good(newer, w.Now.Add(time.Hour)) {
		t.Error("a newer link ends the older, and time ends both")
	}
	if err := accept(link, 1); !errors.Is(err, store.ErrGone) {
		t.Errorf("an older link: %v", err)
	}
	old := w.signIn(who, "", w.Now)
	var won atomic.Int32
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			switch err := accept(newer, n); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, store.ErrGone):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 20 used one link", won.Load())
	}
	list, err := w.SignIns(w.Ctx, w.Acct, w.Ann.ID)
	w.must(err)
	if len(list) != 1 || w.isSignedIn(old) {
		t.Errorf("%d sign-ins after a new password, the old one among them: %v", len(list), w.isSignedIn(old))
	}
	put(link, w.Now.Add(-time.Second))
	if err := accept(link, 2); !errors.Is(err, store.ErrGone) {
		t.Errorf("a link whose time is over: %v", err)
	}
	put(link, w.Now.Add(time.Hour))
	w.password(w.Ann, "by a program")
	if good(link, w.Now) {
		t.Error("a link outlives the password that replaced what it was for")
	}
}

func keepsTheLastPerson(t *testing.T, w *World) {
	first, invited := w.person("a@example.com", "h"), w.person("b@example.com", "")
	WantFault(t, w.CreatePerson(w.Ctx, &directory.Person{ID: "x", AccountID: w.Acct, Email: "A@example.COM", Status: 1}), fault.Conflict)
	WantFault(t, w.DeletePerson(w.Ctx, w.Acct, first.ID), fault.Conflict)
	off := *first
	off.Status = 0
	WantFault(t, w.UpdatePerson(w.Ctx, &off), fault.Conflict)
	WantFault(t, w.DeletePerson(w.Ctx, NewWorld(t, w.Store).Acct, first.ID), fault.NotFound)
	w.must(w.SetPassword(w.Ctx, ofPerson(invited), "", "h", ""))
	hash := w.signIn(ofPerson(first), "h", w.Now)
	w.must(w.DeletePerson(w.Ctx, w.Acct, first.ID))
	if w.isSignedIn(hash) {
		t.Error("a removed person is signed in")
	}
	WantFault(t, w.DeletePerson(w.Ctx, w.Acct, invited.ID), fault.Conflict)
}

func audits(t *testing.T, w *World) {
	note := func(what string) *audit.Note {
		return audit.NewNote(audit.Entry{AccountID: w.Acct, OrgID: w.Org.ID, At: w.Now, By: audit.ByKey, ByID: "k", ByName: `é😀"\`, What: what, ObjectID: "o",
			Became: `{"name":"$to$ {{to}}"}`})
	}
	log := func(f audit.Filter) (what []string) {
		t.Helper()
		f.AccountID = w.Acct
		list, _, err := w.Audit(w.Ctx, f, store.Page{})
		w.must(err)
		for _, e := range list {
			what = append(what, e.What)
		}
		return what
	}
	u := &directory.User{AccountID: w.Acct, OrgID: w.Org.ID, Extension: "801"}
	w.must(w.CreateUser(audit.With(w.Ctx, note("user.created")), u))
	again := *u
	again.ID = ""
	refused := audit.With(w.Ctx, note("user.created"))
	WantFault(t, w.CreateUser(refused, &again), fault.Conflict)
	several := audit.With(w.Ctx, note("user.changed"))
	w.must(w.UpdateUser(several, u))
	w.must(w.UpdateUser(several, u)) // of one request: one line
	nothing := audit.With(w.Ctx, note("user.removed"))
	WantFault(t, w.DeleteUser(nothing, w.Acct, "nobody"), fault.NotFound)
	w.must(w.Record(w.Ctx, audit.Entry{AccountID: w.Acct, At: w.Now, By: audit.ByNobody, What: "sign-in.refused"}))
	for _, c := range []struct {
		f    audit.Filter
		want string
	}{
		{audit.Filter{}, "sign-in.refused user.changed user.created"},
		{audit.Filter{OrgID: w.Org.ID}, "user.changed user.created"},
		{audit.Filter{What: "user"}, "user.changed user.created"},
		{audit.Filter{What: "user.changed"}, "user.changed"},
		{audit.Filter{What: "us"}, ""},
		{audit.Filter{By: "k"}, "user.changed user.created"},
		{audit.Filter{By: "j"}, ""},
		{audit.Filter{OrgID: "another"}, ""},
	} {
		if got := strings.Join(log(c.f), " "); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.f, got, c.want)
		}
	}
	list, next, err := w.Audit(w.Ctx, audit.Filter{AccountID: w.Acct}, store.Page{Limit: 2})
	w.must(err)
	rest, end, err := w.Audit(w.Ctx, audit.Filter{AccountID: w.Acct}, store.Page{Limit: 2, Cursor: next})
	w.must(err)
	if len(list) != 2 || len(rest) != 1 || end != "" || rest[0].ByName != `é😀"\` || rest[0].Became != `{"name":"$to$ {{to}}"}` {
		t.Errorf("pages of %d and %d, then %q: %+v", len(list), len(rest), end, rest)
	}
	if list, _, err := w.Audit(w.Ctx, audit.Filter{AccountID: NewWorld(t, w.Store).Acct}, store.Page{}); err != nil || len(list) != 0 {
		t.Errorf("another account reads %v, %v", list, err)
	}
	w.must(w.Sweep(w.Ctx, w.Now.Add(401*24*time.Hour)))
	if got := log(audit.Filter{}); len(got) != 0 {
		t.Errorf("after a year and more: %v", got)
	}
}
