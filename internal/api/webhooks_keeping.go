package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/notify"
	"patchbay/internal/store"
)

// Hooks is what becomes of webhooks after they were made.
type Hooks interface {
	UpdateWebhook(ctx context.Context, w *directory.Webhook) error
	RotateWebhook(ctx context.Context, accountID, id, secret string, until time.Time) error
	PauseWebhook(ctx context.Context, accountID, id, why string, now time.Time) error
	ResumeWebhook(ctx context.Context, accountID, id string, now time.Time) error
	ReplayWebhook(ctx context.Context, accountID, id string, from, to time.Time) (any bool, err error)
	Deliveries(ctx context.Context, webhookID string, failed bool, p store.Page) ([]message.DeliveryTry, string, error)
}

// webhookChange is what of a webhook can change.
type webhookChange struct {
	URL   *string   `json:"url" doc:"An http or https address without a user name in it."`
	Types *[]string `json:"types" doc:"The types that it is told; none: all." words:"notifications"`
}

func (s *Server) updateWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	h, err := s.webhookOf(r, p)
	if err != nil {
		return err
	}
	var in webhookChange
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	changed := *h
	put(&changed.URL, in.URL)
	put(&changed.Types, in.Types)
	if err := checkWebhook(changed.URL, changed.Types).err(); err != nil {
		return err
	}
	about(r, h.ID, hostOf(changed.URL), noteWebhook(h), noteWebhook(&changed))
	ofOrganization(r, h.OrgID)
	if err := s.o.Store.UpdateWebhook(r.Context(), &changed); err != nil {
		return err
	}
	return send(w, http.StatusOK, viewWebhook(&changed))
}

// Bounds of the time in which a webhook's old secret signs as well.
const (
	usualOverlap = 24 * time.Hour
	maxOverlap   = 7 * 24 * time.Hour
)

type rotateInput struct {
	Overlap *int `json:"overlap" doc:"For how many seconds the old secret signs as well. 0: not at all, for one that leaked." min:"0" max:"604800" default:"86400"`
}

// rotateWebhook makes another secret, shown in this answer alone.
func (s *Server) rotateWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	h, err := s.webhookOf(r, p)
	if err != nil {
		return err
	}
	var in rotateInput
	if err := decodeIfAny(w, r, &in); err != nil {
		return err
	}
	overlap := usualOverlap
	if in.Overlap != nil {
		overlap = time.Duration(*in.Overlap) * time.Second
	}
	if overlap < 0 || overlap > maxOverlap {
		return fault.New(fault.Invalid, "overlap", "must be a number of seconds up to %d", int(maxOverlap.Seconds()))
	}
	h.Secret, h.OldUntil = notify.NewSecret(), time.Now().Add(overlap)
	about(r, h.ID, hostOf(h.URL), nil, nil)
	ofOrganization(r, h.OrgID)
	if err := s.o.Store.RotateWebhook(r.Context(), p.AccountID, h.ID, h.Secret, h.OldUntil); err != nil {
		return err
	}
	v := viewWebhook(h)
	v.Secret = h.Secret
	return send(w, http.StatusOK, v)
}

// pauseWebhook has a webhook told nothing until somebody resumes it.
func (s *Server) pauseWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	in, err := pauseReason(w, r)
	if err != nil {
		return err
	}
	return s.switchWebhook(w, r, p, in, func(id string) error {
		return s.o.Store.PauseWebhook(r.Context(), p.AccountID, id, in.Reason, time.Now())
	})
}

func (s *Server) resumeWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	return s.switchWebhook(w, r, p, nil, func(id string) error {
		return s.o.Store.ResumeWebhook(r.Context(), p.AccountID, id, time.Now())
	})
}

// switchWebhook pauses or resumes a webhook, and shows it. said goes on record.
func (s *Server) switchWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal, said any, to func(id string) error) error {
	h, err := s.webhookOf(r, p)
	if err != nil {
		return err
	}
	about(r, h.ID, hostOf(h.URL), nil, said)
	ofOrganization(r, h.OrgID)
	if err := to(h.ID); err != nil {
		return err
	}
	if h, err = s.o.Store.Webhook(r.Context(), p.AccountID, h.ID); err != nil {
		return err
	}
	return send(w, http.StatusOK, viewWebhook(h))
}

type replayInput struct {
	From string `json:"from" doc:"The time from which on." format:"date-time" required:"true"`
	To   string `json:"to" doc:"The time up to which. Left out: now." format:"date-time"`
}

// replayWebhook has a webhook told once more what happened in a time: 202.
func (s *Server) replayWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	h, err := s.webhookOf(r, p)
	if err != nil {
		return err
	}
	var in replayInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	var ps problemList
	now := time.Now()
	from, to := ps.time("/from", in.From, time.Time{}), ps.time("/to", in.To, now)
	if in.From == "" {
		ps.add("/from", "is missing")
	}
	if len(ps) == 0 && to.Before(from) {
		ps.add("/to", "is before from")
	}
	if err := ps.err(); err != nil {
		return err
	}
	about(r, h.ID, hostOf(h.URL), nil, nil)
	ofOrganization(r, h.OrgID)
	any, err := s.o.Store.ReplayWebhook(r.Context(), p.AccountID, h.ID, from, to)
	if err != nil {
		return err
	}
	if !any {
		return fault.New(fault.Conflict, "from", "nothing of that time is kept that the webhook was told before")
	}
	if h, err = s.o.Store.Webhook(r.Context(), p.AccountID, h.ID); err != nil {
		return err
	}
	return send(w, http.StatusAccepted, viewWebhook(h))
}

// time reads a time; empty: otherwise.
func (ps *problemList) time(at, text string, otherwise time.Time) time.Time {
	if text == "" {
		return otherwise
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		ps.add(at, "must be a time like "+time.Unix(1767225600, 0).UTC().Format(time.RFC3339))
	}
	return t
}

// deliveryView is one request to a webhook.
type deliveryView struct {
	ID         string `json:"id" doc:"The webhook-id that it carried, without the part."`
	Type       string `json:"type" doc:"What it told of."`
	At         string `json:"at" doc:"When." format:"date-time"`
	DurationMS int64  `json:"duration_ms" doc:"How long the answer took."`
	Status     int    `json:"status" doc:"The answer's HTTP status. 0: there was none."`
	Error      string `json:"error,omitempty" doc:"Why it was not taken. Left out: it was."`
	Response   string `json:"response,omitempty" doc:"The first of the answer."`
	Replay     bool   `json:"replay,omitzero" doc:"It was told once more because somebody asked."`
}

func viewDelivery(d *message.DeliveryTry) deliveryView {
	return deliveryView{
		ID: fmt.Sprintf("ntf_%d", d.Notification), Type: d.Type, At: stamp(d.At), DurationMS: d.Duration.Milliseconds(), Status: d.Status, Error: d.Error,
		Response: d.Response, Replay: d.Again,
	}
}

// listDeliveries is a webhook's log, the newest first; with ?failed=true what was not taken.
func (s *Server) listDeliveries(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	h, err := s.webhookOf(r, p)
	if err != nil {
		return err
	}
	at, err := page(r)
	if err != nil {
		return err
	}
	failed := r.URL.Query().Get("failed")
	if failed != "" && failed != "true" {
		return fault.New(fault.Invalid, "failed", "%q is not possible; say true, or leave it out", clean(failed))
	}
	rows, next, err := s.o.Store.Deliveries(r.Context(), h.ID, failed == "true", at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewDelivery))
}
