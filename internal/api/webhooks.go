package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/notify"
)

// webhookView is a program's webhook. Its secret and its token are shown once, when it is made.
type webhookView struct {
	ID      string   `json:"id" doc:"The webhook's id."`
	URL     string   `json:"url" doc:"The address that is called."`
	OrgID   string   `json:"orgid" doc:"The organization whose notifications it is told. Empty: all of the account."`
	Types   []string `json:"types" doc:"The types that it is told. Empty: all." words:"notifications"`
	Format  string   `json:"format" doc:"The bodies: our notifications, or those of the Messaging API." enum:"patchbay,messaging"`
	APIKey  bool     `json:"api_key,omitzero" doc:"Its bodies carry a token of its own in api_key."`
	Secret  string   `json:"secret,omitempty" doc:"The secret that signatures are made with (Standard Webhooks). In the answer to POST alone."`
	Token   string   `json:"token,omitempty" doc:"Of the messaging format: the token. In the answer to POST alone."`
	Created string   `json:"created" doc:"When it was made." format:"date-time"`

	Status       string `json:"status" doc:"Whether it is told anything. paused: it failed for so long, said 410, or was paused by hand, and is told nothing until somebody resumes it." enum:"active,paused"`
	Reason       string `json:"reason,omitempty" doc:"Why it is paused."`
	PausedAt     string `json:"paused_at,omitempty" doc:"Since when it is paused." format:"date-time"`
	FailingSince string `json:"failing_since,omitempty" doc:"Since when requests to it fail. Left out: the last was taken." format:"date-time"`
	OldUntil     string `json:"old_secret_until,omitempty" doc:"Until when signatures are made with the secret before the last rotation, too." format:"date-time"`
	Replaying    bool   `json:"replaying,omitzero" doc:"It is being told once more what somebody asked for."`
}

func viewWebhook(h *directory.Webhook) webhookView {
	v := webhookView{
		ID: h.ID, URL: h.URL, OrgID: h.OrgID, Types: h.Types, Format: h.Format, APIKey: h.Token != "", Created: stamp(h.Created),
		Status: "active", Reason: h.PausedWhy, Replaying: h.Again,
	}
	if !h.Paused.IsZero() {
		v.Status, v.PausedAt = "paused", stamp(h.Paused)
	}
	if !h.FailingSince.IsZero() {
		v.FailingSince = stamp(h.FailingSince)
	}
	if !h.OldUntil.IsZero() {
		v.OldUntil = stamp(h.OldUntil)
	}
	if v.Types == nil {
		v.Types = []string{}
	}
	return v
}

type webhookInput struct {
	URL    string   `json:"url" doc:"An http or https address without a user name in it." required:"true"`
	OrgID  string   `json:"orgid" doc:"The organization. Left out by the account's key: all of the account; by an organization's key: its own."`
	Types  []string `json:"types" doc:"The types that it is told. Left out: all." words:"notifications"`
	Format string   `json:"format" doc:"The bodies: our notifications, or those of the Messaging API." enum:"patchbay,messaging" default:"patchbay"`
	APIKey bool     `json:"api_key" doc:"Of the messaging format: every body has a member api_key with a token of the webhook's own, for receivers that look for it." default:"false"`
}

// webhookFormats: our notifications, or the bodies of the Messaging API.
var webhookFormats = []string{notify.FormatPatchbay, notify.FormatMessaging}

func (in *webhookInput) check() error {
	ps := checkWebhook(in.URL, in.Types)
	if !slices.Contains(webhookFormats, in.Format) {
		ps.add("/format", "must be one of "+words(webhookFormats))
	}
	if in.APIKey && in.Format != notify.FormatMessaging {
		ps.add("/api_key", "is for the format messaging alone; check the signature")
	}
	return ps.err()
}

// checkWebhook checks where a webhook is and what it wants to be told.
func checkWebhook(address string, types []string) (ps problemList) {
	if u, err := url.Parse(address); address == "" {
		ps.add("/url", "is missing")
	} else if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(address) > 2000 {
		ps.add("/url", "must be an http or https address without a user name in it")
	}
	for i, t := range types {
		if !slices.Contains(notify.Types, t) {
			ps.add(fmt.Sprintf("/types/%d", i), fmt.Sprintf("%q is no type of notification; there are %s", t, words(notify.Types)))
		}
	}
	return ps
}

func (s *Server) createWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	in := webhookInput{Format: webhookFormats[0]}
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	if in.OrgID == "" {
		in.OrgID = p.OrgID
	}
	if in.OrgID != "" {
		if _, err := s.organization(r, p, in.OrgID); err != nil {
			return err
		}
	}
	now := time.Now()
	h := &directory.Webhook{
		ID: directory.NewID(now), AccountID: p.AccountID, OrgID: in.OrgID, URL: in.URL, Types: in.Types, Format: in.Format,
		Secret: notify.NewSecret(), Created: now,
	}
	if in.APIKey {
		h.Token = notify.NewToken()
	}
	about(r, h.ID, hostOf(h.URL), nil, noteWebhook(h))
	ofOrganization(r, h.OrgID)
	if err := s.o.Store.CreateWebhook(r.Context(), h); err != nil {
		return err
	}
	v := viewWebhook(h)
	v.Secret, v.Token = h.Secret, h.Token
	return send(w, http.StatusCreated, v)
}

func (s *Server) listWebhooks(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Webhooks(r.Context(), p.AccountID, at)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(h directory.Webhook) bool { return !p.SeesOrganization(h.OrgID) })
	return send(w, http.StatusOK, listOf(rows, next, viewWebhook))
}

// webhookOf is a webhook that the caller sees: an organization's key sees its own, never the account's.
func (s *Server) webhookOf(r *http.Request, p *access.Principal) (*directory.Webhook, error) {
	id := clean(r.PathValue("id"))
	h, err := s.o.Store.Webhook(r.Context(), p.AccountID, id)
	if err != nil {
		return nil, err
	}
	if !p.SeesOrganization(h.OrgID) {
		return nil, fault.New(fault.NotFound, "id", "no webhook %q", id)
	}
	return h, nil
}

func (s *Server) getWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	h, err := s.webhookOf(r, p)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewWebhook(h))
}

func (s *Server) deleteWebhook(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	h, err := s.webhookOf(r, p)
	if err != nil {
		return err
	}
	about(r, h.ID, hostOf(h.URL), noteWebhook(h), nil)
	ofOrganization(r, h.OrgID)
	if err := s.o.Store.DeleteWebhook(r.Context(), p.AccountID, h.ID); err != nil {
		return err
	}
	return none(w)
}

// noteWebhook is what the log tells of a webhook: of its address the host, for programs put secrets into the rest.
func noteWebhook(h *directory.Webhook) any {
	v := viewWebhook(h)
	v.URL = hostOf(h.URL)
	return v
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
