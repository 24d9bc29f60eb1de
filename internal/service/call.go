package service

import (
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// A call is a request of API that is no send: a token, an upload, a poll, a check. It is compiled, written and read by the machinery of the
// sends; what is its own stands in one row of methodKinds: what its requests may be written from, and what its answers yield.
//
// Whoever makes calls writes one with Bound.Call, carries it through the door, and reads what came with Bound.Called:
//
//	req, err := b.Call("Login", service.Calling{}, at)
//	got := b.Called("Login", service.Calling{}, res, time.Now())
//	if got.Outcome == message.Accepted { token, life := got.Values["token"], got.Values["expires_in"] … }
//
// Calls may be repeated, whatever came of them.

// The names of the calls.
const (
	UploadFile       = "UploadFile"
	GetStatus        = "GetStatus"
	Receive          = "Receive"
	CheckCredentials = "CheckCredentials"
	SetWebhook       = "SetWebhook"
	Login            = "Login"
)

// methodKind is one row of the table of methods.
type methodKind struct {
	name     string
	sends    bool
	asks     []int    // the variables of a message that its requests may be written from; nil: all of them
	yields   []int    // what its answers bind, besides error_code, error_text and retry_after
	must     int      // the one of them without which a 2xx is no success; -1: none
	tells    bool     // its answers are read as callbacks are
	more     []string // members of its own
	sentence string
}

// methodKinds is the table, in the order of the reference. GetFile is apart: its answer is a file.
var methodKinds = []*methodKind{
	{sendMessage, true, nil, []int{slotMessageID}, -1, false, nil, "sends a text, and files where it has a place for `$urls$`"},
	{sendFile, true, nil, []int{slotMessageID}, -1, false, nil, "sends a file"},
	{UploadFile, false, nil, []int{slotMediaID}, slotMediaID, false, nil, "gives the provider a file, before the send that has its `$mediaid$`"},
	{GetStatus, false, []int{slotMessageID, slotID, slotFrom, slotTo, slotNow, slotUUID}, nil, -1, true, []string{"events"}, "asks what became of a message"},
	{Receive, false, []int{slotCursor, slotNow, slotUUID}, []int{slotCursor}, -1, true, []string{"events", "interval"}, "asks for messages, where a provider calls nobody"},
	{CheckCredentials, false, []int{slotWebhookURL, slotNow, slotUUID}, nil, -1, false, nil, "a harmless request, to see whether the credentials hold"},
	{SetWebhook, false, []int{slotWebhookURL, slotFrom, slotNow, slotUUID}, nil, -1, false, nil, "tells the provider our URL; where it has a place for `$from$`, once for each number"},
	{Login, false, []int{slotNow, slotUUID}, []int{slotToken, slotExpiresIn}, slotToken, false, nil, "gets the token that the other methods carry"},
}

func kindOf(name string) *methodKind {
	for _, k := range methodKinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// asked is the variables that a request of this kind may be written from.
func (k *methodKind) asked() (u bits) {
	if k.asks == nil {
		for slot, row := range variables {
			if row.places&inSend != 0 {
				u |= 1 << slot
			}
		}
		return u
	}
	for _, slot := range k.asks {
		u |= 1 << slot
	}
	return u
}

// members is what a method of this kind may say.
func (k *methodKind) members() []string {
	if len(k.more) == 0 {
		return methodMembers
	}
	return append(append([]string(nil), methodMembers...), k.more...)
}

// inherits reports whether what API says for all methods holds for this kind: what is said of a message means nothing to a call.
func (k *methodKind) inherits(member string) bool {
	return k.sends || member != "request_parameters" && member != "response_map" && member != "idempotent"
}

// methodHeaders is the headers of a method. Of those that API has for all, a call takes what it can write.
func (l *loader) methodHeaders(get func(string) (tree.Value, string), own tree.Value, m *method, scope *pattern.Scope) []headerPattern {
	if m.kind.sends || own.Get("request_headers").Kind() != tree.Absent {
		return l.requestHeaders(get, scope)
	}
	said := len(l.problems)
	headers := l.requestHeaders(get, scope)
	l.problems = l.problems[:said] // the methods that they are for have said it
	return headers
}

// sharedAnswers compiles those of API's responses that a call can read: the others speak of a message.
func (l *loader) sharedAnswers(m *method, v tree.Value, ptr string) {
	entries := v.List()
	at := func(i int) string { return pointer(ptr, i) }
	if v.Kind() == tree.Object {
		entries, at = []tree.Value{v}, func(int) string { return ptr }
	}
	for i, e := range entries {
		said, had := len(l.problems), len(m.answers)
		l.answer(m, e, at(i))
		if len(l.problems[said:].Errors()) > 0 {
			m.answers = m.answers[:had]
		}
		l.problems = l.problems[:said]
	}
}

// Calling is what a call is written from, besides the properties. Each kind looks at its own: an upload at all of the message that its one
// File is of, a poll at the ids.
type Calling struct {
	Sending
	MessageID string // the provider's
	Cursor    string // of the last answer to Receive; "" is the beginning
}

// Called is what the answer to a call says.
type Called struct {
	message.Result
	Values map[string]string // what it yields, by name: "token", "expires_in", "mediaid", "cursor"
}

// Has reports whether the file has this call.
func (s *Service) Has(name string) bool { return len(s.calls[name]) > 0 }

// Call is the request of a call.
func (b *Bound) Call(name string, c Calling, at Attempt) (*wire.Request, error) {
	m, err := b.callMethod(name, &c)
	if err != nil {
		return nil, err
	}
	b.touched.method(m)
	in := b.callInput(m, &c, at, m.uses)
	defer release(in)
	return b.compose(m, in, at)
}

// Called reads what a provider answered to a call. Without an answer the caller knows all there is: nothing came, and the call may be repeated.
func (b *Bound) Called(name string, c Calling, r *wire.Response, now time.Time) Called {
	m, err := b.callMethod(name, &c)
	if err != nil {
		return Called{Result: message.Result{Outcome: message.Refused, ErrorCode: "no_call", ErrorText: err.Error()}}
	}
	in := b.callInput(m, &c, Attempt{Now: now}, m.knows)
	defer release(in)
	var out Called
	out.Result = b.answered(m, in, r, now, func(slot int, v string) {
		if out.Values == nil {
			out.Values = map[string]string{}
		}
		name := variables[slot].name
		if old, had := out.Values[name]; !had || slot == slotCursor && later(v, old) {
			out.Values[name] = v
		}
	})
	return out
}

func (b *Bound) callMethod(name string, c *Calling) (*method, error) {
	variants := b.calls[name]
	if len(variants) == 0 {
		return nil, fault.New(fault.Conflict, "service", "the file of %s has no %s", b.Name, name)
	}
	return b.variant(variants, &c.Sending, callStep(&c.Sending))
}

func callStep(m *Sending) step { return step{hi: len(m.Files), text: true, total: 1} }

func (b *Bound) callInput(m *method, c *Calling, at Attempt, uses bits) *input {
	s := callStep(&c.Sending)
	s.method = m
	in := b.input(&c.Sending, s, at, uses)
	if uses.has(slotMessageID) {
		in.values[slotMessageID] = textOrNothing(c.MessageID)
	}
	if uses.has(slotCursor) {
		in.values[slotCursor] = textOrNothing(c.Cursor)
	}
	return in
}

// later compares two cursors of one answer: numbers as numbers, anything else as text. Whichever way a provider sorts, the newest counts.
func later(a, b string) bool {
	if isWhole(a) && isWhole(b) && len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// isWhole reports whether s is a whole number without leading zeros, which its length and digits order.
func isWhole(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != "" && s[0] != '0'
}
