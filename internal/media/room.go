package media

import (
	"context"
	"sync"
)

// room is a bound on something that many share. Who came first gets in first, so that the large are not kept waiting by the small.
type room struct {
	size int64

	mu      sync.Mutex
	taken   int64
	waiting []*guest
}

type guest struct {
	weight int64
	in     chan struct{}
}

func newRoom(size int64) *room { return &room{size: size} }

// enter waits until there is room. What is larger than the room has it alone.
func (r *room) enter(ctx context.Context, weight int64) error {
	weight = min(weight, r.size)
	r.mu.Lock()
	if len(r.waiting) == 0 && r.taken+weight <= r.size {
		r.taken += weight
		r.mu.Unlock()
		return nil
	}
	g := &guest{weight, make(chan struct{})}
	r.waiting = append(r.waiting, g)
	r.mu.Unlock()
	select {
	case <-g.in:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-g.in: // let in at the same moment
		r.taken -= weight
	default:
		for i, w := range r.waiting {
			if w == g {
				r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
				break
			}
		}
	}
	r.admit()
	return ctx.Err()
}

func (r *room) leave(weight int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken -= min(weight, r.size)
	r.admit()
}

// admit lets in who has waited longest, as many as there is room for.
func (r *room) admit() {
	for len(r.waiting) > 0 && r.taken+r.waiting[0].weight <= r.size {
		g := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.taken += g.weight
		close(g.in)
	}
}
