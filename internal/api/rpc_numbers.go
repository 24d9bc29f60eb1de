package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/phone"
)

// statusActive is every number's in an answer; 0 and 1 are taken, too, and mean nothing here.
const statusActive = 2

// trunkParams is a number as clients of the Messaging API give one.
type trunkParams struct {
	place
	ID             loose          `json:"id"`
	Name           *string        `json:"name"`
	Number         *loose         `json:"number"`
	Service        *string        `json:"service"`
	Users          *[]loose       `json:"users"`
	Country        *string        `json:"country"`
	InboundFormat  *string        `json:"inboundFormat"`
	OutboundFormat *string        `json:"outboundFormat"`
	SendName       *bool          `json:"sendName"`
	SessionTimeout *int           `json:"sessionTimeout"`
	Header         *string        `json:"header"`
	Footer         *string        `json:"footer"`
	OptOut         jsontext.Value `json:"optout"`
	AutoReply      jsontext.Value `json:"autoreply"`
	Status         *int           `json:"status"`
}

// input is the same in the words of /v1. old is the number as it stands, nil when it is made.
func (in *trunkParams) input(old *directory.Number) (*numberInput, error) {
	out := &numberInput{
		Service: in.Service, Name: in.Name, Country: in.Country, InboundFormat: in.InboundFormat, OutboundFormat: in.OutboundFormat,
		SendName: in.SendName, SessionTimeout: in.SessionTimeout, Header: in.Header, Footer: in.Footer,
	}
	if in.Number != nil {
		number := string(*in.Number)
		out.Number = &number
	}
	if in.Users != nil {
		users := make([]string, len(*in.Users))
		for i, u := range *in.Users {
			users[i] = string(u)
		}
		out.Users = &users
	}
	if in.Status != nil && (*in.Status < 0 || *in.Status > statusActive) {
		return nil, fault.New(fault.Invalid, "status", "must be 0, 1 or 2")
	}
	var err error
	if out.OptOut, err = in.optOut(old); err != nil {
		return nil, err
	}
	out.AutoReply, err = in.autoReply()
	return out, err
}

// optOut is what was given, with what the usual confirmation of such clients promises where nothing else was said: any text resumes.
func (in *trunkParams) optOut(old *directory.Number) (jsontext.Value, error) {
	given := members{}
	switch in.OptOut.Kind() {
	case '{':
		if err := unmarshal(in.OptOut, &given); err != nil {
			return nil, err
		}
	case 'n', 0:
		if old != nil {
			return nil, nil // it stays as it is
		}
	default:
		return in.OptOut, nil // refused where it is checked
	}
	const resubscribe = "resubscribe"
	if _, said := given[resubscribe]; !said {
		given[resubscribe] = jsontext.Value(`"` + conversation.ResubscribeByAny + `"`)
		if old != nil {
			delete(given, resubscribe)
			if before, said := readMembers(string(readSettings(old.Settings).OptOut))[resubscribe]; said {
				given[resubscribe] = before
			}
		}
	}
	return json.Marshal(given, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// autoReply is the list with entries spelled {keyword, autoreply}, as some clients do, respelled.
func (in *trunkParams) autoReply() (jsontext.Value, error) {
	if in.AutoReply.Kind() == 'n' {
		return nil, nil
	}
	if in.AutoReply.Kind() != '[' {
		return in.AutoReply, nil // refused where it is checked
	}
	var list []jsontext.Value
	if err := unmarshal(in.AutoReply, &list); err != nil {
		return nil, err
	}
	for i, v := range list {
		if v.Kind() != '{' {
			return in.AutoReply, nil
		}
		var entry members
		if err := unmarshal(v, &entry); err != nil {
			return nil, err
		}
		for old, name := range map[string]string{"keyword": "key", "autoreply": "value"} {
			if _, there := entry[name]; !there && entry[old] != nil {
				entry[name] = entry[old]
				delete(entry, old)
			}
		}
		text, err := json.Marshal(entry, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
		if err != nil {
			return nil, err
		}
		list[i] = text
	}
	return json.Marshal(list)
}

// trunkView is a number as getSMSTrunks gives it.
type trunkView struct {
	ID             string         `json:"id"`
	Number         string         `json:"number"`
	Name           string         `json:"name"`
	Service        string         `json:"service"`
	Users          []string       `json:"users"`
	Country        string         `json:"country"`
	InboundFormat  string         `json:"inboundFormat"`
	OutboundFormat string         `json:"outboundFormat"`
	SendName       bool           `json:"sendName"`
	SessionTimeout int            `json:"sessionTimeout"`
	GroupMode      bool           `json:"groupmode"` // always the group: no session timeout
	OptOut         jsontext.Value `json:"optout"`
	AutoReply      jsontext.Value `json:"autoreply"`
	Header         string         `json:"header"`
	Footer         string         `json:"footer"`
	Created        int64          `json:"created"`
	Status         int            `json:"status"`
}

func viewTrunk(n *directory.Number) (trunkView, error) {
	ns := readSettings(n.Settings)
	optOut, err := shown(map[string]any{"keyword": "STOP", "autoreply": conversation.UsualConfirmation}, readMembers(string(ns.OptOut)), nil)
	if err != nil {
		return trunkView{}, err
	}
	v := trunkView{
		ID: n.ID, Number: n.Value, Name: n.Name, Service: n.ServiceID, Users: n.Users, Country: n.Country, InboundFormat: n.InboundFormat,
		OutboundFormat: n.OutboundFormat, SendName: n.SendName, SessionTimeout: int(n.SessionTimeout / time.Second), GroupMode: n.SessionTimeout == 0,
		OptOut: optOut, AutoReply: ns.AutoReply, Header: n.Header, Footer: n.Footer, Created: n.Created.UnixMilli(), Status: statusActive,
	}
	if v.Users == nil {
		v.Users = []string{}
	}
	if v.AutoReply == nil {
		v.AutoReply = jsontext.Value(`[]`)
	}
	return v, nil
}

func (s *Server) rpcGetSMSTrunks(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *place) (any, error) {
	all, err := s.numbersOf(ctx, o)
	if err != nil {
		return nil, err
	}
	out := make([]trunkView, len(all))
	for i := range all {
		if out[i], err = viewTrunk(&all[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) rpcCreateSMSTrunk(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *trunkParams) (any, error) {
	given, err := in.input(nil)
	if err != nil {
		return nil, err
	}
	n, _, err := s.makeNumber(r, o, given)
	if err != nil {
		return nil, err
	}
	return idResult{n.ID}, nil
}

// trunkCalled is the number that a call names by its id.
func (s *Server) trunkCalled(r *http.Request, p *access.Principal, o *directory.Organization, in *trunkParams) (*directory.Number, error) {
	if in.ID == "" {
		return nil, fault.New(fault.Invalid, "id", "is missing; name the number by its id")
	}
	return s.numberWithID(r, p, o, string(in.ID))
}

func (s *Server) rpcUpdateSMSTrunk(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *trunkParams) (any, error) {
	n, err := s.trunkCalled(r, p, o, in)
	if err != nil {
		return nil, err
	}
	given, err := in.input(n)
	if err != nil {
		return nil, err
	}
	if given.Number != nil { // in any spelling of it
		if value, err := phone.Parse(*given.Number, n.Country); err == nil && value == n.Value {
			given.Number = &n.Value
		}
	}
	if given.Service != nil && strings.TrimSpace(*given.Service) == "" {
		given.Service = nil
	}
	_, err = s.changeNumber(r, o, n, given)
	return nil, err
}

func (s *Server) rpcDeleteSMSTrunk(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *trunkParams) (any, error) {
	n, err := s.trunkCalled(r, p, o, in)
	if err != nil {
		return nil, err
	}
	about(r, n.ID, n.Value, nil, nil)
	return nil, s.o.Store.DeleteNumber(ctx, p.AccountID, n.ID)
}
