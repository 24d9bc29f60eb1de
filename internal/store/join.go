package store

import (
	"time"

	"patchbay/internal/message"
)

// A lane that was empty, or waits for a contact put aside, is due when its pace or pause allows, and no earlier than now: it
// stands behind the lanes that have waited longer. One that is waiting already keeps its place.
const joinSet = `pending = lanes.pending + 1, accepted = lanes.accepted + 1,
	next_at = CASE WHEN lanes.in_flight <> 0 OR (lanes.pending > 0 AND lanes.next_at <= $1) THEN lanes.next_at
		WHEN lanes.free_at > $1 THEN lanes.free_at ELSE $1 END`

var (
	qJoinLane = sqlText("join lane", `INSERT INTO lanes (next_at, kind, key, account_id, org_id, integration_id, pending, accepted, held,
			free_at, epoch, in_flight, attempt_at, asides, turn, pauses)
		VALUES ($1, 'send', $2, $3, $4, $5, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
		ON CONFLICT (kind, key) DO UPDATE SET `+joinSet+` RETURNING seq`)
	qJoinKnown = sqlText("join known lane", `UPDATE lanes SET `+joinSet+` WHERE seq = $2 AND kind = 'send' AND key = $3`)
)

// placesMax bounds how many lanes are remembered.
const placesMax = 50_000

// places remembers which lane a key is. Only the writer's goroutine touches it.
type places struct{ bySeq map[string]int64 }

type joinedLane struct {
	key string
	seq int64
}

// join counts one more message in the lane of this key, which is made when there is none.
func (p *places) join(t *tx, key string, m *message.Message, now time.Time) (seq int64, err error) {
	if seq, known := p.bySeq[key]; known {
		// Its row may be gone, with its organization, and its seq be another's.
		if n, err := t.exec(qJoinKnown, micros(now), seq, key); err != nil || n > 0 {
			return seq, err
		}
	}
	err = t.each(qJoinLane, func(r *row) error { seq = r.int(); return nil },
		micros(now), key, m.AccountID, m.OrgID, m.IntegrationID)
	t.joined = append(t.joined, joinedLane{key, seq})
	return seq, err
}

func (p *places) committed(t *tx) {
	for _, j := range t.joined {
		if p.bySeq == nil || len(p.bySeq) >= placesMax {
			p.bySeq = map[string]int64{}
		}
		p.bySeq[j.key] = j.seq
	}
}
