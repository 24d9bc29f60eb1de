package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/fault"
	"patchbay/internal/simulator"
	"patchbay/internal/store"
)

// sandbox is the carrier of `serve --sandbox` and its credentials, new with every start.
type sandbox struct {
	carrier        *simulator.Server
	apiKey, secret string
}

const (
	sandboxService = "simulator"
	sandboxDomain  = "sandbox"
	sandboxKey     = "sandbox page"
)

// startSimulator starts the carrier on a loopback port of its own: the one private address that is allowed without being listed.
func (a *App) startSimulator(ctx context.Context, door *exchange.Door) (*sandbox, error) {
	b := &sandbox{apiKey: access.NewKey(), secret: access.NewKey()}
	var err error
	b.carrier, err = simulator.Start(ctx, simulator.Options{APIKey: b.apiKey, Secret: b.secret, Log: a.o.Log})
	if err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	a.onClose("simulator", b.carrier.Close)
	if err := door.Allow(b.carrier.Addr()); err != nil {
		return nil, fmt.Errorf("allow the simulator: %w", err)
	}
	return b, nil
}

// furnish makes something to try: an organization with two users, one number of their own each and one for both.
// On a database that has it already only the carrier's new address and credentials are put in.
func (a *App) furnish(ctx context.Context, b *sandbox) error {
	accounts, err := a.store.Accounts(ctx)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		return errors.New("no account")
	}
	account := accounts[0].ID
	org, err := a.store.OrganizationByDomain(ctx, account, sandboxDomain)
	if fault.CodeOf(err) == fault.NotFound {
		if empty, err := a.isEmpty(ctx, account); err != nil || !empty {
			return err // somebody's real organizations: nothing of ours is put among them
		}
		org, err = a.newTeam(ctx, account)
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	i, err := a.connect(ctx, org, b)
	if err != nil {
		return err
	}
	senders, err := a.senders(ctx, org, i)
	if err != nil {
		return err
	}
	key, err := a.pageKey(ctx, org)
	if err != nil {
		return err
	}
	b.carrier.SendCallbacksTo(a.localURL + "/services/" + i.ServiceID + "/a" + account)
	b.carrier.SendThrough(simulator.Gateway{URL: a.localURL, Key: key, Senders: senders})
	a.explain(b, org, senders, key)
	return nil
}

func (a *App) isEmpty(ctx context.Context, account string) (bool, error) {
	rows, _, err := a.store.Organizations(ctx, account, store.Page{Limit: 1})
	return len(rows) == 0, err
}

func (a *App) newTeam(ctx context.Context, account string) (*directory.Organization, error) {
	now := time.Now()
	org := &directory.Organization{ID: directory.NewID(now), AccountID: account, Name: "Sandbox", Domain: sandboxDomain, Status: 1, Created: now}
	if err := a.store.CreateOrganization(ctx, org); err != nil {
		return nil, err
	}
	for _, u := range []struct{ extension, name string }{{"101", "Ana"}, {"102", "Ben"}} {
		err := a.store.CreateUser(ctx, &directory.User{
			ID: directory.NewID(now), AccountID: account, OrgID: org.ID, Extension: u.extension, Name: u.name, Status: 1, Created: now,
		})
		if err != nil {
			return nil, err
		}
	}
	return org, nil
}

// connect enables the simulator's service with this start's address and credentials.
func (a *App) connect(ctx context.Context, org *directory.Organization, b *sandbox) (*directory.Integration, error) {
	svc, err := a.shelf.Get(ctx, org.AccountID, sandboxService, "")
	if err != nil {
		return nil, err
	}
	now := time.Now()
	i, err := a.store.IntegrationOf(ctx, org.AccountID, org.ID, svc.ID)
	switch {
	case err == nil:
		copied := *i
		i = &copied
	case fault.CodeOf(err) == fault.NotFound:
		i = &directory.Integration{ID: directory.NewID(now), AccountID: org.AccountID, OrgID: org.ID, ServiceID: svc.ID, Created: now}
	default:
		return nil, err
	}
	i.Enabled = true
	i.Properties = map[string]string{"Base URL": b.carrier.URL(), "API key": b.apiKey, "Signing secret": b.secret}
	if _, err := svc.Bind(i.Properties); err != nil {
		return nil, err
	}
	return i, a.store.PutIntegration(ctx, i)
}

// senders are the users with the numbers that they text from. The numbers are made when there are none.
func (a *App) senders(ctx context.Context, org *directory.Organization, i *directory.Integration) ([]simulator.Sender, error) {
	users, _, err := a.store.Users(ctx, org.AccountID, org.ID, store.Page{})
	if err != nil {
		return nil, err
	}
	numbers, err := a.store.NumbersOfIntegration(ctx, org.AccountID, i.ID)
	if err != nil {
		return nil, err
	}
	if len(numbers) == 0 && len(users) >= 2 {
		for _, n := range []struct {
			value, name string
			users       []string
		}{
			{"+15550001001", "Ana", []string{users[0].ID}},
			{"+15550001002", "Ben", []string{users[1].ID}},
			{"+15550001003", "Support", []string{users[0].ID, users[1].ID}},
		} {
			now := time.Now()
			err := a.store.CreateNumber(ctx, &directory.Number{
				ID: directory.NewID(now), AccountID: org.AccountID, OrgID: org.ID, IntegrationID: i.ID, ServiceID: i.ServiceID,
				Value: n.value, Name: n.name, Country: "US", Users: n.users, Created: now,
			})
			if err != nil {
				return nil, err
			}
		}
		if numbers, err = a.store.NumbersOfIntegration(ctx, org.AccountID, i.ID); err != nil {
			return nil, err
		}
	}
	var out []simulator.Sender
	for _, n := range numbers {
		for _, u := range users {
			if n.Has(u.ID) {
				out = append(out, simulator.Sender{OrgID: org.ID, UserID: u.ID, Name: u.Name, Number: n.Value})
			}
		}
	}
	return out, nil
}

// pageKey is a new key for the page; those of former starts are taken away.
func (a *App) pageKey(ctx context.Context, org *directory.Organization) (string, error) {
	for cursor := ""; ; {
		keys, next, err := a.store.Keys(ctx, org.AccountID, store.Page{Limit: 200, Cursor: cursor})
		if err != nil {
			return "", err
		}
		for _, k := range keys {
			if k.Name == sandboxKey && k.OrgID == org.ID {
				if err := a.store.DeleteKey(ctx, org.AccountID, k.ID); err != nil {
					return "", err
				}
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	key, now := access.NewKey(), time.Now()
	return key, a.store.CreateKey(ctx, &directory.Key{
		ID: directory.NewID(now), AccountID: org.AccountID, Role: directory.OrgAdmin, OrgID: org.ID, Name: sandboxKey,
		Hint: access.Hint(key), Created: now,
	}, access.Hash(key))
}

// explain tells a person how to go on.
func (a *App) explain(b *sandbox, org *directory.Organization, senders []simulator.Sender, key string) {
	w := a.o.Out
	fmt.Fprintf(w, "Patchbay's sandbox is ready.\n\n")
	fmt.Fprintf(w, "  Portal and inbox     %s/\n", a.localURL)
	fmt.Fprintf(w, "  Handsets and users   %s\n", b.carrier.URL())
	fmt.Fprintf(w, "  API                  %s\n", a.localURL)
	fmt.Fprintf(w, "  Key of this start    %s\n\n", key)
	if len(senders) == 0 {
		return
	}
	s := senders[0]
	fmt.Fprintf(w, "Text a handset as %s:\n\n", s.Name)
	fmt.Fprintf(w, "  curl -H 'Authorization: Bearer %s' %s/v1/messages \\\n    -d '{\"orgid\":\"%s\",\"user\":\"%s\",\"from\":\"%s\",\"to\":\"+15550100001\",\"content\":\"Hello!\"}'\n\n",
		key, a.localURL, org.ID, s.UserID, s.Number)
}
