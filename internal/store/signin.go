package store

import (
	"context"
	"strings"
	"time"

	"patchbay/internal/directory"
)

// candidatesMax is how many a name may mean: domains and addresses are unique within an account, and a server has several.
const candidatesMax = 4

// signInsMax is how many browsers one person may be signed in with; the one that was used longest ago makes room.
const signInsMax = 50

// usedEvery is how often it is written that a sign-in was used.
const usedEvery = time.Minute

const signInColumns = `id, account_id, org_id, person_id, agent, created_at, used_at`

var (
	// Whoever administers an account first, then by age: nobody who comes later takes a name away from who has it.
	qCandidates = sqlText("sign-in candidates", `SELECT account_id, org_id, id, password FROM (
		SELECT account_id, '' AS org_id, id, password, 0 AS kind, created_at FROM people WHERE lower(email) = lower($1) AND email <> '' AND password <> '' AND status = 1
		UNION ALL
		SELECT u.account_id, u.org_id, u.id, u.password, 1, u.created_at FROM organizations o JOIN users u ON u.org_id = o.id
			WHERE o.domain_key = $3 AND o.domain_key <> '' AND o.deleted_at = 0 AND o.status = 1 AND u.extension = $2 AND u.extension <> '' AND u.password <> '' AND u.status = 1
		UNION ALL
		SELECT u.account_id, u.org_id, u.id, u.password, 2, u.created_at FROM users u JOIN organizations o ON o.id = u.org_id
			WHERE lower(u.email) = lower($1) AND u.email <> '' AND u.password <> '' AND u.status = 1 AND o.deleted_at = 0 AND o.status = 1
				AND NOT (u.extension = $2 AND o.domain_key = $3)
		) AS named ORDER BY kind, created_at, id LIMIT $4`)

	qInsertSignIn = sqlText("insert sign-in", `INSERT INTO signins (`+signInColumns+`, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	qSignInByHash = sqlText("sign-in by hash", `SELECT `+signInColumns+` FROM signins WHERE hash = $1`)
	qSignIns      = sqlText("sign-ins", `SELECT `+signInColumns+` FROM signins WHERE account_id = $1 AND person_id = $2 ORDER BY used_at DESC, id`)
	qUsedSignIn   = sqlText("used sign-in", `UPDATE signins SET used_at = $2 WHERE hash = $1 AND used_at < $3 AND used_at > $4 AND created_at > $5`)
	qEndSignIn    = sqlText("end sign-in", `DELETE FROM signins WHERE account_id = $1 AND id = $2`)
	qEndByHash    = sqlText("end sign-in by hash", `DELETE FROM signins WHERE hash = $1`)
	qEndSignIns   = sqlText("end sign-ins", `DELETE FROM signins WHERE account_id = $1 AND person_id = $2`)
	qEndOthers    = sqlText("end other sign-ins", `DELETE FROM signins WHERE account_id = $1 AND person_id = $2 AND id <> $3`)
	qEndOldest    = sqlText("end oldest sign-ins", `DELETE FROM signins WHERE account_id = $1 AND person_id = $2 AND id NOT IN
		(SELECT id FROM signins WHERE account_id = $1 AND person_id = $2 ORDER BY used_at DESC, id DESC LIMIT $3)`)
	qEndChangedUser = sqlText("end a changed user's sign-ins", `DELETE FROM signins WHERE account_id = $1 AND person_id = $2 AND
		($5 <> '' OR NOT EXISTS (SELECT 1 FROM users WHERE id = $2 AND status = $3 AND admin = $4))`)

	qSweepSignIns = sqlText("sweep idle sign-ins", `DELETE FROM signins WHERE used_at < $1
		AND id IN (SELECT id FROM signins WHERE used_at < $1 LIMIT $2)`)
	qSweepOldSignIns = sqlText("sweep old sign-ins", `DELETE FROM signins WHERE created_at < $1
		AND id IN (SELECT id FROM signins WHERE created_at < $1 LIMIT $2)`)

	qPasswordOfUser   = sqlText("password of a user", `SELECT account_id, org_id, id, password FROM users WHERE account_id = $1 AND org_id = $2 AND id = $3`)
	qPasswordOfPerson = sqlText("password of a person", `SELECT account_id, '', id, password FROM people WHERE account_id = $1 AND '' = $2 AND id = $3`)
	qSetUserPassword  = sqlText("set a user's password", `UPDATE users SET password = $4 WHERE account_id = $1 AND org_id = $2 AND id = $3`)
	qSetOwnPassword   = sqlText("set a person's password", `UPDATE people SET password = $4 WHERE account_id = $1 AND '' = $2 AND id = $3`)
)

func readSignIn(r *row) directory.SignIn {
	return directory.SignIn{ID: r.text(), Whose: directory.Whose{AccountID: r.text(), OrgID: r.text(), PersonID: r.text()},
		Agent: r.text(), Created: r.time(), Used: r.time()}
}

func readCandidate(r *row) directory.Candidate {
	return directory.Candidate{Whose: directory.Whose{AccountID: r.text(), OrgID: r.text(), PersonID: r.text()}, Password: r.text()}
}

// Candidates are all whom a name may mean, extension@domain or an e-mail address: a few, who can sign in.
func (s *Store) Candidates(ctx context.Context, name string) (list []directory.Candidate, err error) {
	extension, domain := name, ""
	if i := strings.LastIndexByte(name, '@'); i >= 0 {
		extension, domain = name[:i], strings.ToLower(name[i+1:])
	}
	err = s.read(ctx, func(db engine) error {
		return db.each(qCandidates, func(r *row) error {
			list = append(list, readCandidate(r))
			return nil
		}, name, extension, domain, candidatesMax)
	})
	return list, err
}

// Candidate is one of those whom the ids name, with the hash of the password; nil when there is nobody.
func (s *Store) Candidate(ctx context.Context, w directory.Whose) (*directory.Candidate, error) {
	q := qPasswordOfUser
	if w.OrgID == "" {
		q = qPasswordOfPerson
	}
	return readOne(ctx, s, q, readCandidate, w.AccountID, w.OrgID, w.PersonID)
}

// CreateSignIn keeps a sign-in by its hash, in place of the one that the browser had before, if any. The password must still be the one
// that was checked: one that was changed meanwhile lets nobody in.
func (s *Store) CreateSignIn(ctx context.Context, i *directory.SignIn, hash [32]byte, password string, before *[32]byte) error {
	return s.write(ctx, func(t *tx) error {
		if err := unchanged(t, i.Whose, password); err != nil {
			return err
		}
		if before != nil {
			n, err := t.exec(qEndByHash, before[:])
			if err != nil {
				return err
			}
			t.directory = t.directory || n > 0
		}
		return insertSignIn(t, i, hash)
	})
}

func insertSignIn(t *tx, i *directory.SignIn, hash [32]byte) error {
	if _, err := t.exec(qInsertSignIn, i.ID, i.AccountID, i.OrgID, i.PersonID, i.Agent, micros(i.Created), micros(i.Used), hash[:]); err != nil {
		return err
	}
	n, err := t.exec(qEndOldest, i.AccountID, i.PersonID, signInsMax)
	t.directory = t.directory || n > 0
	return err
}

// unchanged makes sure that the password is still the one with that hash.
func unchanged(t *tx, w directory.Whose, password string) error {
	q, now := qPasswordOfUser, ""
	if w.OrgID == "" {
		q = qPasswordOfPerson
	}
	found, err := one(t, q, func(r *row) error { now = readCandidate(r).Password; return nil }, w.AccountID, w.OrgID, w.PersonID)
	if err == nil && (!found || now != password) {
		err = ErrGone
	}
	return err
}

// SignInByHash is the sign-in with this hash, or nil. It may have lived its time.
func (s *Store) SignInByHash(ctx context.Context, hash [32]byte) (*directory.SignIn, error) {
	return cached(&s.cache, signInByHash(hash), func() (*directory.SignIn, error) { return readOne(ctx, s, qSignInByHash, readSignIn, hash[:]) })
}

// UsedSignIn notes that a sign-in is used, once a minute at most, and gives it as it is now: other nodes may have noted a later time. One that
// has lived its time stays as it is.
func (s *Store) UsedSignIn(ctx context.Context, hash [32]byte, now time.Time) (*directory.SignIn, error) {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(qUsedSignIn, hash[:], micros(now), age(now, usedEvery), age(now, directory.SignInIdle), age(now, directory.SignInLife))
		return err
	})
	if err != nil {
		return nil, err
	}
	s.cache.drop(signInByHash(hash))
	return s.SignInByHash(ctx, hash)
}

// SignIns are where somebody is signed in, the one used last first.
func (s *Store) SignIns(ctx context.Context, accountID, personID string) (list []directory.SignIn, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qSignIns, func(r *row) error {
			list = append(list, readSignIn(r))
			return nil
		}, accountID, personID)
	})
	return list, err
}

// EndSignIn ends a sign-in at once.
func (s *Store) EndSignIn(ctx context.Context, accountID, id string) error {
	return s.deleteOne(ctx, qEndSignIn, "sign-in", accountID, id)
}

// SetPassword replaces a password, was its hash, and ends all sign-ins but the one that is to stay, and every link that waits.
func (s *Store) SetPassword(ctx context.Context, w directory.Whose, was, password, stay string) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		if err := unchanged(t, w, was); err != nil {
			return err
		}
		return setPassword(t, w, password, stay)
	})
}

func setPassword(t *tx, w directory.Whose, password, stay string) error {
	q := qSetUserPassword
	if w.OrgID == "" {
		q = qSetOwnPassword
	}
	n, err := t.exec(q, w.AccountID, w.OrgID, w.PersonID, password)
	if err == nil && n == 0 {
		err = ErrGone
	}
	if err == nil {
		_, err = t.exec(qEndOthers, w.AccountID, w.PersonID, stay)
	}
	if err == nil {
		_, err = t.exec(qDeleteInvitation, w.AccountID, w.PersonID)
	}
	return err
}

// RehashPassword replaces the hash of the same password, and ends nothing.
func (s *Store) RehashPassword(ctx context.Context, w directory.Whose, was, password string) error {
	q := qSetUserPassword
	if w.OrgID == "" {
		q = qSetOwnPassword
	}
	return s.write(ctx, func(t *tx) error {
		if err := unchanged(t, w, was); err != nil {
			return err
		}
		_, err := t.exec(q, w.AccountID, w.OrgID, w.PersonID, password)
		return err
	})
}
