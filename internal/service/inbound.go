package service

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/phone"
	"patchbay/internal/tree"
)

// Peek finds out whom a callback names, with bounded work and believing nothing: the caller picks the integration whose secret must verify.
func (s *Service) Peek(cb *Callback) Peek {
	var out Peek
	p := peeker{out: &out, seen: map[string]bool{}}
	if cb.Number != "" {
		p.number(cb, cb.Number)
	}
	d := cb.decode()
	rest := d.begin()
	for _, m := range s.models {
		events, left, ok := m.peek.take(m, cb, d, rest, nil)
		if !ok {
			continue
		}
		for _, e := range events {
			p.event(cb, m, e)
		}
		if len(events) == 0 && left.Kind() == tree.Absent {
			continue
		}
		if rest = left; rest.Kind() == tree.Absent {
			break
		}
	}
	return out
}

// maxPeek bounds what is looked up before anything is verified.
const maxPeek = 64

type peeker struct {
	out  *Peek
	seen map[string]bool
	n    int
}

func (p *peeker) event(cb *Callback, m *model, e *found) {
	slots := []int{slotTo}
	if m.kind != EventMessage {
		slots = []int{slotTo, slotFrom} // in a receipt either may be ours
		p.id(&p.out.MessageIDs, "m", e.get(slotMessageID).Text())
		p.id(&p.out.IDs, "i", e.get(slotID).Text())
	}
	for _, slot := range slots {
		for _, spelling := range texts(e.get(slot)) {
			p.number(cb, spelling)
		}
	}
}

func (p *peeker) number(cb *Callback, spelling string) {
	if !p.fresh("n" + spelling) {
		return
	}
	if cb.Numbers != nil {
		if n, ok := cb.Numbers.Find(spelling); ok {
			p.out.Numbers = append(p.out.Numbers, n)
		}
	}
}

func (p *peeker) id(list *[]string, kind, id string) {
	if id != "" && p.fresh(kind+id) {
		*list = append(*list, id)
	}
}

func (p *peeker) fresh(key string) bool {
	if p.seen[key] || p.n >= maxPeek {
		return false
	}
	p.seen[key] = true
	p.n++
	return true
}

// Read reads a verified callback: 0..n events.
func (b *Bound) Read(cb *Callback) Reading {
	if cb.isEmpty() {
		return Reading{Empty: true}
	}
	var out Reading
	d := cb.decode()
	if d.err != "" {
		out.Unmatched, out.Reason = true, d.err
		return out
	}
	rest, took := b.readModels(cb, d, &out)
	switch {
	case !took:
		out.Unmatched = true
		out.Reason = "no model reads it"
		out.Nearest, out.Difference = b.nearest(cb, d, rest)
	case rest.Kind() != tree.Absent && !rest.IsEmpty() && !d.spare:
		out.Unmatched = true
		out.Reason = "no model reads a part of it"
		out.Nearest, out.Difference = b.nearest(cb, d, rest)
	}
	return out
}

// readModels offers the callback to every model in turn, and what is left of it to the next; then the words that no model knows to the
// tables that take the rest.
func (b *Bound) readModels(cb *Callback, d *decoded, out *Reading) (rest tree.Value, took bool) {
	rest = d.begin()
	over := false // a list without elements was read: it gives nothing, and takes nothing from the models that look at another list
	offer := func(m *model, k *look) (whole bool) {
		events, left, ok := k.take(m, cb, d, rest, b.base)
		switch {
		case !ok:
			return false
		case len(events) == 0 && left.Kind() == tree.Absent:
			over = true
			return false
		}
		took = true
		for _, e := range events {
			b.event(cb, m, e, out)
		}
		rest = left
		return rest.Kind() == tree.Absent
	}
	models := b.modelsFor(cb)
	for _, m := range models {
		if offer(m, m.read) {
			return rest, true
		}
	}
	for _, m := range models {
		if m.others != nil && offer(m, m.others) {
			return rest, true
		}
	}
	if !took && over {
		return tree.Value{}, true
	}
	return rest, took
}

// event makes an Event of what a model bound, or a reason why it is none.
func (b *Bound) event(cb *Callback, m *model, f *found, out *Reading) {
	e := Event{Type: m.kind, Model: m.pointer, model: m, values: f, Word: f.get(slotEventKey).Text()}
	if e.Word == "" {
		e.Word = m.key
	}
	if m.table != nil {
		kind, known := m.table[e.Word]
		if !known {
			if kind, known = m.table["*"]; !known {
				kind = EventIgnore
			}
			e.Note = fmt.Sprintf("the file does not know the word %q", clip(e.Word))
		}
		e.Type = kind
	}
	b.touched.model(m, e.Type)
	e.MessageID, e.ID = f.get(slotMessageID).Text(), f.get(slotID).Text()
	if about := cb.answers; about != nil && e.MessageID+e.ID == "" {
		if e.MessageID = about.messageID; e.MessageID == "" {
			e.ID = about.id // the whole message; an id of the provider's may be of one part
		}
	}
	e.ErrorCode, e.ErrorText = f.get(slotErrorCode).Text(), f.get(slotErrorText).Text()
	e.Challenge = f.get(slotChallenge).Text()
	e.Timestamp = timeOf(f.get(slotTimestamp).Text())
	e.Part, e.Parts, e.PartRef = count(f.get(slotPart)), count(f.get(slotParts)), f.get(slotPartRef).Text()
	switch e.Type {
	case EventMessage:
		b.message(cb, &e, out)
		return
	case EventHandshake:
		b.confirm(&e, out)
	case EventFailed:
		if e.ErrorCode == "" {
			e.ErrorCode = e.Word
		}
	case EventSent, EventDelivered, EventRead:
		e.ErrorCode, e.ErrorText = "", ""
	}
	e.parties(cb)
	if _, receipt := e.Status(); receipt && e.MessageID+e.ID != "" {
		e.Key = strings.Join([]string{"r", e.MessageID, e.ID, e.To, string(e.Type), e.Word, e.ErrorCode}, "|")
	}
	out.Events = append(out.Events, e)
}

// parties normalizes from and to of what is no message: whichever is ours gives the country of the other.
func (e *Event) parties(cb *Callback) {
	from, to := e.values.get(slotFrom).Text(), ""
	if all := texts(e.values.get(slotTo)); len(all) > 0 {
		to = all[0]
	}
	var country string
	ours := func(spelling string) (string, bool) {
		if cb.Numbers == nil || spelling == "" {
			return "", false
		}
		n, ok := cb.Numbers.Find(spelling)
		if ok && country == "" {
			country = n.Country
		}
		return n.Value, ok
	}
	f, fromOurs := ours(from)
	t, toOurs := ours(to)
	if e.From = f; !fromOurs {
		e.From = normal(from, country)
	}
	if e.To = t; !toOurs {
		e.To = normal(to, country)
	}
}

// message finishes an inbound message: the called number is one of ours, or nobody gets it.
func (b *Bound) message(cb *Callback, e *Event, out *Reading) {
	called := texts(e.values.get(slotTo))
	if cb.Number != "" && len(called) == 0 {
		called = []string{cb.Number}
	}
	var country, stranger string
	for _, spelling := range called {
		value := ""
		if cb.Numbers == nil {
			value = normal(spelling, "")
		} else {
			n, ok := cb.Numbers.Find(spelling)
			if !ok {
				stranger = spelling
				continue
			}
			value = n.Value
			if country == "" {
				country = n.Country
			}
		}
		switch {
		case e.To == "":
			e.To = value
		case e.To != value && !contains(e.AlsoTo, value):
			e.AlsoTo = append(e.AlsoTo, value)
		}
	}
	if e.To == "" {
		out.Unmatched = true
		if out.Reason = "it does not say which number was called"; stranger != "" {
			out.Reason = fmt.Sprintf("it is for %q, which is no number of this service here", clip(stranger))
		}
		return
	}
	e.From = normal(e.values.get(slotFrom).Text(), country)
	e.Content = join(e.values.get(slotContent).Text(), e.values.get(slotText).Text())
	e.Files = files(e.values)
	if e.MessageID != "" {
		e.Key = strings.Join([]string{"m", e.MessageID, e.To, strconv.Itoa(e.Part)}, "|")
	}
	out.Events = append(out.Events, *e)
}

// normal is a number as the store keeps it. What cannot be read as one stays as it is: it is the provider's word, and a reply to it
// shows its fate.
func normal(spelling, country string) string {
	if spelling == "" {
		return ""
	}
	if n, err := phone.Parse(spelling, country); err == nil {
		return n
	}
	return strings.TrimSpace(spelling)
}

func join(content, text string) string {
	switch {
	case content == "":
		return text
	case text == "" || text == content:
		return content
	}
	return content + "\n" + text
}

// texts is the texts of a value that collects: one, or a list.
func texts(v tree.Value) []string {
	if v.Kind() == tree.List {
		var out []string
		for _, e := range v.List() {
			if s, ok := e.Scalar(); ok && s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	if s, ok := v.Scalar(); ok && s != "" {
		return []string{s}
	}
	return nil
}

// files gathers what stands in the same place of each per-file variable.
func files(f *found) []File {
	var out []File
	at := func(v tree.Value, i int) tree.Value {
		if v.Kind() == tree.List {
			if list := v.List(); i < len(list) {
				return list[i]
			}
			return tree.Value{}
		}
		if i == 0 {
			return v
		}
		return tree.Value{}
	}
	length := func(v tree.Value) int {
		switch v.Kind() {
		case tree.Absent:
			return 0
		case tree.List:
			return len(v.List())
		}
		return 1
	}
	types, names := f.get(slotMIMEType), f.get(slotFilename)
	for _, slot := range []int{slotURL, slotURLs, slotFile, slotMediaID} {
		v := f.get(slot)
		for i := range length(v) {
			one := File{MediaType: at(types, i).Text(), Name: at(names, i).Text()}
			here := at(v, i)
			switch slot {
			case slotFile:
				blob := here.File()
				if blob == nil {
					continue
				}
				one.Data = blob.Data
				if one.Name == "" {
					one.Name = blob.Name
				}
				if one.MediaType == "" {
					one.MediaType = blob.MediaType
				}
			case slotMediaID:
				one.MediaID = here.Text()
			default:
				one.URL = here.Text()
			}
			if one.URL == "" && one.MediaID == "" && len(one.Data) == 0 || repeated(out, one.URL) {
				continue
			}
			out = append(out, one)
		}
	}
	return out
}

// repeated reports whether the same address is there already: a model may have both $url$ and $urls$.
func repeated(files []File, url string) bool {
	if url == "" {
		return false
	}
	for i := range files {
		if files[i].URL == url {
			return true
		}
	}
	return false
}

// timeOf reads a time as the date filters give it; whatever else a provider wrote there is no time.
func timeOf(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Year() > 0 && t.Year() < 9999 {
		return t.UTC()
	}
	return time.Time{}
}

func count(v tree.Value) int {
	if v.Kind() == tree.Absent { // nearly always
		return 0
	}
	n, err := strconv.Atoi(v.Text())
	if err != nil || n < 0 || n > 1000 {
		return 0
	}
	return n
}

// clip shortens what a stranger wrote, for a sentence to people.
func clip(s string) string {
	return clipTo(s, 64)
}

// clipTo shortens s to about as many bytes, and cuts no character in two.
func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
