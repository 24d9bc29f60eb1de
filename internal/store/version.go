package store

import (
	"context"
	"time"
)

// MaxVersions is how many versions of one service file are kept. Those that messages still need, and the current one, stay beyond it.
const MaxVersions = 50

// ServiceVersion is one content that an account's own service file had or has.
type ServiceVersion struct {
	ServiceID string // as the file spells it
	Version   string
	Current   bool
	Created   time.Time // when it was uploaded first
}

var (
	qServiceVersions = sqlText("service versions", `SELECT v.service_id, v.version, CASE WHEN v.version = s.version THEN 1 ELSE 0 END, v.created_at
		FROM services s JOIN service_versions v ON v.account_id = s.account_id AND v.service_id = s.service_id
		WHERE s.account_id = $1 AND lower(s.service_id) = lower($2) ORDER BY v.created_at DESC, v.version`)
	qSetVersion = sqlText("set version", `UPDATE services SET version = $3 WHERE account_id = $1 AND service_id = $2
		AND EXISTS (SELECT 1 FROM service_versions v WHERE v.account_id = $1 AND v.service_id = $2 AND v.version = $3)`)
	qOldVersions = sqlText("old versions", `SELECT v.version FROM service_versions v WHERE v.account_id = $1 AND v.service_id = $2
		AND v.version <> $3 ORDER BY v.created_at DESC, v.version LIMIT 10000 OFFSET $4`)
	// The two halves name what their partial indexes are about, so that only messages that wait are looked at.
	qUsedVersions = sqlText("used versions", `SELECT m.service_version FROM lanes l JOIN messages m ON m.lane = l.seq AND m.waiting = 1
			WHERE l.account_id = $1 AND l.pending > 0 AND m.service_id = $2
		UNION SELECT m.service_version FROM lanes l JOIN messages m ON m.lane = l.seq AND m.waiting = 2
			WHERE l.account_id = $1 AND l.pending > 0 AND m.service_id = $2`)
	qDropVersion = sqlText("drop version", `DELETE FROM service_versions WHERE account_id = $1 AND service_id = $2 AND version = $3`)
)

// ServiceVersions are the versions of the account's own file, the newest first; none when the account has no such file.
func (s *Store) ServiceVersions(ctx context.Context, accountID, serviceID string) (list []ServiceVersion, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qServiceVersions, func(r *row) error {
			list = append(list, ServiceVersion{ServiceID: r.text(), Version: r.text(), Current: r.bool(), Created: r.time()})
			return nil
		}, accountID, serviceID)
	})
	return list, err
}

// SetServiceVersion makes a kept version the account's current one again.
func (s *Store) SetServiceVersion(ctx context.Context, accountID, serviceID, version string) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		n, err := t.exec(qSetVersion, accountID, serviceID, version)
		if err == nil && n == 0 {
			err = notFound("version", version)
		}
		return err
	})
}

// dropVersions removes versions past the newest ones. A version that a waiting message was accepted under is not among them: the
// message finishes on it.
func dropVersions(t *tx, accountID, serviceID, current string) error {
	var old []string
	if err := t.each(qOldVersions, func(r *row) error { old = append(old, r.text()); return nil }, accountID, serviceID, current, MaxVersions-1); err != nil || len(old) == 0 {
		return err
	}
	used := map[string]bool{}
	if err := t.each(qUsedVersions, func(r *row) error { used[r.text()] = true; return nil }, accountID, serviceID); err != nil {
		return err
	}
	for _, version := range old {
		if used[version] {
			continue
		}
		if _, err := t.exec(qDropVersion, accountID, serviceID, version); err != nil {
			return err
		}
	}
	return nil
}
