package lane

import (
	"context"
	"time"
)

// renewEvery leaves room for two renewals that fail before a lease ends.
const renewEvery = LeaseFor / 3

// renewLoop keeps the leases of lanes in flight until stop is closed. It runs beside the claims, because a claim may wait
// long for a database that is away, and so may we.
func (r *Runner[W]) renewLoop(ctx context.Context, stop <-chan struct{}) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			r.renew(ctx, time.Now())
		}
	}
}

// renew renews the leases that would not see the next renewal but one; a lane that was claimed a moment ago costs nothing.
func (r *Runner[W]) renew(ctx context.Context, now time.Time) {
	var lanes []Lane
	asked := map[Lane]*held{}
	r.mu.Lock()
	for h := range r.held {
		if h.until.Before(now.Add(2 * renewEvery)) {
			lanes = append(lanes, h.lane)
			asked[h.lane] = h
		}
	}
	r.mu.Unlock()
	if len(lanes) == 0 {
		return
	}
	until := now.Add(LeaseFor)
	ctx, cancel := context.WithTimeout(ctx, LeaseFor)
	defer cancel()
	lost, err := r.store.Renew(ctx, lanes, until)
	if err != nil {
		r.o.Log.Error("renew lanes", "lanes", len(lanes), "err", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range asked {
		h.until = until
	}
	for _, l := range lost {
		// A lane given back meanwhile is no longer ours either, and rightly so. One that is still worked was taken over:
		// its epoch keeps us from writing, and cutting its request off would only make it unclear.
		if _, working := r.held[asked[l]]; working {
			r.o.Log.Warn("lane was taken over", "kind", l.Kind, "lane", l.ID, "epoch", l.Epoch)
		}
	}
}
