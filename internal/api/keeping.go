package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/outbound"
)

// Accounts are for how long an account keeps things.
type Accounts interface {
	Account(ctx context.Context, id string) (*directory.Account, error)
	UpdateAccount(ctx context.Context, a *directory.Account) error
}

// maxDays is the longest time in days that can be asked for: what is to be kept longer is to be kept for ever.
const maxDays = 36500

// retentionView is for how many days things are kept: null where somebody else says so, 0 for ever.
type retentionView struct {
	Messages  *int `json:"messages_days" doc:"Days after which a message goes, with its files, attempts and history. 0: for ever. null: as the account says, and of an account for ever."`
	Media     *int `json:"media_days" doc:"Days after which files go, where they are to go before their messages."`
	Callbacks *int `json:"callbacks_days" doc:"Days after which what providers said goes, word for word. At most 30, whatever is asked for."`
}

func viewRetention(r directory.Retention) retentionView {
	view := func(days int) *int {
		if days == 0 {
			return nil
		}
		days = max(days, 0)
		return &days
	}
	return retentionView{view(r.Messages), view(r.Media), view(r.Callbacks)}
}

// retentionInput is what a caller may say. A member that is left out keeps what is there, null gives it back to who says so otherwise.
type retentionInput struct {
	Messages  jsontext.Value `json:"messages_days" doc:"Days after which a message goes, with its files, attempts and history. 0: for ever. null: as the account says, and of an account for ever." as:"days"`
	Media     jsontext.Value `json:"media_days" doc:"Days after which files go, where they are to go before their messages." as:"days"`
	Callbacks jsontext.Value `json:"callbacks_days" doc:"Days after which what providers said goes, word for word. At most 30, whatever is asked for." as:"days"`
}

func (in *retentionInput) apply(r *directory.Retention) (ps problemList) {
	for _, f := range []struct {
		name string
		at   *int
		v    jsontext.Value
	}{{"messages_days", &r.Messages, in.Messages}, {"media_days", &r.Media, in.Media}, {"callbacks_days", &r.Callbacks, in.Callbacks}} {
		var days int
		switch {
		case f.v == nil:
		case f.v.Kind() == 'n':
			*f.at = 0
		case unmarshal(f.v, &days) != nil || days < 0 || days > maxDays:
			ps.add("/retention/"+f.name, fmt.Sprintf("must be a whole number of days up to %d, 0 (for ever), or null", maxDays))
		case days == 0:
			*f.at = directory.Forever
		default:
			*f.at = days
		}
	}
	return ps
}

// choice reads true, false, or null for what the organization says.
func (ps *problemList) choice(at string, c *directory.Choice, v jsontext.Value) {
	switch v.Kind() {
	case 't':
		*c = directory.Yes
	case 'f':
		*c = directory.No
	case 'n':
		*c = directory.Inherited
	default:
		ps.add(at, "must be true, false, or null for what the organization says")
	}
}

func viewChoice(c directory.Choice) *bool {
	if c == directory.Inherited {
		return nil
	}
	yes := c == directory.Yes
	return &yes
}

// validity checks for how many seconds a message may be tried.
func (ps *problemList) validity(at string, seconds int) {
	if lo, hi := int(outbound.MinValidity.Seconds()), int(outbound.MaxValidity.Seconds()); seconds < lo || seconds > hi {
		ps.add(at, fmt.Sprintf("must be a number of seconds from %d to %d", lo, hi))
	}
}

// accountView is the account of the key.
type accountView struct {
	ID        string        `json:"id" doc:"The account's id."`
	Name      string        `json:"name" doc:"The name."`
	Retention retentionView `json:"retention" doc:"For how many days things are kept, in organizations that say nothing else."`
	Created   string        `json:"created" doc:"When it was made." format:"date-time"`
}

type accountInput struct {
	Name      *string        `json:"name" doc:"The name." maxlen:"200"`
	Retention retentionInput `json:"retention" doc:"For how many days things are kept, in organizations that say nothing else."`
}

func viewAccount(a *directory.Account) accountView {
	return accountView{ID: a.ID, Name: a.Name, Retention: viewRetention(a.Retention), Created: stamp(a.Created)}
}

func (s *Server) getAccount(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	a, err := s.o.Store.Account(r.Context(), p.AccountID)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewAccount(a))
}

func (s *Server) updateAccount(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in accountInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	a, err := s.o.Store.Account(r.Context(), p.AccountID)
	if err != nil {
		return err
	}
	was := viewAccount(a)
	put(&a.Name, in.Name)
	a.Name = strings.TrimSpace(a.Name)
	ps := in.Retention.apply(&a.Retention)
	if in.Name != nil {
		ps.name("/name", a.Name)
	}
	if err := ps.err(); err != nil {
		return err
	}
	about(r, a.ID, a.Name, was, viewAccount(a))
	if err := s.o.Store.UpdateAccount(r.Context(), a); err != nil {
		return err
	}
	return send(w, http.StatusOK, viewAccount(a))
}
