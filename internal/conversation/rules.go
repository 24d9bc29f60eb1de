package conversation

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// Rules are what a number does by itself with a contact's text. The zero value is a number without settings: it obeys the usual words.
type Rules struct {
	OptOut    OptOut      `json:"optout"`
	AutoReply []AutoReply `json:"autoreply"`
}

// OptOut is how contacts end and resume messages.
type OptOut struct {
	Keyword     string  `json:"keyword" doc:"A word of the number's own that ends messages, beside STOP and its like. At most 40 characters."`
	Autoreply   *string `json:"autoreply" doc:"The one confirmation of an opt-out. Left out: a usual text. Empty: none, where the provider confirms."`
	Resubscribe string  `json:"resubscribe" doc:"What takes messages up again: START and its like (also when it is empty), or any later text." enum:",keyword,any" default:"keyword"`
}

// AutoReply is a text that answers a text.
type AutoReply struct {
	Key   string `json:"key" doc:"What the contact writes, whole, without regard to case; * is the first text of a new conversation."`
	Value string `json:"value" doc:"What is answered. At most 1,600 characters."`
}

const (
	ResubscribeByKeyword = "keyword"
	ResubscribeByAny     = "any"

	anyText = "*"
)

// UsualConfirmation is what a number says to a STOP that has no words of its own.
const UsualConfirmation = "You are unsubscribed and will receive no more messages from this number. Text START to resubscribe."

// ReadRules reads a number's settings, as the store keeps them.
func ReadRules(settings string) (r Rules, err error) {
	if settings == "" {
		return r, nil
	}
	err = json.Unmarshal([]byte(settings), &r)
	return r, err
}

// Bounds of a number's settings.
const (
	maxKeyword   = 40
	maxReply     = 1600
	maxAutoReply = 200
)

// Problems is everything that is wrong with a number's settings, each with its place in them.
func (r *Rules) Problems() (ps []fault.Problem) {
	wrong := func(at, format string, args ...any) {
		ps = append(ps, fault.Problem{Pointer: at, Message: fmt.Sprintf(format, args...)})
	}
	long := func(at, s string) {
		if n := utf8.RuneCountInString(s); n > maxReply {
			wrong(at, "has %d characters; a text of ours has at most %d", n, maxReply)
		}
	}
	if k := r.OptOut.Keyword; k != "" && (fold(k) == "" || utf8.RuneCountInString(k) > maxKeyword) {
		wrong("/optout/keyword", "must be a word of at most %d characters, with a letter or a digit in it", maxKeyword)
	}
	if s := r.OptOut.Resubscribe; s != "" && s != ResubscribeByKeyword && s != ResubscribeByAny {
		wrong("/optout/resubscribe", "%q is neither %q nor %q", s, ResubscribeByKeyword, ResubscribeByAny)
	}
	if r.OptOut.Autoreply != nil {
		long("/optout/autoreply", *r.OptOut.Autoreply)
	}
	if len(r.AutoReply) > maxAutoReply {
		wrong("/autoreply", "has %d entries; a number has at most %d", len(r.AutoReply), maxAutoReply)
		return ps
	}
	seen := map[string]int{}
	for i, a := range r.AutoReply {
		at, key := fmt.Sprintf("/autoreply/%d", i), keyOf(a.Key)
		if key == "" || utf8.RuneCountInString(a.Key) > maxWish {
			wrong(at+"/key", `must be what the contact writes, or "*" for the first text of a conversation`)
		} else if before, twice := seen[key]; twice {
			wrong(at+"/key", "%q is there already, as entry %d", a.Key, before)
		}
		seen[key] = i
		long(at+"/value", a.Value)
	}
	return ps
}

// keyOf is a keyword as it is compared.
func keyOf(key string) string {
	if key = strings.TrimSpace(key); key == anyText {
		return key
	}
	return fold(key)
}

// Known is what is known of the contact when the text comes.
type Known struct {
	OptedOut bool // of this number, or of all of the organization's
	Begins   bool // the text begins a conversation
}

// React says what a contact's text does besides arriving. The wish to stop stands above everything; who has stopped hears nothing more
// but an answer to a call for help.
func (r *Rules) React(text string, k Known) message.Reaction {
	wish := WishOf(text, r.OptOut.Keyword)
	if wish == Stop {
		if k.OptedOut { // confirmed once, when it was new. Who had stopped all numbers has said so of this one, too
			return message.Reaction{Change: message.OptedOut}
		}
		return quiet(message.Reaction{Change: message.OptedOut, Reply: r.confirmation(), Kind: message.AutoOptOut})
	}
	var out message.Reaction
	if k.OptedOut {
		switch {
		case wish == Start, wish != Help && r.OptOut.Resubscribe == ResubscribeByAny:
			out.Change = message.OptedIn
		case wish == Help:
			out.Reply, out.Kind = r.answer(text, false), message.AutoHelp
			return quiet(out)
		default:
			return out
		}
	}
	out.Reply, out.Kind = r.answer(text, k.Begins), message.AutoReply
	if wish == Help {
		out.Kind = message.AutoHelp
	}
	return quiet(out)
}

// quiet: without a reply there is no kind of it.
func quiet(r message.Reaction) message.Reaction {
	if r.Reply == "" {
		r.Kind = ""
	}
	return r
}

func (r *Rules) confirmation() string {
	if r.OptOut.Autoreply == nil {
		return UsualConfirmation
	}
	return *r.OptOut.Autoreply
}

// answer is the reply to a text: by its keyword, or by its being the first.
func (r *Rules) answer(text string, begins bool) string {
	said := ""
	if len(text) <= maxWish {
		said = fold(text)
	}
	first := ""
	for _, a := range r.AutoReply {
		switch keyOf(a.Key) {
		case anyText:
			first = a.Value
		case said:
			if said != "" {
				return a.Value
			}
		}
	}
	if begins {
		return first
	}
	return ""
}

// An auto-reply may meet another one at the other end: after so many in so long a time a contact gets none.
const (
	AutoRepliesMax   = 5
	AutoRepliesWhile = 10 * time.Minute
)
