package notify

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/wire"
)

const (
	deliverFor  = 15 * time.Second // a program that has not answered by then has not taken it
	perEndpoint = 8                // requests to one webhook at once
	answerLimit = 4 << 10          // nothing in a program's answer matters but its status
	giveUpAfter = 72 * time.Hour   // a notification older than this is tried once more, then given up
	poisonTries = 6                // failures of one notification, while others get through, before it is given up
	longestWait = 4 * time.Hour
	firstWait   = 5 * time.Second
)

// Outbox keeps webhooks' lanes.
type Outbox interface {
	ClaimDeliveries(ctx context.Context, now time.Time, n int) ([]lane.Claimed[message.Delivery], time.Time, error)
	SettleDelivery(ctx context.Context, d message.DeliverySettlement) (next *lane.Claimed[message.Delivery], err error)
	RenewLanes(ctx context.Context, lanes []lane.Lane, until time.Time) (lost []lane.Lane, err error)
}

// Door is the way out.
type Door interface {
	Do(ctx context.Context, req *wire.Request, o exchange.Options) exchange.Exchange
}

// Counters count what became of requests to webhooks.
type Counters struct {
	Delivered atomic.Int64 // notifications taken
	Failed    atomic.Int64 // requests that were not answered by 2xx
	Dead      atomic.Int64 // notifications given up
}

// Each names the counters, for whoever publishes them.
func (c *Counters) Each(yield func(name string, value int64)) {
	yield("delivered", c.Delivered.Load())
	yield("failed", c.Failed.Load())
	yield("dead", c.Dead.Load())
}

// Deliverer takes notifications to webhooks: each webhook in order, at least once, under the same id however often.
type Deliverer struct {
	outbox   Outbox
	door     Door
	link     Link
	log      *slog.Logger
	counters Counters
	runner   *lane.Runner[message.Delivery]

	mu    sync.Mutex
	ahead map[string]map[int64]bool // by webhook: delivered already, but after one that was not
}

// NewDeliverer makes a Deliverer; Run starts it. slots is how many webhooks are served at once, 0: 32.
func NewDeliverer(outbox Outbox, door Door, link Link, log *slog.Logger, slots int) *Deliverer {
	d := &Deliverer{outbox: outbox, door: door, link: link, log: log, ahead: map[string]map[int64]bool{}}
	if slots <= 0 {
		slots = 32
	}
	d.runner = lane.New(webhookLanes{outbox}, d.deliver, lane.Options{Slots: slots, Log: log})
	return d
}

// Run delivers until ctx ends and what is under way has ended.
func (d *Deliverer) Run(ctx context.Context) error { return d.runner.Run(ctx) }

// Wake says that a webhook may have something to be told. It never blocks.
func (d *Deliverer) Wake() { d.runner.Wake() }

// Counters are this deliverer's.
func (d *Deliverer) Counters() *Counters { return &d.counters }

// webhookLanes is the outbox as the lane runner sees it.
type webhookLanes struct{ Outbox }

func (w webhookLanes) Claim(ctx context.Context, now time.Time, n int) ([]lane.Claimed[message.Delivery], time.Time, error) {
	return w.ClaimDeliveries(ctx, now, n)
}

func (w webhookLanes) Renew(ctx context.Context, lanes []lane.Lane, until time.Time) ([]lane.Lane, error) {
	return w.RenewLanes(ctx, lanes, until)
}

// deliver takes one batch to its webhook and settles it.
func (d *Deliverer) deliver(ctx context.Context, c lane.Claimed[message.Delivery], more func() bool) (*lane.Claimed[message.Delivery], error) {
	w := c.Work
	settlement := message.DeliverySettlement{LaneID: w.LaneID, Epoch: w.Epoch, WebhookID: w.WebhookID}
	done, failure := d.send(ctx, &w)
	if ctx.Err() != nil && failure != nil {
		return nil, ctx.Err() // we are being stopped: not the program's fault, the lease ends by itself
	}
	d.conclude(&settlement, &w, done, failure)
	settlement.More = more()
	return d.outbox.SettleDelivery(ctx, settlement)
}

// conclude says where the cursor goes, and when to come again.
func (d *Deliverer) conclude(s *message.DeliverySettlement, w *message.Delivery, done map[int64]bool, failure *failed) {
	s.Now = time.Now()
	head := 0
	for head < len(w.Notifications) && done[w.Notifications[head].Seq] {
		s.Cursor = w.Notifications[head].Seq
		head++
	}
	if head < len(w.Notifications) {
		n := &w.Notifications[head]
		failures := w.Failures
		if head > 0 {
			failures = 0 // those were of the ones before it
		}
		othersGetThrough := len(done) > head
		if s.Now.Sub(n.At) >= giveUpAfter || othersGetThrough && failures+1 >= poisonTries {
			d.counters.Dead.Add(1)
			d.log.Warn("notification given up", "webhook", w.WebhookID, "seq", n.Seq, "why", failure.why)
			s.DeadLetter = &message.DeadLetter{WebhookID: w.WebhookID, Seq: n.Seq, At: s.Now, Reason: failure.why}
			for s.Cursor = n.Seq; head+1 < len(w.Notifications) && done[w.Notifications[head+1].Seq]; head++ {
				s.Cursor = w.Notifications[head+1].Seq
			}
		} else {
			s.RetryAt = s.Now.Add(retryWait(failures))
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	cursor := s.Cursor
	if cursor == 0 && len(w.Notifications) > 0 {
		cursor = w.Notifications[0].Seq - 1
	}
	for seq := range done {
		if seq <= cursor {
			delete(done, seq)
		}
	}
	if len(done) == 0 {
		delete(d.ahead, w.WebhookID)
	} else {
		d.ahead[w.WebhookID] = done
	}
}

// retryWait doubles and a half each time, from seconds to hours, between half and the whole of it.
func retryWait(failures int) time.Duration {
	wait := firstWait
	for range min(failures, 20) {
		wait = wait * 5 / 2
		if wait >= longestWait {
			wait = longestWait
			break
		}
	}
	return wait/2 + rand.N(wait/2)
}

// failed is the first notification in order that was not taken.
type failed struct {
	seq int64
	why string
}

// send tells a batch, several at once, those of one conversation one after the other. What it did before and could not settle in order
// is not told again.
func (d *Deliverer) send(ctx context.Context, w *message.Delivery) (done map[int64]bool, failure *failed) {
	done = map[int64]bool{}
	d.mu.Lock()
	for _, n := range w.Notifications {
		if d.ahead[w.WebhookID][n.Seq] {
			done[n.Seq] = true
		}
	}
	d.mu.Unlock()
	sign, err := newSigner(w.Secret)
	if err != nil {
		return done, &failed{why: err.Error()}
	}
	var mu sync.Mutex
	down := false // the endpoint, as opposed to one notification that it does not like
	refusals := 0
	chains := chainsOf(w.Notifications, done)
	next := 0
	var workers sync.WaitGroup
	for range min(perEndpoint, len(chains)) {
		workers.Go(func() {
			for {
				mu.Lock()
				if down || next == len(chains) {
					mu.Unlock()
					return
				}
				chain := chains[next]
				next++
				mu.Unlock()
				for _, n := range chain {
					why, answered := d.tell(ctx, w, sign, n)
					mu.Lock()
					if why == "" {
						done[n.Seq] = true
						stop := down
						mu.Unlock()
						if stop {
							return
						}
						continue
					}
					refusals++
					down = down || !answered || refusals >= perEndpoint
					if failure == nil || n.Seq < failure.seq {
						failure = &failed{n.Seq, why}
					}
					mu.Unlock()
					break
				}
			}
		})
	}
	workers.Wait()
	return done, failure
}

// chainsOf groups notifications into what must be told in order: those of one conversation.
func chainsOf(all []message.Notification, done map[int64]bool) [][]*message.Notification {
	var chains [][]*message.Notification
	place := map[string]int{}
	for i := range all {
		n := &all[i]
		if done[n.Seq] {
			continue
		}
		key := n.Type
		if n.Message != nil {
			key = "\x00" + n.Message.ConversationID
		}
		at, known := place[key]
		if !known {
			at = len(chains)
			place[key] = at
			chains = append(chains, nil)
		}
		chains[at] = append(chains[at], n)
	}
	return chains
}

// tell tells one notification; why is empty when it was taken, and answered says whether anybody was there.
func (d *Deliverer) tell(ctx context.Context, w *message.Delivery, sign signer, n *message.Notification) (why string, answered bool) {
	requests, err := bodies(n, w.Format, d.link)
	if err != nil {
		return err.Error(), true
	}
	for i, b := range requests {
		if why, answered = d.post(ctx, w, sign, notificationID(n.Seq, i), b); why != "" {
			d.counters.Failed.Add(1)
			return why, answered
		}
	}
	d.counters.Delivered.Add(1)
	return "", true
}

func (d *Deliverer) post(ctx context.Context, w *message.Delivery, sign signer, id string, body []byte) (why string, answered bool) {
	h := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"patchbay"}}
	sign.headers(h, id, time.Now(), body)
	e := d.door.Do(ctx, &wire.Request{Method: http.MethodPost, URL: w.URL, Header: h, Body: body}, exchange.Options{
		Timeout: deliverFor, MaxBody: answerLimit, Pool: "webhook/" + w.WebhookID,
	})
	if e.Response == nil {
		return fmt.Sprintf("no answer: %v", e.Err), false
	}
	if e.Response.Status/100 != 2 {
		return fmt.Sprintf("answered %d", e.Response.Status), true
	}
	return "", true
}

// notificationID is the webhook-id: the same whenever this notification is told, so that a program can tell a repetition.
func notificationID(seq int64, part int) string {
	if part == 0 {
		return fmt.Sprintf("ntf_%d", seq)
	}
	return fmt.Sprintf("ntf_%d_%d", seq, part)
}
