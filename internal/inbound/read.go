package inbound

import (
	"encoding/json"
	"slices"
	"strings"

	"patchbay/internal/message"
	"patchbay/internal/service"
)

// heard is one callback, read.
type heard struct {
	*proof
	bound   *service.Bound // the one that read it
	reading service.Reading
	said    map[string]int // how often each message was met
}

// read reads a callback that proved itself. Whatever it holds, what comes back says something: events, or why there are none.
func (f *Flow) read(p *proof) *heard {
	h := &heard{proof: p}
	var err error
	for _, m := range p.passed {
		if h.bound, err = m.bound(); err == nil {
			break
		}
	}
	if err != nil {
		h.bound = nil
		h.reading = service.Reading{Unmatched: true, Reason: "the integration is not complete: " + err.Error()}
		return h
	}
	if f.contain("read", func() { h.reading = h.bound.Read(p.cb) }) {
		h.reading = service.Reading{Unmatched: true, Reason: "it broke its reader: a fault of ours, to be reported"}
	}
	return h
}

// plan is what the callback does once applied, and whether files came inside it.
func (h *heard) plan(row *message.Callback) (a message.Applied, files []inline) {
	a = message.Applied{CallbackID: row.ID, State: message.CallbackDone, Now: h.cb.Now}
	if h.reading.Unmatched {
		a.State, a.Reason = message.CallbackUnmatched, hide(why(&h.reading), h.passed)
	}
	for i := range h.reading.Events {
		ev := &h.reading.Events[i]
		if ev.Type == service.EventOptOut {
			outs := h.optOuts(row, ev)
			if len(outs) == 0 {
				a.State, a.Reason = message.CallbackUnmatched, "an opt-out from no number of this integration"
			}
			a.OptOuts = append(a.OptOuts, outs...)
		} else if ev.IsMessage() {
			arrivals, inside := h.arrivals(row, ev)
			if len(arrivals) == 0 {
				a.State, a.Reason = message.CallbackUnmatched, "a message to no number of this integration"
			}
			for _, n := range inside {
				n.arrival += len(a.Arrivals)
				files = append(files, n)
			}
			a.Arrivals = append(a.Arrivals, arrivals...)
		} else if r, ok := h.receipt(row, ev); ok {
			a.Receipts = append(a.Receipts, r)
		} else if ev.Confirm != "" {
			a.Confirms = append(a.Confirms, confirmation(row, ev, h.passed[0]))
		}
	}
	return a, files
}

// why is the reason why a callback says nothing, with what whoever mends the file looks for first.
func why(r *service.Reading) string {
	if r.Nearest == "" {
		return r.Reason
	}
	return r.Reason + "; the nearest is " + r.Nearest + ": " + r.Difference
}

// encode is what was read, for people to look at; files that came inside stay in the raw request alone.
func encode(events []service.Event) []byte {
	if len(events) == 0 {
		return nil
	}
	lean := slices.Clone(events)
	for i := range lean {
		if slices.ContainsFunc(lean[i].Files, isInside) {
			lean[i].Files = slices.Clone(lean[i].Files)
		}
		for j := range lean[i].Files {
			f := &lean[i].Files[j]
			if !isInside(*f) {
				continue
			}
			f.Data = nil
			if head, _, ok := strings.Cut(f.URL, ","); ok {
				f.URL = head + ",…"
			}
		}
	}
	b, err := json.Marshal(lean)
	if err != nil {
		return nil // a time out of range: the raw request is there
	}
	return b
}

func isInside(f service.File) bool { return f.Data != nil || strings.HasPrefix(f.URL, "data:") }
