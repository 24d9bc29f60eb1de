package conversation

import (
	"testing"

	"patchbay/internal/directory"
)

func TestOneUserIsPrivateSeveralAreAGroup(t *testing.T) {
	for _, c := range []struct {
		users                   []string
		writer                  string
		wantOwner, wantReceiver string
	}{
		{nil, "", "", ""},
		{nil, "u1", "", ""},
		{[]string{"u1"}, "u1", "u1", "u1"},
		{[]string{"u1"}, "", "", "u1"}, // a program writes for nobody
		{[]string{"u1"}, "u2", "", "u1"},
		{[]string{"u1", "u2"}, "u1", "", ""},
		{[]string{"u1", "u2"}, "", "", ""},
	} {
		n := &directory.Number{Users: c.users}
		if got := Owner(n, c.writer); got != c.wantOwner {
			t.Errorf("users %v, %q writes: the conversation is %q's, want %q's", c.users, c.writer, got, c.wantOwner)
		}
		if got := Receiver(n); got != c.wantReceiver {
			t.Errorf("users %v, the contact writes: the conversation is %q's, want %q's", c.users, got, c.wantReceiver)
		}
	}
}

func TestATextCarriesWhatTheNumberSays(t *testing.T) {
	for _, c := range []struct {
		number               directory.Number
		writer, text, expect string
	}{
		{directory.Number{}, "Ann", "hi", "hi"},
		{directory.Number{SendName: true}, "Ann", "hi", "Ann: hi"},
		{directory.Number{SendName: true}, "", "hi", "hi"},
		{directory.Number{Header: "ACME", Footer: "STOP to end"}, "Ann", "hi", "ACME\nhi\nSTOP to end"},
		{directory.Number{SendName: true, Header: "H"}, "Ann", "yes", "H\nAnn: yes"},
		{directory.Number{Header: "H", Footer: "F"}, "Ann", "", ""}, // a picture alone stays alone
		{directory.Number{Header: "$to$"}, "", `{{to}} $from$ "\`, "$to$\n{{to}} $from$ \"\\"},
	} {
		if got := Text(&c.number, c.writer, c.text); got != c.expect {
			t.Errorf("%q by %q through %+v: got %q, want %q", c.text, c.writer, c.number, got, c.expect)
		}
	}
}
