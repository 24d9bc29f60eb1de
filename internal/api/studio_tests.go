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
	OK       bool          `json:"ok" doc:"The file can be used, it has tests, and all of them passed."`
	Problems []problemView `json:"problems" doc:"What is wrong or worth a look in the file."`
	Tests    []testView    `json:"tests" doc:"Each test, with what it showed."`
	Coverage *coverageView `json:"coverage" doc:"Null: the file cannot be used."`
}

type testView struct {
	Name     string        `json:"name" doc:"Its name."`
	Pointer  string        `json:"pointer" doc:"Where it stands."`
	Passed   bool          `json:"passed" doc:"It shows what it wants."`
	Failures []failureView `json:"failures" doc:"What it shows in place of it."`
	service.Span
}

type failureView struct {
	Pointer string `json:"pointer" doc:"Where what is wanted stands."`
	Want    string `json:"want" doc:"What is wanted."`
	Got     string `json:"got" doc:"What is there."`
	Message string `json:"message" doc:"In words."`
	service.Span
}

type coverageView struct {
	Parts   int          `json:"parts" doc:"How many parts the file has that a test could try."`
	Covered int          `json:"covered" doc:"How many are tried."`
	Percent int          `json:"percent" doc:"The same in percent."`
	Missed  []missedView `json:"missed" doc:"Those that are not."`
}

type missedView struct {
	Pointer string `json:"pointer" doc:"Where it stands."`
	What    string `json:"what" doc:"What it is."`
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
