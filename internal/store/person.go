package store

import (
	"context"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

var (
	qInsertPerson = sqlText("insert person", `INSERT INTO people (id, account_id, email, name, status, password, created_at) VALUES ($1, $2, $3, $4, $5, '', $6)`)
	qPerson       = sqlText("person", `SELECT id, account_id, email, name, status, created_at, CASE WHEN password = '' THEN 0 ELSE 1 END FROM people
		WHERE account_id = $1 AND id = $2`)
	qPeople = sqlText("people", `SELECT id, account_id, email, name, status, created_at, CASE WHEN password = '' THEN 0 ELSE 1 END FROM people
		WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`)
	qUpdatePerson = sqlText("update person", `UPDATE people SET email = $3, name = $4, status = $5 WHERE account_id = $1 AND id = $2`)
	qDeletePerson = sqlText("delete person", `DELETE FROM people WHERE account_id = $1 AND id = $2`)
	qOtherPeople  = sqlText("other people", `SELECT 1 FROM people WHERE account_id = $1 AND id <> $2 AND status = 1 AND password <> '' LIMIT 1`)
	qLetsIn       = sqlText("person who signs in", `SELECT 1 FROM people WHERE account_id = $1 AND id = $2 AND status = 1 AND password <> ''`)
)

func readPerson(r *row) directory.Person {
	return directory.Person{ID: r.text(), AccountID: r.text(), Email: r.text(), Name: r.text(), Status: int(r.int()), Created: r.time(), SignsIn: r.bool()}
}

// CreatePerson keeps a person of the account.
func (s *Store) CreatePerson(ctx context.Context, p *directory.Person) error {
	return s.write(ctx, func(t *tx) error { return createPerson(t, p) })
}

func createPerson(t *tx, p *directory.Person) error {
	t.directory = true
	_, err := t.exec(qInsertPerson, p.ID, p.AccountID, p.Email, p.Name, p.Status, micros(p.Created))
	if isDuplicate(err) {
		return emailTaken(p.Email)
	}
	return err
}

// InvitePerson keeps a person of the account, new or known, with a link by which they choose a password.
func (s *Store) InvitePerson(ctx context.Context, p *directory.Person, isNew bool, i *directory.Invitation, hash [32]byte) error {
	return s.write(ctx, func(t *tx) error {
		if isNew {
			if err := createPerson(t, p); err != nil {
				return err
			}
		}
		return putInvitation(t, i, hash)
	})
}

// Person is the account's person of this id.
func (s *Store) Person(ctx context.Context, accountID, id string) (*directory.Person, error) {
	p, err := cached(&s.cache, personByID{accountID, id}, func() (*directory.Person, error) {
		return readOne(ctx, s, qPerson, readPerson, accountID, id)
	})
	return found(p, err, "person", id)
}

// People administer the account, the oldest first.
func (s *Store) People(ctx context.Context, accountID string, p Page) ([]directory.Person, string, error) {
	return listByID(ctx, s, p, qPeople, readPerson, func(d *directory.Person) string { return d.ID }, accountID)
}

// UpdatePerson replaces what can change. Who is switched off is signed out; the last who can sign in is not switched off.
func (s *Store) UpdatePerson(ctx context.Context, p *directory.Person) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		if p.Status != 1 {
			if err := notTheLast(t, p.AccountID, p.ID); err != nil {
				return err
			}
			if err := shutOut(t, p.AccountID, p.ID); err != nil {
				return err
			}
		}
		n, err := t.exec(qUpdatePerson, p.AccountID, p.ID, p.Email, p.Name, p.Status)
		if isDuplicate(err) {
			return emailTaken(p.Email)
		}
		if err == nil && n == 0 {
			err = notFound("person", p.ID)
		}
		return err
	})
}

// DeletePerson removes a person and signs them out. The last who can sign in stays.
func (s *Store) DeletePerson(ctx context.Context, accountID, id string) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		if err := notTheLast(t, accountID, id); err != nil {
			return err
		}
		if err := shutOut(t, accountID, id); err != nil {
			return err
		}
		n, err := t.exec(qDeletePerson, accountID, id)
		if err == nil && n == 0 {
			err = notFound("person", id)
		}
		return err
	})
}

// notTheLast refuses to take the account's last person away who can sign in.
func notTheLast(t *tx, accountID, id string) error {
	signsIn, err := one(t, qLetsIn, func(*row) error { return nil }, accountID, id)
	if err != nil || !signsIn {
		return err
	}
	others, err := one(t, qOtherPeople, func(*row) error { return nil }, accountID, id)
	if err == nil && !others {
		err = fault.New(fault.Conflict, "id", "nobody else can sign in to this account; invite another person first, and have them choose a password")
	}
	return err
}

// shutOut ends everything by which a person could come in.
func shutOut(t *tx, accountID, id string) error {
	for _, q := range []*query{qEndSignIns, qDeleteInvitation} {
		if _, err := t.exec(q, accountID, id); err != nil {
			return err
		}
	}
	return nil
}
