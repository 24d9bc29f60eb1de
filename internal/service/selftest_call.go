package service

import (
	"strings"

	"patchbay/internal/message"
	"patchbay/internal/tree"
)

// runCall runs a test of a request that is no send: "call" names it, "with" is what it is written from.
func (r *testRun) runCall() {
	name := r.test.Get("call").Text()
	with := r.test.Get("with")
	c := Calling{Sending: *r.sending(with), MessageID: with.Get("messageid").Text(), Cursor: with.Get("cursor").Text()}
	c.ID = with.Get("id").Text()
	req, err := r.bound.Call(name, c, r.attempt(with))
	if err != nil {
		r.broken("/call", "the request cannot be written: %v", err)
		return
	}
	if want := r.test.Get("request"); want.Kind() != tree.Absent {
		r.request("/request", want, req)
	}
	answer := r.test.Get("response")
	if answer.Kind() == tree.Absent {
		return
	}
	got := r.bound.Called(name, c, testResponse(answer), r.now)
	r.outcome("/result", r.test.Get("result"), &got)
	if kindOf(name).tells && got.Outcome == message.Accepted {
		cb := r.bound.Answer(name, c, req.URL, testResponse(answer), r.now)
		cb.Numbers = r.numbers()
		if ours := texts(r.test.Get("numbers")); len(ours) == 1 {
			cb.Number = ours[0]
		}
		reading := r.bound.Read(cb)
		r.reading(&reading)
	}
}

// callNames is the methods that a test may call.
func callNames() (names []string) {
	for _, k := range methodKinds {
		if !k.sends {
			names = append(names, k.name)
		}
	}
	return names
}

// testCall checks the shape of a test of a call.
func (l *loader) testCall(t tree.Value, ptr string) {
	name := l.text(t.Get("call"), ptr+"/call")
	switch {
	case !contains(callNames(), name):
		l.fail(ptr+"/call", "%q is no call; there are %s%s", name, strings.Join(callNames(), ", "), hint(name, callNames()))
	case !l.svc.Has(name):
		l.fail(ptr+"/call", "the file has no %s", name)
	}
	if w := t.Get("with"); w.Kind() != tree.Absent {
		l.object(w, ptr+"/with", testWithMembers)
	}
}
