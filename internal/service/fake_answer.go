package service

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Said is what the provider is to answer.
type Said struct {
	Outcome    string // accepted, refused, busy, unclear, opted_out, auth_expired; "": whatever the entry says
	Entry      int    // of the method's answers, from 1, in the file's order; 0: the first that says the outcome
	MessageID  string
	Code, Text string // of an error; "": something suitable
	RetryAfter int    // seconds, as a header
}

// Entries are the pointers of the answers that a method reads: Said.Entry counts them from 1.
func (f *Fake) Entries(o *Order) []string {
	var out []string
	for _, a := range o.m.answers {
		out = append(out, a.pointer)
	}
	return out
}

// Answer writes an answer that the file reads as it is wanted.
func (f *Fake) Answer(o *Order, want Said, now time.Time) (*wire.Response, error) {
	answers := o.m.answers
	if want.Entry > 0 {
		if want.Entry > len(answers) {
			return nil, fmt.Errorf("%s has %d answers, so none is number %d", o.Pointer, len(answers), want.Entry)
		}
		answers = answers[want.Entry-1 : want.Entry]
	}
	why := "the file has no entry for it"
	for _, a := range answers {
		for _, status := range likelyStatuses(a, want.Outcome) {
			for _, code := range likelyCodes(a, want) {
				r, problem := f.try(o, a, status, code, want, now)
				if problem == "" {
					return r, nil
				}
				why = problem
			}
		}
	}
	if want.Entry == 0 { // what the defaults make of a status
		for _, status := range usualStatuses[want.Outcome] {
			r := &wire.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte("{}")}
			setRetryAfter(r, want)
			if f.judge(o, r, want, now) == "" {
				return r, nil
			}
		}
	}
	return nil, fmt.Errorf("%s: no answer is read as %s: %s", o.Pointer, orElse(want.Outcome, "wanted"), why)
}

// usualStatuses is what providers say so, the most usual first.
var usualStatuses = map[string][]int{
	"accepted":     {200, 201, 202},
	"refused":      {400, 422, 403, 404, 409, 200, 500},
	"busy":         {429, 503, 500, 403, 400, 200},
	"unclear":      {502, 504, 200, 500, 400},
	"opted_out":    {400, 403, 200},
	"auth_expired": {401, 403, 400, 200},
	"":             {200, 400, 401, 403, 404, 422, 429, 500, 503},
}

// likelyStatuses are those of an entry, the most usual first.
func likelyStatuses(a *answer, outcome string) (out []int) {
	for _, status := range usualStatuses[outcome] {
		if a.fits(status) {
			out = append(out, status)
		}
	}
	for _, r := range a.status {
		if !slices.Contains(out, r.lo) {
			out = append(out, r.lo)
		}
	}
	return out
}

// likelyCodes are error codes that may make an entry say what is wanted.
func likelyCodes(a *answer, want Said) []string {
	if want.Code != "" {
		return []string{want.Code}
	}
	var out []string
	for code, e := range a.outcomes {
		if code != "*" && (want.Outcome == "" || e.word() == want.Outcome) {
			out = append(out, code)
		}
	}
	slices.Sort(out)
	if want.Outcome == "accepted" {
		return append(out, "", "0")
	}
	return append(out, "30008", "error")
}

// try writes one entry, and reads it as the sender will. Where another entry before it takes it, for what it wants may be missing, what that
// wants is there and says something else.
func (f *Fake) try(o *Order, a *answer, status int, code string, want Said, now time.Time) (*wire.Response, string) {
	var unlike []tree.Value
	for {
		r, problem := f.write(o, a, status, code, want, now, unlike)
		if problem != "" {
			return nil, problem
		}
		before := f.readsFirst(o, r)
		switch before {
		case a:
			return r, f.judge(o, r, want, now)
		case nil:
			return nil, a.pointer + " does not read what was written for it"
		}
		problem = before.pointer + " reads it first"
		if before.body == nil || len(unlike) > len(o.m.answers) {
			return nil, problem
		}
		v, problems := before.body.Mirror(&f.answering(o, "unlike", Said{MessageID: "unlike"}, now).Input)
		if len(problems) > 0 {
			return nil, problem
		}
		unlike = append(unlike, v)
	}
}

// readsFirst is the entry that takes an answer.
func (f *Fake) readsFirst(o *Order, r *wire.Response) *answer {
	read := answerReader{response: r, in: &pattern.Input{Values: append([]tree.Value(nil), o.values...), Env: &Sending{Country: f.Country}}}
	for _, a := range o.m.answers {
		if a.fits(r.Status) && read.takes(a) {
			return a
		}
	}
	return nil
}

// besides is v with the members that another value has besides, each saying something else.
func besides(v, other tree.Value) tree.Value {
	switch {
	case v.Kind() == tree.Object && other.Kind() == tree.Object:
		ms := append([]tree.Member(nil), v.Members()...)
		for _, m := range other.Members() {
			i := slices.IndexFunc(ms, func(had tree.Member) bool { return had.Name == m.Name })
			if i < 0 {
				ms = append(ms, tree.Member{Name: m.Name, Value: besides(tree.Value{}, m.Value)})
			} else {
				ms[i].Value = besides(ms[i].Value, m.Value)
			}
		}
		return tree.ObjectOf(ms...)
	case v.Kind() == tree.List && other.Kind() == tree.List && len(other.List()) > 0:
		var vs []tree.Value
		for _, e := range v.List() {
			vs = append(vs, besides(e, other.List()[0]))
		}
		return tree.ListOf(vs...)
	case v.Kind() != tree.Absent:
		return v
	case other.Kind() == tree.Object:
		return besides(tree.ObjectOf(), other)
	}
	return tree.Text("other than that")
}

// write writes one entry, unlike those values.
func (f *Fake) write(o *Order, a *answer, status int, code string, want Said, now time.Time, unlike []tree.Value) (*wire.Response, string) {
	r := &wire.Response{Status: status, Header: http.Header{}}
	in := f.answering(o, code, want, now)
	for _, h := range a.headers {
		v, problems := h.value.Mirror(&in.Input)
		if len(problems) > 0 {
			return nil, a.pointer + "/headers/" + h.name + problems[0].Pointer + ": " + problems[0].Message
		}
		if text := v.Text(); text != "" && wire.CheckHeader(h.name, text) == nil {
			r.Header[h.name] = []string{text}
		}
	}
	setRetryAfter(r, want)
	if a.body == nil {
		return r, ""
	}
	v, problems := a.body.Mirror(&in.Input)
	if len(problems) > 0 {
		return nil, a.pointer + problems[0].Pointer + ": " + problems[0].Message
	}
	for _, other := range unlike {
		v = besides(v, other)
	}
	kinds := []string{"application/json", "application/xml", "application/x-www-form-urlencoded"}
	switch {
	case v.Kind() == tree.Absent:
		return r, ""
	case a.asText:
		kinds = []string{"text/plain; charset=utf-8"}
	case wire.FormatOf(o.m.contentType) == wire.XML:
		kinds = []string{kinds[1], kinds[0]}
	}
	for _, kind := range kinds {
		body, contentType, err := wire.Encode(kind, v)
		if err != nil {
			continue
		}
		r.Body = body
		r.Header["Content-Type"] = []string{contentType}
		return r, ""
	}
	return nil, a.pointer + ": no body format holds it"
}

func setRetryAfter(r *wire.Response, want Said) {
	if want.RetryAfter > 0 {
		r.Header.Set("Retry-After", strconv.Itoa(want.RetryAfter))
	}
}

// answering is the values that an answer is written from: the request's, and what the provider says.
func (f *Fake) answering(o *Order, code string, want Said, now time.Time) *input {
	in := &input{values: append([]tree.Value(nil), o.values...)}
	in.single()
	text := want.Text
	if text == "" && code != "" && want.Outcome != "accepted" {
		text = "simulated"
	}
	for slot, value := range map[int]string{
		slotMessageID: want.MessageID, slotErrorCode: code, slotErrorText: text, slotToken: fakeToken, slotExpiresIn: "3600",
		slotMediaID: "simulated-media", slotCursor: strconv.FormatInt(now.UnixMilli(), 10), slotRetryAfter: strconv.Itoa(max(1, want.RetryAfter)),
	} {
		if slices.Contains(o.m.kind.yields, slot) || slot == slotErrorCode || slot == slotErrorText || slot == slotRetryAfter {
			in.values[slot] = textOrNothing(value)
		}
	}
	in.Values, in.Env = in.values, &Sending{Country: f.Country}
	return in
}

// judge reads an answer as the sender will, and says what is not as wanted.
func (f *Fake) judge(o *Order, r *wire.Response, want Said, now time.Time) string {
	word, ids := f.Meaning(o, r, now)
	switch {
	case want.Outcome != "" && word != want.Outcome:
		return "it is read as " + word
	case want.Outcome == "accepted" && o.m.reads(slotMessageID) && want.MessageID != "" && !contains(ids, want.MessageID):
		return "the message id is not read"
	}
	return ""
}

// Meaning is what the file makes of an answer: the outcome as it spells it, and the message ids.
func (f *Fake) Meaning(o *Order, r *wire.Response, now time.Time) (outcome string, ids []string) {
	in := &input{values: append([]tree.Value(nil), o.values...)}
	in.Values, in.Env = in.values, &Sending{Country: f.Country}
	got := f.answered(o.m, in, r, now, nil)
	return orElse(effect{got.Outcome, got.OptedOut, got.AuthFailed}.word(), string(got.Outcome)), got.MessageIDs
}
