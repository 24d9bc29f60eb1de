package store

import (
	"context"
	"encoding/json"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

var (
	qAttention = sqlText("attention", `SELECT integration_id, about, reason, since FROM attention WHERE account_id = $1 AND org_id = $2
		ORDER BY integration_id, since, about`)
	qHasAttention    = sqlText("has attention", `SELECT 1 FROM attention WHERE integration_id = $1 AND about = $2`)
	qInsertAttention = sqlText("insert attention", `INSERT INTO attention (integration_id, about, account_id, org_id, reason, since)
		VALUES ($1, $2, $3, $4, $5, $6)`)
	qChangeAttention = sqlText("change attention", `UPDATE attention SET reason = $3 WHERE integration_id = $1 AND about = $2`)
	qEndAttention    = sqlText("end attention", `DELETE FROM attention WHERE integration_id = $1 AND about = $2`)
	qForgetAttention = sqlText("forget attention", `DELETE FROM attention WHERE integration_id = $1 AND ($2 = 0 OR about <> '`+directory.AboutSending+`')`)
	qRefusedAll      = sqlText("integrations with refused credentials", `SELECT integration_id FROM attention WHERE about = $1`)
	qWhose           = sqlText("whose integration", `SELECT org_id, service_id FROM integrations WHERE account_id = $1 AND id = $2 AND deleted_at = 0`)
)

// subject is an integration that something is said about.
type subject struct{ accountID, orgID, integrationID, serviceID string }

// attend keeps why an integration needs its operator or, without a reason, that it does no more. The operator is told when that begins and
// when it ends, not with every message that it costs.
func (s *Store) attend(t *tx, of subject, about, reason string, now time.Time) error {
	had, err := one(t, qHasAttention, func(*row) error { return nil }, of.integrationID, about)
	switch {
	case err != nil || !had && reason == "":
		return err
	case reason == "":
		_, err = t.exec(qEndAttention, of.integrationID, about)
	case had:
		_, err = t.exec(qChangeAttention, of.integrationID, about, reason)
	default:
		_, err = t.exec(qInsertAttention, of.integrationID, about, of.accountID, of.orgID, reason, micros(now))
	}
	if about == directory.AboutCredentials && reason == "" && err == nil {
		// They hold after all: somebody checked them, or a message that was on its way was taken.
		p, e := s.pauses.of(t, of.integrationID)
		if e == nil && p != nil && p.Cause == directory.PausedCredentials {
			e = s.setPause(t, p, nil, now)
		}
		err = e
	}
	t.refused = t.refused || about == directory.AboutCredentials
	if about == directory.AboutCredentials && s.refused != nil {
		s.refused[of.integrationID] = reason != ""
	}
	if err != nil || had && reason != "" {
		return err
	}
	data, err := json.Marshal(message.AttentionNews{IntegrationID: of.integrationID, Service: of.serviceID, About: about, Reason: reason})
	if err != nil { // strings
		panic(err)
	}
	return notify(t, &message.Notification{AccountID: of.accountID, OrgID: of.orgID, Type: message.IntegrationAttention, At: now, Data: data}, 0)
}

// attendTo is what a send says about its integration's credentials: that they were refused or, after that, that they hold.
func (s *Store) attendTo(t *tx, m *stored, st *message.Settlement) error {
	if s.refused == nil {
		s.refused = map[string]bool{}
		if err := t.each(qRefusedAll, func(r *row) error { s.refused[r.text()] = true; return nil }, directory.AboutCredentials); err != nil {
			return err
		}
	}
	if st.Attention == "" && !(st.PartTaken && s.refused[m.IntegrationID]) {
		return nil
	}
	return s.attend(t, subject{m.AccountID, m.OrgID, m.IntegrationID, m.ServiceID}, directory.AboutCredentials, st.Attention, st.Now)
}

// SetAttention keeps why an integration needs its operator; an empty reason says that it does no more.
func (s *Store) SetAttention(ctx context.Context, accountID, integrationID, about, reason string) error {
	now := time.Now()
	return s.write(ctx, func(t *tx) error { return s.attentionOf(t, accountID, integrationID, about, reason, now) })
}

func (s *Store) attentionOf(t *tx, accountID, integrationID, about, reason string, now time.Time) error {
	of := subject{accountID: accountID, integrationID: integrationID}
	found, err := one(t, qWhose, func(r *row) error { of.orgID, of.serviceID = r.text(), r.text(); return nil }, accountID, integrationID)
	if err != nil || !found {
		return err // it is gone, and nobody's to look after
	}
	return s.attend(t, of, about, reason, now)
}

// Attention is what is not as it should be with an organization's integrations, by their ids, the longest first.
func (s *Store) Attention(ctx context.Context, accountID, orgID string) (map[string][]directory.Attention, error) {
	all := map[string][]directory.Attention{}
	err := s.read(ctx, func(db engine) error {
		return db.each(qAttention, func(r *row) error {
			id := r.text()
			all[id] = append(all[id], directory.Attention{About: r.text(), Reason: r.text(), Since: r.time()})
			return nil
		}, accountID, orgID)
	})
	return all, err
}
