package store

import (
	"context"
)

var (
	qIntegrationsOfRef = sqlText("integrations of a provider id", `SELECT DISTINCT r.integration_id FROM integrations i
		JOIN message_refs r ON r.integration_id = i.id WHERE i.account_id = $1 AND i.service_id = $2 AND r.ref = $3`)
	qIntegrationOfMessage = sqlText("integration of a message", `SELECT integration_id FROM messages
		WHERE account_id = $1 AND service_id = $2 AND id = $3`)
	// One that was given another way was another integration's before.
	qIntegrationsOfAttempts = sqlText("integrations of attempts", `SELECT DISTINCT a.integration_id FROM messages m
		JOIN attempts a ON a.key BETWEEN m.seq * 1048576 AND m.seq * 1048576 + 1048575
		JOIN integrations i ON i.id = a.integration_id WHERE m.account_id = $1 AND i.service_id = $2 AND m.id = $3 AND m.account_id = i.account_id`)
)

// Generation rises with every write to the directory: what was learnt from it under another one is stale.
func (s *Store) Generation() uint64 {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	return s.cache.generation
}

// IntegrationsOfRefs is whose messages these ids name: refs are the provider's, ids ours.
func (s *Store) IntegrationsOfRefs(ctx context.Context, accountID, serviceID string, refs, ids []string) (list []string, err error) {
	err = s.read(ctx, func(db engine) error {
		found := func(r *row) error { list = append(list, r.text()); return nil }
		for _, ref := range refs {
			if err := db.each(qIntegrationsOfRef, found, accountID, serviceID, ref); err != nil {
				return err
			}
		}
		for _, id := range ids {
			if err := db.each(qIntegrationOfMessage, found, accountID, serviceID, id); err != nil {
				return err
			}
			if len(list) > 0 {
				continue
			}
			if err := db.each(qIntegrationsOfAttempts, found, accountID, serviceID, id); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}
