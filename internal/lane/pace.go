package lane

import "time"

// Pace is how many pieces of work may begin in a second; zero or less is no limit.
type Pace float64

// slowest keeps a pace that is all but zero from overflowing a duration.
const slowest = 24 * time.Hour

// Every is the time from one beginning to the next, rounded up so that a pace is never exceeded.
func (p Pace) Every() time.Duration {
	if !(p > 0) {
		return 0
	}
	every := float64(time.Second) / float64(p)
	if every >= float64(slowest) {
		return slowest
	}
	d := time.Duration(every)
	if float64(d) < every {
		d++
	}
	return d
}

// After is the earliest beginning that may follow the one at begun. Time that went by unused is not saved up: after an
// outage a lane goes on at its pace and does not burst.
func (p Pace) After(begun time.Time) time.Time { return begun.Add(p.Every()) }
