package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/audit"
	"patchbay/internal/directory"
	"patchbay/internal/store"
)

// Link says for whom a one-time sign-in link is made, and where.
type Link struct {
	DataDir     string
	DatabaseURL string // of servers that may be running; empty: the embedded database, which none may have open
	PublicURL   string
	Account     string // id; empty: the only one
	Email       string // empty: the only person, or whoever has no address yet and says it when they open the link
	Log         *slog.Logger
}

// MadeLink is a link, and what it is good for.
type MadeLink struct {
	URL     string    `json:"url"`
	Account string    `json:"account"`
	Email   string    `json:"email"`
	Expires time.Time `json:"expires"`
}

// MakeLink lets somebody in who administers an account: the first one, or one who has forgotten the password.
func MakeLink(ctx context.Context, o Link) (made *MadeLink, err error) {
	db, err := openStopped(ctx, o.DataDir, o.DatabaseURL, o.Log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := db.Close(); err == nil {
			err = closed
		}
	}()
	account, err := oneAccount(ctx, db, o.Account)
	if err != nil {
		return nil, err
	}
	return makeLink(ctx, db, account, strings.TrimSpace(o.Email), strings.TrimRight(o.PublicURL, "/"))
}

// oneAccount is the account of that id, or the only one.
func oneAccount(ctx context.Context, db *store.Store, id string) (*directory.Account, error) {
	list, err := db.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	var names []string
	for i := range list {
		if list[i].ID == id || id == "" && len(list) == 1 {
			return &list[i], nil
		}
		names = append(names, list[i].ID+" ("+list[i].Name+")")
	}
	if len(list) == 0 {
		return nil, errors.New("the database holds no account; start the server once")
	}
	return nil, fmt.Errorf("name one of its accounts with --account: %s", strings.Join(names, ", "))
}

// makeLink makes a link for the person of that address, who is new when nobody has it.
func makeLink(ctx context.Context, db *store.Store, account *directory.Account, email, publicURL string) (*MadeLink, error) {
	people, _, err := db.People(ctx, account.ID, store.Page{Limit: 200})
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	now := time.Now()
	who, isNew := &directory.Person{ID: directory.NewID(now), AccountID: account.ID, Email: email, Name: email, Status: 1, Created: now}, true
	var emails []string
	for i := range people {
		if strings.EqualFold(people[i].Email, email) || email == "" && len(people) == 1 {
			who, isNew = &people[i], false
		}
		emails = append(emails, people[i].Email)
	}
	switch {
	case isNew && email == "" && len(people) > 0:
		return nil, fmt.Errorf("name whom the link is for: %s, or somebody new", strings.Join(emails, ", "))
	case isNew && email != "" && !strings.Contains(email, "@"):
		return nil, fmt.Errorf("%q is no e-mail address", email)
	case !isNew && who.Status != 1:
		who.Status = 1
		if err := db.UpdatePerson(noted(ctx, account.ID, "person.changed", who), who); err != nil {
			return nil, fmt.Errorf("switch %s on: %w", who.Email, err)
		}
	}
	life := directory.InvitationLife
	if who.SignsIn {
		life = directory.ResetLife
	}
	token := access.NewToken()
	i := &directory.Invitation{Whose: directory.Whose{AccountID: account.ID, PersonID: who.ID}, Expires: now.Add(life)}
	if err := db.InvitePerson(noted(ctx, account.ID, "person.invitation", who), who, isNew, i, access.Hash(token)); err != nil {
		return nil, fmt.Errorf("keep the link: %w", err)
	}
	return &MadeLink{URL: access.Link(publicURL, token), Account: account.ID, Email: who.Email, Expires: i.Expires.UTC().Truncate(time.Second)}, nil
}

// noted has a change by the command line go on record.
func noted(ctx context.Context, accountID, what string, who *directory.Person) context.Context {
	return audit.With(ctx, audit.NewNote(audit.Entry{AccountID: accountID, At: time.Now(), By: audit.ByCommand, ByName: "command line", What: what,
		ObjectID: who.ID, Name: who.Name}))
}
