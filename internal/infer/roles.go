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
		u.roles[l.key] = role{variable, reason}
	}
}

// free is the leaves that are nothing yet.
func (u *unit) free() []*leaf {
	var out []*leaf
	for _, l := range u.leaves {
		if _, taken := u.roles[l.key]; !taken {
			out = append(out, l)
		}
	}
	return out
}

// path of the place that has the variable; nil when none has.
func (u *unit) path(variable string) path {
	for _, l := range u.leaves {
		if u.roles[l.key].variable == variable {
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
