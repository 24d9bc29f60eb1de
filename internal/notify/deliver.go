package notify

import (
	"context"
	"log/slog"
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
	perEndpoint = 16               // requests to one webhook at once
	answerLimit = 4 << 10          // nothing in a program's answer matters but its status
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
	wait     func(failures int) time.Duration

	mu    sync.Mutex
	ahead map[string]map[int64]bool // by webhook: delivered already, but after one that was not
}

// NewDeliverer makes a Deliverer; Run starts it. slots is how many webhooks are served at once, 0: 32.
func NewDeliverer(outbox Outbox, door Door, link Link, log *slog.Logger, slots int) *Deliverer {
	d := &Deliverer{outbox: outbox, door: door, link: link, log: log, wait: retryWait, ahead: map[string]map[int64]bool{}}
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
	if len(w.Notifications) == 0 {
		return d.outbox.SettleDelivery(ctx, message.DeliverySettlement{
			LaneID: w.LaneID, Epoch: w.Epoch, WebhookID: w.WebhookID, Now: time.Now(), More: more(),
		})
	}
	settlement := message.DeliverySettlement{LaneID: w.LaneID, Epoch: w.Epoch, WebhookID: w.WebhookID, Again: w.Again}
	log := newTries(&w)
	done, failure := d.send(ctx, &w, log)
	if ctx.Err() != nil && failure != nil {
		return nil, ctx.Err() // we are being stopped: not the program's fault, the lease ends by itself
	}
	d.conclude(&settlement, &w, done, failure)
	settlement.Tries = log.list()
	settlement.More = more()
	return d.outbox.SettleDelivery(ctx, settlement)
}

// failed is the first notification in order that was not taken.
type failed struct {
	seq int64
	why string
}

// send tells a batch, several at once, those of one conversation one after the other. What it did before and could not settle in order
// is not told again.
func (d *Deliverer) send(ctx context.Context, w *message.Delivery, log *tries) (done map[int64]bool, failure *failed) {
	done = map[int64]bool{}
	d.mu.Lock()
	for _, n := range w.Notifications {
		if d.ahead[w.WebhookID][n.Seq] {
			done[n.Seq] = true
		}
	}
	d.mu.Unlock()
	sign, err := newSigner(w.Secret, w.OldSecret)
	if err != nil {
		return done, &failed{w.Notifications[0].Seq, err.Error()}
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
					why, answered := d.tell(ctx, w, sign, log, n)
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
