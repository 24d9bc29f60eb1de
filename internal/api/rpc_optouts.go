package api

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// optOutParams names contacts as clients of the Messaging API do.
type optOutParams struct {
	place
	Numbers  []loose `json:"numbers"`
	ToNumber loose   `json:"tonumber"` // ours; empty: all of the organization's
}

func (s *Server) rpcAddToOptout(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	return nil, s.rpcMoveOptOuts(p, r, raw, true)
}

func (s *Server) rpcRemoveFromOptout(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	return nil, s.rpcMoveOptOuts(p, r, raw, false)
}

func (s *Server) rpcMoveOptOuts(p *access.Principal, r *http.Request, raw jsontext.Value, out bool) error {
	in, err := params[optOutParams](raw)
	if err != nil {
		return err
	}
	o, err := s.rpcOrganization(r, p, in.place)
	if err != nil {
		return err
	}
	_, err = s.moveOptOuts(r, p, o, in.Numbers, "numbers", string(in.ToNumber), "tonumber", out)
	return err
}

// optedOut is a contact as getOptoutList gives it.
type optedOut struct {
	Number   string `json:"number"`
	ToNumber string `json:"tonumber,omitempty"` // ours; absent: all of the organization's
	Created  int64  `json:"created"`
}

func (s *Server) rpcGetOptoutList(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	in, err := params[optOutParams](raw)
	if err != nil {
		return nil, err
	}
	o, err := s.rpcOrganization(r, p, in.place)
	if err != nil {
		return nil, err
	}
	n, err := s.numberNamed(r, o, string(in.ToNumber), "tonumber")
	if err != nil {
		return nil, err
	}
	names, err := s.numberValues(ctx, o)
	if err != nil {
		return nil, err
	}
	rows, err := everything(func(cursor string) ([]message.OptOut, string, error) {
		return s.o.Store.OptOuts(ctx, message.OptOutFilter{AccountID: o.AccountID, OrgID: o.ID, NumberID: idOf(n)}, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	out := make([]optedOut, len(rows))
	for i := range rows {
		out[i] = optedOut{Number: rows[i].Contact, ToNumber: names[rows[i].NumberID], Created: rows[i].Since.UnixMilli()}
	}
	return out, err
}
