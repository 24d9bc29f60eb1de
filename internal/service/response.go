package service

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// maxRetryAfter is the longest wait that a provider may ask for; what is absurd must not bury a message.
const maxRetryAfter = time.Hour

// Response is what the provider's answer to the part-th request says. Transport errors are the caller's: no byte written is
// message.Unreached, anything after that without an answer is message.Maybe.
func (b *Bound) Response(m *Sending, part int, r *wire.Response, now time.Time) message.Result {
	s, err := b.step(m, part)
	if err != nil { // the caller sent something that we did not write
		return message.Result{Outcome: message.Maybe, ErrorCode: "no_part", ErrorText: err.Error()}
	}
	in := b.input(m, s, Attempt{Now: now}, s.method.knows)
	defer release(in)
	return b.answered(s.method, in, r, now, nil)
}

// answered reads an answer to a request of m. yield, unless it is nil, hears what of the kind's own the answer says.
func (b *Bound) answered(m *method, in *input, r *wire.Response, now time.Time, yield func(slot int, value string)) message.Result {
	in.single()
	read := answerReader{response: r, in: &in.Input, touched: b.touched}
	var by *answer
	for _, a := range m.answers {
		if a.fits(r.Status) && read.takes(a) {
			by = a
			break
		}
	}
	if yield != nil && by != nil {
		for _, e := range read.events {
			for _, slot := range m.kind.yields {
				if v := read.get(e, slot); v != "" {
					yield(slot, v)
				}
			}
		}
	}
	return conclude(m, by, &read, now)
}

// single leaves of what there is one of for each file the first: a literal of an answer is one value.
func (in *input) single() {
	for slot := range variables {
		if list := in.values[slot].List(); len(list) > 0 {
			in.values[slot] = list[0]
		}
	}
}

// answerReader decodes a body at most once, and only when a pattern asks.
type answerReader struct {
	response *wire.Response
	in       *pattern.Input
	decoded  bool
	tree     tree.Value
	broken   bool
	headers  []pattern.Event
	events   []pattern.Event // of the body; one that is empty where no pattern reads it
	touched  touched
}

// get is what e, or else a header, bound.
func (r *answerReader) get(e pattern.Event, slot int) string {
	if v := e.Get(slot); v.Kind() != tree.Absent {
		return v.Text()
	}
	for _, h := range r.headers {
		if v := h.Get(slot); v.Kind() != tree.Absent {
			return v.Text()
		}
	}
	return ""
}

func (r *answerReader) takes(a *answer) bool {
	r.headers, r.events = nil, nil
	for _, h := range a.headers {
		reading := h.value.Read(r.header(h.name), r.in)
		if !reading.Matched {
			return false
		}
		r.headers = append(r.headers, reading.Events...)
	}
	if a.body == nil {
		r.events = []pattern.Event{{}}
		return true
	}
	if r.response.Cut {
		return false
	}
	var v tree.Value
	if a.asText {
		v = r.text()
	} else if v = r.body(); r.broken {
		return false
	}
	reading := a.body.Read(v, r.in)
	if !reading.Matched {
		return false
	}
	r.events = reading.Events
	return true
}

func (r *answerReader) contentType() string { return r.response.Header.Get("Content-Type") }

func (r *answerReader) header(name string) tree.Value {
	if values := r.response.Header[name]; len(values) > 0 {
		return tree.Text(wire.Clean(strings.Join(values, ", ")))
	}
	return tree.Value{}
}

func (r *answerReader) text() tree.Value {
	return tree.Text(strings.TrimSpace(wire.Text(r.contentType(), r.response.Body)))
}

func (r *answerReader) body() tree.Value {
	if !r.decoded {
		r.decoded = true
		var err error
		r.tree, err = wire.Decode(r.contentType(), r.response.Body, wire.Limits{})
		r.broken = err != nil
	}
	return r.tree
}

// conclude makes the result of what was read; a is nil when no entry took the answer.
func conclude(m *method, a *answer, read *answerReader, now time.Time) message.Result {
	var out message.Result
	var wait string
	status, r := read.response.Status, read.response
	decided := false
	if a == nil {
		read.events = nil
	} else {
		read.touched.answer(a)
	}
	for _, e := range read.events {
		id := read.get(e, slotMessageID)
		if id != "" && !contains(out.MessageIDs, id) {
			out.MessageIDs = append(out.MessageIDs, id)
		}
		if wait == "" {
			wait = read.get(e, slotRetryAfter)
		}
		code, text := read.get(e, slotErrorCode), read.get(e, slotErrorText)
		var eff *effect
		if a.outcomes != nil {
			found, ok := a.outcomes[code]
			if !ok {
				found, ok = a.outcomes["*"]
			}
			if ok {
				eff = &found
				read.touched.outcome(a, found)
			}
		}
		// Of several messages in one answer (recipients, parts) the worst decides, because one that failed fails the whole.
		if eff != nil && (!decided || gravity(eff.outcome) > gravity(out.Outcome)) {
			out.Outcome, out.OptedOut, out.AuthFailed = eff.outcome, eff.optedOut, eff.authFailed
			out.ErrorCode, out.ErrorText = code, text
			decided = true
		} else if out.ErrorCode == "" && out.ErrorText == "" && !decided {
			out.ErrorCode, out.ErrorText = code, text
		}
	}
	if a != nil && a.outcome != nil {
		out.Outcome, out.OptedOut, out.AuthFailed = a.outcome.outcome, a.outcome.optedOut, a.outcome.authFailed
		decided = true
	}
	if !decided {
		byStatus(&out, m.isWhole(a, read), r)
	}
	if slot := m.kind.must; slot >= 0 && out.Outcome == message.Accepted && !read.has(slot) {
		out.Outcome = message.Maybe
		out.ErrorText = "the answer has no $" + variables[slot].name + "$"
	}
	if len(out.MessageIDs) > 0 && out.Outcome == message.Busy {
		// It has an id, so the provider took it, whatever else it says: sent again, it would be there twice.
		out.Outcome = message.Refused
	}
	switch out.Outcome {
	case message.Accepted:
		out.ErrorCode, out.ErrorText = "", ""
		if len(out.MessageIDs) == 0 && m.kind.sends {
			out.Warning = "the answer has no message id, so its receipts cannot be matched"
		}
	case message.Busy:
		out.RetryAfter = max(retryAfter(wait, now), retryAfter(r.Header.Get("Retry-After"), now))
		fallthrough
	default:
		if out.ErrorText == "" && out.ErrorCode != "" {
			out.ErrorText = out.ErrorCode // many providers have one word for both
		}
		if out.ErrorCode == "" {
			out.ErrorCode = "http_" + strconv.Itoa(status)
		}
		if out.ErrorText == "" {
			out.ErrorText = strings.TrimSpace(fmt.Sprintf("the provider answered %d %s", status, http.StatusText(status)))
		}
	}
	return out
}

// gravity orders outcomes of several messages in one answer.
func gravity(o message.Outcome) int {
	switch o {
	case message.Refused:
		return 3
	case message.Maybe:
		return 2
	case message.Busy:
		return 1
	}
	return 0
}

// isWhole reports whether a 2xx says all that it should: a file that says how answers look is held to it.
func (m *method) isWhole(a *answer, read *answerReader) bool {
	if m.kind.sends {
		return !m.strict || read.has(slotMessageID)
	}
	return !m.strict || a != nil
}

// has reports whether an answer bound a variable.
func (r *answerReader) has(slot int) bool {
	for _, e := range r.events {
		if r.get(e, slot) != "" {
			return true
		}
	}
	return false
}

// byStatus is what holds where the file does not decide (docs/service-file.md, responses).
func byStatus(out *message.Result, whole bool, r *wire.Response) {
	status := r.Status
	switch {
	case r.Cut:
		out.Outcome = message.Maybe
		out.ErrorCode, out.ErrorText = "cut_off", "the answer ended before its end, or is larger than what is read"
	case status >= 200 && status <= 299:
		out.Outcome = message.Accepted
		if !whole {
			out.Outcome = message.Maybe
			if out.ErrorText == "" {
				out.ErrorText = "the file says how answers look, and this one looks like none of them"
			}
		}
	case status == http.StatusBadGateway || status == http.StatusGatewayTimeout || status < 200:
		out.Outcome = message.Maybe
	case status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests || status >= 500:
		out.Outcome = message.Busy
	default: // 3xx, which is never followed, and the other 4xx
		out.Outcome = message.Refused
		out.AuthFailed = status == http.StatusUnauthorized
	}
}

// retryAfter reads seconds or a date. What is past, negative or no time says nothing.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0
	}
	var d time.Duration
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		if !(seconds > 0) { // NaN too
			return 0
		}
		if seconds > maxRetryAfter.Seconds() {
			return maxRetryAfter
		}
		d = time.Duration(seconds * float64(time.Second))
	} else if at, err := http.ParseTime(s); err == nil {
		d = at.Sub(now)
	} else if at, err := time.Parse(time.RFC3339, s); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
