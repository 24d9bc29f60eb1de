package infer

import "slices"

// parties finds the two sides. In a message $from$ is the contact and $to$ our number; a receipt speaks of a message of ours. Numbers that are
// known to be ours tell more than names do: some receipts name the contact as the sender.
func (d *drafter) parties(u *unit) {
	p := sides{ours: "to", theirs: "from", oursBy: toWords, theirsBy: fromWords}
	if u.class == receipt {
		p = sides{ours: "from", theirs: "to", oursBy: fromWords, theirsBy: toWords}
	}
	known := false
	for _, l := range u.leaves {
		if addressable(l) {
			p.leaves = append(p.leaves, l)
			known = known || d.isOurs(l)
		}
	}
	if known {
		p.byNumbers(u, d.isOurs)
	} else {
		p.byNames(u)
	}
}

// sides is the places that may hold a party, and which words say whose.
type sides struct {
	leaves           []*leaf
	ours, theirs     string // the variables
	oursBy, theirsBy set
}

func (p *sides) byNumbers(u *unit, isOurs func(*leaf) bool) {
	mine, _ := best(p.leaves, func(l *leaf) int {
		if !isOurs(l) {
			return 0
		}
		return 1 + max(near(l, p.oursBy), near(l, p.theirsBy))
	})
	u.give(mine, p.ours, "it is a number of ours")
	contact, _ := best(p.leaves, func(l *leaf) int {
		if isOurs(l) {
			return 0
		}
		return max(near(l, p.theirsBy), near(l, p.oursBy), near(l, contactWords))
	})
	u.give(contact, p.theirs, "a number beside ours: the contact's")
}

func (p *sides) byNames(u *unit) {
	named := func(s set) *leaf {
		l, _ := best(p.leaves, func(l *leaf) int { return near(l, s) })
		return l
	}
	theirs, contact := named(p.theirsBy), named(contactWords)
	if u.class == receipt && theirs != nil && contact != nil && contact != theirs && named(fromWords) == nil && near(contact, toWords) == 0 {
		// Beside a contact's number "to" is where its messages go.
		u.give(contact, p.theirs, "its name says that it is the contact's number")
		u.give(theirs, p.ours, "it stands beside the contact's number, so it is ours")
		return
	}
	if theirs != nil {
		u.give(theirs, p.theirs, "its name says so: "+said(theirs, p.theirsBy))
	} else if theirs = contact; theirs != nil {
		u.give(theirs, p.theirs, "its name says that it is the contact's number")
	}
	p.leaves = slices.DeleteFunc(p.leaves, func(l *leaf) bool { return l == theirs })
	if mine := named(p.oursBy); mine != nil {
		u.give(mine, p.ours, "its name says so: "+said(mine, p.oursBy))
	}
}
