package store

import (
	"sort"
	"sync"
	"time"

	"patchbay/internal/lane"
)

// fairness shares slots between organizations: who has the fewest lanes in flight comes first and, while several are
// active, nobody gets all: a provider that hangs on every slot must leave others some.
type fairness struct {
	mu       sync.Mutex
	held     map[string]working           // what this process works on now, by lane id
	inFlight map[lane.Kind]map[string]int // how many of them an organization has
	ranked   map[lane.Kind]spare
	active   map[lane.Kind]map[string]time.Time // when an organization last got a lane
}

// working is a lane in this process's hands.
type working struct {
	lane.Lane
	at time.Time // when it was claimed, or its worker last wanted to keep it
}

const (
	// activeFor is how long an organization counts as one that may need a slot soon.
	activeFor = time.Minute
	// comeBack is when to look again at lanes that are due but over their organization's share.
	comeBack = 50 * time.Millisecond
)

// spare is what a ranking of due lanes has left.
type spare struct {
	lanes []laneRow
	until time.Time
}

func (f *fairness) took(l lane.Lane) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		f.held, f.inFlight = map[string]working{}, map[lane.Kind]map[string]int{}
	}
	if f.inFlight[l.Kind] == nil {
		f.inFlight[l.Kind] = map[string]int{}
	}
	if _, had := f.held[l.ID]; !had {
		f.inFlight[l.Kind][l.OrgID]++
	}
	f.held[l.ID] = working{l, time.Now()}
}

// keeps notes that lanes are still worked, whether the database can be told so or not.
func (f *fairness) keeps(lanes []lane.Lane) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range lanes {
		if h, had := f.held[l.ID]; had && h.Epoch == l.Epoch {
			h.at = time.Now()
			f.held[l.ID] = h
		}
	}
}

// works reports whether a worker of this process is at the lane, though its lease may have ended while the database was away.
func (f *fairness) works(l *laneRow, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	h, had := f.held[l.id()]
	return had && h.Epoch == l.epoch && now.Sub(h.at) < lane.LeaseFor
}

// isShared reports whether more than one organization has work of this kind these days. The caller holds mu.
func (f *fairness) isShared(kind lane.Kind, due []laneRow, now time.Time) bool {
	if f.active == nil {
		f.active = map[lane.Kind]map[string]time.Time{}
	}
	active := f.active[kind]
	if active == nil {
		active = map[string]time.Time{}
		f.active[kind] = active
	}
	for _, l := range due {
		active[l.orgID] = now
	}
	for org, at := range active {
		if len(active) > 1 && now.Sub(at) > activeFor {
			delete(active, org)
		}
	}
	return len(active) > 1
}

func (f *fairness) gave(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l, had := f.held[id]
	if !had {
		return
	}
	delete(f.held, id)
	if f.inFlight[l.Kind][l.OrgID]--; f.inFlight[l.Kind][l.OrgID] == 0 {
		delete(f.inFlight[l.Kind], l.OrgID)
	}
}

// spare is a recent ranking, or nil.
func (f *fairness) spare(kind lane.Kind, now time.Time) []laneRow {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.ranked[kind]; now.Before(s.until) {
		return s.lanes
	}
	return nil
}

// keepSpare uses a ranking for twenty times as long as it took, so that ranking never takes more than a twentieth.
func (f *fairness) keepSpare(kind lane.Kind, lanes []laneRow, now time.Time, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ranked == nil {
		f.ranked = map[lane.Kind]spare{}
	}
	f.ranked[kind] = spare{lanes, now.Add(20 * took)}
}

// laneRow is a lane as its row says.
type laneRow struct {
	seq       int64
	kind      lane.Kind
	accountID string
	orgID     string
	pending   int64
	held      bool
	nextAt    time.Time
	freeAt    time.Time
	epoch     int64
	inFlight  int64
	attemptAt time.Time
	asides    int64
	turn      int64
	pauses    int

	integrationID string
}

const laneColumns = `seq, kind, account_id, org_id, pending, held, next_at, free_at, epoch, in_flight, attempt_at, asides, turn, pauses, integration_id`

func readLane(r *row) laneRow {
	return laneRow{seq: r.int(), kind: lane.Kind(r.text()), accountID: r.text(), orgID: r.text(), pending: r.int(), held: r.bool(),
		nextAt: r.time(), freeAt: r.time(), epoch: r.int(), inFlight: r.int(), attemptAt: r.time(), asides: r.int(), turn: r.int(), pauses: int(r.int()),
		integrationID: r.text()}
}

// choose takes n lanes out of those that are due, fairly. due is in the order of their time.
func (f *fairness) choose(kind lane.Kind, due []laneRow, n int, now time.Time) []laneRow {
	f.mu.Lock()
	defer f.mu.Unlock()
	load, all := map[string]int{}, 0
	for org, k := range f.inFlight[kind] {
		load[org] = k
		all += k
	}
	most := all + n // of all slots
	if f.isShared(kind, due, now) {
		most = max(1, most*3/4)
	}
	type ranked struct {
		laneRow
		rank int
	}
	var list []ranked
	for _, l := range due {
		rank := load[l.orgID]
		if load[l.orgID]++; rank < most {
			list = append(list, ranked{l, rank})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].rank < list[j].rank })
	chosen := make([]laneRow, 0, min(n, len(list)))
	for _, l := range list[:min(n, len(list))] {
		chosen = append(chosen, l.laneRow)
	}
	return chosen
}
