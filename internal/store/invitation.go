package store

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

var (
	qPutInvitation = sqlText("put invitation", `INSERT INTO invitations (person_id, hash, account_id, org_id, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, account_id = excluded.account_id, org_id = excluded.org_id, expires_at = excluded.expires_at`)
	qInvitation       = sqlText("invitation", `SELECT account_id, org_id, person_id, expires_at FROM invitations WHERE hash = $1 AND expires_at > $2`)
	qTakeInvitation   = sqlText("take invitation", `DELETE FROM invitations WHERE hash = $1 AND expires_at > $2`)
	qDeleteInvitation = sqlText("delete invitation", `DELETE FROM invitations WHERE account_id = $1 AND person_id = $2`)
	qSweepInvitations = sqlText("sweep invitations", `DELETE FROM invitations WHERE expires_at < $1
		AND person_id IN (SELECT person_id FROM invitations ORDER BY expires_at LIMIT $2)`)

	qNamePerson = sqlText("name a person", `UPDATE people SET email = $3, name = $4 WHERE account_id = $1 AND id = $2`)
)

// PutInvitation keeps a one-time link by its hash; an older one of the same person is good no more.
func (s *Store) PutInvitation(ctx context.Context, i *directory.Invitation, hash [32]byte) error {
	return s.write(ctx, func(t *tx) error { return putInvitation(t, i, hash) })
}

func putInvitation(t *tx, i *directory.Invitation, hash [32]byte) error {
	_, err := t.exec(qPutInvitation, i.PersonID, hash[:], i.AccountID, i.OrgID, micros(i.Expires))
	return err
}

// Invitation is the link with this hash, or nil when there is none that is still good.
func (s *Store) Invitation(ctx context.Context, hash [32]byte, now time.Time) (*directory.Invitation, error) {
	return readOne(ctx, s, qInvitation, func(r *row) directory.Invitation {
		return directory.Invitation{Whose: directory.Whose{AccountID: r.text(), OrgID: r.text(), PersonID: r.text()}, Expires: r.time()}
	}, hash[:], micros(now))
}

// AcceptInvitation uses a link up: the password is set, all older sign-ins end, and the new one begins. Of several at once, one succeeds.
// named is a person of the account who says by which address they sign in; nil: nothing new.
func (s *Store) AcceptInvitation(ctx context.Context, link [32]byte, password string, named *directory.Person, in *directory.SignIn, hash [32]byte) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		n, err := t.exec(qTakeInvitation, link[:], micros(in.Created))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrGone
		}
		if named != nil {
			_, err := t.exec(qNamePerson, named.AccountID, named.ID, named.Email, named.Name)
			if isDuplicate(err) {
				return emailTaken(named.Email)
			}
			if err != nil {
				return err
			}
		}
		if err := setPassword(t, in.Whose, password, ""); err != nil {
			return err
		}
		return insertSignIn(t, in, hash)
	})
}

func emailTaken(email string) error {
	return fault.New(fault.Conflict, "email", "%q is the address of another person of this account; choose another", email)
}
