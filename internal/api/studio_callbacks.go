package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/infer"
	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/studio"
	"patchbay/internal/wire"
)

// callbackSource is a request of a provider, in one of three ways.
type callbackSource struct {
	Callback string        `json:"callback" doc:"The id of a callback that was kept."`
	HTTP     string        `json:"http" doc:"In its place: a whole HTTP request, or a body alone."`
	Request  *requestInput `json:"request" doc:"In its place: a request in parts."`
}

type requestInput struct {
	Method  string            `json:"method" doc:"The method." default:"POST"`
	URL     string            `json:"url" doc:"What was called, with its query. Left out: the webhook URL of an example."`
	Query   string            `json:"query" doc:"What stands behind the question mark, where URL has none."`
	Headers map[string]string `json:"headers" doc:"Its headers."`
	Body    string            `json:"body" doc:"Its body."`
}

// maxCaptured is how much of callbacks is looked at in one question, all together.
const maxCaptured = 1 << 20

// request is the callback. kept reports whether it is one of the account's, whose secrets were never stored.
func (s *Server) capturedRequest(ctx context.Context, p *access.Principal, in *callbackSource, at, webhookURL string) (r *wire.Request, kept bool, err error) {
	switch {
	case in.Callback != "":
		c, err := s.o.Store.Callback(ctx, p.AccountID, clean(in.Callback))
		if fault.CodeOf(err) == fault.NotFound {
			return nil, false, fault.New(fault.Invalid, at+"/callback", "there is no callback %q", in.Callback)
		}
		if err != nil {
			return nil, false, err
		}
		h := c.Header.Clone()
		if h.Get("Authorization") != "" {
			h.Set("Authorization", "•••") // as where callbacks are shown
		}
		return &wire.Request{Method: c.Method, URL: c.URL, Header: h, Body: c.Body}, true, nil
	case in.HTTP != "":
		r, err := studio.ReadRequest([]byte(in.HTTP), webhookURL)
		if err != nil {
			return nil, false, fault.New(fault.Invalid, at+"/http", "%v", err)
		}
		return r, false, nil
	case in.Request != nil:
		r := &wire.Request{Method: in.Request.Method, URL: in.Request.URL, Header: headerOf(in.Request.Headers), Body: []byte(in.Request.Body)}
		if r.Method == "" {
			r.Method = http.MethodPost
		}
		if r.URL == "" {
			r.URL = webhookURL
		}
		if in.Request.Query != "" {
			r.URL += "?" + in.Request.Query
		}
		return r, false, nil
	}
	return nil, false, fault.New(fault.Invalid, at, `name a callback that was kept, or send "http" or "request"`)
}

// explainInput is a file and a request of the provider.
type explainInput struct {
	sampleInput
	callbackSource
	Numbers []string `json:"numbers" doc:"Numbers of ours. Left out: every number is taken for ours."`
	Now     string   `json:"now" doc:"The time at which old signatures are checked. Left out: now." format:"date-time"`
}

// explainView says why a callback is read as it is.
type explainView struct {
	Problems    []problemView        `json:"problems" doc:"What is wrong or worth a look in the file."`
	Failures    []fault.Problem      `json:"failures" doc:"Why the file does nothing with these values."`
	Explanation *service.Explanation `json:"explanation" doc:"Null: the file cannot be used."`
}

func (s *Server) studioExplain(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in explainInput
	done, err := s.readDraft(w, r, &in)
	if err != nil {
		return err
	}
	defer done()
	now := time.Time{}
	if in.Now != "" {
		if now, err = time.Parse(time.RFC3339, in.Now); err != nil {
			return fault.New(fault.Invalid, "now", "must be a time like 2026-01-31T12:00:00Z")
		}
	}
	if err := spelledNumbers(in.Numbers); err != nil {
		return err
	}
	sm, found, err := in.sample()
	if err != nil {
		return err
	}
	id := "draft"
	if sm != nil {
		id = found.Service.ID
	}
	request, kept, err := s.capturedRequest(r.Context(), p, &in.callbackSource, "", studio.WebhookURL(id))
	if err != nil {
		return err
	}
	out := explainView{Problems: viewProblems(found.Problems), Failures: []fault.Problem{}}
	if sm == nil {
		return send(w, http.StatusOK, out)
	}
	numbers, err := studio.Numbers(in.Numbers)
	if err != nil {
		return err
	}
	x, err := studio.Explain(sm, request, numbers, now)
	if out.Failures, err = failures(err); err != nil {
		return err
	}
	if len(out.Failures) == 0 {
		switch {
		case !found.Service.Verifies():
		case kept:
			x.Verify = "not checked: of a callback that is kept, what proves its sender is not"
		case len(in.Properties) == 0:
			x.Verify = "not checked: it takes the properties of an integration"
		}
		out.Explanation = &x
	}
	return send(w, http.StatusOK, out)
}

// spelledNumbers makes sure that all of them can be read.
func spelledNumbers(list []string) error {
	var ps problemList
	for i, n := range list {
		if _, err := phone.Parse(n, ""); err != nil {
			ps.add(fmt.Sprintf("/numbers/%d", i), fmt.Sprintf("%q is not a number; write it like +15551234000", n))
		}
	}
	return ps.err()
}

// inferInput is callbacks that a provider has made.
type inferInput struct {
	Callbacks []callbackSource `json:"callbacks" doc:"Callbacks that a provider has made, at most 100." required:"true"`
	Numbers   []string         `json:"numbers" doc:"Ours: they tell the two sides of a message apart better than names do."`
	ID        string           `json:"id" doc:"The id of the service to be."`
	Name      string           `json:"name" doc:"Its name."`
}

func (in *inferInput) text() (string, bool) { return "", true }

// inferView is a draft, with the reason for each choice.
type inferView struct {
	File    string         `json:"file" doc:"A whole service file, which passes its own tests."`
	Webhook string         `json:"webhook" doc:"Its models alone, to put into a file that is there."`
	Models  []infer.Model  `json:"models" doc:"What each model was made of."`
	Unread  []infer.Unread `json:"unread" doc:"Callbacks that no model reads."`
	Notes   []string       `json:"notes" doc:"What else somebody should know."`
}

// maxSources is how many callbacks a draft is made from here. There are fewer kinds of them.
const maxSources = 100

func (s *Server) studioInfer(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in inferInput
	done, err := s.readDraft(w, r, &in)
	if err != nil {
		return err
	}
	defer done()
	switch n := len(in.Callbacks); {
	case n == 0:
		return fault.New(fault.Invalid, "callbacks", "is missing: name callbacks that were kept, or send some")
	case n > maxSources:
		return fault.New(fault.Invalid, "callbacks", "may be %d at a time", maxSources)
	}
	if err := spelledNumbers(in.Numbers); err != nil {
		return err
	}
	o := infer.Options{ID: in.ID, Name: in.Name}
	for _, n := range in.Numbers {
		value, err := phone.Parse(n, "")
		if err != nil {
			return err
		}
		o.Numbers = append(o.Numbers, value)
	}
	var captures []infer.Capture
	size := 0
	for i := range in.Callbacks {
		at := fmt.Sprintf("/callbacks/%d", i)
		request, _, err := s.capturedRequest(r.Context(), p, &in.Callbacks[i], at, studio.WebhookURL("draft"))
		if err != nil {
			return err
		}
		if size += len(request.Body) + len(request.URL); size > maxCaptured {
			return fault.New(fault.Invalid, at, "the callbacks have more than %d bytes together; leave the large ones out", maxCaptured)
		}
		name := in.Callbacks[i].Callback
		if name == "" {
			name = fmt.Sprint(i)
		}
		captures = append(captures, infer.Capture{Name: name, Request: *request})
	}
	found := infer.Infer(captures, o)
	models, err := studio.Models(found.File)
	if err != nil {
		return errors.Join(errors.New("a draft that is no JSON"), err)
	}
	out := inferView{File: string(found.File), Webhook: string(models), Models: found.Models, Unread: found.Unread, Notes: found.Notes}
	if out.Models == nil {
		out.Models = []infer.Model{}
	}
	if out.Unread == nil {
		out.Unread = []infer.Unread{}
	}
	if out.Notes == nil {
		out.Notes = []string{}
	}
	return send(w, http.StatusOK, out)
}
