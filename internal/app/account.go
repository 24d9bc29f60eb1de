package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/store"
)

// bootstrap makes the first account on an empty database: with the operator's key, or with a new one that is printed once.
func (a *App) bootstrap(ctx context.Context) error {
	accounts, err := a.store.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	if len(accounts) > 0 {
		return nil
	}
	key, made := strings.TrimSpace(a.o.BootstrapKey), false // out of a file it ends in a newline, which no header can carry
	if key == "" {
		key, made = access.NewKey(), true
	} else if len(key) < 22 {
		a.o.Log.Warn("the bootstrap key is short; anything that people can remember, others can guess")
	}
	account, k := newAccount("First account", key)
	first, err := a.store.CreateFirstAccount(ctx, account, k, access.Hash(key))
	if err != nil {
		return fmt.Errorf("create the first account: %w", err)
	}
	if !first {
		return nil
	}
	if made {
		fmt.Fprintf(a.o.Out, "The first account's API key, shown this once:\n\n    %s\n\n", key)
	}
	link, err := makeLink(ctx, a.store, account, "", a.publicURL)
	if err != nil {
		return fmt.Errorf("make the first sign-in link: %w", err)
	}
	fmt.Fprintf(a.o.Out, "Open this link once, within 72 hours, to choose a password and sign in (later: patchbay account link):\n\n    %s\n\n", link.URL)
	return nil
}

func newAccount(name, key string) (*directory.Account, *directory.Key) {
	now := time.Now()
	account := &directory.Account{ID: directory.NewAccountID(), Name: name, Created: now}
	return account, &directory.Key{
		ID: directory.NewID(now), AccountID: account.ID, Role: directory.AccountAdmin, Name: "first key", Hint: access.Hint(key), Created: now,
	}
}

// CreateAccount makes a further account and returns its id and key: in a data directory that no server has open or, on PostgreSQL, beside
// the servers that run. It seals nothing, so it needs no key file.
func CreateAccount(ctx context.Context, dataDir, databaseURL, name string, log *slog.Logger) (id, key string, err error) {
	db, err := openStopped(ctx, dataDir, databaseURL, log)
	if err != nil {
		return "", "", err
	}
	defer func() {
		if closed := db.Close(); err == nil {
			err = closed
		}
	}()
	key = access.NewKey()
	account, k := newAccount(name, key)
	if err := db.CreateAccount(ctx, account, k, access.Hash(key)); err != nil {
		return "", "", fmt.Errorf("create account: %w", err)
	}
	return account.ID, key, nil
}

// openStopped opens a database that no server has open or, on PostgreSQL, that servers share. Nothing is sealed there, so no key is needed.
func openStopped(ctx context.Context, dataDir, databaseURL string, log *slog.Logger) (*store.Store, error) {
	if databaseURL == "" && !store.Exists(dataDir) { // a misspelt directory would become a server's that nobody runs
		return nil, fmt.Errorf("%s holds no database: name the data directory of a server that has run", dataDir)
	}
	db, err := store.Open(ctx, store.Options{DataDir: dataDir, DatabaseURL: databaseURL, NotEmpty: true, Log: log})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}
