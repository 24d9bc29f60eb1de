package infer

import (
	"slices"
	"strings"

	"patchbay/internal/tree"
)

// role is what a place of a callback is for.
type role struct {
	variable string
	reason   string
}

// assign decides what each place of a unit is, as far as one unit can tell.
func (d *drafter) assign(u *unit) {
	d.parties(u)
	if u.class == message {
		u.parts()
	}
	u.messageID()
	if u.class == message {
		u.content()
		u.files()
	} else {
		u.status()
		u.errors()
		u.ourID()
	}
	u.timestamp()
}

func (u *unit) give(l *leaf, variable, reason string) {
	if l != nil {
		u.roles[l.path.key()] = role{variable, reason}
	}
}

// free is the leaves that are nothing yet.
func (u *unit) free() []*leaf {
	var out []*leaf
	for _, l := range u.leaves {
		if _, taken := u.roles[l.path.key()]; !taken {
			out = append(out, l)
		}
	}
	return out
}

// path of the place that has the variable; nil when none has.
func (u *unit) path(variable string) path {
	for _, l := range u.leaves {
		if u.roles[l.path.key()].variable == variable {
			return l.path
		}
	}
	return nil
}

// best is the leaf of the highest score; of equals the one that is less deep, then the first.
func best(leaves []*leaf, score func(*leaf) int) (*leaf, int) {
	var found *leaf
	top := 0
	for _, l := range leaves {
		if s := score(l); s > top || s == top && s > 0 && len(l.path) < len(found.path) {
			found, top = l, s
		}
	}
	return found, top
}

// parties finds the two sides. In a message $from$ is the contact and $to$ our number; a receipt speaks of a message of ours.
func (d *drafter) parties(u *unit) {
	var sides []*leaf
	known := false
	for _, l := range u.leaves {
		if addressable(l) {
			sides = append(sides, l)
			known = known || d.isOurs(l)
		}
	}
	byName := func(s set) func(*leaf) int { return func(l *leaf) int { return near(l, s) } }
	ours, theirs, oursIs, theirsIs := toWords, fromWords, "to", "from"
	if u.class == receipt {
		ours, theirs, oursIs, theirsIs = fromWords, toWords, "from", "to"
	}
	if known {
		mine, _ := best(sides, func(l *leaf) int {
			if !d.isOurs(l) {
				return 0
			}
			return 1 + max(near(l, ours), near(l, theirs))
		})
		other, score := best(sides, func(l *leaf) int {
			if d.isOurs(l) {
				return 0
			}
			return max(near(l, theirs), near(l, ours), near(l, contactWords))
		})
		u.give(mine, oursIs, "it is a number of ours")
		if score > 0 {
			u.give(other, theirsIs, "a number beside ours: the contact's")
		}
		return
	}
	other, score := best(sides, byName(theirs))
	if score == 0 {
		if other, score = best(sides, byName(contactWords)); score > 0 {
			u.give(other, theirsIs, "its name says that it is the contact's number")
		}
	} else if contact, _ := best(sides, byName(contactWords)); u.class == receipt && contact != nil && near(contact, toWords)+near(contact, fromWords) == 0 &&
		best2(sides, byName(fromWords)) == 0 {
		// Beside a contact's number "to" is where its messages go: ours.
		u.give(contact, "to", "its name says that it is the contact's number")
		u.give(other, "from", "it stands beside the contact's number, so it is ours")
		return
	} else {
		u.give(other, theirsIs, "its name says so: "+said(other, theirs))
	}
	if mine, score := best(slices.DeleteFunc(sides, func(l *leaf) bool { return l == other }), byName(ours)); score > 0 {
		u.give(mine, oursIs, "its name says so: "+said(mine, ours))
	}
}

func best2(leaves []*leaf, score func(*leaf) int) int {
	_, top := best(leaves, score)
	return top
}

// last is the last of the tokens of a name: what it is, after what it is of.
func last(tokens []string) string {
	if len(tokens) == 0 {
		return ""
	}
	return tokens[len(tokens)-1]
}

// said is the name on the way to a leaf that is one of the words.
func said(l *leaf, s set) string {
	for i, name := range l.path.names() {
		if s.has(l.names[i]) {
			return name
		}
	}
	return ""
}

func nameOf(l *leaf) string {
	if names := l.path.names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// messageID finds the provider's id of the message: the name says so, it stands near the parties, and it looks like an id.
func (u *unit) messageID() {
	beside := u.path("from")
	if beside == nil {
		beside = u.path("to")
	}
	l, _ := best(u.free(), func(l *leaf) int {
		own, above := l.own(), l.above()
		if !idWords.has(own) && !idWords[strings.Join(own, "")] || strangerIDs.has(own) || len(own) > 0 && idWords[own[0]] && len(own) > 2 {
			return 0
		}
		if len(above) > 0 && strangerIDs[above[0]] || strangerIDs.has(above) && !messageWord.has(own) {
			return 0
		}
		if !l.every(func(s string) bool {
			return s != "true" && s != "false" && !strings.ContainsAny(s, " \t\r\n") && !isAddress(s) && len(s) <= 512 && s != "0"
		}) {
			return 0
		}
		score := 50
		switch {
		case slices.Contains(own, "message") || slices.Contains(own, "msg") || slices.Contains(own, "messageid") || slices.Contains(own, "mid"):
			score += 60
		case messageWord.has(own):
			score += 50
		case slices.Contains(own, "batch"):
			score += 30
		}
		if messageWord.has(above) || slices.Contains(above, "payload") {
			score += 30
		}
		if slices.Contains(own, "reference") && !slices.Contains(own, "id") {
			score -= 25 // often ours, given back
		}
		if l.every(func(s string) bool { return uuidShape.MatchString(s) || longIDShape.MatchString(s) }) {
			score += 10
		}
		return score + 10*common(l.path.parent(), beside) - len(own)
	})
	if l != nil {
		u.give(l, "messageid", "an id by its name, "+nameOf(l)+", and the one that stands nearest to the message")
	}
}

// common is how many steps two paths go together.
func common(a, b path) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// ourID finds the id that we gave the message, where the provider says it back.
func (u *unit) ourID() {
	l, _ := best(u.free(), func(l *leaf) int {
		own := l.own()
		if !ourIDWords.has(own) || errorWords.has(own) || statusNames.has(own) || strangerIDs.has(l.above()) || l.path.hasList() && len(l.path) > 3 {
			return 0
		}
		if !l.every(func(s string) bool {
			return len(s) <= 200 && !strings.ContainsAny(s, " \r\n") && !isAddress(s) && s != "true" && s != "false"
		}) {
			return 0
		}
		return 10
	})
	if l != nil {
		u.give(l, "id", "by its name, "+nameOf(l)+", it is what we called the message, said back")
	}
}

// content finds the text.
func (u *unit) content() {
	free := u.free()
	l, _ := best(free, textScore)
	if l == nil {
		return
	}
	if l.every(isAddress) {
		u.give(l, "url", "where the text would be, by its name "+nameOf(l)+", stands an address")
		return
	}
	u.give(l, "content", "the text, by its name "+nameOf(l))
}

// files finds the addresses of files, and what is said of each.
func (u *unit) files() {
	var parents []path
	for _, l := range u.free() {
		own := l.own()
		about := fileWords.has(own) || fileWords.has(l.above())
		switch {
		case l.values[0].Kind() == tree.File:
			u.give(l, "file", "the bytes of a file")
		case about && !noFile.has(own) && l.every(isAddress), l.path[len(l.path)-1][0] == '#' && l.every(isAddress):
			u.give(l, "url", "the address of a file, by its name "+nameOf(l))
		case about && !noFile.has(own) && l.every(isAddresses):
			u.give(l, "urls joined", "addresses of files, with commas between them, by its name "+nameOf(l))
		default:
			continue
		}
		parents = append(parents, l.path.parent())
	}
	for _, l := range u.free() {
		if !slices.ContainsFunc(parents, func(p path) bool { return slices.Equal(p, l.path.parent()) }) {
			continue
		}
		own := l.own()
		switch {
		case mimeWords.has(own) && l.every(mediaShape.MatchString):
			u.give(l, "mimetype", "a media type beside the address of a file")
		case nameOfAFile.has(own) && l.every(fileShape.MatchString):
			u.give(l, "filename", "the name of a file beside its address")
		}
	}
}

// parts finds how a long text was cut, where all three things are said.
func (u *unit) parts() {
	var ref, part, total *leaf
	for _, l := range u.free() {
		own := l.own()
		if len(own) < 2 || !partWords[own[0]] {
			continue
		}
		switch own[len(own)-1] {
		case "ref", "reference", "id":
			ref = l
		case "part", "number", "seq", "sequence", "index":
			part = l
		case "total", "count", "parts":
			total = l
		}
	}
	if ref != nil && part != nil && total != nil {
		u.give(ref, "part_ref", "what the parts of a long text have in common, by its name "+nameOf(ref))
		u.give(part, "part", "the number of a part, by its name "+nameOf(part))
		u.give(total, "parts", "how many parts there are, by its name "+nameOf(total))
	}
}

// status finds the word for what became of the message.
func (u *unit) status() {
	u.word = map[string]string{}
	for _, l := range u.free() {
		if s := l.text(); receiptShape.MatchString(s) && errShape.MatchString(s) {
			u.give(l, "receipt text", "the text of an SMPP receipt: the word stands after stat:, the code after err:")
			word := receiptShape.FindStringSubmatch(s)[1]
			if kind, ok := meaning(word); ok {
				u.word[word] = kind
			} else {
				u.word[word] = "ignore"
			}
			return
		}
	}
	l, _ := best(u.free(), statusScore)
	if l == nil {
		return
	}
	reason := "the word for what became of the message, by its name " + nameOf(l)
	kind, _ := meaning(l.text())
	if aboutStatus[last(l.own())] || strings.Count(l.text(), " ") > 2 {
		if code := u.codeBeside(l); code != nil {
			u.give(code, "event_key", "a code for what became of the message; what it means is said by "+nameOf(l)+" beside it")
			u.word[code.text()] = kind
			return
		}
	}
	u.give(l, "event_key", reason)
	for _, v := range l.values {
		if kind, ok := meaning(v.Text()); ok {
			u.word[v.Text()] = kind
		} else if !v.IsEmpty() {
			u.word[v.Text()] = "ignore"
		}
	}
}

func statusScore(l *leaf) int {
	if !l.every(func(s string) bool { _, ok := meaning(s); return ok }) {
		return 0
	}
	own := l.own()
	score := 0
	switch {
	case statusNames.has(own):
		score = 20
		if slices.Contains(own, "message") || slices.Contains(own, "delivery") || slices.Contains(own, "send") {
			score = 21
		}
	case near(l, statusNames) > 0:
		score = 14
	case kindNames.has(own):
		score = 10
	default:
		return 0
	}
	if slices.Equal(own, []string{"group", "name"}) {
		score += 2 // the coarse word of two
	}
	if aboutStatus[last(own)] {
		score -= 8
	}
	if l.every(func(s string) bool { return strings.Contains(s, " ") }) {
		score -= 6
	}
	return max(score, 1)
}

// codeBeside is the code in the same object whose name begins as that of the text does: status_code beside status_text.
func (u *unit) codeBeside(text *leaf) *leaf {
	for _, l := range u.free() {
		own := l.own()
		if l == text || !slices.Equal(l.path.parent(), text.path.parent()) || len(own) < 2 || own[len(own)-1] != "code" || !statusNames[own[0]] {
			continue
		}
		if !l.empty() {
			return l
		}
	}
	return nil
}

// errors finds what went wrong.
func (u *unit) errors() {
	free := u.free()
	code, _ := best(free, func(l *leaf) int {
		own := l.own()
		switch {
		case l.every(func(s string) bool {
			return len(s) > 64 || strings.Contains(s, " ") || isAddress(s) || s == "true" || s == "false"
		}):
			return 0
		case errorWords.has(own) && (slices.Contains(own, "code") || len(own) == 1):
			return 10
		case slices.Contains(own, "code") && len(own) <= 2 && errorWords.has(l.above()):
			return 9
		case slices.Contains(own, "code") && (len(own) == 1 || statusNames[own[0]]):
			return 5
		case slices.Equal(own, []string{"title"}) && errorWords.has(l.above()):
			return 4
		}
		return 0
	})
	u.give(code, "error_code", "a code for what went wrong, by its name")
	text, _ := best(u.free(), func(l *leaf) int {
		own := l.own()
		switch {
		case l.every(isAddress):
			return 0
		case errorTextName[last(own)] && (errorWords.has(own) || errorWords.has(l.above())):
			return 10
		case slices.Equal(own, []string{"reason"}) || slices.Contains(own, "failure"):
			return 8
		case errorTextName[last(own)] && statusNames.has(own):
			return 6
		case slices.Equal(own, []string{"description"}):
			return 3
		}
		return 0
	})
	u.give(text, "error_text", "what is said about it, by its name")
}

// timestamp finds the provider's time, in a form that a filter reads.
func (u *unit) timestamp() {
	l, _ := best(u.free(), func(l *leaf) int {
		own := l.own()
		if !timeWords.has(own) || timeFilter(l) == "" {
			return 0
		}
		score := 10
		if slices.Contains(own, "timestamp") || slices.Contains(own, "received") || slices.Contains(own, "occurred") {
			score += 5
		}
		return score - len(l.path) - len(own)
	})
	if l != nil {
		u.give(l, "timestamp", "a time in a form that "+timeFilter(l)+" reads, by its name "+nameOf(l))
	}
}
