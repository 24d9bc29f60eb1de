package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/directory"
)

const integrationColumns = `id, account_id, org_id, service_id, enabled, created_at, sealed`

var (
	qPutIntegration = sqlText("put integration", `INSERT INTO integrations (id, account_id, org_id, service_id, enabled, created_at, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET enabled = excluded.enabled, sealed = excluded.sealed, deleted_at = 0`)
	qIntegrationID = sqlText("integration id", `SELECT id, created_at FROM integrations WHERE org_id = $1 AND service_id = $2`)
	qIntegration   = sqlText("integration", `SELECT `+integrationColumns+` FROM integrations
		WHERE account_id = $1 AND id = $2 AND deleted_at = 0`)
	qIntegrationOf = sqlText("integration of", `SELECT `+integrationColumns+` FROM integrations
		WHERE account_id = $1 AND org_id = $2 AND service_id = $3 AND deleted_at = 0`)
	qIntegrations = sqlText("integrations", `SELECT `+integrationColumns+` FROM integrations
		WHERE account_id = $1 AND org_id = $2 AND deleted_at = 0 AND id > $3 ORDER BY id LIMIT $4`)
	qIntegrationsOfService = sqlText("integrations of a service", `SELECT `+integrationColumns+` FROM integrations
		WHERE account_id = $1 AND service_id = $2 AND deleted_at = 0 ORDER BY id`)
	qDeleteIntegration = sqlText("delete integration", `UPDATE integrations SET enabled = 0, deleted_at = $3
		WHERE account_id = $1 AND id = $2 AND deleted_at = 0`)

	// A lane that is held keeps what it has and gives nothing out; let go, it is due at once.
	qHoldLanes = sqlText("hold lanes", `UPDATE lanes SET held = 1 WHERE integration_id = $1 AND held = 0`)
	qFreeLanes = sqlText("free lanes", `UPDATE lanes SET held = 0 WHERE integration_id = $1 AND held = 1`)

	qSetMeta = sqlText("set meta", `INSERT INTO meta (key, value) VALUES ($1, $2)`)
	qMeta    = sqlText("meta", `SELECT value FROM meta WHERE key = $1`)
)

// sealedIntegration is what nobody may read from the disk.
type sealedIntegration struct {
	Properties map[string]string `json:"properties,omitempty"`
	Key        string            `json:"key,omitempty"`
}

// place ties sealed values to where they belong: moved to another row, they do not open.
func place(kind, accountID, id string) string { return kind + "|" + accountID + "|" + id }

func (s *Store) seal(v any, place string) ([]byte, error) {
	if s.box == nil {
		return nil, errors.New("there is no key to seal with")
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.box.Seal(plain, place), nil
}

func (s *Store) open(sealed []byte, place string, v any) error {
	if s.box == nil {
		return errors.New("there is no key to open with")
	}
	plain, err := s.box.Open(sealed, place)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

// checkKey refuses a key that is not the one this database was sealed with.
func (s *Store) checkKey(db engine) error {
	if s.box == nil {
		return nil
	}
	var check []byte
	found, err := one(db, qMeta, func(r *row) error { check = r.bytes(); return nil }, "key check")
	if err != nil {
		return err
	}
	if !found {
		_, err := db.exec(qSetMeta, "key check", s.box.Check())
		return err
	}
	return s.box.Verify(check)
}

// PutIntegration enables a service for an organization, or changes what it was enabled with. There is one integration
// for an organization and service: i.ID is filled with its id. Lanes that were held go on.
func (s *Store) PutIntegration(ctx context.Context, i *directory.Integration) error {
	now := i.Created
	if now.IsZero() {
		now = time.Now()
	}
	fresh := directory.NewID(now)
	return s.write(ctx, func(t *tx) error {
		t.directory, t.touched.Lanes = true, true
		if err := requireOrganization(t, i.AccountID, i.OrgID); err != nil {
			return err
		}
		i.ID, i.Created = fresh, now
		_, err := one(t, qIntegrationID, func(r *row) error { i.ID, i.Created = r.text(), r.time(); return nil }, i.OrgID, i.ServiceID)
		if err != nil {
			return err
		}
		sealed, err := s.seal(sealedIntegration{i.Properties, i.Key}, place("integration", i.AccountID, i.ID))
		if err != nil {
			return fmt.Errorf("seal the properties: %w", err)
		}
		// What was said of it was said of what it was before, unless a person said it.
		of, p, err := s.subjectOf(t, i)
		if err != nil {
			return err
		}
		if p != nil && p.Cause != directory.PausedByPerson {
			if err := s.resume(t, of, p, time.Now()); err != nil {
				return err
			}
		}
		if _, err := t.exec(qForgetAttention, i.ID, flag(p != nil && p.Cause == directory.PausedByPerson)); err != nil {
			return err
		}
		delete(s.refused, i.ID)
		if _, err := t.exec(qPutIntegration, i.ID, i.AccountID, i.OrgID, i.ServiceID, flag(i.Enabled), micros(i.Created), sealed); err != nil {
			return err
		}
		q := qHoldLanes
		if i.Enabled {
			q = qFreeLanes
		}
		_, err = t.exec(q, i.ID)
		return err
	})
}

// readIntegration opens what is sealed.
func (s *Store) readIntegration(r *row) (i directory.Integration, err error) {
	i = directory.Integration{ID: r.text(), AccountID: r.text(), OrgID: r.text(), ServiceID: r.text(), Enabled: r.bool(), Created: r.time()}
	var opened sealedIntegration
	if err := s.open(r.bytes(), place("integration", i.AccountID, i.ID), &opened); err != nil {
		return i, fmt.Errorf("open the properties of integration %s: %w", i.ID, err)
	}
	i.Properties, i.Key = opened.Properties, opened.Key
	return i, nil
}

func (s *Store) readIntegrations(ctx context.Context, q *query, args ...any) (list []directory.Integration, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(q, func(r *row) error {
			i, err := s.readIntegration(r)
			list = append(list, i)
			return err
		}, args...)
	})
	return list, err
}

func (s *Store) oneIntegration(ctx context.Context, q *query, args ...any) (*directory.Integration, error) {
	list, err := s.readIntegrations(ctx, q, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Integration is the account's integration of this id. Its Properties are shared: do not change them.
func (s *Store) Integration(ctx context.Context, accountID, id string) (*directory.Integration, error) {
	i, err := cached(&s.cache, integrationByID{accountID, id}, func() (*directory.Integration, error) {
		return s.oneIntegration(ctx, qIntegration, accountID, id)
	})
	return found(i, err, "integration", id)
}

// IntegrationOf is the organization's integration of this service.
func (s *Store) IntegrationOf(ctx context.Context, accountID, orgID, serviceID string) (*directory.Integration, error) {
	i, err := cached(&s.cache, integrationOf{accountID, orgID, serviceID}, func() (*directory.Integration, error) {
		return s.oneIntegration(ctx, qIntegrationOf, accountID, orgID, serviceID)
	})
	return found(i, err, "integration of the service", serviceID)
}

// Integrations are an organization's integrations, the oldest first.
func (s *Store) Integrations(ctx context.Context, accountID, orgID string, p Page) (list []directory.Integration, next string, err error) {
	after, err := p.afterText()
	if err != nil {
		return nil, "", err
	}
	list, err = s.readIntegrations(ctx, qIntegrations, accountID, orgID, after, p.size())
	list, next = cut(p, list, func(i *directory.Integration) string { return textCursor(i.ID) })
	return list, next, err
}

// IntegrationsOfService are all of the account's integrations of one service: those that a callback to its URL can be for.
func (s *Store) IntegrationsOfService(ctx context.Context, accountID, serviceID string) ([]directory.Integration, error) {
	list, err := cached(&s.cache, integrationsOf{accountID, serviceID}, func() (*[]directory.Integration, error) {
		list, err := s.readIntegrations(ctx, qIntegrationsOfService, accountID, serviceID)
		return &list, err
	})
	if err != nil {
		return nil, err
	}
	return append([]directory.Integration(nil), *list...), nil
}

// DeleteIntegration ends the integration. Its queued messages are held until they expire; enabling the service for the
// organization again goes on with them.
func (s *Store) DeleteIntegration(ctx context.Context, accountID, id string) error {
	now := micros(time.Now())
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		n, err := t.exec(qDeleteIntegration, accountID, id, now)
		if err == nil && n == 0 {
			err = notFound("integration", id)
		}
		if err != nil {
			return err
		}
		for _, q := range []*query{qHoldLanes, qDropAuthorizations} {
			if _, err := t.exec(q, id); err != nil {
				return err
			}
		}
		_, err = t.exec(qDropCredentials, accountID, id, "")
		return err
	})
}
