package access

import (
	"sync"
	"time"
)

// limitsMax is how many a limiter remembers; when there are more, those with the most left are forgotten, who are the ones that lose least by it.
const limitsMax = 20_000

// Limiter is a bucket of tries for each name: some at once, then one an interval. It remembers boundedly many.
type Limiter struct {
	burst float64
	every time.Duration
	most  int

	mu   sync.Mutex
	kept map[string]bucket
}

// bucket is how many tries there were at a time.
type bucket struct {
	left float64
	at   time.Time
	told bool // that it is empty
}

// NewLimiter lets burst tries through at once, and then one every interval.
func NewLimiter(burst int, every time.Duration) *Limiter {
	return &Limiter{burst: float64(burst), every: every, most: limitsMax, kept: map[string]bucket{}}
}

// Take uses up a try. Without one left it says how long until there is, and whether that is news: once for each time that it runs empty.
func (l *Limiter) Take(name string, now time.Time) (wait time.Duration, news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.left(name, now)
	if left < 1 {
		b := l.kept[name]
		news, b.told = !b.told, true
		l.kept[name] = b
		return time.Duration((1 - left) * float64(l.every)), news
	}
	l.put(name, bucket{left: left - 1, at: now})
	return 0, false
}

// Return gives a try back, to whoever turned out to be right.
func (l *Limiter) Return(name string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(name, bucket{left: min(l.left(name, now)+1, l.burst), at: now})
}

func (l *Limiter) left(name string, now time.Time) float64 {
	b, known := l.kept[name]
	if !known {
		return l.burst
	}
	return min(l.burst, b.left+float64(max(now.Sub(b.at), 0))/float64(l.every))
}

func (l *Limiter) put(name string, b bucket) {
	if b.left >= l.burst {
		delete(l.kept, name)
		return
	}
	l.kept[name] = b
	if len(l.kept) > l.most {
		l.forget(b.at)
	}
}

// forget makes room: everybody who has waited long enough first, then whoever has most left.
func (l *Limiter) forget(now time.Time) {
	for limit := l.burst; len(l.kept) > l.most*3/4; limit /= 2 {
		for name := range l.kept {
			if l.left(name, now) >= limit || limit < 0.01 && len(l.kept) > l.most*3/4 {
				delete(l.kept, name)
			}
		}
	}
}
