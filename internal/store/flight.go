package store

// flight remembers the messages whose attempts are open, as their rows were when these began, so that settling one need not
// read it again. It may be wrong, a receipt comes at any time: who uses it writes only onto a row that is still as it was.
// Only the writer's goroutine touches it.
type flight struct{ byLane map[int64]*stored }

// took is a lane that began an attempt at m, or ended one (nil).
type took struct {
	lane int64
	m    *stored
}

// of is what the lane has in flight, or nil. The copy is the caller's.
func (f *flight) of(l *laneRow) *stored {
	m := f.byLane[l.seq]
	if m == nil || m.seq != l.inFlight {
		return nil
	}
	own := *m
	return &own
}

func (f *flight) committed(t *tx) {
	for _, k := range t.flights {
		if k.m == nil {
			delete(f.byLane, k.lane)
			continue
		}
		if f.byLane == nil {
			f.byLane = map[int64]*stored{}
		}
		f.byLane[k.lane] = k.m
	}
}
