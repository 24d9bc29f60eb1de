package conversation

import (
	"reflect"
	"testing"
	"time"
)

func TestATextGoesWhereItsNumbersUsersAndTimeoutSay(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	group := Open{ID: "g"}
	ann := func(wrote time.Duration) Open {
		return Open{ID: "a", UserID: "ann", LastOut: ago(wrote), Assigned: true}
	}
	bob := func(wrote time.Duration) Open {
		return Open{ID: "b", UserID: "bob", LastOut: ago(wrote), Assigned: true}
	}
	in := Addition{Inbound: true, Timeout: time.Hour, At: now}
	out := Addition{Writer: "ann", Timeout: time.Hour, At: now}
	for name, c := range map[string]struct {
		x    Addition
		open []Open
		want Place
	}{
		"one user: the first text begins a private conversation": {Addition{Owner: "ann", Inbound: true, At: now}, nil, Place{User: "ann"}},
		"one user: the next goes on with it":                     {Addition{Owner: "ann", Inbound: true, At: now}, []Open{group, ann(0)}, Place{Into: "a", User: "ann"}},
		"no timeout: the group's":                                {Addition{Inbound: true, At: now}, []Open{group}, Place{Into: "g"}},
		"no timeout: what one had alone becomes the group's":     {Addition{Inbound: true, At: now}, []Open{ann(0), bob(0)}, Place{Joins: []string{"a", "b"}}},
		"no timeout: a user's text as well":                      {Addition{Writer: "ann", At: now}, []Open{group, ann(0)}, Place{Into: "g", Joins: []string{"a"}}},
		"a program's text leaves private ones alone":             {Addition{At: now}, []Open{ann(0)}, Place{}},
		"what a user begins is private":                          {out, nil, Place{User: "ann"}},
		"and they go on with it, the group's beside it or not":   {out, []Open{group, ann(2 * time.Hour)}, Place{Into: "a", User: "ann"}},
		"a user answers in the group's":                          {out, []Open{group, bob(0)}, Place{Into: "g"}},
		"another's private conversation is not theirs":           {out, []Open{bob(0)}, Place{User: "ann"}},
		"a reply within the timeout is private":                  {in, []Open{group, ann(time.Hour)}, Place{Into: "a", User: "ann"}},
		"a reply after it is the group's, history included":      {in, []Open{ann(time.Hour + 1)}, Place{Joins: []string{"a"}}},
		"and joins the group's that is open":                     {in, []Open{group, ann(2 * time.Hour)}, Place{Into: "g", Joins: []string{"a"}}},
		"a reply goes to the user who wrote last":                {in, []Open{ann(20 * time.Minute), bob(10 * time.Minute)}, Place{Into: "b", User: "bob"}},
		"when late, the last one's becomes the group's":          {in, []Open{ann(3 * time.Hour), bob(2 * time.Hour)}, Place{Joins: []string{"b"}}},
		"a user who is no longer assigned gets nothing":          {in, []Open{{ID: "x", UserID: "eve", LastOut: ago(0)}}, Place{}},
		"nobody wrote: the group's":                              {in, nil, Place{}},
	} {
		if got := Decide(c.x, c.open); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
