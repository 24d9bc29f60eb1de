package api

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/service"
)

// integrationView is an integration as /v1 shows it. Of a property it says that it has a value, never which: all are write-only.
type integrationView struct {
	ID         string              `json:"id" doc:"The integration's id."`
	OrgID      string              `json:"orgid" doc:"The organization."`
	ServiceID  string              `json:"service_id" doc:"The id of the service."`
	Enabled    bool                `json:"enabled" doc:"false: nothing is sent through it."`
	WebhookURL string              `json:"webhook_url" doc:"The webhook URL for the provider's console. It depends on the account and the service's id alone, and on the key where there is one."`
	Properties map[string]valueSet `json:"properties" doc:"Every property that has a value. The values themselves are written and never read."`
	Attention  []attentionView     `json:"attention" doc:"What is not as it should be."`
	Created    string              `json:"created" doc:"When it was made." format:"date-time"`
	Paused     *pauseView          `json:"paused,omitempty" doc:"Nothing is sent through it now, and why. Left out: it is not paused."`

	Check        *reportView `json:"check,omitempty" doc:"What the provider said of the credentials. In the answer to PUT alone, where the service file says how to ask."`
	Registration *reportView `json:"registration,omitempty" doc:"What the provider said when it was told our URL. In the answer to PUT alone, where the service file says how."`

	// Of a service that a person must authorize at the provider:
	Authorization string `json:"authorization,omitempty" doc:"Of a service that a person must authorize at the provider: whether somebody has." enum:"authorized,needs authorization"`
	AuthorizeURL  string `json:"authorize_url,omitempty" doc:"Where a person authorizes it. In the answer to PUT alone."`
}

// attentionView is something that the operator must see to.
type attentionView struct {
	About  string `json:"about" doc:"What is not as it should be: the credentials are refused, our URL could not be registered, the provider cannot be asked for messages, sending is paused." enum:"credentials,webhook,messages,sending"`
	Reason string `json:"reason" doc:"Why."`
	Since  string `json:"since" doc:"Since when." format:"date-time"`
}

// valueSet is an object and not a word, so that what was read here can never be written back as a value by mistake.
type valueSet struct {
	Set bool `json:"set" doc:"It has a value."`
}

func (s *Server) viewIntegration(i *directory.Integration, now *conditions) integrationView {
	v := integrationView{
		ID: i.ID, OrgID: i.OrgID, ServiceID: i.ServiceID, Enabled: i.Enabled, WebhookURL: s.webhookURL(i),
		Properties: map[string]valueSet{}, Attention: []attentionView{}, Created: stamp(i.Created),
	}
	v.Paused = viewPause(now.pauses, i.ID)
	for _, a := range now.attention[i.ID] {
		v.Attention = append(v.Attention, attentionView{a.About, a.Reason, stamp(a.Since)})
	}
	for name, value := range i.Properties {
		v.Properties[name] = valueSet{Set: value != ""}
	}
	return v
}

// webhookURL is what an operator pastes into the provider's console. It depends on the account and the file's id alone, and on the key where there is one.
func (s *Server) webhookURL(i *directory.Integration) string {
	u := s.o.PublicURL + "/services/" + i.ServiceID + "/a" + i.AccountID
	if i.Key != "" {
		u += "/" + i.Key
	}
	return u
}

// integrationInput is what a caller may say. A property that is left out keeps its value; null takes it away.
type integrationInput struct {
	Properties map[string]*string `json:"properties" doc:"Values by the names of the service's properties. One that is left out keeps its value, null takes it away."`
	Enabled    *bool              `json:"enabled" doc:"Whether messages are sent through it. A new integration is enabled."`
	Key        *string            `json:"key" doc:"A last part for the webhook URL that nobody guesses: 16 to 128 letters, digits, - or _. Empty takes it away."`
}

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)

func (s *Server) putIntegration(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	var in integrationInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	status, v, err := s.setIntegration(r, p, o, clean(r.PathValue("service_id")), &in)
	if err != nil {
		return err
	}
	return send(w, status, v)
}

// setIntegration does what was asked with the organization's integration of the service, and shows it.
func (s *Server) setIntegration(r *http.Request, p *access.Principal, o *directory.Organization, serviceID string, in *integrationInput) (status int, v integrationView, err error) {
	svc, err := s.o.Shelf.Get(r.Context(), p.AccountID, serviceID, "")
	if err != nil {
		return 0, v, err
	}
	if err := in.check(svc); err != nil {
		return 0, v, err
	}
	i, created, err := s.enable(r, o, svc, in)
	if err != nil {
		return 0, v, err
	}
	status = http.StatusOK
	if created {
		status = http.StatusCreated
	}
	var said integrationView
	s.ask(r.Context(), i, &said)
	now, err := s.conditionsOf(r.Context(), o)
	if err != nil {
		return 0, v, err
	}
	v = s.viewIntegration(i, now)
	if err := s.addAuthorization(r.Context(), i, &v); err != nil {
		return 0, v, err
	}
	if b, err := svc.Bind(i.Properties); err == nil && b.NeedsAuthorization() {
		if v.AuthorizeURL, err = s.o.Credentials.Authorize(r.Context(), i, b); err != nil {
			return 0, v, err
		}
	}
	v.Check, v.Registration = said.Check, said.Registration
	return status, v, nil
}

// check names every property that the file does not ask for: a value under a wrong name would be lost silently.
func (in *integrationInput) check(svc *service.Service) error {
	var ps problemList
	for _, name := range slices.Sorted(maps.Keys(in.Properties)) {
		if !slices.ContainsFunc(svc.Properties, func(p service.Property) bool { return p.Name == name }) {
			ps.add(string(jsontext.Pointer("/properties").AppendToken(name)), fmt.Sprintf("the service has no property %q; it has %s", name, strings.Join(propertyNames(svc), ", ")))
		}
	}
	if in.Key != nil && *in.Key != "" && !keyForm.MatchString(*in.Key) {
		ps.add("/key", "must be 16 to 128 letters, digits, - or _; an empty one takes the key away")
	}
	return ps.err()
}

func propertyNames(svc *service.Service) []string {
	out := make([]string, len(svc.Properties))
	for i, p := range svc.Properties {
		out[i] = strconv.Quote(p.Name)
	}
	return out
}

// enable merges the input into the organization's integration of the service, or makes one.
func (s *Server) enable(r *http.Request, o *directory.Organization, svc *service.Service, in *integrationInput) (i *directory.Integration, created bool, err error) {
	s.enabling.Lock()
	defer s.enabling.Unlock()
	old, err := s.o.Store.IntegrationOf(r.Context(), o.AccountID, o.ID, svc.ID)
	switch {
	case err == nil:
		copied := *old
		i = &copied
	case fault.CodeOf(err) == fault.NotFound:
		now := time.Now()
		i = &directory.Integration{
			ID: directory.NewID(now), AccountID: o.AccountID, OrgID: o.ID, ServiceID: svc.ID, Enabled: true, Created: now,
		}
		created = true
	default:
		return nil, false, fmt.Errorf("look up integration: %w", err)
	}
	before, was := i.Properties, noteIntegration(i, nil)
	i.Properties = merge(svc, i.Properties, in.Properties)
	put(&i.Enabled, in.Enabled)
	put(&i.Key, in.Key)
	b, err := svc.Bind(i.Properties)
	if err != nil {
		return nil, false, err
	}
	if created {
		was = nil
	}
	about(r, i.ID, i.ServiceID, was, noteIntegration(i, before))
	if err := s.o.Store.PutIntegration(r.Context(), i); err != nil {
		return nil, false, err
	}
	if !maps.Equal(before, i.Properties) {
		if err := s.o.Credentials.Changed(r.Context(), i, b); err != nil {
			return nil, false, err
		}
	}
	return i, created, nil
}

// noteIntegration is what the log tells of an integration: of its properties the names, and which have other values than before.
func noteIntegration(i *directory.Integration, before map[string]string) any {
	changed := []string{}
	for _, name := range slices.Sorted(maps.Keys(i.Properties)) {
		if before != nil && before[name] != i.Properties[name] {
			changed = append(changed, name)
		}
	}
	return struct {
		Enabled    bool     `json:"enabled"`
		Properties []string `json:"properties"`
		Changed    []string `json:"changed"`
		Key        bool     `json:"with_key"`
	}{i.Enabled, slices.Sorted(maps.Keys(i.Properties)), changed, i.Key != ""}
}

// merge is the old values with the new over them. What the file no longer asks for is forgotten.
func merge(svc *service.Service, old map[string]string, given map[string]*string) map[string]string {
	out := map[string]string{}
	for _, p := range svc.Properties {
		if v, ok := old[p.Name]; ok {
			out[p.Name] = v
		}
	}
	for name, v := range given {
		if v == nil {
			delete(out, name)
			continue
		}
		out[name] = *v
	}
	return out
}

// integrationOf is the organization's integration of the service in the path.
func (s *Server) integrationOf(r *http.Request, o *directory.Organization) (*directory.Integration, error) {
	id := clean(r.PathValue("service_id"))
	if svc, err := s.o.Shelf.Get(r.Context(), o.AccountID, id, ""); err == nil {
		id = svc.ID // ids are one without case, and the file's spelling is what is kept
	}
	return s.o.Store.IntegrationOf(r.Context(), o.AccountID, o.ID, id)
}

func (s *Server) getIntegration(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	i, err := s.integrationOf(r, o)
	if err != nil {
		return err
	}
	now, err := s.conditionsOf(r.Context(), o)
	if err != nil {
		return err
	}
	v := s.viewIntegration(i, now)
	if err := s.addAuthorization(r.Context(), i, &v); err != nil {
		return err
	}
	return send(w, http.StatusOK, v)
}

func (s *Server) listIntegrations(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Integrations(r.Context(), p.AccountID, o.ID, at)
	if err != nil {
		return err
	}
	now, err := s.conditionsOf(r.Context(), o)
	if err != nil {
		return err
	}
	views := listOf(rows, next, func(i *directory.Integration) integrationView { return s.viewIntegration(i, now) })
	for n := range rows {
		if err := s.addAuthorization(r.Context(), &rows[n], &views.Data[n]); err != nil {
			return err
		}
	}
	return send(w, http.StatusOK, views)
}

func (s *Server) deleteIntegration(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	i, err := s.integrationOf(r, o)
	if err != nil {
		return err
	}
	about(r, i.ID, i.ServiceID, noteIntegration(i, nil), nil)
	if err := s.o.Store.DeleteIntegration(r.Context(), p.AccountID, i.ID); err != nil {
		return err
	}
	return none(w)
}
