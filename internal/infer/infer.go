// Package infer drafts Webhook models from callbacks that a provider has made. It decides by what values look like and by what their
// names say, tells the reason for each choice, and believes none of them: what it gives out has loaded, and its tests, which are the
// captured callbacks, have passed. It knows no provider, and reaches nothing but the bytes that it is given.
package infer

import (
	"fmt"
	"slices"
	"strings"

	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Capture is one callback as it came.
type Capture struct {
	Name    string // for people: where it was found
	Request wire.Request
}

// Options is what whoever captured them knows besides.
type Options struct {
	ID, Name string   // of the service file
	Numbers  []string // ours, E.164 or short codes: they tell the two sides of a message apart
}

// Result is a draft and why it is so.
type Result struct {
	File   []byte   `json:"-"` // a service file in canonical form, which passes its own tests
	Models []Model  `json:"models"`
	Unread []Unread `json:"unread,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

// Model is one drafted model.
type Model struct {
	Pointer  string   `json:"pointer" doc:"Where it stands in the file."`
	Tells    string   `json:"tells" doc:"What it tells." enum:"message,receipt"`
	Captures []string `json:"captures" doc:"From which it was drafted."`
	Choices  []Choice `json:"choices" doc:"What each place of the callbacks became, and why."`
	LeftOut  []string `json:"left_out,omitempty" doc:"Pointers into the callback of what the model does not look at."`

	source tree.Value
}

// Choice is what one place of the callbacks became.
type Choice struct {
	Pointer string `json:"pointer" doc:"In the model."`
	Became  string `json:"became" doc:"What the place became."`
	Reason  string `json:"reason" doc:"Why."`
}

// Unread is a capture that no model reads.
type Unread struct {
	Capture string `json:"capture" doc:"The callback."`
	Reason  string `json:"reason" doc:"Why."`
}

// The most that is looked at: whoever has more captures than these has more than there are kinds.
const (
	maxCaptures = 500
	maxLeaves   = 1000
	maxElements = 50
)

// Infer drafts models that read the captures.
func Infer(captures []Capture, o Options) Result {
	d := &drafter{options: o, captures: captures[:min(len(captures), maxCaptures)]}
	for _, c := range captures[len(d.captures):] {
		d.unread(c.Name, "only the first %d are looked at", maxCaptures)
	}
	if d.options.ID == "" || len(d.options.ID) > 64 {
		d.options.ID = "draft"
	}
	if d.options.Name == "" || len(d.options.Name) > 200 {
		d.options.Name = d.options.ID
	}
	var list []service.Number
	for _, n := range o.Numbers {
		list = append(list, service.Number{Value: n, Country: phone.Country(n)})
	}
	if len(list) > 0 {
		d.numbers = service.NewNumbers(list)
	}
	d.read()
	d.cluster()
	d.prove()
	return d.result
}

// drafter is one inference, from the captures to the file.
type drafter struct {
	options  Options
	captures []Capture
	numbers  *service.Numbers // nil: none is known
	units    []*unit
	clusters []*cluster
	result   Result
}

func (d *drafter) unread(capture, format string, args ...any) {
	u := Unread{Capture: capture, Reason: fmt.Sprintf(format, args...)}
	if !slices.Contains(d.result.Unread, u) { // a batch says it once
		d.result.Unread = append(d.result.Unread, u)
	}
}

// isOurs reports whether one of the values is a number of ours, where those are known.
func (d *drafter) isOurs(l *leaf) bool {
	if d.numbers == nil {
		return false
	}
	for _, v := range l.values {
		if _, ok := d.numbers.Find(strings.TrimSpace(v.Text())); ok {
			return true
		}
	}
	return false
}
