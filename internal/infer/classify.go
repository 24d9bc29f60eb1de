package infer

import (
	"slices"
	"strings"

	"patchbay/internal/tree"
)

// class is what a callback is about.
type class uint8

const (
	other class = iota
	message
	receipt
)

func (c class) String() string {
	return [...]string{"nothing known", "message", "receipt"}[c]
}

// classify weighs what speaks for a message against what speaks for a receipt.
func classify(u *unit) class {
	var isMessage, isReceipt int
	best := map[string]int{}
	take := func(what string, score int) { best[what] = max(best[what], score) }
	var text, empty, from, to, file bool
	for _, l := range u.leaves {
		own := l.own()
		for _, v := range l.values {
			s := v.Text()
			if v.IsEmpty() || v.Kind() == tree.File {
				file = file || v.Kind() == tree.File
				continue
			}
			said := tokens(s)
			switch {
			case receiptShape.MatchString(s) && strings.Contains(s, "err:"):
				take("r:text", 8)
			case v.Kind() == tree.Bool || s == "true" || s == "false":
				if receiptNames.has(own) || receiptNames[strings.Join(own, "")] {
					if s == "true" {
						take("r:flag", 8)
					} else {
						take("m:flag", 2)
					}
				}
			case len(s) > 60 || strings.Count(s, " ") > 5:
			case kindNames.has(own) && !mediaShape.MatchString(s):
				if inboundVocab.has(said) && !slices.Contains(said, "recipient") {
					take("m:"+l.key, 4)
				} else if outVocab.has(said) {
					take("r:"+l.key, 4)
				} else if _, ok := meaning(s); ok {
					take("r:kind", 4)
				}
			case statusNames.has(own) && !aboutStatus[last(own)]:
				if slices.Equal(said, []string{"received"}) {
					take("m:status", 4)
				} else if _, ok := meaning(s); ok {
					take("r:status", 4)
				}
			case near(l, statusNames) > 0:
				if _, ok := meaning(s); ok {
					take("r:status", 3)
				}
			}
			if errorWords.has(own) && s != "0" {
				take("r:error", 1)
			}
			file = file || isAddress(s) && (fileWords.has(own) || fileWords.has(l.above())) && !noFile.has(own)
		}
		if textScore(l) > 0 {
			text, empty = text || !l.empty(), empty || l.empty()
		}
		from = from || addressable(l) && (near(l, fromWords) > 0 || contactWords.has(own))
		to = to || addressable(l) && near(l, toWords) > 0
	}
	switch {
	case (text || file) && from:
		take("m:text", 3)
	case empty && from && to:
		take("m:text", 2)
	}
	for what, score := range best {
		if what[0] == 'm' {
			isMessage += score
		} else {
			isReceipt += score
		}
	}
	switch {
	case isReceipt > isMessage || isReceipt == isMessage && isReceipt > 0 && best["m:text"] == isMessage:
		return receipt
	case isMessage > 0 && from && (text || file || to):
		return message
	}
	return other
}

// addressable reports whether what stands there may be a party of the message: a phone number, or by its name alone a short code or the
// name of a sender.
func addressable(l *leaf) bool {
	own := l.own()
	return l.every(func(s string) bool {
		return isPhone(s) || addressWords.all(own) && len(s) <= 32 && !isAddress(s) && s != "true" && s != "false"
	})
}

// textScore is how much the name says that the text of the message stands there.
func textScore(l *leaf) int {
	own := l.own()
	if noText.has(own) || slices.ContainsFunc(l.values, func(v tree.Value) bool { return v.Kind() != tree.String && !v.IsEmpty() }) {
		return 0
	}
	score := textWords[strings.Join(own, "")]
	for _, t := range own {
		score = max(score, textWords[t])
	}
	if score == 0 {
		if above := l.above(); slices.Equal(own, []string{"value"}) && (slices.Contains(above, "message") || slices.Contains(above, "text")) {
			score = 5
		}
	}
	if score > 0 && l.every(func(s string) bool { return uuidShape.MatchString(s) }) {
		return 0
	}
	return score
}
