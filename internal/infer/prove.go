package infer

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"patchbay/internal/service"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// now is the time of the tests: any will do, since nothing is verified.
var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// maxRounds is how often models are mended that read each other's callbacks.
const maxRounds = 12

// prove makes the file, lets it read the captures, mends what goes wrong, and writes down what is read as the file's tests.
func (d *drafter) prove() {
	var bound *service.Bound
	for round := 0; ; round++ {
		bound = d.load()
		if round == maxRounds || !d.mend(bound) {
			break
		}
	}
	for i, c := range d.clusters {
		for _, u := range c.units {
			name := d.captures[u.capture].Name
			if c.level >= noModel {
				d.unread(name, "a model for it would not load: %s", c.why)
			} else if !slices.Contains(d.result.Models[d.place(i)].Captures, name) {
				d.result.Models[d.place(i)].Captures = append(d.result.Models[d.place(i)].Captures, name)
			}
		}
	}
	tests := d.tests(bound)
	file := d.file(tests)
	for len(tests) > 0 {
		_, problems := service.Check(file)
		if len(file) <= service.MaxSize && problems.Err() == nil {
			break
		}
		tests = without(tests, problems)
		file = d.file(tests)
	}
	d.result.File = file
}

// without drops the tests that failed, or the last where the file is too large.
func without(tests []tree.Value, problems service.Problems) []tree.Value {
	bad := map[int]bool{}
	for _, p := range problems.Errors() {
		if rest, ok := strings.CutPrefix(p.Pointer, "/tests/"); ok {
			index, _, _ := strings.Cut(rest, "/")
			if n, err := strconv.Atoi(index); err == nil {
				bad[n] = true
			}
		}
	}
	if len(bad) == 0 {
		return tests[:len(tests)-1]
	}
	var out []tree.Value
	for i, t := range tests {
		if !bad[i] {
			out = append(out, t)
		}
	}
	return out
}

// place is the index of a cluster's model in the file.
func (d *drafter) place(cluster int) int {
	n := 0
	for _, c := range d.clusters[:cluster] {
		if c.level < noModel {
			n++
		}
	}
	return n
}

// load drafts the models and compiles them. What does not load gives something up.
func (d *drafter) load() *service.Bound {
	for {
		d.result.Models = nil
		var of []*cluster
		for _, c := range d.clusters {
			if c.level < noModel {
				m := c.draft()
				m.Pointer = "/Webhook/" + strconv.Itoa(len(of))
				d.result.Models = append(d.result.Models, m)
				of = append(of, c)
			}
		}
		s, problems := service.Parse(d.file(nil))
		if s != nil {
			if b, err := s.Bind(nil); err == nil {
				return b
			}
		}
		gave := false
		for _, p := range problems.Errors() {
			rest, ok := strings.CutPrefix(p.Pointer, "/Webhook/")
			index, _, _ := strings.Cut(rest, "/")
			if n, err := strconv.Atoi(index); ok && err == nil && n < len(of) && of[n].level < noModel {
				of[n].level++
				of[n].why, gave = p.Message, true
			}
		}
		if gave {
			continue
		}
		// What is wrong is not in one model: the id, the name, or all of them together are too much.
		if len(of) == 0 {
			d.result.Notes = append(d.result.Notes, fmt.Sprintf("%q cannot be the id of a service, so it is \"draft\" here", clean(d.options.ID)))
			d.options.ID, d.options.Name = "draft", "draft"
			continue
		}
		of[len(of)-1].level, of[len(of)-1].why = noModel, "the file would be too large"
	}
}

// file is the draft in canonical form.
func (d *drafter) file(tests []tree.Value) []byte {
	models := make([]tree.Value, len(d.result.Models))
	for i := range models {
		models[i] = d.result.Models[i].source
	}
	v := object("id", d.options.ID, "name", d.options.Name, "class", "sms", "Webhook", tree.ListOf(models...))
	if len(models) == 0 {
		v = object("id", d.options.ID, "name", d.options.Name, "class", "sms")
	}
	if len(tests) > 0 {
		v = tree.ObjectOf(append(v.Members(), tree.Member{Name: "tests", Value: tree.ListOf(tests...)})...)
	}
	file, err := service.Format(wire.AppendJSON(nil, v))
	if err != nil { // a name twice, which Parse will tell of
		return wire.AppendJSON(nil, v)
	}
	return file
}

func (d *drafter) callback(i int) *service.Callback {
	cb := &service.Callback{Request: d.captures[i].Request, Now: now}
	if d.numbers != nil {
		cb.Numbers = d.numbers
	}
	return cb
}

// read reads a capture, with every number taken for ours where it names none of those that are known.
func (d *drafter) readCapture(b *service.Bound, i int) (service.Reading, bool) {
	cb := d.callback(i)
	r := b.Read(cb)
	if r.Unmatched && d.numbers != nil {
		cb = d.callback(i)
		cb.Numbers = nil
		return b.Read(cb), false
	}
	return r, d.numbers != nil
}

// mend finds a model that takes what belongs to another, and makes the two differ. It reports whether anything has changed.
func (d *drafter) mend(b *service.Bound) bool {
	for i, c := range d.clusters {
		if c.level >= noModel {
			continue
		}
		mine := "/Webhook/" + strconv.Itoa(d.place(i))
		for _, u := range c.units {
			reading, _ := d.readCapture(b, u.capture)
			for _, e := range reading.Events {
				if e.Model == mine || d.expects(u.capture, e.Model) {
					continue
				}
				if thief := d.owner(e.Model); thief != nil && thief != c && d.tellApart(thief, c) {
					return true
				}
			}
		}
	}
	return false
}

// expects reports whether a unit of the capture belongs to the model.
func (d *drafter) expects(capture int, model string) bool {
	c := d.owner(model)
	return c != nil && slices.ContainsFunc(c.units, func(u *unit) bool { return u.capture == capture })
}

func (d *drafter) owner(model string) *cluster {
	for i, c := range d.clusters {
		if c.level < noModel && "/Webhook/"+strconv.Itoa(d.place(i)) == model {
			return c
		}
	}
	return nil
}

// tellApart makes a model that takes too much refuse what belongs to another: by a word of its own, by a place that must be empty, or by a
// word that the other has.
func (d *drafter) tellApart(thief, owner *cluster) bool {
	for _, p := range thief.order {
		values := thief.values(p)
		if !thief.ofEvent(p) || thief.fixed[p.key()] != nil || len(thief.roles[p.key()]) > 0 || !thief.always(p) || len(values) != 1 || !newLeaf(p, values...).every(saysKind) {
			continue
		}
		if !slices.ContainsFunc(owner.values(p), func(v tree.Value) bool { return v.Text() == values[0].Text() }) {
			thief.require(p, values, "it tells this kind from another of the captures")
			return true
		}
	}
	for _, only := range []bool{true, false} { // where the other's word stands, before any other place
		for _, p := range owner.order {
			_, isWord := owner.roles[p.key()]["event_key"]
			if only != isWord || !thief.ofEvent(p) || thief.fixed[p.key()] != nil || !owner.always(p) || !thief.never(p) || d.within(thief, p) {
				continue
			}
			thief.require(p, nil, "nothing stands there, and in another kind of the captures always something does")
			return true
		}
	}
	for _, p := range owner.order {
		values := owner.values(p)
		if !owner.ofEvent(p) || owner.fixed[p.key()] != nil || len(owner.roles[p.key()]) > 0 || !owner.always(p) || len(values) != 1 || !newLeaf(p, values...).every(saysKind) {
			continue
		}
		owner.require(p, values, "it tells this kind from another of the captures")
		return true
	}
	return false
}

// within reports whether a place would stand below, or above, one that is a value in the cluster.
func (d *drafter) within(c *cluster, p path) bool {
	return slices.ContainsFunc(c.order, func(o path) bool {
		n := min(len(o), len(p))
		return slices.Equal(o[:n], p[:n]) && len(o) != len(p)
	})
}

// tests is the captures with what is read of them.
func (d *drafter) tests(b *service.Bound) []tree.Value {
	var out []tree.Value
	names := map[string]int{}
	for i := range d.captures {
		c := &d.captures[i]
		if !slices.ContainsFunc(d.clusters, func(k *cluster) bool {
			return k.level < noModel && slices.ContainsFunc(k.units, func(u *unit) bool { return u.capture == i })
		}) {
			continue
		}
		reading, ours := d.readCapture(b, i)
		if len(reading.Events) == 0 || reading.Unmatched {
			if reading.Reason == "" {
				reading.Reason = "it was drafted from, and its models read nothing of it"
			}
			d.unread(c.Name, "%s", strings.TrimSpace(reading.Reason+" "+reading.Difference))
			continue
		}
		for _, e := range reading.Events {
			if !d.expects(i, e.Model) {
				d.unread(c.Name, "%s, drafted from others, reads it too; tell them apart by hand", e.Model)
				break
			}
		}
		hook, ok := asTest(&c.Request)
		if !ok {
			continue // bytes that a file cannot hold
		}
		name := clean(c.Name)
		if names[name]++; names[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, names[name])
		}
		ms := object("name", name, "webhook", hook).Members()
		if ours {
			ms = append(ms, tree.Member{Name: "numbers", Value: textList(d.options.Numbers)})
		}
		var events []tree.Value
		for j := range reading.Events {
			events = append(events, expected(&reading.Events[j]))
		}
		out = append(out, tree.ObjectOf(append(ms, tree.Member{Name: "events", Value: tree.ListOf(events...)})...))
	}
	return out
}

func clean(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func textList(list []string) tree.Value {
	var out []tree.Value
	for _, s := range list {
		out = append(out, tree.Text(clean(s)))
	}
	return tree.ListOf(out...)
}

// asTest is a request as a test holds it: what a model looks at.
func asTest(r *wire.Request) (tree.Value, bool) {
	if !utf8.Valid(r.Body) || !utf8.ValidString(r.URL) {
		return tree.Value{}, false
	}
	var ms []tree.Member
	if r.Method != http.MethodPost {
		ms = append(ms, object("method", r.Method).Members()...)
	}
	if strings.Contains(r.URL, "?") {
		ms = append(ms, object("url", r.URL).Members()...)
	}
	if ct := r.Header.Get("Content-Type"); ct != "" && utf8.ValidString(ct) {
		ms = append(ms, object("headers", object("Content-Type", ct)).Members()...)
	}
	switch v, err := wire.DecodeJSON(r.Body, wire.Limits{}); {
	case len(r.Body) == 0:
	case err == nil && wire.FormatOf(r.Header.Get("Content-Type")) == wire.JSON && (v.Kind() == tree.Object || v.Kind() == tree.List) && isStrict(v):
		ms = append(ms, object("body", v).Members()...) // easier to read than a text
	default:
		ms = append(ms, object("body", string(r.Body)).Members()...)
	}
	return tree.ObjectOf(ms...), true
}

// isStrict reports whether a value can stand in a service file: no member twice.
func isStrict(v tree.Value) bool {
	seen := map[string]bool{}
	for _, m := range v.Members() {
		if seen[m.Name] || !isStrict(m.Value) {
			return false
		}
		seen[m.Name] = true
	}
	return !slices.ContainsFunc(v.List(), func(e tree.Value) bool { return !isStrict(e) })
}

// expected is an event as a test wants it.
func expected(e *service.Event) tree.Value {
	kind := string(e.Type)
	ms := object("type", kind).Members()
	for _, row := range []struct{ name, value string }{
		{"from", e.From}, {"to", e.To}, {"content", e.Content}, {"messageid", e.MessageID}, {"id", e.ID}, {"error_code", e.ErrorCode},
	} {
		if row.value != "" {
			ms = append(ms, object(row.name, row.value).Members()...)
		}
	}
	var urls []string
	for _, f := range e.Files {
		if f.URL != "" {
			urls = append(urls, f.URL)
		}
	}
	if len(urls) > 0 {
		ms = append(ms, tree.Member{Name: "urls", Value: textList(urls)})
	}
	return tree.ObjectOf(ms...)
}

// spell is a value in one line of JSON.
func spell(v tree.Value) string { return string(wire.AppendJSON(nil, v)) }
