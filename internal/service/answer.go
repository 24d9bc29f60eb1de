package service

import (
	"net/http"
	"strconv"
	"strings"

	"patchbay/internal/message"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// answer is one way a provider answers: an entry of responses, or the response_map.
type answer struct {
	pointer  string
	status   []statusRange // none: any
	headers  []headerPattern
	body     *pattern.Pattern // nil: whatever it is
	asText   bool             // the pattern reads the body as text
	outcome  *effect
	outcomes map[string]effect // by error code; "*" is every other
}

type statusRange struct{ lo, hi int }

// effect is an outcome word of the file.
type effect struct {
	outcome    message.Outcome
	optedOut   bool
	authFailed bool
}

// effects is the table of outcome words. Unreached is not among them: an answer came.
var effects = map[string]effect{
	"accepted":     {outcome: message.Accepted},
	"refused":      {outcome: message.Refused},
	"busy":         {outcome: message.Busy},
	"unclear":      {outcome: message.Maybe},
	"opted_out":    {outcome: message.Refused, optedOut: true},
	"auth_expired": {outcome: message.Refused, authFailed: true},
}

var effectNames = []string{"accepted", "refused", "busy", "unclear", "opted_out", "auth_expired"}

var answerMembers = []string{"status", "headers", "body", "outcome", "outcomes"}

// answers compiles responses and response_map.
func (l *loader) answers(m *method, responses tree.Value, responsesAt string, responseMap tree.Value, mapAt string) {
	scope := l.names.answerScope(m.kind)
	switch responses.Kind() {
	case tree.Absent:
	case tree.Object: // one entry without the list around it
		m.strict = true
		l.answer(m, responses, responsesAt)
	case tree.List:
		m.strict = len(responses.List()) > 0
		for i, e := range responses.List() {
			l.answer(m, e, pointer(responsesAt, i))
		}
	default:
		l.fail(responsesAt, "this must be a list of answers, not %s", kindName(responses))
	}
	if responseMap.Kind() != tree.Absent {
		a := &answer{pointer: mapAt, status: []statusRange{{200, 299}}, asText: readsText(responseMap)}
		if a.body = l.pattern(responseMap, mapAt, scope); a.body != nil {
			m.knows |= m.kind.compares(a.body)
		}
		m.answers = append(m.answers, a)
	}
	switch {
	case m.kind.sends && !m.reads(slotMessageID):
		l.warn(mapAt, "no answer yields a $messageid$: receipts cannot find their message")
	case m.kind.must >= 0 && !m.reads(m.kind.must) && len(l.problems.Errors()) == 0:
		name := variables[m.kind.must].name
		l.fail(mapAt, `say where the answer has it: $%s$, as in {"%s": "$%s$"}`, name, name, name)
	}
}

// reads reports whether an answer of m can yield a variable.
func (m *method) reads(slot int) bool {
	for _, a := range m.answers {
		if a.body != nil && a.body.Uses(slot) {
			return true
		}
		for _, h := range a.headers {
			if h.value.Uses(slot) {
				return true
			}
		}
	}
	return false
}

func (l *loader) answer(m *method, v tree.Value, ptr string) {
	if !l.object(v, ptr, answerMembers) {
		return
	}
	a := &answer{pointer: ptr, status: l.statuses(v.Get("status"), ptr+"/status")}
	scope := l.names.answerScope(m.kind)
	if h := v.Get("headers"); h.Kind() != tree.Absent && l.isObject(h, ptr+"/headers") {
		for _, member := range h.Members() {
			if p := l.pattern(member.Value, pointer(ptr+"/headers", member.Name), scope); p != nil {
				a.headers = append(a.headers, headerPattern{http.CanonicalHeaderKey(member.Name), p})
				m.knows |= m.kind.compares(p)
			}
		}
	}
	if body := v.Get("body"); body.Kind() != tree.Absent {
		a.asText = readsText(body)
		if a.body = l.pattern(body, ptr+"/body", scope); a.body != nil {
			m.knows |= m.kind.compares(a.body)
		}
	}
	one, table := v.Get("outcome"), v.Get("outcomes")
	if one.Kind() != tree.Absent && table.Kind() != tree.Absent {
		l.fail(ptr+"/outcomes", "outcome and outcomes exclude each other; keep one")
	}
	if one.Kind() != tree.Absent {
		if e, ok := l.effect(one, ptr+"/outcome"); ok {
			a.outcome = &e
		}
	}
	if table.Kind() != tree.Absent && l.isObject(table, ptr+"/outcomes") {
		a.outcomes = map[string]effect{}
		for _, member := range table.Members() {
			if e, ok := l.effect(member.Value, pointer(ptr+"/outcomes", member.Name)); ok {
				a.outcomes[member.Name] = e
			}
		}
		uses := a.body != nil && a.body.Uses(slotErrorCode)
		for _, h := range a.headers {
			uses = uses || h.value.Uses(slotErrorCode)
		}
		if !uses && len(l.problems.Errors()) == 0 {
			l.fail(ptr+"/outcomes", `this is a table over $error_code$, but that stands nowhere in "body" or "headers"`)
		}
	}
	l.hollow(m, a, v.Get("body"))
	m.answers = append(m.answers, a)
}

func (l *loader) effect(v tree.Value, ptr string) (effect, bool) {
	word := l.text(v, ptr)
	e, ok := effects[word]
	if !ok && v.Kind() == tree.String {
		l.fail(ptr, "%q is no outcome; there are %s%s", word, strings.Join(effectNames, ", "), hint(word, effectNames))
	}
	return e, ok
}

// statuses reads 200, "4xx", "200-299" or a list of them.
func (l *loader) statuses(v tree.Value, ptr string) []statusRange {
	if v.Kind() == tree.Absent {
		return nil
	}
	if v.Kind() == tree.List {
		var out []statusRange
		if len(v.List()) == 0 {
			l.fail(ptr, "this list names no status, so the entry would never be used")
		}
		for i, e := range v.List() {
			if e.Kind() == tree.List {
				l.fail(pointer(ptr, i), "a status is a number, not a list")
				continue
			}
			out = append(out, l.statuses(e, pointer(ptr, i))...)
		}
		return out
	}
	text, scalar := v.Scalar()
	if scalar && len(text) == 3 && text[0] >= '1' && text[0] <= '5' {
		if strings.EqualFold(text[1:], "xx") {
			lo := int(text[0]-'0') * 100
			return []statusRange{{lo, lo + 99}}
		}
		if n, err := strconv.Atoi(text); err == nil {
			return []statusRange{{n, n}}
		}
	}
	l.fail(ptr, `this must be a status like 200, "4xx", or a list of them`)
	return nil
}

func (a *answer) fits(status int) bool {
	for _, r := range a.status {
		if status >= r.lo && status <= r.hi {
			return true
		}
	}
	return len(a.status) == 0
}

// readsText reports whether a pattern reads a body as text: an object or a list reads it as the JSON, XML or form that it is.
func readsText(v tree.Value) bool {
	switch v.Kind() {
	case tree.List:
		return false
	case tree.Object:
		ms := v.Members()
		if len(ms) != 1 {
			return false
		}
		switch ms[0].Name {
		case "$match", "$json":
			return true
		case "$not":
			return readsText(ms[0].Value)
		case "$any":
			return len(ms[0].Value.List()) > 0 && readsText(ms[0].Value.List()[0])
		}
		return false
	}
	return true
}

// compares is the variables of the request that an answer is compared with.
func (k *methodKind) compares(p *pattern.Pattern) (u bits) {
	u.add(p)
	u &= k.asked()
	for _, slot := range k.yields {
		u &^= 1 << slot
	}
	return u
}
