package api

import (
	"context"
	"net/http"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/service"
	"patchbay/internal/studio"
)

// The studio looks at drafts: texts of service files that are posted with each question, and never kept.

const (
	// maxDraft is how large a question is: a file of its largest size with every line break escaped, and a callback or an answer beside it.
	maxDraft = 4 << 20
	// draftsAtOnce is how many questions are worked on at a time: the gateway's own work comes first.
	draftsAtOnce = 2
	draftWait    = 5 * time.Second  // for a turn
	draftTime    = 10 * time.Second // of the tests in a file
)

// draft is what every question to the studio has in common.
type draft struct {
	File string `json:"file" doc:"The text of a service file, as it was typed." required:"true"`
}

func (d *draft) text() (string, bool) { return d.File, d.File != "" }

// drafted is a question about a file.
type drafted interface{ text() (string, bool) }

// problemView is what is wrong in a file, and where in its text.
type problemView struct {
	Pointer  string `json:"pointer" doc:"A JSON pointer into the file."`
	Severity string `json:"severity" doc:"Error: the file cannot be used." enum:"error,warning"`
	Message  string `json:"message" doc:"What is wrong, and how to mend it."`
	service.Span
}

func viewProblems(found []service.Finding) []problemView {
	out := make([]problemView, len(found))
	for i, f := range found {
		out[i] = problemView{Pointer: f.Pointer, Severity: "error", Message: f.Message, Span: f.Span}
		if f.Warning {
			out[i].Severity = "warning"
		}
	}
	return out
}

// readDraft reads a question, and waits for its turn. done gives that back.
func (s *Server) readDraft(w http.ResponseWriter, r *http.Request, into drafted) (done func(), err error) {
	body, err := readBody(w, r, maxDraft)
	if err != nil {
		return nil, err
	}
	if err := unmarshal(body, into); err != nil {
		return nil, err
	}
	if _, ok := into.text(); !ok {
		return nil, fault.New(fault.Invalid, "file", "is missing: send the text of a service file")
	}
	return s.turn(r.Context())
}

// turn waits for one of the few that are worked on at a time.
func (s *Server) turn(ctx context.Context) (done func(), err error) {
	wait := time.NewTimer(draftWait)
	defer wait.Stop()
	select {
	case s.drafts <- struct{}{}:
		return func() { <-s.drafts }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		f := fault.New(fault.Unavailable, "", "others are trying their files; come again")
		f.RetryAfter = time.Second
		return nil, f
	}
}

// lintView is what a text says as a service file.
type lintView struct {
	OK         bool               `json:"ok" doc:"It can be used: no problem is an error."`
	Problems   []problemView      `json:"problems" doc:"What is wrong or worth a look in the file."`
	ID         string             `json:"id" doc:"The service's id."`
	Name       string             `json:"name" doc:"Its name."`
	Version    string             `json:"version" doc:"The one that it would have."`
	Properties []service.Property `json:"properties" doc:"What an integration fills in."`
	Methods    []string           `json:"methods" doc:"What render and response take."`
	Receives   bool               `json:"receives" doc:"It reads callbacks."`
	Verifies   bool               `json:"verifies" doc:"Callbacks prove who sends them."`
}

func (s *Server) studioLint(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	var in draft
	done, err := s.readDraft(w, r, &in)
	if err != nil {
		return err
	}
	defer done()
	found := studio.Lint([]byte(in.File))
	out := lintView{OK: found.Service != nil, Problems: viewProblems(found.Problems), Properties: []service.Property{}, Methods: []string{}}
	if svc := found.Service; svc != nil {
		out.ID, out.Name, out.Version, out.Methods = svc.ID, svc.Name, svc.Version, svc.Methods()
		out.Receives, out.Verifies = svc.Receives(), svc.Verifies()
		if svc.Properties != nil {
			out.Properties = svc.Properties
		}
	}
	return send(w, http.StatusOK, out)
}

// formatView is a file in canonical form.
type formatView struct {
	File     string        `json:"file" doc:"The file in canonical form. Empty: it is no JSON."`
	Changed  bool          `json:"changed" doc:"It differs from what was sent."`
	Problems []problemView `json:"problems" doc:"What is wrong or worth a look in the file."`
}

// studioFormat writes a text in canonical form. As with `service fmt`, members that nobody reads stay and comments, which JSON does not know, go.
func (s *Server) studioFormat(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	var in draft
	done, err := s.readDraft(w, r, &in)
	if err != nil {
		return err
	}
	defer done()
	out := formatView{Problems: []problemView{}}
	if text, found := studio.Format([]byte(in.File)); text != nil {
		out.File, out.Changed = string(text), string(text) != in.File
	} else {
		out.Problems = viewProblems(found)
	}
	return send(w, http.StatusOK, out)
}

// newInput is what is known of a service whose file is to be begun.
type newInput struct {
	ID          string   `json:"id" doc:"The id of the service." required:"true"`
	Name        string   `json:"name" doc:"Its name."`
	From        string   `json:"from" doc:"The id of a service to start from. Left out: the base format."`
	URL         string   `json:"url" doc:"Where messages are sent."`
	Method      string   `json:"method" doc:"The method of the request."`
	ContentType string   `json:"content_type" doc:"The media type of its body."`
	Auth        string   `json:"auth" doc:"How it proves who asks." enum:",bearer,basic,none"`
	Properties  []string `json:"properties" doc:"What an integration fills in."`
}

// beginView is a file to start from.
type beginView struct {
	File string `json:"file" doc:"The text of a service file."`
}

// studioNew makes a file to start from: of the base format, or of a service that is there, under another id.
func (s *Server) studioNew(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in newInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	done, err := s.turn(r.Context())
	if err != nil {
		return err
	}
	defer done()
	var text []byte
	var found service.Problems
	if in.From == "" {
		text, found = service.Draft{
			ID: in.ID, Name: in.Name, URL: in.URL, Method: in.Method, ContentType: in.ContentType, Auth: in.Auth, Properties: in.Properties,
		}.File()
	} else {
		svc, err := s.o.Shelf.Get(r.Context(), p.AccountID, in.From, "")
		if fault.CodeOf(err) == fault.NotFound {
			return fault.New(fault.Invalid, "from", "there is no service %q", in.From)
		}
		if err != nil {
			return err
		}
		text, found = service.Renamed(svc.Source, in.ID, in.Name)
	}
	if err := found.Err(); err != nil {
		return err
	}
	return send(w, http.StatusOK, beginView{File: string(text)})
}
