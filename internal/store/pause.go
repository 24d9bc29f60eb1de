package store

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

const (
	// failuresToPause is how many attempts of an integration fail in a row, with nothing between that its provider took, before all of its
	// lanes wait together.
	failuresToPause = 5
	// probeFor is how long one message has to find out whether a provider works again before another one may try, too.
	probeFor = time.Minute
)

// untilResumed is the end of a pause that has none.
var untilResumed = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

var (
	qPauses   = sqlText("pauses", `SELECT `+pauseColumns+` FROM pauses`)
	qPausesOf = sqlText("pauses of an organization", `SELECT `+pauseColumns+` FROM pauses WHERE account_id = $1 AND org_id = $2`)
	qSetPause = sqlText("set pause", `INSERT INTO pauses (`+pauseColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (integration_id) DO UPDATE SET cause = excluded.cause, reason = excluded.reason, by_whom = excluded.by_whom, since = excluded.since,
			until_at = excluded.until_at, level = excluded.level, probe = excluded.probe`)
	qEndPause = sqlText("end pause", `DELETE FROM pauses WHERE integration_id = $1`)
	// Lanes that wait for the end of a pause, and for nothing else.
	qMovePaused = sqlText("move paused lanes", `UPDATE lanes SET free_at = $3, next_at = $3
		WHERE integration_id = $1 AND free_at = $2 AND in_flight = 0 AND kind = 'send'`)
)

const pauseColumns = `integration_id, account_id, org_id, cause, reason, by_whom, since, until_at, level, probe`

// pause is an integration by which nothing is sent.
type pause struct {
	directory.Pause
	integrationID, accountID, orgID string
	level                           int   // pauses in a row
	probe                           int64 // the lane that tries whether it works again; 0: none
}

func readPause(r *row) pause {
	p := pause{integrationID: r.text(), accountID: r.text(), orgID: r.text()}
	p.Pause = directory.Pause{Cause: r.text(), Reason: r.text(), By: r.text(), Since: r.time(), Until: r.time()}
	p.level, p.probe = int(r.int()), r.int()
	return p
}

// pauses remembers the table, which every attempt asks, and how often integrations failed in a row while this process lives. Only the
// writer's goroutine touches it.
type pauses struct {
	rows    map[string]pause // by integration; nil: not read
	failing map[string]int
}

// repaused is what a group has changed of it so far.
type repaused struct {
	rows    map[string]*pause // nil: ended
	failing map[string]int
}

// of is the integration's pause, or nil. The copy is the caller's.
func (p *pauses) of(t *tx, integrationID string) (*pause, error) {
	if changed, is := t.pauses.rows[integrationID]; is {
		if changed == nil {
			return nil, nil
		}
		own := *changed
		return &own, nil
	}
	if p.rows == nil {
		rows := map[string]pause{}
		if err := t.each(qPauses, func(r *row) error { v := readPause(r); rows[v.integrationID] = v; return nil }); err != nil {
			return nil, err
		}
		p.rows = rows
	}
	if v, is := p.rows[integrationID]; is {
		return &v, nil
	}
	return nil, nil
}

func (p *pauses) failures(t *tx, integrationID string) int {
	if n, is := t.pauses.failing[integrationID]; is {
		return n
	}
	return p.failing[integrationID]
}

func (p *pauses) committed(t *tx) {
	for id, v := range t.pauses.rows {
		if v == nil {
			delete(p.rows, id)
		} else if p.rows != nil {
			p.rows[id] = *v
		}
	}
	for id, n := range t.pauses.failing {
		if n == 0 {
			delete(p.failing, id)
			continue
		}
		if p.failing == nil {
			p.failing = map[string]int{}
		}
		p.failing[id] = n
	}
}

func (t *tx) failed(integrationID string, n int) {
	if t.pauses.failing == nil {
		t.pauses.failing = map[string]int{}
	}
	t.pauses.failing[integrationID] = n
}

// setPause keeps a pause as it is now, nil for its end. was is what it was before; what waits for the one waits for the other.
func (s *Store) setPause(t *tx, was, is *pause, now time.Time) error {
	id, until := "", now
	if was != nil {
		id = was.integrationID
	}
	if is != nil {
		id, until = is.integrationID, is.Until
		is.Since, is.Until = fromMicros(micros(is.Since)), fromMicros(micros(is.Until))
		if _, err := t.exec(qSetPause, is.integrationID, is.accountID, is.orgID, is.Cause, is.Reason, is.By, micros(is.Since), micros(is.Until),
			is.level, is.probe); err != nil {
			return err
		}
	} else if _, err := t.exec(qEndPause, id); err != nil {
		return err
	}
	if t.pauses.rows == nil {
		t.pauses.rows = map[string]*pause{}
	}
	t.pauses.rows[id] = is
	t.refused = true // other nodes read it anew
	if was == nil || is != nil && is.Until.Equal(was.Until) || is != nil && is.probe != 0 {
		return nil
	}
	t.touched.Lanes = true
	_, err := t.exec(qMovePaused, id, micros(was.Until), micros(until))
	return err
}

// mayBegin reports whether the lane's integration lets it begin an attempt now; if not, the lane waits for the end of the pause. It is the
// claim's own condition: a pause is one row, whatever the number of lanes.
func (s *Store) mayBegin(t *tx, l *laneRow, now time.Time) (p *pause, ok bool, err error) {
	p, err = s.pauses.of(t, l.integrationID)
	if err != nil || p == nil || !p.Until.After(now) {
		return p, err == nil, err
	}
	if l.freeAt.Before(p.Until) {
		l.freeAt = p.Until
	}
	l.nextAt = l.freeAt
	return p, false, nil
}

// probes notes that the lane's attempt tries whether the integration works again. The others wait meanwhile.
func (s *Store) probes(t *tx, p *pause, l *laneRow, now time.Time) error {
	is := *p
	is.probe, is.Until = l.seq, now.Add(probeFor)
	return s.setPause(t, p, &is, now)
}

// judge takes in what an attempt says of its integration as a whole.
func (s *Store) judge(t *tx, l *laneRow, m *stored, st *message.Settlement) error {
	id := l.integrationID
	p, err := s.pauses.of(t, id)
	if err != nil {
		return err
	}
	of := subject{l.accountID, l.orgID, id, m.ServiceID}
	fresh := &pause{integrationID: id, accountID: l.accountID, orgID: l.orgID, Pause: directory.Pause{Since: st.Now}}
	probed := p != nil && p.Cause == directory.PausedFailing && p.probe == l.seq
	switch st.Standing {
	case message.Works:
		if s.pauses.failures(t, id) > 0 {
			t.failed(id, 0)
		}
		if p == nil || p.Cause == directory.PausedByPerson {
			return nil
		}
		return s.resume(t, of, p, st.Now)
	case message.KeyRefused:
		if p != nil && p.Cause != directory.PausedFailing {
			return nil
		}
		if p != nil {
			if err := s.attend(t, of, directory.AboutSending, "", st.Now); err != nil {
				return err
			}
		}
		fresh.Cause, fresh.Reason, fresh.Until = directory.PausedCredentials, st.Attention, untilResumed
		return s.setPause(t, p, fresh, st.Now) // of refused credentials attendTo tells
	case message.Fails:
		if probed {
			is := *p
			is.level, is.probe = p.level+1, 0
			is.Until = st.Now.Add(s.pauseFor(is.level))
			return s.setPause(t, p, &is, st.Now)
		}
		n := s.pauses.failures(t, id) + 1
		t.failed(id, n)
		if p != nil || n < failuresToPause {
			return nil
		}
		t.failed(id, 0)
		fresh.Cause, fresh.level, fresh.Until = directory.PausedFailing, 1, st.Now.Add(s.pauseFor(1))
		fresh.Reason = fmt.Sprintf("%d attempts in a row failed, the last one %s", n, lastWords(&st.Attempt))
		if err := s.setPause(t, nil, fresh, st.Now); err != nil {
			return err
		}
		return s.attend(t, of, directory.AboutSending, fresh.Reason, st.Now)
	}
	if probed { // it answered, and wants to be left alone
		is := *p
		is.probe, is.Until = 0, st.Now.Add(s.pauseFor(p.level))
		if st.RetryAt.After(is.Until) {
			is.Until = st.RetryAt
		}
		return s.setPause(t, p, &is, st.Now)
	}
	return nil
}

// pauseFor is how long the n-th pause in a row is: integrations that failed together must not come back together.
func (s *Store) pauseFor(n int) time.Duration {
	longest := lane.Ceiling(n + 1)
	return longest/2 + time.Duration(s.random()*float64(longest/2))
}

// lastWords is how an attempt ended, in a few words.
func lastWords(a *message.Attempt) string {
	said := string(a.Outcome)
	if a.ErrorCode != "" {
		said += " (" + a.ErrorCode + ")"
	}
	if a.ErrorText != "" {
		said += ": " + clipText(a.ErrorText, 200)
	}
	return said
}

func clipText(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

// resume ends a pause: what waited for it is due, and the operator is told.
func (s *Store) resume(t *tx, of subject, p *pause, now time.Time) error {
	t.failed(of.integrationID, 0)
	if err := s.setPause(t, p, nil, now); err != nil {
		return err
	}
	return s.attend(t, of, directory.AboutSending, "", now)
}

// PauseIntegration stops sending by an integration until somebody resumes it. What is queued waits, and expires in its time.
func (s *Store) PauseIntegration(ctx context.Context, accountID, integrationID, by, reason string) error {
	now := time.Now()
	return s.write(ctx, func(t *tx) error {
		of, p, err := s.pausable(t, accountID, integrationID)
		if err != nil {
			return err
		}
		return s.pauseByPerson(t, of, p, by, reason, now)
	})
}

// pauseByPerson pauses an integration until it is resumed. p is the pause that it has.
func (s *Store) pauseByPerson(t *tx, of subject, p *pause, by, reason string, now time.Time) error {
	is := &pause{integrationID: of.integrationID, accountID: of.accountID, orgID: of.orgID,
		Pause: directory.Pause{Cause: directory.PausedByPerson, Reason: reason, By: by, Since: now, Until: untilResumed}}
	if p != nil && p.Cause == directory.PausedByPerson {
		is.Since = p.Since
	}
	if err := s.setPause(t, p, is, now); err != nil {
		return err
	}
	return s.attend(t, of, directory.AboutSending, reason, now)
}

// ResumeIntegration ends an integration's pause, whatever it is for. One that is not paused stays as it is.
func (s *Store) ResumeIntegration(ctx context.Context, accountID, integrationID string) error {
	now := time.Now()
	return s.write(ctx, func(t *tx) error {
		of, p, err := s.pausable(t, accountID, integrationID)
		if err != nil || p == nil {
			return err
		}
		return s.resume(t, of, p, now)
	})
}

func (s *Store) pausable(t *tx, accountID, integrationID string) (of subject, p *pause, err error) {
	of = subject{accountID: accountID, integrationID: integrationID}
	found, err := one(t, qWhose, func(r *row) error { of.orgID, of.serviceID = r.text(), r.text(); return nil }, accountID, integrationID)
	if err == nil && !found {
		err = notFound("integration", integrationID)
	}
	if err == nil {
		p, err = s.pauses.of(t, integrationID)
	}
	return of, p, err
}

// subjectOf is an integration that may be there already, and its pause.
func (s *Store) subjectOf(t *tx, i *directory.Integration) (subject, *pause, error) {
	p, err := s.pauses.of(t, i.ID)
	return subject{i.AccountID, i.OrgID, i.ID, i.ServiceID}, p, err
}

// Pauses are the organization's integrations by which nothing is sent now, by their ids.
func (s *Store) Pauses(ctx context.Context, accountID, orgID string) (map[string]directory.Pause, error) {
	all := map[string]directory.Pause{}
	err := s.read(ctx, func(db engine) error {
		return db.each(qPausesOf, func(r *row) error { p := readPause(r); all[p.integrationID] = p.Pause; return nil }, accountID, orgID)
	})
	return all, err
}
