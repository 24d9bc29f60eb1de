package store

import (
	"context"
	"time"
)

// ServiceRow is an account's own service file.
type ServiceRow struct {
	ID      string
	Version string
	Created time.Time
}

var (
	qInsertVersion = sqlText("insert service version", `INSERT INTO service_versions (account_id, service_id, version, source, created_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, service_id, version) DO NOTHING`)
	qPutService = sqlText("put service", `INSERT INTO services (account_id, service_id, version, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, service_id) DO UPDATE SET version = excluded.version`)
	qServiceSource = sqlText("service source", `SELECT v.source, v.version FROM services s
		JOIN service_versions v ON v.account_id = s.account_id AND v.service_id = s.service_id AND v.version = s.version
		WHERE s.account_id = $1 AND lower(s.service_id) = lower($2)`)
	qServiceVersion = sqlText("service version", `SELECT source, version FROM service_versions
		WHERE account_id = $1 AND lower(service_id) = lower($2) AND version = $3`)
	qServices      = sqlText("services", `SELECT service_id, version, created_at FROM services WHERE account_id = $1 ORDER BY service_id`)
	qDeleteService = sqlText("delete service", `DELETE FROM services WHERE account_id = $1 AND service_id = $2`)
)

// PutService makes this version the account's current one. The versions before stay readable, up to MaxVersions of them: messages
// finish on the one that they were accepted under. Bytes that were uploaded before are the version that they were then.
func (s *Store) PutService(ctx context.Context, accountID, serviceID, version string, source []byte) error {
	now := micros(time.Now())
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		if _, err := t.exec(qInsertVersion, accountID, serviceID, version, source, now); err != nil {
			return err
		}
		if _, err := t.exec(qPutService, accountID, serviceID, version, now); err != nil {
			return err
		}
		return dropVersions(t, accountID, serviceID, version)
	})
}

// ServiceSource is the account's own file of this service, at this version or (empty) the current one. Ids are one without case:
// whoever spells one otherwise must not be told, and have remembered, that there is none.
func (s *Store) ServiceSource(ctx context.Context, accountID, serviceID, version string) (source []byte, ver string, err error) {
	type file struct {
		source  []byte
		version string
	}
	q, args := qServiceSource, []any{accountID, serviceID}
	if version != "" {
		q, args = qServiceVersion, append(args, version)
	}
	f, err := readOne(ctx, s, q, func(r *row) file { return file{r.bytes(), r.text()} }, args...)
	if f, err = found(f, err, "service", serviceID); err != nil {
		return nil, "", err
	}
	return f.source, f.version, nil
}

// Services are the account's own ones.
func (s *Store) Services(ctx context.Context, accountID string) (list []ServiceRow, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qServices, func(r *row) error {
			list = append(list, ServiceRow{ID: r.text(), Version: r.text(), Created: r.time()})
			return nil
		}, accountID)
	})
	return list, err
}

// DeleteService takes the account's own file out of use. Messages that are under way finish on it.
func (s *Store) DeleteService(ctx context.Context, accountID, serviceID string) error {
	return s.deleteOne(ctx, qDeleteService, "service", accountID, serviceID)
}
