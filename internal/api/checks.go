package api

import (
	"context"
	"net/http"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/provider"
	"patchbay/internal/service"
)

// Providers asks providers about integrations: *provider.Asker.
type Providers interface {
	Has(ctx context.Context, in *directory.Integration, call string) bool
	Check(ctx context.Context, in *directory.Integration) (*provider.Report, error)
	SetWebhook(ctx context.Context, in *directory.Integration, numbers []directory.Number) (*provider.Report, error)
	Ask(ctx context.Context, in *directory.Integration)
}

// reportView is what a provider said, with the request and its answer, credentials masked.
type reportView struct {
	Outcome  message.Outcome `json:"outcome" doc:"accepted: the provider agrees. refused: it does not. busy, unreached, unclear: it could not be asked."`
	Error    *saidError      `json:"error,omitempty" doc:"Why not."`
	Request  string          `json:"request" doc:"What was sent, credentials masked."`
	Response string          `json:"response" doc:"What was answered, credentials masked."`
}

// saidError is the provider's code and words.
type saidError struct {
	Code string `json:"code" doc:"The provider's code, or one of ours."`
	Text string `json:"text" doc:"The provider's words, or ours."`
}

func viewReport(r *provider.Report, err error) *reportView {
	if err != nil {
		return &reportView{Outcome: message.Unreached, Error: saidOf(err)}
	}
	v := &reportView{Outcome: r.Outcome, Request: r.Request, Response: r.Response}
	if r.Code != "" || r.Text != "" {
		v.Error = &saidError{Code: r.Code, Text: r.Text}
	}
	return v
}

// saidOf is why nobody was asked.
func saidOf(err error) *saidError {
	if code := fault.CodeOf(err); code != fault.Internal {
		return &saidError{string(code), err.Error()}
	}
	return &saidError{string(fault.Internal), "an internal error kept the provider from being asked"}
}

// ask is what an integration's provider is asked when it has changed: whether the credentials hold, and to call our URL. Whatever it says,
// the integration is saved.
func (s *Server) ask(ctx context.Context, i *directory.Integration, v *integrationView) {
	if !i.Enabled {
		return
	}
	refused := false
	if s.o.Providers.Has(ctx, i, service.CheckCredentials) {
		r, err := s.o.Providers.Check(ctx, i)
		v.Check = viewReport(r, err)
		refused = err == nil && r.Outcome == message.Refused
	}
	if !refused && s.o.Providers.Has(ctx, i, service.SetWebhook) {
		r, err := s.o.Providers.SetWebhook(ctx, i, nil)
		v.Registration = viewReport(r, err)
	}
	s.o.Providers.Ask(ctx, i)
}

func (s *Server) checkIntegration(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	return s.askOne(w, r, o, func(i *directory.Integration) (*provider.Report, error) { return s.o.Providers.Check(r.Context(), i) })
}

func (s *Server) registerIntegration(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	return s.askOne(w, r, o, func(i *directory.Integration) (*provider.Report, error) {
		return s.o.Providers.SetWebhook(r.Context(), i, nil)
	})
}

func (s *Server) askOne(w http.ResponseWriter, r *http.Request, o *directory.Organization, ask func(*directory.Integration) (*provider.Report, error)) error {
	i, err := s.integrationOf(r, o)
	if err != nil {
		return err
	}
	report, err := ask(i)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewReport(report, nil))
}
