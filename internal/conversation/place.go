package conversation

import "time"

// Open is an open conversation of a number with a contact.
type Open struct {
	ID       string
	UserID   string    // whose private one it is; empty: the group's
	LastOut  time.Time // when that user wrote last in it
	Assigned bool      // the user is still assigned to the number
}

// Addition is a message on its way into a conversation of a number with a contact.
type Addition struct {
	Owner   string        // whose private conversation it is, by the number's users alone; empty: the group's, unless it sticks
	Writer  string        // the user who writes; empty: the contact, or a program
	Inbound bool          // the contact writes
	Timeout time.Duration // the number's sessionTimeout: how long after a user's message the contact's reply is theirs; 0: never
	At      time.Time
}

// Place is where a text belongs.
type Place struct {
	Into  string   // the open conversation; empty: a new one
	User  string   // whose private one it is; empty: the group's
	Joins []string // private conversations that become part of the group's, with all that was said
}

// Decide says where a text belongs, among the open conversations of its number with its contact.
//
// A number with one user has private conversations. With several users and no timeout everything is the group's, what one of them had
// for themselves before included. With a timeout, what a user begins is private, and the contact's reply goes to the user who wrote last,
// if it comes within the timeout; one that comes later turns that conversation into the group's.
func Decide(x Addition, open []Open) Place {
	group := ""
	for _, o := range open {
		if o.UserID == "" {
			group = o.ID
		}
	}
	private := func(user string) string {
		for _, o := range open {
			if o.UserID == user {
				return o.ID
			}
		}
		return ""
	}
	switch {
	case x.Owner != "":
		return Place{Into: private(x.Owner), User: x.Owner}
	case !x.Inbound && x.Writer == "": // a program's, which says nothing of who the users are
		return Place{Into: group}
	case x.Timeout <= 0:
		p := Place{Into: group}
		for _, o := range open {
			if o.UserID != "" {
				p.Joins = append(p.Joins, o.ID)
			}
		}
		return p
	case !x.Inbound:
		if own := private(x.Writer); own != "" || group == "" {
			return Place{Into: own, User: x.Writer}
		}
		return Place{Into: group}
	}
	var last *Open
	for i, o := range open {
		if o.UserID != "" && o.Assigned && !o.LastOut.IsZero() && (last == nil || o.LastOut.After(last.LastOut)) {
			last = &open[i]
		}
	}
	switch {
	case last == nil:
		return Place{Into: group}
	case x.At.Sub(last.LastOut) <= x.Timeout:
		return Place{Into: last.ID, User: last.UserID}
	}
	return Place{Into: group, Joins: []string{last.ID}}
}
