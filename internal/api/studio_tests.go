package api

import (
	"context"
	"net/http"

	"patchbay/internal/access"
	"patchbay/internal/service"
	"patchbay/internal/studio"
)

// testedView is what the tests in a file show.
type testedView struct {
	OK       bool          `json:"ok"` // the file can be used, it has tests, and all of them passed
	Problems []problemView `json:"problems"`
	Tests    []testView    `json:"tests"`
	Coverage *coverageView `json:"coverage"` // null: the file cannot be used
}

type testView struct {
	Name     string        `json:"name"`
	Pointer  string        `json:"pointer"`
	Passed   bool          `json:"passed"`
	Failures []failureView `json:"failures"`
	service.Span
}

type failureView struct {
	Pointer string `json:"pointer"`
	Want    string `json:"want"`
	Got     string `json:"got"`
	Message string `json:"message"`
	service.Span
}

type coverageView struct {
	Parts   int          `json:"parts"`
	Covered int          `json:"covered"`
	Percent int          `json:"percent"`
	Missed  []missedView `json:"missed"`
}

type missedView struct {
	Pointer string `json:"pointer"`
	What    string `json:"what"`
	service.Span
}

func (s *Server) studioTest(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	var in draft
	done, err := s.readDraft(w, r, &in)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(r.Context(), draftTime)
	defer cancel()
	text := []byte(in.File)
	found, err := studio.Test(ctx, text)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewTested(&found, text))
}

func viewTested(found *studio.Tested, text []byte) testedView {
	out := testedView{OK: found.Passed() && len(found.Tests) > 0, Problems: viewProblems(found.Problems), Tests: []testView{}}
	if found.Service == nil {
		return out
	}
	spans := found.Spans(text)
	for i := range found.Tests {
		t := &found.Tests[i]
		v := testView{Name: t.Name, Pointer: t.Pointer, Passed: t.Passed(), Failures: []failureView{}, Span: spans[t.Pointer]}
		for _, f := range t.Failures {
			v.Failures = append(v.Failures, failureView{f.Pointer, f.Want, f.Got, f.Message, spans[f.Pointer]})
		}
		out.Tests = append(out.Tests, v)
	}
	c := &found.Coverage
	out.Coverage = &coverageView{Parts: c.Parts, Covered: c.Covered, Percent: c.Percent(), Missed: []missedView{}}
	for _, m := range c.Missed {
		out.Coverage.Missed = append(out.Coverage.Missed, missedView{m.Pointer, m.What, spans[m.Pointer]})
	}
	return out
}
