package service

import (
	"fmt"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// AnswerExplanation says why an answer of the provider means what it means.
type AnswerExplanation struct {
	Order   []AnswerVerdict   // the entries in the order in which they are tried
	Result  message.Result    //
	Values  map[string]string // of a call: what it yields
	Reading *Explanation      // of a call whose answers are read as callbacks are
}

// AnswerVerdict is the part of one entry in it: of one of responses, or the response_map.
type AnswerVerdict struct {
	Pointer string `json:"pointer" doc:"Where the entry stands."`
	Took    bool   `json:"took" doc:"It took the answer."`
	Reason  string `json:"reason,omitempty" doc:"Why it did not."`
}

// ExplainAnswer reads what came back to the part-th request of a message, or to a call, and says why.
func (b *Bound) ExplainAnswer(name string, c Calling, part int, r *wire.Response, now time.Time) (AnswerExplanation, error) {
	var out AnswerExplanation
	kind := kindOf(name)
	if kind == nil {
		return out, fmt.Errorf("there is no method %q", name)
	}
	if kind.sends {
		s, err := b.step(&c.Sending, part)
		if err != nil {
			return out, err
		}
		in := b.input(&c.Sending, s, Attempt{Now: now}, s.method.knows)
		defer release(in)
		out.Order = s.method.verdicts(in, r)
		out.Result = b.Response(&c.Sending, part, r, now)
		return out, nil
	}
	m, err := b.callMethod(name, &c)
	if err != nil {
		return out, err
	}
	in := b.callInput(m, &c, Attempt{Now: now}, m.knows)
	defer release(in)
	out.Order = m.verdicts(in, r)
	called := b.Called(name, c, r, now)
	out.Result, out.Values = called.Result, called.Values
	if kind.tells {
		cb := b.Answer(name, c, "", r, now)
		cb.Numbers = AnyNumber{}
		reading := b.Explain(cb)
		reading.Verify, reading.Status, reading.Reply = "", 0, "" // nobody proves or hears anything: we asked
		out.Reading = &reading
	}
	return out, nil
}

// verdicts says of each entry whether it takes an answer, and if not, why.
func (m *method) verdicts(in *input, r *wire.Response) []AnswerVerdict {
	in.single()
	read := answerReader{response: r, in: &in.Input}
	out := []AnswerVerdict{}
	taken := false
	for _, a := range m.answers {
		v := AnswerVerdict{Pointer: a.pointer}
		switch {
		case taken:
			v.Reason = "an entry before it took the answer"
		case !a.fits(r.Status):
			v.Reason = fmt.Sprintf("/status: is for other statuses, and %d came", r.Status)
		case read.takes(a):
			v.Took, taken = true, true
		default:
			v.Reason = read.differs(a)
		}
		out = append(out, v)
	}
	return out
}

// differs is the first thing in which an answer is not as an entry wants it.
func (r *answerReader) differs(a *answer) string {
	say := func(p *pattern.Pattern, v tree.Value, at string) string {
		d := p.Explain(v, r.in)
		if d.Matched {
			return ""
		}
		return fmt.Sprintf("%s%s: wants %s, and %s came", at, d.Pointer, d.Expected, d.Came)
	}
	for _, h := range a.headers {
		if why := say(h.value, r.header(h.name), pointer("/headers", h.name)); why != "" {
			return why
		}
	}
	switch {
	case a.body == nil:
		return ""
	case r.response.Cut:
		return "/body: is cut off"
	case a.asText:
		return say(a.body, r.text(), "/body")
	}
	if v := r.body(); !r.broken {
		return say(a.body, v, "/body")
	}
	return fmt.Sprintf("/body: cannot be read as %s", wire.FormatOf(r.contentType()))
}
