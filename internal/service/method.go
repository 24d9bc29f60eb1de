package service

import (
	"net/http"
	"strings"
	"time"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// method is one variant of one way to send, compiled.
type method struct {
	name        string // of its kind
	kind        *methodKind
	pointer     string
	when        *when  // nil: always
	verb        string // the HTTP method
	url         address
	contentType string
	headers     []headerPattern
	params      *pattern.Pattern // nil: no parameters
	inQuery     bool             // parameters stand in the URL
	idempotent  bool
	answers     []*answer
	models      []*model      // what its answers tell; nil: those of Webhook
	interval    time.Duration // of Receive
	strict      bool          // the file says how answers look, so a 2xx that none of them reads is unclear

	uses        bits // variables that a request is written from
	knows       bits // variables that an answer is compared with
	placesToken bool // it says itself where $token$ stands
	allFiles    bool // one request takes every file
	hasText     bool // there is a place for the text
	file        bool // it is a SendFile
}

const (
	sendMessage = "SendMessage"
	sendFile    = "SendFile"
)

var (
	defaultMembers = []string{
		"request_method", "request_url", "request_content_type", "request_headers", "request_parameters", "response_map", "responses", "idempotent",
	}
	methodMembers = append([]string{"when"}, defaultMembers...)
	apiMembers    = append(append(methodNames(), "GetFile"), defaultMembers...)
)

func methodNames() (names []string) {
	for _, k := range methodKinds {
		names = append(names, k.name)
	}
	return names
}

func (l *loader) api(v tree.Value) {
	const ptr = "/API"
	if v.Kind() == tree.Absent {
		l.warn(ptr, "without API.%s nothing can be sent through this service", sendMessage)
		return
	}
	if !l.object(v, ptr, apiMembers) {
		return
	}
	l.svc.send = l.variants(v, kindOf(sendMessage))
	l.svc.sendFile = l.variants(v, kindOf(sendFile))
	l.svc.calls = map[string][]*method{}
	for _, k := range methodKinds {
		if !k.sends {
			l.svc.calls[k.name] = l.variants(v, k)
		}
	}
	for _, m := range append(l.svc.send, l.svc.sendFile...) {
		if m.uses.has(slotMediaID) && v.Get(UploadFile).Kind() == tree.Absent {
			l.fail(m.pointer, "$mediaid$ is what %s yields, and the file has no such method", UploadFile)
		}
	}
	a := l.svc.auth
	switch login := v.Get(Login).Kind() != tree.Absent; {
	case login && (a == nil || !a.tokens || a.oauth2 != nil):
		l.warn(pointer(ptr, Login), `nothing asks for its token: auth needs {"type": "Login"}`)
	case !login && a != nil && a.tokens && a.oauth2 == nil:
		l.fail(pointer(ptr, Login), "auth wants the token that this method yields, and the file has none")
	}
	if l.svc.send == nil && l.svc.sendFile == nil {
		l.warn(ptr, "without %s nothing can be sent through this service", sendMessage)
	}
	if g := v.Get("GetFile"); g.Kind() != tree.Absent {
		l.getFile(v, g)
	}
}

// variants compiles a method, which is one object or a list of them.
func (l *loader) variants(api tree.Value, k *methodKind) []*method {
	v, ptr := api.Get(k.name), pointer("/API", k.name)
	switch v.Kind() {
	case tree.Absent:
		return nil
	case tree.List:
		if len(v.List()) == 0 {
			l.fail(ptr, "this list has no variant in it")
		}
		var out []*method
		for i, e := range v.List() {
			at := pointer(ptr, i)
			if len(out) > 0 && out[len(out)-1] != nil && out[len(out)-1].when == nil {
				l.warn(at, `this variant is never used: the one before it has no "when", so it takes everything`)
			}
			if m := l.method(api, e, k, at); m != nil {
				out = append(out, m)
			}
		}
		return out
	default:
		if m := l.method(api, v, k, ptr); m != nil {
			return []*method{m}
		}
		return nil
	}
}

// method compiles one variant. What it does not say itself, the members of API say for all.
func (l *loader) method(api, v tree.Value, k *methodKind, ptr string) *method {
	if !l.object(v, ptr, k.members()) {
		return nil
	}
	get := func(member string) (tree.Value, string) {
		if own := v.Get(member); own.Kind() != tree.Absent {
			return own, pointer(ptr, member)
		}
		if shared := api.Get(member); shared.Kind() != tree.Absent && k.inherits(member) {
			return shared, pointer("/API", member)
		}
		return tree.Value{}, pointer(ptr, member)
	}
	m := &method{name: k.name, kind: k, pointer: ptr, file: k.name == sendFile || k.name == UploadFile}
	scope := l.names.askScope(k)
	if w := v.Get("when"); w.Kind() != tree.Absent {
		if w.Kind() != tree.Object {
			l.fail(ptr+"/when", `this must be an object of sending variables, like {"segments": {"$gt": 1}}, not %s`, kindName(w))
		} else {
			m.when = l.when(w, ptr+"/when")
		}
	}
	m.verb = l.verb(get("request_method"))
	url, at := get("request_url")
	raw := l.text(url, at)
	if v.Get("request_url").Kind() != tree.Absent {
		raw = continued(raw, api)
	}
	if raw == "" {
		if url.IsEmpty() {
			l.fail(at, "a request needs an address, like \"https://api.example.com/messages\"")
		}
	} else {
		m.url = l.address(raw, at, scope)
	}
	ct, ctAt := get("request_content_type")
	m.contentType = l.text(ct, ctAt)
	if m.contentType == "" {
		m.contentType = "application/json"
	}
	if err := wire.CheckHeader("X-Check", m.contentType); err != nil {
		l.fail(ctAt, "%q is no content type", m.contentType)
	} else if err := wire.CheckContentType(m.contentType); err != nil {
		l.fail(ctAt, "%v", err)
	}
	m.headers = l.methodHeaders(get, v, m, scope)
	if m.inQuery = m.verb == http.MethodGet || m.verb == http.MethodDelete; m.inQuery && !wire.IsUTF8(m.contentType) {
		l.fail(ctAt, "with %s the parameters are the query, which is written in UTF-8: leave the charset out", m.verb)
	}
	params, paramsAt := get("request_parameters")
	l.parameters(m, params, paramsAt, scope)
	idem, idemAt := get("idempotent")
	m.idempotent = l.truth(idem, idemAt)
	responses, responsesAt := get("responses")
	responseMap, mapAt := get("response_map")
	if !k.sends && v.Get("responses").Kind() == tree.Absent {
		l.sharedAnswers(m, responses, responsesAt)
		responses = tree.Value{}
	}
	l.answers(m, responses, responsesAt, responseMap, mapAt)
	l.events(m, v, ptr)
	l.usage(m, v, ptr)
	return m
}

func (l *loader) verb(v tree.Value, at string) string {
	verb := l.text(v, at)
	if verb == "" {
		return http.MethodPost
	}
	upper := strings.ToUpper(verb)
	if err := wire.CheckMethod(upper); err != nil {
		l.fail(at, "%v", err)
		return http.MethodPost
	}
	if upper != verb {
		l.warn(at, "HTTP methods are spelled in capitals: %s", upper)
	}
	return upper
}

func (l *loader) requestHeaders(get func(string) (tree.Value, string), scope *pattern.Scope) []headerPattern {
	v, at := get("request_headers")
	if v.Kind() == tree.Absent || !l.isObject(v, at) {
		return nil
	}
	var out []headerPattern
	for _, m := range v.Members() {
		here := pointer(at, m.Name)
		switch {
		case strings.Contains(m.Name, "$"):
			l.fail(here, "the name of a header is no pattern; only its value is")
			continue
		case strings.EqualFold(m.Name, "Content-Type"):
			l.fail(here, "the content type is said by request_content_type")
			continue
		}
		if err := wire.CheckHeader(m.Name, ""); err != nil {
			l.fail(here, "%v", err)
			continue
		}
		value, scalar := m.Value.Scalar()
		if !scalar {
			l.fail(here, "the value of a header is a text, not %s", kindName(m.Value))
			continue
		}
		if strings.ContainsAny(value, "\r\n\x00") {
			l.fail(here, "a header has one line")
			continue
		}
		if strings.EqualFold(m.Name, "Authorization") && l.svc.auth != nil {
			l.warn(here, "this header takes the place of what auth says")
		}
		if p := l.pattern(tree.Text(value), here, scope); p != nil {
			out = append(out, headerPattern{http.CanonicalHeaderKey(m.Name), p})
		}
	}
	return out
}

func (l *loader) parameters(m *method, v tree.Value, at string, scope *pattern.Scope) {
	if v.Kind() == tree.Absent {
		return
	}
	m.params = l.pattern(v, at, scope)
	if m.params == nil {
		return
	}
	format := wire.FormatOf(m.contentType)
	switch {
	case m.inQuery:
		if v.Kind() != tree.Object {
			l.fail(at, "with %s the parameters are the query, so they must be an object, not %s", m.verb, kindName(v))
		}
	case isFile(v): // the bytes as they are, of whatever type is said, or the file's own
	case format == wire.Unknown:
		l.fail(at, "nothing is known about writing %q; use a JSON, form, multipart, XML or text/plain type", m.contentType)
	case format == wire.PlainText && v.Kind() != tree.String:
		l.fail(at, "a text/plain body is one string, not %s", kindName(v))
	case (format == wire.Form || format == wire.Multipart) && v.Kind() != tree.Object:
		l.fail(at, "a %s body is an object of fields, not %s", format, kindName(v))
	case format == wire.XML && (v.Kind() != tree.Object || len(v.Members()) != 1):
		l.fail(at, "an XML body is an object with one member, its root element")
	}
}

// usage notes what the method takes, and warns about what a sender would miss.
func (l *loader) usage(m *method, v tree.Value, ptr string) {
	m.uses = m.url.uses()
	m.uses.add(m.params)
	m.allFiles = m.params != nil && m.params.TakesAllFiles()
	for _, h := range m.headers {
		m.uses.add(h.value)
	}
	m.placesToken = m.uses.has(slotToken)
	l.filePlaces(m, ptr)
	m.hasText = m.uses.has(slotText) || m.uses.has(slotContent) && !m.file
	if len(l.problems.Errors()) > 0 || !m.kind.sends {
		return
	}
	if !m.uses.has(slotTo) {
		l.warn(ptr, "$to$ stands nowhere: the provider does not learn whom the message is for")
	}
	if !m.hasText && !m.file {
		l.warn(ptr, "$content$ stands nowhere: the text is not sent")
	}
	fileSlots := bits(1<<slotURL | 1<<slotURLs | 1<<slotFile | 1<<slotMediaID)
	if m.file && !m.uses.has(slotContent) && m.uses&fileSlots == 0 {
		l.warn(ptr, "no $content$, $url$, $urls$, $file$ or $mediaid$: the file is not sent")
	}
}

// continued is a request_url as a whole: one that begins with a slash continues that of API.
func continued(raw string, api tree.Value) string {
	if shared := api.Get("request_url"); strings.HasPrefix(raw, "/") && shared.Kind() == tree.String {
		return strings.TrimRight(shared.Text(), "/") + raw
	}
	return raw
}

// pattern compiles v and passes on what is wrong with it.
func (l *loader) pattern(v tree.Value, ptr string, scope *pattern.Scope) *pattern.Pattern {
	p, problems := pattern.Compile(v, scope)
	for _, pr := range problems {
		l.problems = append(l.problems, Problem{Pointer: ptr + pr.Pointer, Message: pr.Message, Warning: pr.Warning})
	}
	return p
}

func (l *loader) isObject(v tree.Value, ptr string) bool {
	if v.Kind() != tree.Object {
		l.fail(ptr, "this must be an object {…}, not %s", kindName(v))
		return false
	}
	return true
}

// Methods is the names of what the file can ask of its provider, in the order of the reference.
func (s *Service) Methods() []string {
	out := []string{}
	for _, k := range methodKinds {
		if s.Has(k.name) || k.name == sendMessage && len(s.send) > 0 || k.name == sendFile && len(s.sendFile) > 0 {
			out = append(out, k.name)
		}
	}
	return out
}
