package notify

import (
	"math/rand/v2"
	"time"

	"patchbay/internal/message"
)

const (
	firstWait   = 5 * time.Second
	longestWait = 4 * time.Hour
	giveUpAfter = 72 * time.Hour // a notification that fails when it is older than this is given up
	pauseAfter  = 48 * time.Hour // an endpoint that takes nothing for so long is told nothing more until somebody resumes it
	poisonTries = 6              // and one that fails so often in a row while others get through
)

// conclude says where the cursor goes, and when to come again. The cursor stops before the first notification that was not taken; those
// after it that were are remembered, so that only a restart tells them twice.
func (d *Deliverer) conclude(s *message.DeliverySettlement, w *message.Delivery, done map[int64]bool, failure *failed) {
	s.Now = time.Now()
	all := w.Notifications
	head := 0
	for head < len(all) && done[all[head].Seq] {
		head++
	}
	if head < len(all) {
		failures := w.Failures
		if head > 0 {
			failures = 0 // those were of the ones before it
		}
		n := &all[head]
		first := failure != nil && failure.seq == n.Seq
		switch {
		case first && head == 0 && len(done) == 0 && (failure.why == goneForGood || !w.FailingSince.IsZero() && s.Now.Sub(w.FailingSince) >= pauseAfter):
			d.log.Warn("webhook paused", "webhook", w.WebhookID, "why", failure.why)
			s.Pause = failure.why
		case first && w.Again && failures+1 >= poisonTries, first && !w.Again && hopeless(n, s.Now, failures+1, len(done) > head):
			d.counters.Dead.Add(1)
			d.log.Warn("notification given up", "webhook", w.WebhookID, "seq", n.Seq, "why", failure.why)
			s.DeadLetter = &message.DeadLetter{WebhookID: w.WebhookID, Seq: n.Seq, At: s.Now, Reason: failure.why}
			for head++; head < len(all) && done[all[head].Seq]; head++ {
			}
		default:
			s.RetryAt = s.Now.Add(d.wait(failures))
		}
	}
	if head > 0 {
		s.Cursor = all[head-1].Seq
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.ahead, w.WebhookID)
	for _, n := range all[head:] {
		if done[n.Seq] {
			if d.ahead[w.WebhookID] == nil {
				d.ahead[w.WebhookID] = map[int64]bool{}
			}
			d.ahead[w.WebhookID][n.Seq] = true
		}
	}
}

// goneForGood is what an endpoint answers that wants to hear nothing any more: Standard Webhooks.
const goneForGood = "answered 410"

// hopeless reports whether a notification that failed so often in a row is to hold up the others no longer.
func hopeless(n *message.Notification, now time.Time, failures int, othersGetThrough bool) bool {
	return now.Sub(n.At) >= giveUpAfter || othersGetThrough && failures >= poisonTries
}

// retryWait grows from seconds to hours, each two and a half times the one before; the upper half of it is chance.
func retryWait(failures int) time.Duration {
	wait := firstWait
	for range min(failures, 20) {
		wait = min(wait*5/2, longestWait)
	}
	return wait/2 + rand.N(wait/2)
}
