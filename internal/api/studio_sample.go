package api

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/service"
	"patchbay/internal/studio"
	"patchbay/internal/wire"
)

// sampleInput is a file and what to try it with. What is left out gets a value of its own, so that nothing stays empty by accident.
type sampleInput struct {
	draft
	Method     string            `json:"method" doc:"A method of API." default:"SendMessage"`
	Properties map[string]string `json:"properties" doc:"Values of the properties of an integration."`
	Values     map[string]string `json:"values" doc:"Values of variables: from, to, content, url, messageid, cursor, now … What is left out gets a value of its own."`
}

// sample reads the file and puts the values in. Without one, the file cannot be used, and found says why.
func (in *sampleInput) sample() (sm *studio.Sample, found studio.Linted, err error) {
	found = studio.Lint([]byte(in.File))
	if found.Service == nil {
		return nil, found, nil
	}
	if in.Method == "" {
		in.Method = "SendMessage"
	}
	sm = studio.NewSample(found.Service, in.Method)
	for _, name := range slices.Sorted(maps.Keys(in.Properties)) {
		sm.SetProperty(name, in.Properties[name])
	}
	var ps problemList
	for _, name := range slices.Sorted(maps.Keys(in.Values)) {
		var wrong *fault.Error
		if errors.As(sm.SetVariable(name, in.Values[name]), &wrong) {
			ps.add("/values/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), wrong.Message)
		}
	}
	return sm, found, ps.err()
}

// failures is what keeps a file from doing something with these values. What is our own mistake is none.
func failures(err error) ([]fault.Problem, error) {
	var f *fault.Error
	switch {
	case err == nil:
		return []fault.Problem{}, nil
	case !errors.As(err, &f) || f.Code == fault.Internal:
		return nil, err
	case len(f.Problems) > 0:
		return f.Problems, nil
	}
	return []fault.Problem{{Pointer: f.Field, Message: f.Message}}, nil
}

// renderView is the requests that a sample becomes.
type renderView struct {
	Problems []problemView     `json:"problems" doc:"What is wrong or worth a look in the file."`
	Failures []fault.Problem   `json:"failures" doc:"Why the file does nothing with these values."`
	Requests []studio.Rendered `json:"requests" doc:"The requests, as a provider would get them."`
}

// studioRender shows requests as a provider would get them. What the caller gave as a secret is masked in them.
func (s *Server) studioRender(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	var in sampleInput
	done, err := s.readDraft(w, r, &in)
	if err != nil {
		return err
	}
	defer done()
	sm, found, err := in.sample()
	if err != nil {
		return err
	}
	out := renderView{Problems: viewProblems(found.Problems), Failures: []fault.Problem{}, Requests: []studio.Rendered{}}
	if sm != nil {
		requests, err := studio.Render(sm, in.Method)
		if out.Failures, err = failures(err); err != nil {
			return err
		}
		out.Requests = append(out.Requests, requests...)
	}
	return send(w, http.StatusOK, out)
}

// responseInput is a file and what the provider answered to a request of it.
type responseInput struct {
	sampleInput
	Status  int               `json:"status" doc:"The status of the provider's answer." default:"200" min:"100" max:"599"`
	Headers map[string]string `json:"headers" doc:"Its headers."`
	Body    string            `json:"body" doc:"Its body."`
}

// responseView is what an answer means, and why.
type responseView struct {
	Problems    []problemView           `json:"problems" doc:"What is wrong or worth a look in the file."`
	Failures    []fault.Problem         `json:"failures" doc:"Why the file does nothing with these values."`
	Outcome     message.Outcome         `json:"outcome" doc:"What the answer means. Empty: the file cannot say."`
	MessageIDs  []string                `json:"messageids" doc:"The provider's ids."`
	ErrorCode   string                  `json:"error_code" doc:"The provider's code."`
	ErrorText   string                  `json:"error_text" doc:"The provider's words."`
	RetryAfter  int                     `json:"retry_after" doc:"When to try again, in seconds. 0: it does not say."`
	OptedOut    bool                    `json:"opted_out" doc:"The contact goes on the opt-out list."`
	AuthExpired bool                    `json:"auth_expired" doc:"The credentials were refused."`
	Warning     string                  `json:"warning" doc:"What the operator should know."`
	Values      map[string]string       `json:"values" doc:"What a call yields besides."`
	Order       []service.AnswerVerdict `json:"order" doc:"The entries of the file, as they are tried."`
	Reading     *service.Explanation    `json:"reading" doc:"Of a method that reads messages or receipts: how. null: it reads none."`
}

func (s *Server) studioResponse(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	var in responseInput
	done, err := s.readDraft(w, r, &in)
	if err != nil {
		return err
	}
	defer done()
	if in.Status == 0 {
		in.Status = http.StatusOK
	}
	if in.Status < 100 || in.Status > 599 {
		return fault.New(fault.Invalid, "status", "must be a status of HTTP, from 100 to 599")
	}
	sm, found, err := in.sample()
	if err != nil {
		return err
	}
	out := responseView{
		Problems: viewProblems(found.Problems), Failures: []fault.Problem{}, MessageIDs: []string{}, Values: map[string]string{}, Order: []service.AnswerVerdict{},
	}
	if sm != nil {
		x, err := studio.Answer(sm, in.Method, &wire.Response{Status: in.Status, Header: headerOf(in.Headers), Body: []byte(in.Body)})
		if out.Failures, err = failures(err); err != nil {
			return err
		}
		if len(out.Failures) == 0 {
			out.of(&x)
		}
	}
	return send(w, http.StatusOK, out)
}

func (v *responseView) of(x *service.AnswerExplanation) {
	r := &x.Result
	v.Outcome, v.ErrorCode, v.ErrorText, v.Warning = r.Outcome, r.ErrorCode, r.ErrorText, r.Warning
	v.RetryAfter, v.OptedOut, v.AuthExpired = int((r.RetryAfter+time.Second-1)/time.Second), r.OptedOut, r.AuthFailed
	v.MessageIDs = append(v.MessageIDs, r.MessageIDs...)
	maps.Copy(v.Values, x.Values)
	v.Order, v.Reading = x.Order, x.Reading
}

func headerOf(members map[string]string) http.Header {
	h := http.Header{}
	for name, value := range members {
		h.Set(name, value)
	}
	return h
}
