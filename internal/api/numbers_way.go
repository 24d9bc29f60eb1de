package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/service"
)

// failoverView is the service that gets what the number's own certainly did not take.
type failoverView struct {
	Service string `json:"service" doc:"Its id."`
}

type failoverInput struct {
	Service string `json:"service" doc:"The id of a service that is enabled for the organization." required:"true"`
}

// addWay adds to a number's view what other rows say of it: its failover's service, and what was used of its cap.
func (s *Server) addWay(ctx context.Context, v *numberView, n *directory.Number) error {
	if err := s.addFailover(ctx, v, n); err != nil {
		return err
	}
	return s.addUsed(ctx, v.DailyCap, n.ID)
}

func (s *Server) addFailover(ctx context.Context, v *numberView, n *directory.Number) error {
	if n.Failover == "" {
		return nil
	}
	i, err := s.o.Store.Integration(ctx, n.AccountID, n.Failover)
	if fault.CodeOf(err) == fault.NotFound {
		return nil
	}
	if err == nil {
		v.Failover = &failoverView{i.ServiceID}
	}
	return err
}

// noteNumber is what the log tells of a number: its settings. The webhook URL follows from them, and what was used of a cap is none.
func (s *Server) noteNumber(ctx context.Context, n *directory.Number) (numberView, error) {
	v := s.viewNumber(n)
	return v, s.addFailover(ctx, &v, n)
}

// failoverOf is the integration that a caller names as a number's failover; "": none.
func (s *Server) failoverOf(r *http.Request, o *directory.Organization, given jsontext.Value, ps *problemList) (string, error) {
	if given.Kind() == 'n' {
		return "", nil
	}
	var in failoverInput
	if unmarshal(given.Clone(), &in) != nil || in.Service == "" {
		ps.add("/failover", `must be an object like {"service": "another-carrier"}, or null for none`)
		return "", nil
	}
	i, err := s.enabledFor(r, o, in.Service)
	if err != nil || i == nil {
		if err == nil {
			ps.add("/failover/service", notEnabled(in.Service, o))
		}
		return "", err
	}
	return i.ID, nil
}

// enabledFor is the organization's integration of a service, or nil.
func (s *Server) enabledFor(r *http.Request, o *directory.Organization, serviceID string) (*directory.Integration, error) {
	svc, err := s.o.Shelf.Get(r.Context(), o.AccountID, serviceID, "")
	if err == nil {
		var i *directory.Integration
		if i, err = s.o.Store.IntegrationOf(r.Context(), o.AccountID, o.ID, svc.ID); err == nil {
			return i, nil
		}
	}
	if fault.CodeOf(err) == fault.NotFound {
		err = nil
	}
	return nil, err
}

func notEnabled(serviceID string, o *directory.Organization) string {
	return fmt.Sprintf("%q is not enabled for this organization: PUT /v1/organizations/%s/integrations/%s first", serviceID, o.ID, serviceID)
}

// registerNumbers tells a provider that can be told our URL of numbers. What it says is kept as attention.
func (s *Server) registerNumbers(r *http.Request, i *directory.Integration, list []directory.Number) {
	if !i.Enabled || !s.o.Providers.Has(r.Context(), i, service.SetWebhook) {
		return
	}
	if _, err := s.o.Providers.SetWebhook(r.Context(), i, list); err != nil {
		s.o.Log.Warn("register the webhook URL for numbers", "integration", i.ID, "numbers", len(list), "err", err)
	}
}
