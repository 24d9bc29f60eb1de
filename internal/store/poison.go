package store

import (
	"errors"
	"fmt"
	"time"

	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// poisoned is a message whose row cannot be worked with. m is what could be read of it: whose it is, and where it stands.
type poisoned struct {
	m stored
	error
}

func (p *poisoned) Unwrap() error { return p.error }

// What a lane that broke its claim waits, while everybody else goes on.
const poisonPause = time.Minute

var qMendMessage = sqlText("mend message", `UPDATE messages SET urls = '[]' WHERE seq = $1`)

// contained begins a lane's work. What is wrong with a lane or its message is that lane's affair: the claim goes on with the others. An error
// is one of the database.
func contained[W any](t *tx, l *laneRow, begin func(*tx, *laneRow) (*W, error)) (work *W, broke, err error) {
	defer func() {
		if p := recover(); p != nil {
			work, broke = nil, lane.Panic(p)
		}
	}()
	work, err = begin(t, l)
	if err == nil || isOutage(err) || isRefusal(err) || t.engine.broken() {
		return work, nil, err
	}
	return nil, err, nil
}

// setPoisonAside ends the message that broke its lane's claim, so that the lane goes on; where nobody can tell which message it is, the lane
// waits. A message that was in flight may have been taken.
func (s *Store) setPoisonAside(t *tx, l *laneRow, why error, now time.Time) error {
	s.log.Error("a lane broke its claim", "kind", l.kind, "lane", l.id(), "err", why)
	l.nextAt = now.Add(poisonPause)
	var p *poisoned
	if !errors.As(why, &p) || l.kind != lane.Sends || p.m.waiting == idle || p.m.lane != l.seq {
		return nil
	}
	m := &p.m
	to := message.Failed
	if l.inFlight == m.seq {
		l.inFlight, l.attemptAt = 0, time.Time{}
		to = message.Unclear
	} else if m.again {
		to = message.Unclear
	}
	if _, err := t.exec(qMendMessage, m.seq); err != nil {
		return err
	}
	if whole, err := oneMessage(t, qMessageBySeq, m.seq); err == nil && whole != nil {
		m = whole // mended, it says what it counts for
	} else if isOutage(err) {
		return err
	}
	if err := endWaiting(t, m, to, message.CodeQuarantined, "what is kept of it cannot be read, so it was put aside", now); err != nil {
		return fmt.Errorf("put message %s aside: %w", m.ID, err)
	}
	l.pending = max(l.pending-1, 0)
	l.nextAt = now
	return nil
}
