package store

import "fmt"

var (
	qHookLanes = sqlText("webhook lanes", `SELECT w.lane, l.pending FROM webhooks w JOIN lanes l ON l.seq = w.lane WHERE w.account_id = $1`)
	qWakeLane  = sqlText("wake lane", `UPDATE lanes SET pending = 1,
		next_at = CASE WHEN in_flight = 0 THEN free_at ELSE next_at END WHERE seq = $1 AND pending = 0`)
)

// wakes knows which webhooks sleep, so that a notification costs no query for each webhook that it is for. Only the
// writer's goroutine touches it.
type wakes struct {
	awake map[string]map[int64]bool // by account and lane
}

type hookLane struct {
	account string
	lane    int64
}

// wake makes the lanes of the webhooks due whose account was notified in this group.
func (w *wakes) wake(t *tx) error {
	for _, account := range t.rehook {
		delete(w.awake, account)
	}
	for account := range t.notified {
		if w.awake == nil {
			w.awake = map[string]map[int64]bool{}
		}
		lanes, known := w.awake[account]
		if !known {
			lanes = map[int64]bool{}
			if err := t.each(qHookLanes, func(r *row) error { lanes[r.int()] = r.int() > 0; return nil }, account); err != nil {
				return fmt.Errorf("webhooks of account %s: %w", account, err)
			}
			if len(t.rehook) == 0 { // what a rolled back group read must not stay
				w.awake[account] = lanes
			}
		}
		for seq, awake := range lanes {
			t.touched.Webhooks = true
			if awake && !t.fellAsleep(seq) {
				continue
			}
			if _, err := t.exec(qWakeLane, seq); err != nil {
				return err
			}
			t.woken = append(t.woken, hookLane{account, seq})
		}
	}
	return nil
}

func (t *tx) fellAsleep(seq int64) bool {
	for _, h := range t.asleep {
		if h.lane == seq {
			return true
		}
	}
	return false
}

// committed remembers what the group has made true.
func (w *wakes) committed(t *tx) {
	for _, h := range t.asleep {
		w.set(h, false)
	}
	for _, h := range t.woken {
		w.set(h, true)
	}
}

func (w *wakes) set(h hookLane, awake bool) {
	if lanes := w.awake[h.account]; lanes != nil {
		if _, known := lanes[h.lane]; known {
			lanes[h.lane] = awake
		}
	}
}
