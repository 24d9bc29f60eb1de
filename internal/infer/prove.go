package infer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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

// readCapture reads a capture, with every number taken for ours where it names none of those that are known.
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

// spell is a value in one line of JSON.
func spell(v tree.Value) string { return string(wire.AppendJSON(nil, v)) }
