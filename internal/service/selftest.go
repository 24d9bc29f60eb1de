package service

import (
	"context"
	"crypto"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// TestResult is what one test inside the file showed.
type TestResult struct {
	Name     string    `json:"name"`
	Pointer  string    `json:"pointer"`
	Failures []Failure `json:"failures,omitempty"`
}

// Passed reports whether everything was as the test wants it.
func (r *TestResult) Passed() bool { return len(r.Failures) == 0 }

// Failure is one difference between what a test wants and what it got.
type Failure struct {
	Pointer string `json:"pointer"` // of the wanted value inside the file
	Want    string `json:"want"`
	Got     string `json:"got"`
	Message string `json:"message,omitempty"`
}

func (f Failure) String() string {
	if f.Message != "" {
		return f.Message
	}
	return fmt.Sprintf("want %s, got %s", f.Want, f.Got)
}

// Failed is every failure as a problem of the file.
func Failed(results []TestResult) Problems {
	var ps Problems
	for _, r := range results {
		for _, f := range r.Failures {
			ps = append(ps, Problem{Pointer: f.Pointer, Message: fmt.Sprintf("test %q: %s", r.Name, f)})
		}
	}
	return ps
}

// RunTests runs the tests that the file carries, offline.
func RunTests(s *Service) []TestResult {
	out, _ := s.Prove()
	return out
}

// Prove runs the tests that the file carries, offline, and says what of the file they touch.
func (s *Service) Prove() ([]TestResult, Coverage) {
	out, cover, _ := s.ProveWithin(context.Background())
	return out, cover
}

// ProveWithin is Prove until ctx ends.
func (s *Service) ProveWithin(ctx context.Context) ([]TestResult, Coverage, error) {
	var out []TestResult
	seen := touched{}
	for i, t := range s.testList() {
		if err := ctx.Err(); err != nil {
			return nil, Coverage{}, err
		}
		r := &testRun{
			service: s, test: t, touched: seen,
			result: TestResult{Name: t.Get("name").Text(), Pointer: pointer("/tests", i)},
		}
		if r.result.Name == "" {
			r.result.Name = strconv.Itoa(i)
		}
		r.run()
		out = append(out, r.result)
	}
	return out, s.coverage(seen), nil
}

// testList is the tests of the file. They are read when they are wanted, because a gateway holds many files and runs the tests of none.
func (s *Service) testList() []tree.Value {
	v, problem := document(s.Source)
	if problem != nil {
		return nil // it was read before
	}
	return v.Get("tests").List()
}

// testNow is the time where a test says none.
var testNow = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const testURL = "https://patchbay.example.com/services/"

type testRun struct {
	service *Service
	bound   *Bound
	test    tree.Value
	now     time.Time
	signer  crypto.Signer // of the public key that the test left out
	touched touched
	result  TestResult
}

func (r *testRun) fail(at string, want, got any) {
	r.result.Failures = append(r.result.Failures, Failure{Pointer: r.result.Pointer + at, Want: show(want), Got: show(got)})
}

func (r *testRun) broken(at, format string, args ...any) {
	r.result.Failures = append(r.result.Failures, Failure{Pointer: r.result.Pointer + at, Message: fmt.Sprintf(format, args...)})
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case tree.Value:
		if v.Kind() == tree.Absent {
			return "nothing"
		}
		return string(wire.AppendJSON(nil, v))
	}
	return fmt.Sprint(v)
}

// same compares a wanted text, when the test wants one.
func (r *testRun) same(at string, want tree.Value, got string) {
	if want.Kind() == tree.Absent {
		return
	}
	if text, scalar := want.Scalar(); want.Kind() != tree.Null && (!scalar || text != got) || want.Kind() == tree.Null && got != "" {
		if scalar {
			r.fail(at, text, got)
		} else {
			r.fail(at, want, got)
		}
	}
}

func (r *testRun) sameList(at string, want tree.Value, got []string) {
	if want.Kind() == tree.Absent {
		return
	}
	wanted := texts(want)
	if strings.Join(wanted, "\x00") != strings.Join(got, "\x00") || len(wanted) != len(got) {
		r.fail(at, fmt.Sprintf("%q", wanted), fmt.Sprintf("%q", got))
	}
}

// ready makes the time and the integration of the test.
func (r *testRun) ready() bool {
	r.now = testNow
	if now := r.test.Get("now"); now.Kind() != tree.Absent {
		t, err := time.Parse(time.RFC3339, now.Text())
		if err != nil {
			r.broken("/now", "%s is no time; write it like \"2026-01-01T00:00:00Z\"", show(now))
			return false
		}
		r.now = t
	}
	props := map[string]string{}
	for _, m := range r.test.Get("properties").Members() {
		if _, known := r.service.property(m.Name); !known {
			r.broken(pointer("/properties", m.Name), "the file has no property of this name%s", hint(m.Name, r.service.names.propertyNames()))
		}
		props[m.Name] = m.Value.Text()
	}
	if private := r.service.fillForms(props, r.test.Get("sign").Text() == "true"); private != nil {
		r.signer = private
	}
	for _, p := range r.service.Properties { // what a test does not care about
		if props[p.Name] == "" && !p.Optional && p.Default == "" {
			props[p.Name] = "test"
			if len(p.Choices) > 0 {
				props[p.Name] = p.Choices[0]
			} else if r.service.standsForHost(p.Name) {
				props[p.Name] = "https://api.example.com"
			}
		}
	}
	var err error
	if r.bound, err = r.service.Bind(props); err != nil {
		r.broken("/properties", "%v", err)
		return false
	}
	r.bound.touched = r.touched
	return true
}

// fillForms gives the properties that must have a form, such as keys, a value of that form where they have none, and says the private half
// of a public key that it gave. all: optional ones too.
func (s *Service) fillForms(props map[string]string, all bool) (signer crypto.Signer) {
	form := func(slot int, value string, private crypto.Signer) {
		p := s.names.propertyOf(slot)
		if props[p.Name] == "" && (!p.Optional || all) {
			props[p.Name] = value
		}
		if props[p.Name] == value && private != nil {
			signer = private
		}
	}
	leaves(s.verify, func(c check) {
		if p, ok := c.(particular); ok {
			p.examples(form)
		}
	})
	if a := s.auth; a != nil {
		if f, ok := a.signer.(formed); ok {
			f.examples(form)
		}
	}
	return signer
}

// FillForms gives the properties that must have a form, such as keys, one that has it, where they have none: to try a file with.
func (s *Service) FillForms(props map[string]string) { s.fillForms(props, false) }

func (r *testRun) run() {
	if !r.ready() {
		return
	}
	switch {
	case r.test.Get("send").Kind() != tree.Absent:
		r.runSend()
	case r.test.Get("call").Kind() != tree.Absent:
		r.runCall()
	default:
		r.runWebhook()
	}
}

// standsForHost reports whether a property is the scheme and host of a request.
func (s *Service) standsForHost(name string) bool {
	for _, slot := range s.hosts() {
		if slot >= firstProperty && s.names.propertyOf(slot).Name == name {
			return true
		}
	}
	return false
}

// Check is Parse and the tests inside the file: what an upload must pass.
func Check(data []byte) (*Service, Problems) {
	s, problems := Parse(data)
	if s == nil {
		return nil, problems
	}
	problems = append(problems, Failed(RunTests(s))...)
	if problems.Err() != nil {
		return nil, problems
	}
	return s, problems
}
