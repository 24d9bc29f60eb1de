package api

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/phone"
)

// numberView is a number as /v1 shows it. The settings have the names that the Messaging API gives them.
type numberView struct {
	ID             string         `json:"id" doc:"The number's id."`
	OrgID          string         `json:"orgid" doc:"The organization."`
	Service        string         `json:"service" doc:"The id of the service that carries it."`
	Number         string         `json:"number" doc:"The number: E.164 like +15551234000, a short code, or a sender's name."`
	Name           string         `json:"name" doc:"What people call it."`
	Country        string         `json:"country" doc:"Two letters (ISO 3166-1) of the country in which national numbers are read; empty: none."`
	Users          []string       `json:"users" doc:"The ids of the users who are assigned to it. With one, conversations are private; with several, a group's."`
	InboundFormat  string         `json:"inboundFormat" doc:"How an inbound number is shown to programs; empty: as it is kept." enum:",national,national0,e164,international"`
	OutboundFormat string         `json:"outboundFormat" doc:"How numbers are written to the provider; empty: as they are kept." enum:",national,national0,e164,international"`
	SendName       bool           `json:"sendName" doc:"Outbound texts begin with the user's name."`
	SessionTimeout int            `json:"sessionTimeout" doc:"Seconds for which a conversation that a user began stays private, from that user's last message. 0: always the group's."`
	Header         string         `json:"header" doc:"A text before every outbound text."`
	Footer         string         `json:"footer" doc:"A text after every outbound text."`
	OptOut         jsontext.Value `json:"optout,omitzero" doc:"How contacts end and resume messages. Left out: by the usual words." as:"optout"`
	AutoReply      jsontext.Value `json:"autoreply,omitzero" doc:"Texts that answer texts. Left out: none." as:"autoreply"`
	Failover       *failoverView  `json:"failover,omitempty" doc:"The service that gets what the number's own certainly did not take. Left out: none."`
	DailyCap       *capView       `json:"daily_cap,omitempty" doc:"How much may be accepted in a day. Left out: any number."`
	WebhookURL     string         `json:"webhook_url" doc:"The webhook URL with this number in it, for a provider that does not say which number was called."`
	Created        string         `json:"created" doc:"When it was made." format:"date-time"`
	StripMetadata  *bool          `json:"strip_metadata" doc:"Files that leave lose what they tell of where and when they were made. null: as the organization says."`
	Validity       int            `json:"validity" doc:"For how many seconds a message may be tried. 0: for a day."`
}

// numberSettings is what a number keeps beside its columns.
type numberSettings struct {
	OptOut    jsontext.Value `json:"optout,omitzero"`
	AutoReply jsontext.Value `json:"autoreply,omitzero"`
}

func readSettings(text string) (ns numberSettings) {
	if text != "" {
		_ = json.Unmarshal([]byte(text), &ns) // ours: it was written by apply
	}
	return ns
}

func (s *Server) viewNumber(n *directory.Number) numberView {
	ns := readSettings(n.Settings)
	users := n.Users
	if users == nil {
		users = []string{}
	}
	return numberView{
		ID: n.ID, OrgID: n.OrgID, Service: n.ServiceID, Number: n.Value, Name: n.Name, Country: n.Country, Users: users,
		InboundFormat: n.InboundFormat, OutboundFormat: n.OutboundFormat, SendName: n.SendName,
		SessionTimeout: int(n.SessionTimeout / time.Second), Header: n.Header, Footer: n.Footer,
		OptOut: ns.OptOut, AutoReply: ns.AutoReply, StripMetadata: viewChoice(n.StripMetadata), Validity: int(n.Validity / time.Second), DailyCap: viewCap(n.DailyCap), Created: stamp(n.Created),
	}
}

type numberInput struct {
	Service        *string        `json:"service" doc:"The id of a service that is enabled for the organization. Changed, the number moves there with the messages that wait." required:"true"`
	Number         *string        `json:"number" doc:"E.164 like +15551234000, a national number of the country, a short code, or a sender's name. It cannot be changed." required:"true"`
	Name           *string        `json:"name" doc:"What people call it. Left out: the number." maxlen:"200"`
	Country        *string        `json:"country" doc:"Two letters (ISO 3166-1) like US. Left out: the number's own."`
	Users          *[]string      `json:"users" doc:"The ids of the users who are assigned to it."`
	InboundFormat  *string        `json:"inboundFormat" doc:"How an inbound number is shown to programs; empty: as it is kept." enum:",national,national0,e164,international"`
	OutboundFormat *string        `json:"outboundFormat" doc:"How numbers are written to the provider; empty: as they are kept." enum:",national,national0,e164,international"`
	SendName       *bool          `json:"sendName" doc:"Outbound texts begin with the user's name." default:"false"`
	SessionTimeout *int           `json:"sessionTimeout" doc:"Seconds for which a conversation that a user began stays private, from that user's last message. 0: always the group's." default:"0" min:"0" max:"31622400"`
	Header         *string        `json:"header" doc:"A text before every outbound text." maxlen:"200"`
	Footer         *string        `json:"footer" doc:"A text after every outbound text." maxlen:"200"`
	OptOut         jsontext.Value `json:"optout" doc:"How contacts end and resume messages." as:"optout"`
	AutoReply      jsontext.Value `json:"autoreply" doc:"Texts that answer texts, at most 200." as:"autoreply"`
	StripMetadata  jsontext.Value `json:"strip_metadata" doc:"Files that leave lose what they tell of where and when they were made: true, false, or null for what the organization says." as:"choice"`
	Validity       *int           `json:"validity" doc:"For how many seconds a message may be tried: 10 to 604800. 0: for a day." min:"0" max:"604800" default:"0"`
	Failover       jsontext.Value `json:"failover" doc:"The service that gets what the number's own certainly did not take: it could not be reached, refused the credentials, was busy three times, or is paused. null: none." as:"failover"`
	DailyCap       jsontext.Value `json:"daily_cap" doc:"How much may be accepted in a day, from midnight UTC on; at the cap sends get 429. null: any number." as:"cap"`
}

// maxSession is the longest sessionTimeout: a year.
const maxSession = 366 * 24 * 60 * 60

// apply puts the settings onto a number and names everything that is wrong with the result. Service and number are the caller's to check.
func (in *numberInput) apply(n *directory.Number) problemList {
	put(&n.Name, in.Name)
	put(&n.Users, in.Users)
	put(&n.InboundFormat, in.InboundFormat)
	put(&n.OutboundFormat, in.OutboundFormat)
	put(&n.SendName, in.SendName)
	put(&n.Header, in.Header)
	put(&n.Footer, in.Footer)
	var ps problemList
	if in.Country != nil {
		n.Country = strings.ToUpper(strings.TrimSpace(*in.Country))
		if n.Country != "" && !phone.IsCountry(n.Country) {
			ps.add("/country", fmt.Sprintf("%q is not a country; write two letters like US", *in.Country))
		}
	}
	for _, f := range []struct{ at, value string }{{"/inboundFormat", n.InboundFormat}, {"/outboundFormat", n.OutboundFormat}} {
		if !phone.IsFormat(f.value) {
			ps.add(f.at, fmt.Sprintf("%q is none of national, national0, e164, international, or empty", f.value))
		}
	}
	if in.SessionTimeout != nil {
		if *in.SessionTimeout < 0 || *in.SessionTimeout > maxSession {
			ps.add("/sessionTimeout", "must be 0 (always the group) or a number of seconds up to a year")
		}
		n.SessionTimeout = time.Duration(*in.SessionTimeout) * time.Second
	}
	for _, t := range []struct{ at, value string }{{"/name", n.Name}, {"/header", n.Header}, {"/footer", n.Footer}} {
		if utf8.RuneCountInString(t.value) > maxName {
			ps.add(t.at, fmt.Sprintf("must have at most %d characters", maxName))
		}
	}
	if in.StripMetadata != nil {
		ps.choice("/strip_metadata", &n.StripMetadata, in.StripMetadata)
	}
	if in.Validity != nil {
		n.Validity = time.Duration(*in.Validity) * time.Second
		if *in.Validity != 0 {
			ps.validity("/validity", *in.Validity)
		}
	}
	applyCap(&n.DailyCap, in.DailyCap, &ps)
	ps = append(ps, in.applySettings(n)...)
	return ps
}

func (in *numberInput) applySettings(n *directory.Number) (ps problemList) {
	if in.OptOut == nil && in.AutoReply == nil {
		return nil
	}
	ns := readSettings(n.Settings)
	if in.OptOut != nil {
		ns.OptOut = in.OptOut
		ps.rules("/optout", in.OptOut, new(conversation.OptOut), `must be an object like {"keyword": "STOP", "autoreply": "…"}`)
	}
	if in.AutoReply != nil {
		ns.AutoReply = in.AutoReply
		ps.rules("/autoreply", in.AutoReply, new([]conversation.AutoReply), `must be a list like [{"key": "*", "value": "…"}]`)
	}
	if len(ps) > 0 {
		return ps
	}
	text, err := json.Marshal(ns)
	if err != nil {
		ps.add("/autoreply", "cannot be kept")
		return ps
	}
	n.Settings = string(text)
	rules, err := conversation.ReadRules(n.Settings)
	if err != nil {
		ps.add("/autoreply", "cannot be kept")
	}
	for _, p := range rules.Problems() {
		ps.add(p.Pointer, p.Message)
	}
	return ps
}

// rules makes sure that settings have the form that the rules read.
func (ps *problemList) rules(at string, v jsontext.Value, into any, want string) {
	if unmarshal(bytes.Clone(v), into) != nil {
		ps.add(at, want)
	}
}

func (s *Server) createNumber(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	var in numberInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	n, i, err := s.makeNumber(r, o, &in)
	if err != nil {
		return err
	}
	v := s.showNumber(n, i)
	if err := s.addWay(r.Context(), &v, n); err != nil {
		return err
	}
	return send(w, http.StatusCreated, v)
}

// makeNumber adds a number to the organization, and gives the integration that it belongs to.
func (s *Server) makeNumber(r *http.Request, o *directory.Organization, in *numberInput) (*directory.Number, *directory.Integration, error) {
	now := time.Now()
	n := &directory.Number{ID: directory.NewID(now), AccountID: o.AccountID, OrgID: o.ID, Created: now}
	ps := in.apply(n)
	i, err := s.numbersIntegration(r, o, in.Service, &ps)
	if err != nil {
		return nil, nil, err
	}
	in.place(n, i, &ps)
	if in.Failover != nil {
		if n.Failover, err = s.failoverOf(r, o, in.Failover, &ps); err != nil {
			return nil, nil, err
		}
	}
	wrongUsers, err := s.usersOf(r, o, n.Users)
	if err != nil {
		return nil, nil, err
	}
	if err := append(ps, wrongUsers...).err(); err != nil {
		return nil, nil, err
	}
	became, err := s.noteNumber(r.Context(), n)
	if err != nil {
		return nil, nil, err
	}
	about(r, n.ID, n.Value, nil, became)
	if err := s.o.Store.CreateNumber(r.Context(), n); err != nil {
		return nil, nil, err
	}
	s.registerNumbers(r, i, []directory.Number{*n})
	return n, i, nil
}

// place puts a new number where it belongs, and gives it what is left out. i is nil when there is no such integration, which has been said.
func (in *numberInput) place(n *directory.Number, i *directory.Integration, ps *problemList) {
	var err error
	if in.Number == nil || strings.TrimSpace(*in.Number) == "" {
		ps.add("/number", "is missing")
	} else if n.Value, err = phone.Parse(*in.Number, n.Country); err != nil {
		ps.add("/number", fmt.Sprintf("%q is not a number; write it like +15551234000, or as a short code or a sender's name", *in.Number))
	}
	if i != nil {
		n.IntegrationID, n.ServiceID = i.ID, i.ServiceID
	}
	if n.Country == "" {
		n.Country = phone.Country(n.Value)
	}
	if n.Name == "" {
		n.Name = n.Value
	}
}

// showNumber adds what a number's view takes from its integration.
func (s *Server) showNumber(n *directory.Number, i *directory.Integration) numberView {
	v := s.viewNumber(n)
	v.WebhookURL = s.webhookURL(i) + "?number=" + url.QueryEscape(strings.TrimPrefix(n.Value, "+"))
	return v
}

// numbersIntegration finds the integration that a new number belongs to.
func (s *Server) numbersIntegration(r *http.Request, o *directory.Organization, id *string, ps *problemList) (*directory.Integration, error) {
	if id == nil || *id == "" {
		ps.add("/service", "is missing: name the service that the number belongs to")
		return nil, nil
	}
	i, err := s.enabledFor(r, o, *id)
	if err == nil && i == nil {
		ps.add("/service", notEnabled(*id, o))
	}
	return i, err
}

func (s *Server) listNumbers(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Numbers(r.Context(), p.AccountID, o.ID, at)
	if err != nil {
		return err
	}
	l := list[numberView]{Data: []numberView{}, Next: next}
	for i := range rows {
		if !p.SeesNumber(&rows[i]) {
			continue // of a user: the numbers assigned to them, so a page may be shorter than was asked for
		}
		v, err := s.withWebhook(r, &rows[i])
		if err != nil {
			return err
		}
		l.Data = append(l.Data, v)
	}
	return send(w, http.StatusOK, l)
}

func (s *Server) withWebhook(r *http.Request, n *directory.Number) (numberView, error) {
	i, err := s.o.Store.IntegrationOf(r.Context(), n.AccountID, n.OrgID, n.ServiceID)
	if err != nil {
		return numberView{}, fmt.Errorf("integration of number %s: %w", n.ID, err)
	}
	v := s.showNumber(n, i)
	return v, s.addWay(r.Context(), &v, n)
}

// numberOf is a number of that organization that the caller sees.
func (s *Server) numberOf(r *http.Request, p *access.Principal, o *directory.Organization) (*directory.Number, error) {
	return s.numberWithID(r, p, o, clean(r.PathValue("id")))
}

func (s *Server) numberWithID(r *http.Request, p *access.Principal, o *directory.Organization, id string) (*directory.Number, error) {
	n, err := s.o.Store.Number(r.Context(), p.AccountID, id)
	if err != nil {
		return nil, err
	}
	if n.OrgID != o.ID || !p.SeesNumber(n) {
		return nil, fault.New(fault.NotFound, "id", "no number %q", id)
	}
	return n, nil
}

func (s *Server) getNumber(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	n, err := s.numberOf(r, p, o)
	if err != nil {
		return err
	}
	v, err := s.withWebhook(r, n)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, v)
}

func (s *Server) updateNumber(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	n, err := s.numberOf(r, p, o)
	if err != nil {
		return err
	}
	var in numberInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	changed, err := s.changeNumber(r, o, n, &in)
	if err != nil {
		return err
	}
	v, err := s.withWebhook(r, changed)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, v)
}

// changeNumber puts the settings onto a number of the organization.
func (s *Server) changeNumber(r *http.Request, o *directory.Organization, n *directory.Number, in *numberInput) (*directory.Number, error) {
	changed := *n
	ps := in.apply(&changed)
	if in.Number != nil && *in.Number != n.Value {
		ps.add("/number", "cannot be changed; add the other number and delete this one")
	}
	var to *directory.Integration // where it moves
	var err error
	if in.Service != nil && !strings.EqualFold(*in.Service, n.ServiceID) {
		if to, err = s.numbersIntegration(r, o, in.Service, &ps); err != nil {
			return nil, err
		}
	}
	if in.Failover != nil {
		if changed.Failover, err = s.failoverOf(r, o, in.Failover, &ps); err != nil {
			return nil, err
		}
	}
	wrongUsers, err := s.usersOf(r, o, changed.Users)
	if err != nil {
		return nil, err
	}
	if err := append(ps, wrongUsers...).err(); err != nil {
		return nil, err
	}
	moved := changed
	if to != nil {
		moved.IntegrationID, moved.ServiceID = to.ID, to.ServiceID
		if moved.Failover == to.ID {
			moved.Failover = ""
		}
	}
	was, err := s.noteNumber(r.Context(), n)
	if err != nil {
		return nil, err
	}
	became, err := s.noteNumber(r.Context(), &moved)
	if err != nil {
		return nil, err
	}
	about(r, n.ID, n.Value, was, became)
	if to != nil { // with the messages that wait
		if err := s.o.Outbound.MoveNumber(r.Context(), &changed, to.ID); err != nil {
			return nil, err
		}
	}
	if err := s.o.Store.UpdateNumber(r.Context(), &moved); err != nil {
		return nil, err
	}
	if to != nil {
		s.registerNumbers(r, to, []directory.Number{moved})
	}
	return &moved, nil
}

func (s *Server) deleteNumber(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	n, err := s.numberOf(r, p, o)
	if err != nil {
		return err
	}
	about(r, n.ID, n.Value, nil, nil)
	if err := s.o.Store.DeleteNumber(r.Context(), p.AccountID, n.ID); err != nil {
		return err
	}
	return none(w)
}
