package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// The Messaging API: one address, the method in the body.
const (
	rpcMethod  = http.MethodPost
	rpcPattern = "/api"
)

// call is one request of the Messaging API.
type call struct {
	Method string         `json:"method"`
	Params jsontext.Value `json:"params"`
}

// rpcCall carries one call out; params is JSON, at least {}.
type rpcCall func(ctx context.Context, p *access.Principal, r *http.Request, params jsontext.Value) (result any, err error)

// ofOne is a method about one organization: its parameters are read, and the organization is found that they name by id or by domain.
func ofOne[T any, P interface {
	*T
	where() place
}](s *Server, do func(context.Context, *access.Principal, *http.Request, *directory.Organization, P) (any, error)) rpcCall {
	return func(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
		in, err := P(new(T)), error(nil)
		if own, ok := any(in).(interface{ read(jsontext.Value) error }); ok {
			err = own.read(raw)
		} else {
			err = unmarshal(raw, in)
		}
		if err != nil {
			return nil, err
		}
		o, err := s.rpcOrganization(r, p, in.where())
		if err != nil {
			return nil, err
		}
		ofOrganization(r, o.ID)
		return do(ctx, p, r, o, in)
	}
}

// rpcAudited is what the log calls a change by a method, in the words that it has for /v1. The other methods read, or are everyday work.
var rpcAudited = map[string]string{
	"createOrganization": "organization.created", "updateOrganization": "organization.changed", "setOrganizationStatus": "organization.changed",
	"deleteOrganization": "organization.removed",
	"createUser":         "user.created", "createUsers": "user.created", "updateUser": "user.changed", "setUserStatus": "user.changed",
	"deleteUser": "user.removed", "deleteUsers": "user.removed",
	"createSMSTrunk": "number.created", "updateSMSTrunk": "number.changed", "deleteSMSTrunk": "number.removed",
	"addToOptout": "optout.created", "removeFromOptout": "optout.removed",
}

// rpcMethods is every method there is, by its name.
func (s *Server) rpcMethods() map[string]rpcCall {
	return map[string]rpcCall{
		"getOrganizations":      s.rpcGetOrganizations,
		"getOrganization":       s.rpcGetOrganization,
		"createOrganization":    s.rpcCreateOrganization,
		"updateOrganization":    s.rpcUpdateOrganization,
		"deleteOrganization":    s.rpcDeleteOrganization,
		"setOrganizationStatus": s.rpcSetOrganizationStatus,

		"getUsers":      ofOne(s, s.rpcGetUsers),
		"getUser":       ofOne(s, s.rpcGetUser),
		"createUser":    ofOne(s, s.rpcCreateUser),
		"createUsers":   ofOne(s, s.rpcCreateUsers),
		"updateUser":    ofOne(s, s.rpcUpdateUser),
		"setUserStatus": ofOne(s, s.rpcSetUserStatus),
		"deleteUser":    ofOne(s, s.rpcDeleteUser),
		"deleteUsers":   ofOne(s, s.rpcDeleteUsers),

		"getSMSTrunks":   ofOne(s, s.rpcGetSMSTrunks),
		"createSMSTrunk": ofOne(s, s.rpcCreateSMSTrunk),
		"updateSMSTrunk": ofOne(s, s.rpcUpdateSMSTrunk),
		"deleteSMSTrunk": ofOne(s, s.rpcDeleteSMSTrunk),

		"getContacts":        ofOne(s, s.rpcGetContacts),
		"importContacts":     ofOne(s, s.rpcImportContacts),
		"updateContacts":     ofOne(s, s.rpcUpdateContacts),
		"deleteContacts":     ofOne(s, s.rpcDeleteContacts),
		"getBlockedContacts": ofOne(s, s.rpcGetBlockedContacts),
		"setContactBlocked":  ofOne(s, s.rpcSetContactBlocked),

		"getChatUsers": ofOne(s, s.rpcGetChatUsers),
		"getServices":  ofOne(s, s.rpcGetServices),
		"message":      s.rpcMessage,
		"delivered":    ofOne(s, s.rpcDelivered),
		"read":         ofOne(s, s.rpcRead),
		"typing":       ofOne(s, s.rpcTyping),
		"updated":      ofOne(s, s.rpcUpdated),
		"deleted":      ofOne(s, s.rpcDeleted),
		"getChats":     ofOne(s, s.rpcGetChats),

		"getOptoutList":    ofOne(s, s.rpcGetOptoutList),
		"addToOptout":      ofOne(s, s.rpcAddToOptout),
		"removeFromOptout": ofOne(s, s.rpcRemoveFromOptout),
	}
}

func (s *Server) rpc(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.EqualFold(strings.TrimSpace(kind), "multipart/form-data") {
		result, err := s.rpcUpload(w, r, p)
		return sendResult(w, result, err)
	}
	var c call
	if _, err := decode(w, r, &c); err != nil {
		return err
	}
	methods := s.rpcMethods()
	do, ok := methods[c.Method]
	switch {
	case c.Method == "":
		return fault.New(fault.Invalid, "method", "is missing; there are %s", strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
	case !ok:
		return fault.New(fault.Invalid, "method", "no method %q; there are %s", c.Method, strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
	}
	switch c.Params.Kind() {
	case '{':
	case 'n', 0:
		c.Params = jsontext.Value(`{}`)
	default:
		return fault.New(fault.Invalid, "params", "must be an object")
	}
	if what := rpcAudited[c.Method]; what != "" {
		r = s.noting(r, p, what)
	}
	result, err := do(r.Context(), p, r, c.Params)
	return sendResult(w, result, err)
}

// sendResult answers a call that was carried out; one without a result answers an empty one.
func sendResult(w http.ResponseWriter, result any, err error) error {
	if err != nil {
		return err
	}
	if result == nil {
		result = struct{}{}
	}
	return send(w, http.StatusOK, struct {
		Result any `json:"result"`
	}{result})
}

// rpcError is how the Messaging API says no.
type rpcError struct {
	Error struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (s *Server) writeRPCError(w http.ResponseWriter, r *http.Request, err error) {
	p, f := explain(s.o.Log, r, err)
	var e rpcError
	e.Error.Code, e.Error.Message = p.Status, p.Detail
	setErrorHeaders(w.Header(), p.Status, f)
	_ = send(w, p.Status, e) // plain strings and numbers
}

// params decodes a call's parameters. Members that nobody knows are ignored, one of a wrong type is named.
func params[T any](raw jsontext.Value) (in T, err error) {
	return in, unmarshal(raw, &in)
}

// loose is text that a client may also write as a number: ids and phone numbers come both ways.
type loose string

func (l *loose) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if k := d.PeekKind(); k != '"' && k != '0' && k != 'n' {
		return &json.SemanticError{JSONKind: k}
	}
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	*l = ""
	if t.Kind() != 'n' {
		*l = loose(strings.TrimSpace(t.String()))
	}
	return nil
}

// place names an organization as clients of the Messaging API do.
type place struct {
	OrgID  loose `json:"orgid"`
	Domain loose `json:"domain"`
}

func (p place) where() place { return p }

// rpcOrganization finds the organization that a call names by id or by domain.
func (s *Server) rpcOrganization(r *http.Request, p *access.Principal, at place) (*directory.Organization, error) {
	switch {
	case at.OrgID != "":
		return s.organization(r, p, string(at.OrgID))
	case at.Domain != "":
		o, err := s.o.Store.OrganizationByDomain(r.Context(), p.AccountID, string(at.Domain))
		if err != nil {
			return nil, err
		}
		if !p.SeesOrganization(o.ID) {
			return nil, fault.New(fault.NotFound, "domain", "no organization with the domain %q", at.Domain)
		}
		return o, nil
	case p.OrgID != "":
		return s.organization(r, p, p.OrgID)
	}
	return nil, fault.New(fault.Invalid, "orgid", "is missing; name the organization by orgid or domain")
}

// idResult answers what was made.
type idResult struct {
	ID string `json:"id"`
}

// everything reads a list of the store to its end.
func everything[T any](read func(cursor string) ([]T, string, error)) ([]T, error) {
	var out []T
	for cursor := ""; ; {
		rows, next, err := read(cursor)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
		if next == "" {
			return out, nil
		}
		if next == cursor {
			return nil, fmt.Errorf("a list that does not end at %q", cursor)
		}
		cursor = next
	}
}
