package store

import (
	"fmt"
	"slices"
)

var (
	qHookLanes = sqlText("webhook lanes", `SELECT w.lane, w.org_id, w.types, l.pending FROM webhooks w JOIN lanes l ON l.seq = w.lane
		WHERE w.account_id = $1`)
	qWakeLane = sqlText("wake lane", `UPDATE lanes SET pending = 1,
		next_at = CASE WHEN in_flight = 0 THEN free_at ELSE next_at END WHERE seq = $1 AND pending = 0`)
	// Nothing that was left out is for it: what it will be told begins behind.
	qSkip = sqlText("skip", `UPDATE webhooks SET cursor = (SELECT MAX(seq) FROM notifications) WHERE lane = $1
		AND EXISTS (SELECT 1 FROM lanes WHERE seq = $1 AND pending = 0)`)
)

// skipEvery is after how many notifications that are not for it a sleeping webhook's cursor moves, so that it does not have
// to read them all when one comes that is.
const skipEvery = 1000

// wakes knows which webhooks sleep and what they listen to, so that a notification costs no query for each webhook. Only
// the writer's goroutine touches it.
type wakes struct {
	byAccount map[string][]*hook
	shared    bool // other nodes wake them and let them sleep, too: only the rows know which do
}

// forget has the webhooks read anew: another node changed some.
func (w *wakes) forget() { w.byAccount = nil }

// hook is a webhook as the writer sees it.
type hook struct {
	lane   int64
	org    string
	types  []string
	awake  bool
	missed int // notifications that were not for it since its cursor moved
}

func (h *hook) hears(n news) bool {
	return (h.org == "" || h.org == n.org) && (len(h.types) == 0 || slices.Contains(h.types, n.kind))
}

// news is what a group told of: many notifications are one.
type news struct{ account, org, kind string }

// wake makes the lanes of the webhooks due that have something to be told by this group.
func (w *wakes) wake(t *tx) error {
	for _, account := range t.rehook {
		delete(w.byAccount, account)
	}
	// First who has something to be told, then whose place may move on: a group has both for one webhook.
	for _, do := range []func(*tx, *hook, news, int) error{w.tell, w.skip} {
		for n, times := range t.notified {
			hooks, err := w.of(t, n.account)
			if err != nil {
				return fmt.Errorf("webhooks of account %s: %w", n.account, err)
			}
			for _, h := range hooks {
				if err := do(t, h, n, times); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// of are an account's webhooks.
func (w *wakes) of(t *tx, account string) ([]*hook, error) {
	if hooks, known := w.byAccount[account]; known {
		return hooks, nil
	}
	hooks := []*hook{}
	err := t.each(qHookLanes, func(r *row) error {
		h := &hook{lane: r.int(), org: r.text()}
		types, err := readTextList(r.text())
		h.types, h.awake = types, r.int() > 0
		hooks = append(hooks, h)
		return err
	}, account)
	if err != nil || len(t.rehook) > 0 { // what this group has changed is known once it is committed
		return hooks, err
	}
	if w.byAccount == nil {
		w.byAccount = map[string][]*hook{}
	}
	w.byAccount[account] = hooks
	return hooks, nil
}

// skip moves the place of a sleeping webhook on that was told nothing for long.
func (w *wakes) skip(t *tx, h *hook, n news, times int) error {
	if h.hears(n) {
		return nil
	}
	if h.missed += times; h.missed < skipEvery || w.isAwake(h) || t.hasWoken(h) {
		return nil
	}
	h.missed = 0
	_, err := t.exec(qSkip, h.lane)
	return err
}

// tell wakes a webhook that listens to this.
func (w *wakes) tell(t *tx, h *hook, n news, _ int) error {
	if !h.hears(n) {
		return nil
	}
	t.touched.Webhooks = true
	if w.isAwake(h) && !slices.Contains(t.asleep, h.lane) || t.hasWoken(h) {
		return nil
	}
	t.woken = append(t.woken, h)
	_, err := t.exec(qWakeLane, h.lane)
	return err
}

func (w *wakes) isAwake(h *hook) bool { return h.awake && !w.shared }

// committed remembers what the group has made true.
func (w *wakes) committed(t *tx) {
	for _, seq := range t.asleep {
		for _, hooks := range w.byAccount {
			for _, h := range hooks {
				if h.lane == seq {
					h.awake = false
				}
			}
		}
	}
	for _, h := range t.woken {
		h.awake = true
	}
}

// hasWoken goes by the lane: a group that changes webhooks reads them anew each time.
func (t *tx) hasWoken(h *hook) bool {
	return slices.ContainsFunc(t.woken, func(o *hook) bool { return o.lane == h.lane })
}
