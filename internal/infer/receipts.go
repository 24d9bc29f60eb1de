package infer

import (
	"slices"
	"strings"
)

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
