package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"patchbay/internal/directory"
)

// keepReplaced is how long a credential outlives the one that took its place: as long as messages finish on the version of the service
// file that they were accepted under.
const keepReplaced = 24 * time.Hour

var (
	qCredential = sqlText("credential", `SELECT sealed FROM credentials WHERE account_id = $1 AND integration_id = $2 AND key = $3`)
	// Whoever died while he held it holds it no longer than that.
	qHoldCredential = sqlText("hold credential", `INSERT INTO credentials (integration_id, key, account_id, sealed, created_at, changed_at, holder, held_until)
		VALUES ($1, $2, $3, $4, $5, $5, $6, $7)
		ON CONFLICT (integration_id, key) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
		WHERE credentials.holder = '' OR credentials.held_until < $5`)
	qReleaseCredential = sqlText("release credential", `UPDATE credentials SET holder = '', held_until = 0
		WHERE integration_id = $1 AND key = $2 AND holder = $3`)
	qKeepCredential = sqlText("keep credential", `UPDATE credentials SET sealed = $4, changed_at = $5, holder = '', held_until = 0
		WHERE integration_id = $1 AND key = $2 AND holder = $3`)
	qPutCredential = sqlText("put credential", `INSERT INTO credentials (integration_id, key, account_id, sealed, created_at, changed_at, holder, held_until)
		VALUES ($1, $2, $3, $4, $5, $5, '', 0)
		ON CONFLICT (integration_id, key) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at, holder = '', held_until = 0`)
	qDropReplaced = sqlText("drop replaced credentials", `DELETE FROM credentials WHERE integration_id = $1 AND key <> $2 AND changed_at <
		(SELECT c.created_at FROM credentials AS c WHERE c.integration_id = $1 AND c.key = $2 AND c.created_at < $3)`)
	qDropCredentials = sqlText("drop credentials", `DELETE FROM credentials WHERE account_id = $1 AND integration_id = $2 AND key <> $3`)

	qTakeBackCredentials = sqlText("take credentials back", `UPDATE credentials SET holder = '', held_until = 0 WHERE holder <> ''`)

	qKeepAuthorization = sqlText("keep authorization", `INSERT INTO authorizations (state, account_id, integration_id, key, sealed, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`)
	qHasAuthorization  = sqlText("has authorization", `SELECT 1 FROM authorizations WHERE state = $1`)
	qTakeAuthorization = sqlText("take authorization", `DELETE FROM authorizations WHERE state = $1
		RETURNING account_id, integration_id, key, sealed, expires_at`)
	qDropAuthorizations  = sqlText("drop authorizations", `DELETE FROM authorizations WHERE integration_id = $1`)
	qSweepAuthorizations = sqlText("sweep authorizations", `DELETE FROM authorizations WHERE expires_at < $1
		AND state IN (SELECT state FROM authorizations ORDER BY expires_at LIMIT $2)`)

	// What waits because there was no token waits no longer.
	qHurryLanes = sqlText("hurry lanes", `UPDATE lanes SET next_at = $2, free_at = $2, pauses = 0
		WHERE integration_id = $1 AND in_flight = 0 AND pauses > 0 AND free_at > $2`)
)

func credentialPlace(accountID, integrationID, key string) string {
	return place("credential", accountID, integrationID) + "|" + key
}

// readCredential gives nil where nothing was handed out yet.
func (s *Store) readCredential(db engine, accountID, integrationID, key string) (c *directory.Credential, err error) {
	var sealed []byte
	if _, err := one(db, qCredential, func(r *row) error { sealed = r.bytes(); return nil }, accountID, integrationID, key); err != nil || len(sealed) == 0 {
		return nil, err
	}
	c = &directory.Credential{}
	if err := s.open(sealed, credentialPlace(accountID, integrationID, key), c); err != nil {
		return nil, fmt.Errorf("open the credential of integration %s: %w", integrationID, err)
	}
	return c, nil
}

// Credential is what an integration was handed out under a key; nil for nothing.
func (s *Store) Credential(ctx context.Context, accountID, integrationID, key string) (c *directory.Credential, err error) {
	err = s.read(ctx, func(db engine) error {
		c, err = s.readCredential(db, accountID, integrationID, key)
		return err
	})
	return c, err
}

// HoldCredential is the credential as it is, and whether holder alone may renew it now, until then. An integration that is gone has none.
func (s *Store) HoldCredential(ctx context.Context, accountID, integrationID, key, holder string, now, until time.Time) (c *directory.Credential, held bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := requireIntegration(t, accountID, integrationID); err != nil {
			return err
		}
		n, err := t.exec(qHoldCredential, integrationID, key, accountID, []byte{}, micros(now), holder, micros(until))
		if err != nil {
			return err
		}
		held = n > 0
		c, err = s.readCredential(t, accountID, integrationID, key)
		return err
	})
	return c, held, err
}

// ReleaseCredential gives it back as it was.
func (s *Store) ReleaseCredential(ctx context.Context, integrationID, key, holder string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(qReleaseCredential, integrationID, key, holder)
		return err
	})
}

// KeepCredential keeps what its holder was handed out, and gives it back. It says false, and changes nothing, when somebody else has it by
// now.
func (s *Store) KeepCredential(ctx context.Context, accountID, integrationID, key, holder string, c directory.Credential, now time.Time) (kept bool, err error) {
	sealed, err := s.seal(c, credentialPlace(accountID, integrationID, key))
	if err != nil {
		return false, fmt.Errorf("seal the credential: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		n, err := t.exec(qKeepCredential, integrationID, key, holder, sealed, micros(now))
		if err != nil {
			return err
		}
		kept = n > 0
		return dropReplaced(t, integrationID, key, now)
	})
	return kept, err
}

// PutCredential keeps what a person has just authorized, whoever holds what was before, and lets go what waited for it.
func (s *Store) PutCredential(ctx context.Context, accountID, integrationID, key string, c directory.Credential, now time.Time) error {
	sealed, err := s.seal(c, credentialPlace(accountID, integrationID, key))
	if err != nil {
		return fmt.Errorf("seal the credential: %w", err)
	}
	return s.write(ctx, func(t *tx) error {
		if err := requireIntegration(t, accountID, integrationID); err != nil {
			return err
		}
		if _, err := t.exec(qPutCredential, integrationID, key, accountID, sealed, micros(now)); err != nil {
			return err
		}
		t.touched.Lanes = true
		if _, err := t.exec(qHurryLanes, integrationID, micros(now)); err != nil {
			return err
		}
		return dropReplaced(t, integrationID, key, now)
	})
}

func dropReplaced(t *tx, integrationID, key string, now time.Time) error {
	_, err := t.exec(qDropReplaced, integrationID, key, age(now, keepReplaced))
	return err
}

// DropCredentials forgets everything that an integration was handed out under other keys: its properties have changed.
func (s *Store) DropCredentials(ctx context.Context, accountID, integrationID, key string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(qDropCredentials, accountID, integrationID, key)
		return err
	})
}

// sealedAuthorization is what nobody may read from the disk.
type sealedAuthorization struct {
	Verifier string `json:"verifier"`
}

func authorizationPlace(accountID, integrationID string, state [32]byte) string {
	return place("authorization", accountID, integrationID) + "|" + string(state[:])
}

// KeepAuthorization remembers a person who is on the way to the provider, by the state that they are sent with.
func (s *Store) KeepAuthorization(ctx context.Context, state string, a directory.Authorization) error {
	hash := sha256.Sum256([]byte(state))
	sealed, err := s.seal(sealedAuthorization{a.Verifier}, authorizationPlace(a.AccountID, a.IntegrationID, hash))
	if err != nil {
		return fmt.Errorf("seal the authorization: %w", err)
	}
	return s.write(ctx, func(t *tx) error {
		if err := requireIntegration(t, a.AccountID, a.IntegrationID); err != nil {
			return err
		}
		_, err := t.exec(qKeepAuthorization, hash[:], a.AccountID, a.IntegrationID, a.Key, sealed, micros(a.Expires))
		return err
	})
}

// TakeAuthorization is the authorization of a state, once: nil for one that nobody was sent with, that came before, or whose time is over.
func (s *Store) TakeAuthorization(ctx context.Context, state string, now time.Time) (a *directory.Authorization, err error) {
	hash := sha256.Sum256([]byte(state))
	known := false
	if err := s.read(ctx, func(db engine) (err error) {
		known, err = one(db, qHasAuthorization, func(*row) error { return nil }, hash[:])
		return err
	}); err != nil || !known {
		return nil, err // a stranger's guess costs no commit
	}
	err = s.write(ctx, func(t *tx) error {
		a = nil
		return t.each(qTakeAuthorization, func(r *row) error {
			got := &directory.Authorization{AccountID: r.text(), IntegrationID: r.text(), Key: r.text()}
			sealed := r.bytes()
			if got.Expires = r.time(); got.Expires.Before(now) {
				return nil
			}
			var opened sealedAuthorization
			if err := s.open(sealed, authorizationPlace(got.AccountID, got.IntegrationID, hash), &opened); err != nil {
				return fmt.Errorf("open the authorization: %w", err)
			}
			got.Verifier, a = opened.Verifier, got
			return nil
		}, hash[:])
	})
	return a, err
}

// requireIntegration refuses what belongs to an integration that is gone.
func requireIntegration(t *tx, accountID, id string) error {
	found, err := one(t, qIntegration, func(*row) error { return nil }, accountID, id)
	if err == nil && !found {
		err = notFound("integration", id)
	}
	return err
}
