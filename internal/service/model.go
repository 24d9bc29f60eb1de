package service

import (
	"net/http"
	"sort"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// model is one kind of callback, compiled.
type model struct {
	pointer string
	place   int    // in the file, from 0
	verb    string // "": any
	kind    EventType
	table   map[string]EventType // by word, in place of kind; "*" is every other
	key     string               // event_key
	read    *look
	others  *look // of a table: takes the words that are not in it, once no other model wants them
	peek    *look // knows no property values, and takes any
	reply   *replies
	guarded bool     // of a handshake: a property of the integration must stand in the callback
	confirm *confirm // of a handshake: an address to call
	weight  pattern.Weight
}

// look is the patterns of a model: what it looks at in a callback.
type look struct {
	params  *pattern.Pattern // the body, or the query when there is none
	query   *pattern.Pattern
	headers []headerPattern
}

// looks is what all models together look at.
type looks struct{ query bool }

func (m *model) readsMessages() bool { return m.gives(EventMessage) }

// eventKinds is the table of event types. The mission's "mms" is a message that has files.
var eventKinds = []struct {
	word     string
	kind     EventType
	needs    []need
	sentence string
}{
	{"message", EventMessage, []need{needFrom, needContent}, "a message from a contact; with files it is an MMS"},
	{"mms", EventMessage, []need{needFrom, needFile}, "the same, with files"},
	{"messageSent", EventSent, []need{needID}, "the carrier has the message"},
	{"messageDelivered", EventDelivered, []need{needID}, "it is on the handset"},
	{"messageFailed", EventFailed, []need{needID}, "it will not be delivered"},
	{"messageRead", EventRead, []need{needID}, "it was seen"},
	{"typing", EventTyping, []need{needFrom}, "the contact is writing"},
	{"optout", EventOptOut, []need{needFrom}, "the contact wants no more messages"},
	{"handshake", EventHandshake, nil, "the provider checks our URL; where a property guards it, it is answered before verification"},
	{"ignore", EventIgnore, nil, "nothing that concerns anybody"},
}

// need is something that an event of a kind cannot be without: one of the slots.
type need struct {
	slots []int
	cure  string
}

var (
	needFrom    = need{[]int{slotFrom}, "$from$ stands nowhere: who sent it?"}
	needContent = need{[]int{slotContent, slotText, slotURL, slotURLs, slotFile, slotMediaID}, "neither $content$, $text$ nor a file ($url$, $urls$, $file$, $mediaid$) stands anywhere: what was sent?"}
	needFile    = need{[]int{slotURL, slotURLs, slotFile, slotMediaID}, "no file ($url$, $urls$, $file$, $mediaid$) stands anywhere"}
	needID      = need{[]int{slotMessageID, slotID}, "neither $messageid$ nor $id$ stands anywhere: which message?"}
)

var (
	modelMembers = []string{
		"event_key", "event_type", "events", "request_method", "request_content_type", "request_parameters", "query", "headers", "reply", "confirm",
	}
	toldMembers    = []string{"event_key", "event_type", "events", "request_parameters", "headers"} // of what an answer tells
	webhookMembers = []string{"verify", "reply", "events"}
)

const maxModels = 200

// webhook compiles Webhook in any of its containers: a list of models, one model, an object of named models, or
// {"verify": …, "reply": …, "events": any of those}.
func (l *loader) webhook(v tree.Value) {
	const ptr = "/Webhook"
	switch {
	case v.Kind() == tree.Absent:
		if !l.svc.Has(Receive) {
			l.warn(ptr, "without Webhook models nothing that the provider sends is read; it is kept as unmatched")
		}
		return
	case isContainer(v):
		l.object(v, ptr, webhookMembers)
		if check := v.Get("verify"); check.Kind() != tree.Absent {
			l.svc.verify = l.verify(check, ptr+"/verify")
			l.problems = append(l.problems, l.lapses...)
		}
		if r := v.Get("reply"); r.Kind() != tree.Absent {
			l.svc.reply = l.replies(r, ptr+"/reply", nil)
		}
		l.models(v.Get("events"), ptr+"/events")
	default:
		l.models(v, ptr)
	}
	if l.svc.verify == nil && len(l.svc.models) > 0 && v.Get("verify").Kind() == tree.Absent {
		l.warn(ptr, "without \"verify\" nobody proves that callbacks are the provider's; the secret URL is all there is")
	}
	l.order()
}

// order puts the models into the order in which they are tried.
func (l *loader) order() {
	sort.SliceStable(l.svc.models, func(i, j int) bool {
		a, b := l.svc.models[i].weight, l.svc.models[j].weight
		if a.Literals != b.Literals {
			return a.Literals > b.Literals
		}
		return a.Variables > b.Variables
	})
	l.hidden()
}

func isModel(v tree.Value) bool {
	for _, member := range []string{"event_type", "event_key", "request_parameters", "query"} {
		if v.Get(member).Kind() != tree.Absent {
			return true
		}
	}
	return false
}

func isContainer(v tree.Value) bool {
	if v.Kind() != tree.Object || isModel(v) {
		return false
	}
	for _, member := range webhookMembers {
		if v.Get(member).Kind() != tree.Absent {
			return true
		}
	}
	return false
}

func (l *loader) models(v tree.Value, ptr string) {
	switch {
	case v.Kind() == tree.Absent:
		l.warn(ptr, "without models nothing that the provider sends is read; it is kept as unmatched")
	case len(v.List()) > maxModels || len(v.Members()) > maxModels:
		l.fail(ptr, "these are %d models; %d are enough for every provider we know", max(len(v.List()), len(v.Members())), maxModels)
	case v.Kind() == tree.List:
		for i, e := range v.List() {
			l.model(e, pointer(ptr, i))
		}
	case v.Kind() == tree.Object && isModel(v):
		l.model(v, ptr)
	case v.Kind() == tree.Object:
		for _, m := range v.Members() {
			l.model(m.Value, pointer(ptr, m.Name))
		}
	default:
		l.fail(ptr, "this must be a model, or a list or an object of models, not %s", kindName(v))
	}
}

func (l *loader) model(v tree.Value, ptr string) {
	known := modelMembers
	if l.telling != nil {
		known = toldMembers
	}
	if !l.object(v, ptr, known) {
		return
	}
	m := &model{pointer: ptr, place: len(l.svc.models)}
	l.modelKind(m, v, ptr)
	if verb := v.Get("request_method"); verb.Kind() != tree.Absent {
		m.verb = l.verb(verb, ptr+"/request_method")
	}
	l.text(v.Get("request_content_type"), ptr+"/request_content_type") // a callback's own header decides
	if r := v.Get("reply"); r.Kind() != tree.Absent {
		m.reply = l.replies(r, ptr+"/reply", m)
	}
	before := len(l.problems)
	scope := l.names.hookScope(true, m.key != "")
	if m.table != nil {
		scope = l.names.wordScope(m.table)
	}
	m.read = l.look(m, v, ptr, scope)
	if len(l.problems[before:].Errors()) > 0 {
		return
	}
	said := len(l.problems) // the same patterns give the same warnings again
	m.peek = m.read
	if m.table != nil {
		m.others = l.look(m, v, ptr, l.names.hookScope(true, false))
		m.peek = m.others
	}
	if m.read.asksProperties() {
		m.peek = l.look(m, v, ptr, l.names.hookScope(false, false))
	}
	l.problems = l.problems[:said]
	if m.read.params == nil && m.read.query == nil && len(m.read.headers) == 0 {
		l.fail(ptr, "a model needs request_parameters, query or headers to know its callbacks by")
		return
	}
	m.weight = m.read.weight()
	l.handshake(m, v, ptr)
	l.modelNeeds(m, v, ptr)
	l.looksOf = append(l.looksOf, lookSource{m, v})
	l.svc.models = append(l.svc.models, m)
	l.svc.looks.query = l.svc.looks.query || m.read.query != nil
}

// lookSource is what a model was compiled from, to find models that read the same.
type lookSource struct {
	model *model
	value tree.Value
}

// modelKind reads event_type, event_key and events.
func (l *loader) modelKind(m *model, v tree.Value, ptr string) {
	m.key = ""
	if key := v.Get("event_key"); key.Kind() != tree.Absent {
		text, scalar := key.Scalar()
		if !scalar {
			l.fail(ptr+"/event_key", "this must be a word of the provider's, not %s", kindName(key))
		}
		m.key = text
	}
	table := v.Get("events")
	if table.Kind() == tree.Absent {
		m.kind, _ = l.eventKind(v.Get("event_type"), ptr+"/event_type")
		return
	}
	for _, member := range []string{"event_type", "event_key"} {
		if v.Get(member).Kind() != tree.Absent {
			l.fail(pointer(ptr, member), `"events" says what each word means, so %s has no place beside it`, member)
		}
	}
	if !l.isObject(table, ptr+"/events") {
		return
	}
	m.table = map[string]EventType{}
	for _, word := range table.Members() {
		if kind, ok := l.eventKind(word.Value, pointer(ptr+"/events", word.Name)); ok {
			m.table[word.Name] = kind
		}
	}
	if len(table.Members()) == 0 {
		l.fail(ptr+"/events", "this table has no word in it")
	}
}

// kindOfWord is what a word of the format means.
func kindOfWord(word string) (EventType, bool) {
	for _, row := range eventKinds {
		if row.word == word {
			return row.kind, true
		}
	}
	return "", false
}

func eventWords() []string {
	names := make([]string, len(eventKinds))
	for i, row := range eventKinds {
		names[i] = row.word
	}
	return names
}

// gives reports whether the model may give events of this kind.
func (m *model) gives(kind EventType) bool {
	if m.table == nil {
		return m.kind == kind
	}
	for _, k := range m.table {
		if k == kind {
			return true
		}
	}
	return kind == EventIgnore
}

func (l *loader) eventKind(v tree.Value, ptr string) (EventType, bool) {
	word := l.text(v, ptr)
	if kind, ok := kindOfWord(word); ok {
		return kind, true
	}
	names := eventWords()
	if v.Kind() == tree.String || v.Kind() == tree.Absent {
		l.fail(ptr, "%q is no type of event; there are %s%s", word, strings.Join(names, ", "), hint(word, names))
	}
	return "", false
}

// look compiles the patterns of a model.
func (l *loader) look(m *model, v tree.Value, ptr string, scope *pattern.Scope) *look {
	if m.key != "" {
		scope = scope.Fix(slotEventKey, tree.Text(m.key))
	}
	k := &look{}
	if p := v.Get("request_parameters"); p.Kind() != tree.Absent {
		k.params = l.pattern(p, ptr+"/request_parameters", scope)
	}
	if q := v.Get("query"); q.Kind() != tree.Absent && l.isObject(q, ptr+"/query") {
		k.query = l.pattern(q, ptr+"/query", scope)
	}
	if h := v.Get("headers"); h.Kind() != tree.Absent && l.isObject(h, ptr+"/headers") {
		for _, member := range h.Members() {
			at := pointer(ptr+"/headers", member.Name)
			if err := wire.CheckHeader(member.Name, ""); err != nil {
				l.fail(at, "%v", err)
				continue
			}
			if p := l.pattern(member.Value, at, scope); p != nil {
				k.headers = append(k.headers, headerPattern{http.CanonicalHeaderKey(member.Name), p})
			}
		}
	}
	return k
}

func (k *look) patterns() []*pattern.Pattern {
	var out []*pattern.Pattern
	for _, p := range []*pattern.Pattern{k.params, k.query} {
		if p != nil {
			out = append(out, p)
		}
	}
	for _, h := range k.headers {
		out = append(out, h.value)
	}
	return out
}

func (k *look) weight() (w pattern.Weight) {
	for _, p := range k.patterns() {
		w.Literals += p.Weight().Literals
		w.Variables += p.Weight().Variables
	}
	return w
}

// asksProperties reports whether a property stands in one of the patterns: only then Peek, which knows none, needs its own.
func (k *look) asksProperties() bool {
	for _, p := range k.patterns() {
		for _, slot := range p.Slots() {
			if slot >= firstProperty {
				return true
			}
		}
	}
	return false
}

func (k *look) uses(slot int) bool {
	for _, p := range k.patterns() {
		if p.Uses(slot) {
			return true
		}
	}
	return false
}

// modelNeeds checks that the model binds what its events cannot be without.
func (l *loader) modelNeeds(m *model, v tree.Value, ptr string) {
	words := []string{v.Get("event_type").Text()}
	at := ptr
	if m.table != nil {
		words, at = nil, ptr+"/events"
		for _, word := range v.Get("events").Members() {
			words = append(words, word.Value.Text())
		}
		if !m.read.uses(slotEventKey) {
			l.fail(at, `"events" is a table over $event_key$, but that stands nowhere in the model`)
		}
	} else if m.key != "" && !m.read.uses(slotEventKey) {
		l.warn(ptr+"/event_key", "$event_key$ stands nowhere in the model, so this word is not looked for and the shape alone decides")
	}
	told := map[string]bool{}
	l.partsTogether(m, at)
	if l.telling != nil {
		l.tellNeeds(m, at)
		told["to"] = true                               // an integration with one number needs none
		told[needID.cure] = l.telling.name == GetStatus // it is known which was asked about
	}
	for _, word := range words {
		for _, row := range eventKinds {
			if row.word != word {
				continue
			}
			for _, n := range row.needs {
				if !n.met(m.read) && !told[n.cure] {
					told[n.cure] = true
					l.fail(at, "%q needs more: %s", word, n.cure)
				}
			}
			if row.kind == EventMessage && !m.read.uses(slotTo) && !told["to"] {
				told["to"] = true
				l.warn(at, "$to$ stands nowhere, so the URL that the provider calls must carry our number: …?number=")
			}
		}
	}
}

// partsTogether: a part of a long text is known by three things.
func (l *loader) partsTogether(m *model, at string) {
	all := []int{slotPart, slotParts, slotPartRef}
	var has, lacks []string
	for _, slot := range all {
		if name := "$" + variables[slot].name + "$"; m.read.uses(slot) {
			has = append(has, name)
		} else {
			lacks = append(lacks, name)
		}
	}
	switch {
	case len(has) == 0:
	case len(lacks) > 0:
		l.warn(at, "%s without %s joins nothing: a part of a long text needs $part$, $parts$ and $part_ref$", strings.Join(has, " and "), strings.Join(lacks, " and "))
	case !m.gives(EventMessage):
		l.warn(at, "only messages have parts, and this model gives none")
	}
}

func (n need) met(k *look) bool {
	for _, slot := range n.slots {
		if k.uses(slot) {
			return true
		}
	}
	return false
}
