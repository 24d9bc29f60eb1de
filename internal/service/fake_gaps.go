package service

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Gaps is what this provider cannot do as the file has it, each by its pointer: what it takes whatever it is, answers that it cannot give,
// callbacks that it cannot make.
func (f *Fake) Gaps(now time.Time) Problems {
	out := slices.Clone(f.blind)
	if a := f.Service.auth; a != nil && a.signer != nil {
		out = append(out, Problem{Pointer: a.pointer, Message: "that requests are signed is looked at, and not whether the signature is right", Warning: true})
	}
	sample := &Sending{
		ID: "00000000-0000-7000-8000-000000000001", From: "+15550001111", To: "+15550002222", Text: "Hello", Country: f.Country,
		Files:      []File{{URL: "https://files.example.com/sample.png", Name: "sample.png", MediaType: "image/png"}},
		WebhookURL: testURL + f.ID + "/a1", Segments: 1, Encoding: "gsm7", Created: now,
	}
	for _, t := range f.takers {
		s := callStep(sample)
		s.method = t.m
		o := &Order{Method: t.m.name, Pointer: t.m.pointer, m: t.m, values: append([]tree.Value(nil), f.base...)}
		fill(o.values, sample, s, Attempt{Now: now, UUID: sample.ID}, t.m.uses|t.m.knows)
		for i, a := range t.m.answers {
			if _, err := f.Answer(o, Said{Entry: i + 1, MessageID: "17000000000000001"}, now); err != nil {
				out = append(out, Problem{Pointer: a.pointer, Message: "this answer is not given: " + err.Error(), Warning: true})
			}
		}
	}
	for _, m := range f.inOrder() {
		kinds := []EventType{m.kind}
		if m.table != nil {
			kinds = kinds[:0]
			for _, kind := range meanings(m.table, func(k EventType) string { return string(k) }) {
				kinds = append(kinds, EventType(kind))
			}
		}
		for _, kind := range kinds {
			if kind == EventIgnore || kind == EventHandshake {
				continue
			}
			if err := f.tries(m, kind, now); err != nil {
				out = append(out, Problem{Pointer: m.pointer, Message: string(kind) + " is not sent by this model: " + err.Error(), Warning: true})
			}
		}
	}
	return distinct(out)
}

// tries makes a callback of every form that a model may be for, and says why none can be made.
func (f *Fake) tries(m *model, kind EventType, now time.Time) (why error) {
	e := Emission{Type: kind, From: "+15550002222", To: "+15550001111", MessageID: "17000000000000001", ID: "00000000-0000-7000-8000-000000000001"}
	if e.isReceipt() {
		e.From, e.To = e.To, e.From
	}
	file := []File{{URL: "https://files.example.com/sample.png", MediaID: "sample", Name: "sample.png", MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}}
	forms := []Emission{e}
	if kind == EventMessage {
		text, mms, bare := e, e, e
		text.Text, mms.Text, mms.Files, bare.Files = "Hello", "Hello", file, file
		part := text
		part.Part, part.Parts, part.PartRef = 1, 2, "17"
		forms = []Emission{text, mms, bare, part}
	}
	for _, e := range forms {
		_, err := f.callbackBy(m, e, testURL+f.ID+"/a1", now)
		if err == nil {
			return nil
		}
		if why == nil || errors.Is(why, errOtherModel) {
			why = err
		}
	}
	return why
}

// TakeFile answers the request for a file that came as an id: with the file, or with its address where the file says that one comes.
// It is nil when the request is for no file.
func (f *Fake) TakeFile(r *wire.Request, address string) (id string, answer *wire.Response) {
	g := f.program.getFile
	u, err := url.Parse(r.URL)
	if g == nil || g.url == nil || r.Method != http.MethodGet || err != nil {
		return "", nil
	}
	raw := ""
	if root, problem := document(f.Source); problem == nil {
		api := root.Get("API")
		raw = continued(api.Get("GetFile").Get("request_url").Text(), api)
	}
	path, query, _ := cutQuery(afterHost(raw))
	vars := f.names.of(1<<slotMediaID, false)
	vars[slotMediaID].Use = pattern.First
	scope := pattern.NewScope(pattern.Scope{Direction: pattern.Reads, Vars: vars, FormatJSON: formatJSON, ParseJSON: parseJSON})
	in := &pattern.Input{Values: append([]tree.Value(nil), f.base...)}
	if p, _ := pattern.Reverse(tree.Text(path), scope); p != nil {
		got := p.Read(tree.Text(u.Path), in)
		if !got.Matched {
			return "", nil
		}
		know(in, got)
	}
	if members := queryMembers(query); len(members) > 0 {
		q, err := wire.DecodeQuery(u.RawQuery, wire.Limits{})
		p, _ := pattern.Reverse(tree.ObjectOf(members...), scope)
		if err != nil || p == nil {
			return "", nil
		}
		got := p.Read(q, in)
		if !got.Matched {
			return "", nil
		}
		know(in, got)
	}
	id = in.Values[slotMediaID].Text()
	if g.response == nil {
		return id, &wire.Response{Status: http.StatusOK}
	}
	in.Values[slotURL] = tree.Text(address)
	v, problems := g.response.Mirror(in)
	if len(problems) > 0 {
		return "", nil
	}
	kind := "application/json"
	if g.asText {
		kind = "text/plain; charset=utf-8"
	}
	body, kind, err := wire.Encode(kind, v)
	if err != nil {
		return "", nil
	}
	return id, &wire.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {kind}}, Body: body}
}
