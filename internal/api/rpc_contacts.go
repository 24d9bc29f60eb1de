package api

import (
	"context"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// contactStatus is every contact's in an answer.
const contactStatus = 4

func showRPCContact(c *directory.Contact) (jsontext.Value, error) {
	ours := map[string]any{
		"id": c.ID, "name": c.Name, "info": infoOf(c), "created": c.Created.UnixMilli(), "createdby": madeBy(c), "ownerid": c.OrgID,
		"imgdate": 0, "consent": 0, "status": contactStatus,
	}
	if !c.Blocked.IsZero() {
		ours["blocked"] = c.Blocked.UnixMilli()
	}
	return shown(nil, nil, ours)
}

// madeBy is the key that made a contact; of one who introduced themselves, the organization.
func madeBy(c *directory.Contact) string {
	if c.CreatedBy == "" {
		return c.OrgID
	}
	return c.CreatedBy
}

func showBlockedContact(c *directory.Contact) (jsontext.Value, error) {
	about := readMembers(c.Info)
	if about["phone"] == nil {
		about["phone"] = listValue(c.Addresses)
	}
	if c.About != "" {
		about["about"] = quote(c.About)
	}
	info, err := about.value()
	if err != nil {
		return nil, err
	}
	return shown(nil, nil, map[string]any{
		"id": c.ID, "name": c.Name, "usinfo": info, "blocked": c.Blocked.UnixMilli(), "blockby": c.BlockedBy, "created": c.Created.UnixMilli(), "createdby": madeBy(c),
	})
}

// rpcContactsWhere gives an organization's contacts.
func (s *Server) rpcContactsWhere(ctx context.Context, o *directory.Organization, blocked bool, show func(*directory.Contact) (jsontext.Value, error)) (any, error) {
	all, err := everything(func(cursor string) ([]directory.Contact, string, error) {
		return s.o.Store.Contacts(ctx, directory.ContactFilter{AccountID: o.AccountID, OrgID: o.ID, Blocked: blocked}, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	if err != nil {
		return nil, err
	}
	return showAll(all, show)
}

func (s *Server) rpcGetContacts(ctx context.Context, _ *access.Principal, _ *http.Request, o *directory.Organization, _ *place) (any, error) {
	return s.rpcContactsWhere(ctx, o, false, showRPCContact)
}

func (s *Server) rpcGetBlockedContacts(ctx context.Context, _ *access.Principal, _ *http.Request, o *directory.Organization, _ *place) (any, error) {
	return s.rpcContactsWhere(ctx, o, true, showBlockedContact)
}

func (s *Server) rpcImportContacts(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *struct {
	place
	List []contactInput `json:"list"`
}) (any, error) {
	list, err := s.makeContacts(ctx, p, o, in.List, "list")
	if err != nil {
		return nil, err
	}
	out := make([]jsontext.Value, len(list))
	for i, c := range list {
		if out[i], err = shown(nil, nil, map[string]any{"id": c.ID, "name": c.Name, "info": infoOf(c), "status": contactStatus}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxChanges is how many contacts one call changes, all of them or none.
const maxChanges = 500

func (s *Server) rpcUpdateContacts(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *struct {
	place
	List []struct {
		contactInput
		ID loose `json:"id"`
	} `json:"list"`
}) (any, error) {
	if err := count("list", len(in.List), maxChanges); err != nil {
		return nil, err
	}
	country, now := s.countryOf(ctx, o, nil), time.Now()
	list := make([]*directory.Contact, len(in.List))
	for i := range in.List {
		at := fmt.Sprintf("/list/%d", i)
		c, err := s.contactOf(r, o, string(in.List[i].ID))
		if err == nil {
			err = in.List[i].apply(c, country, p.By(), now)
		}
		if err != nil {
			return nil, within(err, at)
		}
		list[i] = c
	}
	return nil, s.o.Store.UpdateContacts(ctx, list)
}

// rpcDeleteContacts removes those who are there: a call that is made again finds nothing to do.
func (s *Server) rpcDeleteContacts(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *struct {
	place
	List []loose `json:"list"`
}) (any, error) {
	if err := count("list", len(in.List), maxChanges); err != nil {
		return nil, err
	}
	ids := make([]string, len(in.List))
	for i, id := range in.List {
		ids[i] = string(id)
	}
	_, err := s.o.Store.DeleteContacts(ctx, o.AccountID, o.ID, ids)
	return nil, err
}

// rpcSetContactBlocked blocks a contact by id, or everybody at a number, and shows who that is.
func (s *Server) rpcSetContactBlocked(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *struct {
	place
	ID      loose  `json:"id"`
	Phone   loose  `json:"phone"`
	Blocked *bool  `json:"blocked"`
	About   string `json:"about"`
}) (any, error) {
	now := time.Now()
	b := directory.Contact{ID: string(in.ID), AccountID: o.AccountID, OrgID: o.ID, Created: now}
	switch {
	case in.Blocked == nil:
		return nil, fault.New(fault.Invalid, "blocked", "is missing; it is true or false")
	case utf8.RuneCountInString(in.About) > maxName:
		return nil, fault.New(fault.Invalid, "about", "must have at most %d characters", maxName)
	case in.ID == "" && in.Phone == "":
		return nil, fault.New(fault.Invalid, "phone", "is missing; name the contact by phone or by id")
	case in.ID == "":
		info := members{"phone": listValue([]string{string(in.Phone)})}
		text, err := info.value()
		if err != nil {
			return nil, err
		}
		b.Info, b.Addresses = string(text), addressesIn(info, s.countryOf(ctx, o, nil))
		if len(b.Addresses) == 0 {
			return nil, fault.New(fault.Invalid, "phone", "must have at most %d characters", maxName)
		}
	}
	if *in.Blocked {
		b.Blocked, b.BlockedBy, b.About = now, p.By(), in.About
	}
	list, err := s.o.Store.BlockContacts(ctx, b)
	if err != nil {
		return nil, err
	}
	return showAll(list, showRPCContact)
}
