package store

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

const (
	userColumns = `id, account_id, org_id, extension, name, email, status, extra, created_at, admin`
	userShown   = userColumns + `, CASE WHEN password = '' THEN 0 ELSE 1 END`
)

var (
	qInsertUser = sqlText("insert user", `INSERT INTO users (`+userColumns+`, password) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	qUser       = sqlText("user", `SELECT `+userShown+` FROM users WHERE account_id = $1 AND id = $2`)
	qUserByExt  = sqlText("user by extension", `SELECT `+userShown+` FROM users
		WHERE account_id = $1 AND org_id = $2 AND extension = $3 AND extension <> ''`)
	qUsers = sqlText("users", `SELECT `+userShown+` FROM users WHERE account_id = $1 AND org_id = $2 AND id > $3 ORDER BY id LIMIT $4`)

	// Who may take on what is written to a number.
	qUsersOfNumber = sqlText("users of a number", `SELECT `+userShown+` FROM users WHERE account_id = $1 AND status = 1 AND id > $3
		AND id IN (SELECT user_id FROM number_users WHERE number_id = $2) ORDER BY id LIMIT $4`)

	qUpdateUser = sqlText("update user", `UPDATE users SET extension = $3, name = $4, email = $5, status = $6, extra = $7, admin = $8,
		password = CASE WHEN $9 = '' THEN password ELSE $9 END WHERE account_id = $1 AND id = $2`)
	qUnassignUser = sqlText("unassign user", `DELETE FROM number_users WHERE user_id IN (SELECT id FROM users WHERE account_id = $1 AND id = $2)`)
	qDeleteUser   = sqlText("delete user", `DELETE FROM users WHERE account_id = $1 AND id = $2`)
	qDeleteUsKeys = sqlText("delete a user's keys", `DELETE FROM keys WHERE account_id = $1 AND user_id = $2 AND user_id <> ''`)
)

func readUser(r *row) directory.User {
	return directory.User{ID: r.text(), AccountID: r.text(), OrgID: r.text(), Extension: r.text(), Name: r.text(), Email: r.text(),
		Status: int(r.int()), Extra: r.text(), Created: r.time(), Admin: r.bool(), SignsIn: r.bool()}
}

func extensionTaken(extension string) error {
	return fault.New(fault.Conflict, "extension", "%q is another user's extension in this organization; choose another", extension)
}

// CreateUser keeps a user of an organization of the account. An empty ID gets one.
func (s *Store) CreateUser(ctx context.Context, u *directory.User) error {
	return s.CreateUsers(ctx, []*directory.User{u})
}

// CreateUsers keeps users, all of them or none.
func (s *Store) CreateUsers(ctx context.Context, list []*directory.User) error {
	for i, u := range list {
		if u.Created.IsZero() {
			u.Created = time.Now()
		}
		if u.ID == "" {
			u.ID = directory.NewID(u.Created.Add(time.Duration(i) * time.Millisecond)) // what is random in an id is too little for many at once
		}
	}
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		for _, u := range list {
			if err := requireOrganization(t, u.AccountID, u.OrgID); err != nil {
				return err
			}
			_, err := t.exec(qInsertUser, u.ID, u.AccountID, u.OrgID, u.Extension, u.Name, u.Email, u.Status, u.Extra, micros(u.Created), flag(u.Admin), u.Password)
			if isDuplicate(err) {
				return extensionTaken(u.Extension)
			}
			if err != nil {
				return err
			}
			u.SignsIn = u.Password != ""
		}
		return nil
	})
}

// requireOrganization refuses what would hang on another account's organization, or on one that is gone.
func requireOrganization(t *tx, accountID, orgID string) error {
	ok, err := one(t, qOrganization, func(*row) error { return nil }, accountID, orgID)
	if err == nil && !ok {
		err = notFound("organization", orgID)
	}
	return err
}

// User is the account's user of this id.
func (s *Store) User(ctx context.Context, accountID, id string) (*directory.User, error) {
	u, err := cached(&s.cache, userByID{accountID, id}, func() (*directory.User, error) {
		return readOne(ctx, s, qUser, readUser, accountID, id)
	})
	return found(u, err, "user", id)
}

// UserByExtension is the organization's user with this extension.
func (s *Store) UserByExtension(ctx context.Context, accountID, orgID, extension string) (*directory.User, error) {
	u, err := cached(&s.cache, userByExtension{accountID, orgID, extension}, func() (*directory.User, error) {
		return readOne(ctx, s, qUserByExt, readUser, accountID, orgID, extension)
	})
	return found(u, err, "user with the extension", extension)
}

// Users are an organization's users, the oldest first.
func (s *Store) Users(ctx context.Context, accountID, orgID string, p Page) ([]directory.User, string, error) {
	return listByID(ctx, s, p, qUsers, readUser, func(u *directory.User) string { return u.ID }, accountID, orgID)
}

// UsersOfNumber are the active users who are assigned to a number, the oldest first.
func (s *Store) UsersOfNumber(ctx context.Context, accountID, numberID string, p Page) ([]directory.User, string, error) {
	return listByID(ctx, s, p, qUsersOfNumber, readUser, func(u *directory.User) string { return u.ID }, accountID, numberID)
}

// UpdateUser replaces what can change: all but ids and the creation time. A new password, another role or being switched off ends
// their sign-ins.
func (s *Store) UpdateUser(ctx context.Context, u *directory.User) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		if _, err := t.exec(qEndChangedUser, u.AccountID, u.ID, u.Status, flag(u.Admin), u.Password); err != nil {
			return err
		}
		if u.Password != "" || u.Status != 1 {
			if _, err := t.exec(qDeleteInvitation, u.AccountID, u.ID); err != nil {
				return err
			}
		}
		n, err := t.exec(qUpdateUser, u.AccountID, u.ID, u.Extension, u.Name, u.Email, u.Status, u.Extra, flag(u.Admin), u.Password)
		if isDuplicate(err) {
			return extensionTaken(u.Extension)
		}
		if err == nil && n == 0 {
			err = notFound("user", u.ID)
		}
		return err
	})
}

// DeleteUser removes a user, their keys, sign-ins and assignments. What they wrote stays.
func (s *Store) DeleteUser(ctx context.Context, accountID, id string) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		for _, q := range []*query{qUnassignUser, qDeleteUsKeys, qEndSignIns, qDeleteInvitation} {
			if _, err := t.exec(q, accountID, id); err != nil {
				return err
			}
		}
		n, err := t.exec(qDeleteUser, accountID, id)
		if err == nil && n == 0 {
			err = notFound("user", id)
		}
		if err != nil {
			return err
		}
		return releaseClaims(t, id, "", time.Now())
	})
}
