package notify

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/message"
)

// What fails for days ends in a pause when nothing gets through, and in a dead letter when others do.
func TestLongFailurePausesTheEndpointAndNotItsNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		ago := func(d time.Duration) time.Time { return now.Add(-d) }
		for _, c := range []struct {
			name         string
			why          string
			failingSince time.Time
			told         time.Time
			again        bool
			failures     int
			done         bool // the second of the two was taken
			pause, dead  bool
		}{
			{"first failure", "answered 500", time.Time{}, now, false, 0, false, false, false},
			{"a day", "answered 500", ago(24 * time.Hour), ago(24 * time.Hour), false, 9, false, false, false},
			{"two days", "no answer: refused", ago(pauseAfter), ago(50 * time.Hour), false, 20, false, true, false},
			{"older than what is given up, and nothing gets through", "answered 500", ago(pauseAfter), ago(giveUpAfter), false, 20, false, true, false},
			{"gone for good", "answered 410", time.Time{}, now, false, 0, false, true, false},
			{"others get through", "answered 500", ago(pauseAfter), ago(giveUpAfter), false, 20, true, false, true},
			{"one that nobody takes", "answered 400", ago(time.Hour), ago(time.Hour), false, poisonTries - 1, true, false, true},
			{"just resumed", "answered 500", time.Time{}, ago(giveUpAfter - time.Hour), false, 0, false, false, false},
			{"old and told once more", "answered 500", time.Time{}, ago(6 * 24 * time.Hour), true, 0, false, false, false},
			{"told once more in vain", "answered 500", time.Time{}, ago(6 * 24 * time.Hour), true, poisonTries - 1, false, false, true},
		} {
			d := &Deliverer{log: slog.New(slog.DiscardHandler), wait: retryWait, ahead: map[string]map[int64]bool{}}
			w := &message.Delivery{WebhookID: "w", Failures: c.failures, FailingSince: c.failingSince, Again: c.again,
				Notifications: []message.Notification{{Seq: 1, At: c.told}, {Seq: 2, At: c.told}}}
			s := message.DeliverySettlement{}
			d.conclude(&s, w, map[int64]bool{2: c.done}, &failed{1, c.why})
			if !c.done {
				s = message.DeliverySettlement{}
				d.conclude(&s, w, map[int64]bool{}, &failed{1, c.why})
			}
			if (s.Pause != "") != c.pause || (s.DeadLetter != nil) != c.dead || s.RetryAt.IsZero() != (c.pause || c.dead) {
				t.Errorf("%s: pause %q, dead letter %v, again at %v; want pause %v, dead %v", c.name, s.Pause, s.DeadLetter, s.RetryAt, c.pause, c.dead)
			}
		}
	})
}
