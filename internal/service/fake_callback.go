package service

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"patchbay/internal/pattern"
	"patchbay/internal/phone"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Emission is what a provider tells us in one callback.
type Emission struct {
	Type      EventType
	From, To  string // of a message: the contact and our number; of a receipt: our number and the contact
	Text      string
	Files     []File
	MessageID string
	ID        string // ours
	Word      string // for what happened; "": one that means Type
	ErrorCode string
	ErrorText string
	Part      int // of a long text, from 1; 0: it is whole
	Parts     int
	PartRef   string
	Proof     Proof
}

// habit is how a provider sends the callbacks of a model: what the file's own tests show.
type habit struct{ verb, contentType string }

// learn looks at the callbacks in the file's tests.
func (f *Fake) learn() {
	for _, test := range f.testList() {
		if test.Get("webhook").Kind() == tree.Absent {
			continue
		}
		r := testRun{service: f.Service, test: test, now: testNow}
		cb, err := r.callback()
		if err != nil {
			continue
		}
		h := habit{cb.Request.Method, cb.Request.Header.Get("Content-Type")}
		if len(cb.Request.Body) == 0 {
			h.contentType = ""
		}
		for _, e := range f.Read(cb).Events {
			if e.model != nil && !slices.Contains(f.habits[e.model], h) {
				f.habits[e.model] = append(f.habits[e.model], h)
			}
		}
	}
	if f.verify == nil {
		return
	}
	leaves(f.verify, func(c check) {
		if o, ok := c.(*origin); ok && len(o.fixed) > 0 {
			f.blind = append(f.blind, Problem{Pointer: "/Webhook/verify/cidr", Warning: true,
				Message: "callbacks come from this machine and not from the provider's addresses, so they are refused"})
		}
	})
}

// habitsOf is how callbacks of a model may come: as the tests show, and else in the ways that providers have.
func (f *Fake) habitsOf(m *model) []habit {
	out := slices.Clone(f.habits[m])
	for _, h := range []habit{
		{http.MethodPost, "application/json"}, {http.MethodPost, "application/x-www-form-urlencoded"}, {http.MethodPost, "application/xml"},
		{http.MethodPost, "multipart/form-data"}, {http.MethodPost, "text/plain"}, {http.MethodGet, ""},
	} {
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return slices.DeleteFunc(out, func(h habit) bool { return m.verb != "" && h.verb != m.verb })
}

// Callback writes a request to our webhook URL that the file reads as the emission, and signs it.
func (f *Fake) Callback(e Emission, webhookURL string, now time.Time) (*wire.Request, error) {
	why := fmt.Errorf("no model of the file reads %s", e.Type)
	for _, m := range f.inOrder() {
		r, err := f.callbackBy(m, e, webhookURL, now)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, errOtherModel) {
			why = err
		}
	}
	return nil, why
}

var errOtherModel = errors.New("it is for other callbacks")

// callbackBy is Callback for one model. Of several ways in which it cannot be written it tells the first: the others are guesses.
func (f *Fake) callbackBy(m *model, e Emission, webhookURL string, now time.Time) (*wire.Request, error) {
	why := errOtherModel
	for _, word := range m.wordsFor(e) {
		for _, h := range f.habitsOf(m) {
			for _, files := range fileSlots(m, e) {
				cb, err := f.callback(m, e, word, h, files, webhookURL, now)
				if err == nil {
					return &cb.Request, nil
				}
				if why == errOtherModel {
					why = fmt.Errorf("%s: %w", m.pointer, err)
				}
			}
		}
	}
	return nil, why
}

// wordsFor is the provider's words with which a model says the type; one that has none says it by its shape.
func (m *model) wordsFor(e Emission) []string {
	if m.table == nil {
		if m.kind != e.Type {
			return nil
		}
		return []string{m.key}
	}
	var words []string
	for _, word := range slices.Sorted(maps.Keys(m.table)) {
		if m.table[word] == e.Type && word != "*" && (e.Word == "" || e.Word == word) {
			words = append(words, word)
		}
	}
	if m.table["*"] == e.Type && e.Word != "" && len(words) == 0 {
		words = append(words, e.Word)
	}
	return words
}

// fileSlots is in which variable files may come.
func fileSlots(m *model, e Emission) []int {
	if len(e.Files) == 0 {
		return []int{-1}
	}
	var out []int
	for _, slot := range []int{slotURLs, slotURL, slotMediaID, slotFile} {
		if m.read.uses(slot) {
			out = append(out, slot)
		}
	}
	return out
}

func (f *Fake) callback(m *model, e Emission, word string, h habit, files int, webhookURL string, now time.Time) (*Callback, error) {
	cb := &Callback{Now: now, Signer: f.signer, RemoteIP: "127.0.0.1", Request: wire.Request{Method: h.verb, URL: webhookURL, Header: http.Header{}}}
	ours := e.From
	if !e.isReceipt() {
		ours = e.To
		if !m.read.uses(slotTo) {
			cb.Number = e.To
			cb.addQuery("number", e.To)
		}
	}
	country := orElse(phone.Country(ours), f.Country)
	cb.Numbers = NewNumbers([]Number{{Value: ours, Country: country}})
	in := &pattern.Input{Values: f.emitting(m, e, word, files, now), Env: &Sending{Country: country}}
	if err := f.put(m, cb, h, in); err != nil {
		return nil, err
	}
	plain := *cb
	plain.Request.Header = cb.Request.Header.Clone()
	leaves(f.verify, func(c check) { nonces(c, cb, now) })
	if err := f.Sign(cb); err != nil {
		return nil, fmt.Errorf("it cannot be signed: %w", err)
	}
	cb.decoded = nil
	if err := f.Verify(cb); err != nil {
		return nil, fmt.Errorf("its own signature is refused: %w", err)
	}
	if err := f.reads(cb, e); err != nil {
		return nil, err
	}
	switch e.Proof {
	case Signed:
		return cb, nil
	case Forged:
		plain.Request = forged(plain.Request, cb.Request)
	}
	plain.decoded = nil
	if f.Verify(&plain) == nil {
		return nil, errors.New("the file asks for no proof, so none can be wrong")
	}
	return &plain, nil
}

// isReceipt reports whether the emission speaks of a message of ours.
func (e *Emission) isReceipt() bool {
	_, is := (&Event{Type: e.Type}).Status()
	return is
}

// put writes what the model looks at.
func (f *Fake) put(m *model, cb *Callback, h habit, in *pattern.Input) error {
	r := &cb.Request
	write := func(p *pattern.Pattern, at string) (tree.Value, error) {
		v, problems := p.Mirror(in)
		if len(problems) > 0 {
			return v, errors.New(at + problems[0].Pointer + ": " + problems[0].Message)
		}
		return v, nil
	}
	query := func(v tree.Value) {
		for _, member := range v.Members() {
			for _, text := range texts(member.Value) {
				cb.addQuery(member.Name, text)
			}
		}
	}
	for _, p := range m.read.headers {
		v, err := write(p.value, "/headers/"+p.name)
		if err == nil && v.Text() != "" {
			err = wire.CheckHeader(p.name, v.Text())
			r.Header[p.name] = []string{v.Text()}
		}
		if err != nil {
			return err
		}
	}
	if m.read.query != nil {
		v, err := write(m.read.query, "/query")
		if err != nil {
			return err
		}
		query(v)
	}
	if m.read.params == nil {
		return nil
	}
	v, err := write(m.read.params, "/request_parameters")
	if err != nil {
		return err
	}
	if h.contentType == "" {
		if v.Kind() != tree.Object {
			return errors.New("a query is an object")
		}
		query(v)
		return nil
	}
	body, kind, err := wire.Encode(h.contentType, v)
	if err != nil {
		return err
	}
	r.Body = body
	r.Header["Content-Type"] = []string{kind}
	return nil
}

// emitting is the values that a callback is written from.
func (f *Fake) emitting(m *model, e Emission, word string, files int, now time.Time) []tree.Value {
	v := append([]tree.Value(nil), f.base...)
	content := slotContent
	if !m.read.uses(slotContent) {
		content = slotText
	}
	for slot, text := range map[int]string{
		slotFrom: e.From, slotTo: e.To, content: e.Text, slotMessageID: e.MessageID, slotID: e.ID, slotEventKey: word, slotErrorCode: e.ErrorCode,
		slotErrorText: e.ErrorText, slotTimestamp: moment(now.Truncate(time.Second)).Text(), slotPartRef: e.PartRef,
	} {
		v[slot] = textOrNothing(text)
	}
	if e.Part > 0 {
		v[slotPart], v[slotParts] = tree.Digits(fmt.Sprint(e.Part)), tree.Digits(fmt.Sprint(e.Parts))
	}
	if files < 0 {
		return v
	}
	each := func(slot int, of func(*File) tree.Value) {
		list := make([]tree.Value, len(e.Files))
		for i := range e.Files {
			list[i] = of(&e.Files[i])
		}
		v[slot] = tree.ListOf(list...)
	}
	each(files, func(file *File) tree.Value {
		switch files {
		case slotFile:
			return tree.FileOf(&tree.Blob{Data: file.Data, Name: file.Name, MediaType: file.MediaType})
		case slotMediaID:
			return textOrNothing(file.MediaID)
		}
		return textOrNothing(file.URL)
	})
	each(slotMIMEType, func(file *File) tree.Value { return textOrNothing(file.mediaType()) })
	each(slotFilename, func(file *File) tree.Value { return textOrNothing(file.name()) })
	each(slotMediaClass, func(file *File) tree.Value { return tree.Text(file.class()) })
	return v
}

// reads makes sure that the file reads what was to be said.
func (f *Fake) reads(cb *Callback, want Emission) error {
	got := f.Read(cb)
	if got.Unmatched || len(got.Events) != 1 {
		return fmt.Errorf("it is read as %d events: %s", len(got.Events), strings.TrimSpace(got.Reason+" "+got.Difference))
	}
	e := &got.Events[0]
	if e.Type != want.Type {
		return fmt.Errorf("it is read as %s by %s", e.Type, e.Model)
	}
	type pair struct {
		what, got, want string
		free            bool // the file need not read it
	}
	pairs := []pair{
		{"message id", e.MessageID, want.MessageID, e.MessageID == "" && (e.ID == want.ID && want.ID != "" || want.Type == EventMessage)},
		{"error", e.ErrorCode, want.ErrorCode, want.Type != EventFailed || e.ErrorCode == e.Word},
	}
	if want.Type == EventMessage {
		pairs = append(pairs, pair{"contact", e.From, want.From, false}, pair{"number", e.To, want.To, false}, pair{"text", e.Content, want.Text, false},
			pair{"files", fmt.Sprint(len(e.Files)), fmt.Sprint(len(want.Files)), false})
	}
	for _, p := range pairs {
		if p.got != p.want && !p.free {
			return fmt.Errorf("its %s is read as %q", p.what, clip(p.got))
		}
	}
	return nil
}
