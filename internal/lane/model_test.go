package lane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// job is a piece of work in the model.
type job struct {
	seq int
	due time.Time
}

// row is a lane in the model, as a store would keep it.
type row struct {
	org    string
	jobs   []job
	pushed int
	paceAt time.Time
	until  time.Time // the lease; zero: nobody holds it
	epoch  int64
	served int64 // when it was last claimed, by the model's count
}

// model is the least store that the runner's contract allows, so that the runner is tested against the contract and not
// against one database.
type model struct {
	mu      sync.Mutex
	lanes   map[string]*row
	orgs    map[string]int64
	count   int64
	claims  int
	renews  int
	away    error         // what Claim answers while the database is away
	slow    time.Duration // how long a commit takes
	changed func()
}

func newModel() *model {
	return &model{lanes: map[string]*row{}, orgs: map[string]int64{}, changed: func() {}}
}

// push adds work to a lane, then says so, as a store does after its commit.
func (m *model) push(org, lane string, n int) {
	m.mu.Lock()
	r := m.lanes[lane]
	if r == nil {
		r = &row{org: org}
		m.lanes[lane] = r
	}
	for range n {
		r.jobs = append(r.jobs, job{seq: r.pushed, due: time.Now()})
		r.pushed++
	}
	m.mu.Unlock()
	m.changed()
}

// dueAt is when a lane that nobody holds is due; the caller holds mu.
func (r *row) dueAt() (time.Time, bool) {
	if len(r.jobs) == 0 {
		return time.Time{}, false
	}
	return slices.MaxFunc([]time.Time{r.jobs[0].due, r.paceAt, r.until}, time.Time.Compare), true
}

func (m *model) Claim(ctx context.Context, now time.Time, n int) ([]Claimed[job], time.Time, error) {
	time.Sleep(m.slow)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims++
	if m.away != nil {
		return nil, time.Time{}, m.away
	}
	var got []Claimed[job]
	for len(got) < n {
		var best string
		for id, r := range m.lanes {
			due, some := r.dueAt()
			if !some || due.After(now) {
				continue
			}
			b := m.lanes[best]
			if b == nil || m.orgs[r.org] < m.orgs[b.org] || m.orgs[r.org] == m.orgs[b.org] && r.served < b.served {
				best = id
			}
		}
		if best == "" {
			break
		}
		r := m.lanes[best]
		m.count++
		r.served, m.orgs[r.org] = m.count, m.count
		r.epoch++
		r.until = now.Add(LeaseFor)
		got = append(got, Claimed[job]{Lane{ID: best, Kind: Sends, OrgID: r.org, Epoch: r.epoch}, r.jobs[0]})
	}
	var next time.Time
	for _, r := range m.lanes {
		if due, some := r.dueAt(); some && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	return got, next, nil
}

func (m *model) Renew(ctx context.Context, lanes []Lane, until time.Time) (lost []Lane, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.renews++
	for _, l := range lanes {
		if r := m.lanes[l.ID]; r.epoch == l.Epoch && !r.until.IsZero() {
			r.until = until
		} else {
			lost = append(lost, l)
		}
	}
	return lost, nil
}

// settle ends a job: done, or again at retryAt.
func (m *model) settle(c Claimed[job], retryAt, paceAt time.Time, more func() bool) (*Claimed[job], error) {
	goOn := more()
	time.Sleep(m.slow)
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.lanes[c.Lane.ID]
	if r.epoch != c.Lane.Epoch || r.until.IsZero() {
		return nil, ErrFenced
	}
	if r.jobs[0].seq != c.Work.seq {
		return nil, fmt.Errorf("lane %s settles job %d, but %d is at its head", c.Lane.ID, c.Work.seq, r.jobs[0].seq)
	}
	if retryAt.IsZero() {
		r.jobs = r.jobs[1:]
	} else {
		r.jobs[0].due = retryAt
	}
	r.paceAt = paceAt
	held := r.until
	r.until = time.Time{}
	due, some := r.dueAt()
	if !goOn || !some || due.After(time.Now()) {
		return nil, nil
	}
	r.until = held
	return &Claimed[job]{c.Lane, r.jobs[0]}, nil
}

func (m *model) left() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.lanes {
		n += len(r.jobs)
	}
	return n
}

func (m *model) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = err
}

func (m *model) counts() (claims, renews int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.claims, m.renews
}

var errAway = errors.New("the database is away")

// start runs a runner and gives what stops it and waits for it.
func start[W any](r *Runner[W]) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}
