package api

import (
	"context"
	"net/http"
	"unicode/utf8"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// pauseView says that nothing is sent by an integration.
type pauseView struct {
	Cause  string `json:"cause" doc:"Who or what paused it: somebody, failing sends, refused credentials." enum:"person,failing,credentials"`
	Reason string `json:"reason" doc:"Why, in words."`
	Key    string `json:"key,omitempty" doc:"The id of the API key that asked for it."`
	Since  string `json:"since" doc:"Since when." format:"date-time"`
	Until  string `json:"until,omitempty" doc:"When a message tries whether the provider works again. Left out: when somebody resumes it." format:"date-time"`
}

func viewPause(pauses map[string]directory.Pause, integrationID string) *pauseView {
	p, is := pauses[integrationID]
	if !is {
		return nil
	}
	v := &pauseView{Cause: p.Cause, Reason: p.Reason, Key: p.By, Since: stamp(p.Since)}
	if p.Cause == directory.PausedFailing {
		v.Until = stamp(p.Until)
	}
	return v
}

// conditions are how an organization's integrations are, by their ids.
type conditions struct {
	attention map[string][]directory.Attention
	pauses    map[string]directory.Pause
}

func (s *Server) conditionsOf(ctx context.Context, o *directory.Organization) (*conditions, error) {
	attention, err := s.o.Store.Attention(ctx, o.AccountID, o.ID)
	if err != nil {
		return nil, err
	}
	pauses, err := s.o.Store.Pauses(ctx, o.AccountID, o.ID)
	return &conditions{attention, pauses}, err
}

type pauseInput struct {
	Reason string `json:"reason" doc:"Why, for those who see it paused." maxlen:"200"`
}

// pausedByPerson is the reason of who gives none.
const pausedByPerson = "it was paused"

// pauseReason reads why a person pauses something. There may be no body.
func pauseReason(w http.ResponseWriter, r *http.Request) (in pauseInput, err error) {
	in.Reason = pausedByPerson
	if err := decodeIfAny(w, r, &in); err != nil {
		return in, err
	}
	if in.Reason = clean(in.Reason); in.Reason == "" || utf8.RuneCountInString(in.Reason) > maxName {
		return in, fault.New(fault.Invalid, "reason", "must have 1 to %d characters; leave it out for none", maxName)
	}
	return in, nil
}

// pauseIntegration stops sending by an integration. Its queued messages wait, and expire in their time.
func (s *Server) pauseIntegration(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	in, err := pauseReason(w, r)
	if err != nil {
		return err
	}
	i, err := s.integrationOf(r, o)
	if err != nil {
		return err
	}
	about(r, i.ID, i.ServiceID, nil, in)
	if err := s.o.Store.PauseIntegration(r.Context(), p.AccountID, i.ID, p.KeyID, in.Reason); err != nil {
		return err
	}
	return s.getIntegration(w, r, p, o)
}

// resumeIntegration lets an integration send again, whatever paused it.
func (s *Server) resumeIntegration(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	i, err := s.integrationOf(r, o)
	if err != nil {
		return err
	}
	about(r, i.ID, i.ServiceID, nil, nil)
	if err := s.o.Store.ResumeIntegration(r.Context(), p.AccountID, i.ID); err != nil {
		return err
	}
	return s.getIntegration(w, r, p, o)
}
