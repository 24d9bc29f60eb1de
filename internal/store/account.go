package store

import (
	"context"
	"fmt"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

const accountColumns = `id, name, created_at, messages_days, media_days, callbacks_days`

func readAccount(r *row) directory.Account {
	return directory.Account{ID: r.text(), Name: r.text(), Created: r.time(), Retention: readRetention(r)}
}

var (
	qInsertAccount = sqlText("insert account", `INSERT INTO accounts (id, name, created_at) VALUES ($1, $2, $3)`)
	qAnyAccount    = sqlText("any account", `SELECT 1 FROM accounts LIMIT 1`)
	qAccounts      = sqlText("accounts", `SELECT `+accountColumns+` FROM accounts ORDER BY created_at, id`)
	qAccount       = sqlText("account", `SELECT `+accountColumns+` FROM accounts WHERE id = $1`)
	qUpdateAccount = sqlText("update account", `UPDATE accounts SET name = $2, messages_days = $3, media_days = $4, callbacks_days = $5 WHERE id = $1`)

	qInsertKey = sqlText("insert key", `INSERT INTO keys (id, account_id, hash, role, org_id, user_id, name, hint, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qKeyByHash = sqlText("key by hash", `SELECT id, account_id, role, org_id, user_id, name, hint, created_at FROM keys WHERE hash = $1`)
	qKeys      = sqlText("keys", `SELECT id, account_id, role, org_id, user_id, name, hint, created_at FROM keys
		WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`)
	qDeleteKey = sqlText("delete key", `DELETE FROM keys WHERE account_id = $1 AND id = $2`)
)

// CreateAccount makes an account and its first key at once, so that there is never one that nobody can use.
func (s *Store) CreateAccount(ctx context.Context, a *directory.Account, k *directory.Key, hash [32]byte) error {
	return s.write(ctx, func(t *tx) error { return createAccount(t, a, k, hash) })
}

// CreateFirstAccount does so unless there is an account already: of several nodes that find none, one makes it.
func (s *Store) CreateFirstAccount(ctx context.Context, a *directory.Account, k *directory.Key, hash [32]byte) (made bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		any, err := one(t, qAnyAccount, func(*row) error { return nil })
		if made = err == nil && !any; !made {
			return err
		}
		return createAccount(t, a, k, hash)
	})
	return made && err == nil, err
}

func createAccount(t *tx, a *directory.Account, k *directory.Key, hash [32]byte) error {
	t.directory = true
	if _, err := t.exec(qInsertAccount, a.ID, a.Name, micros(a.Created)); err != nil {
		return err
	}
	if k == nil {
		return nil
	}
	return insertKey(t, k, hash)
}

// Accounts are all of them, the oldest first.
func (s *Store) Accounts(ctx context.Context) (list []directory.Account, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qAccounts, func(r *row) error {
			list = append(list, readAccount(r))
			return nil
		})
	})
	return list, err
}

// Account is the account of this id.
func (s *Store) Account(ctx context.Context, id string) (*directory.Account, error) {
	a, err := readOne(ctx, s, qAccount, readAccount, id)
	return found(a, err, "account", id)
}

// UpdateAccount replaces what can change: its name, and for how long things are kept.
func (s *Store) UpdateAccount(ctx context.Context, a *directory.Account) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(qUpdateAccount, a.ID, a.Name, a.Retention.Messages, a.Retention.Media, a.Retention.Callbacks)
		if err == nil && n == 0 {
			err = notFound("account", a.ID)
		}
		return err
	})
}

func insertKey(t *tx, k *directory.Key, hash [32]byte) error {
	_, err := t.exec(qInsertKey, k.ID, k.AccountID, hash[:], string(k.Role), k.OrgID, k.UserID, k.Name, k.Hint, micros(k.Created))
	if isDuplicate(err) {
		return fault.New(fault.Conflict, "key", "this key exists already; make another")
	}
	return err
}

func readKey(r *row) directory.Key {
	return directory.Key{ID: r.text(), AccountID: r.text(), Role: directory.Role(r.text()), OrgID: r.text(), UserID: r.text(),
		Name: r.text(), Hint: r.text(), Created: r.time()}
}

// KeyByHash is the key with this hash, or nil.
func (s *Store) KeyByHash(ctx context.Context, hash [32]byte) (*directory.Key, error) {
	return cached(&s.cache, keyByHash(hash), func() (k *directory.Key, err error) {
		err = s.read(ctx, func(db engine) error {
			_, err := one(db, qKeyByHash, func(r *row) error {
				v := readKey(r)
				k = &v
				return nil
			}, hash[:])
			return err
		})
		return k, err
	})
}

// CreateKey keeps a key by its hash.
func (s *Store) CreateKey(ctx context.Context, k *directory.Key, hash [32]byte) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		return insertKey(t, k, hash)
	})
}

// Keys are an account's keys, the oldest first.
func (s *Store) Keys(ctx context.Context, accountID string, p Page) (list []directory.Key, next string, err error) {
	return listByID(ctx, s, p, qKeys, readKey, func(k *directory.Key) string { return k.ID }, accountID)
}

// DeleteKey ends a key at once.
func (s *Store) DeleteKey(ctx context.Context, accountID, id string) error {
	return s.deleteOne(ctx, qDeleteKey, "key", accountID, id)
}

// listByID reads a page of a list in the order of its ids. The query takes args, then the id to begin after, then a limit.
func listByID[T any](ctx context.Context, s *Store, p Page, q *query, read func(*row) T, id func(*T) string, args ...any) (list []T, next string, err error) {
	after, err := p.afterText()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) error {
		return db.each(q, func(r *row) error {
			list = append(list, read(r))
			return nil
		}, append(args, after, p.size())...)
	})
	list, next = cut(p, list, func(t *T) string { return textCursor(id(t)) })
	return list, next, err
}

// deleteOne deletes the row of the directory that the query names by account and id.
func (s *Store) deleteOne(ctx context.Context, q *query, what, accountID, id string) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		n, err := t.exec(q, accountID, id)
		if err == nil && n == 0 {
			err = notFound(what, id)
		}
		return err
	})
}

func notFound(what, id string) error {
	return fault.New(fault.NotFound, "", "there is no %s %q", what, id)
}

// found reads one row, or says that it is not there.
func found[T any](v *T, err error, what, id string) (*T, error) {
	if err == nil && v == nil {
		return nil, notFound(what, id)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return v, nil
}

// readOne reads the first row of a query, or nil.
func readOne[T any](ctx context.Context, s *Store, q *query, read func(*row) T, args ...any) (v *T, err error) {
	err = s.read(ctx, func(db engine) error {
		_, err := one(db, q, func(r *row) error {
			t := read(r)
			v = &t
			return nil
		}, args...)
		return err
	})
	return v, err
}
