package api

import (
	"context"
	"net/http"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// optOutParams names contacts as clients of the Messaging API do.
type optOutParams struct {
	place
	Numbers  []loose `json:"numbers"`
	ToNumber loose   `json:"tonumber"` // ours; empty: all of the organization's
}

func (s *Server) rpcAddToOptout(_ context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *optOutParams) (any, error) {
	_, err := s.moveOptOuts(r, p, o, in.Numbers, "numbers", string(in.ToNumber), "tonumber", true)
	return nil, err
}

func (s *Server) rpcRemoveFromOptout(_ context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *optOutParams) (any, error) {
	_, err := s.moveOptOuts(r, p, o, in.Numbers, "numbers", string(in.ToNumber), "tonumber", false)
	return nil, err
}

// optedOut is a contact as getOptoutList gives it.
type optedOut struct {
	Number   string `json:"number"`
	ToNumber string `json:"tonumber,omitempty"` // ours; absent: all of the organization's
	Created  int64  `json:"created"`
}

func (s *Server) rpcGetOptoutList(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *optOutParams) (any, error) {
	n, err := s.numberNamed(r, o, string(in.ToNumber), "tonumber")
	if err != nil {
		return nil, err
	}
	rows, err := everything(func(cursor string) ([]message.OptOut, string, error) {
		return s.o.Store.OptOuts(ctx, message.OptOutFilter{AccountID: o.AccountID, OrgID: o.ID, Number: valueOf(n)}, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	out := make([]optedOut, len(rows))
	for i := range rows {
		out[i] = optedOut{Number: rows[i].Contact, ToNumber: rows[i].Number, Created: rows[i].Since.UnixMilli()}
	}
	return out, err
}
