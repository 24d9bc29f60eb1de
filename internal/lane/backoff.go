package lane

import "time"

const (
	firstRetry = time.Second
	maxRetry   = 5 * time.Minute
)

// MaxRetryAfter caps what a provider may ask us to wait: a wrong header must not hold a lane for a year.
const MaxRetryAfter = time.Hour

// Ceiling is the longest wait before retry n, counted from 1: 1 s, doubling, at most 5 min.
func Ceiling(n int) time.Duration {
	d := firstRetry
	for ; n > 1 && d < maxRetry; n-- {
		d *= 2
	}
	return min(d, maxRetry)
}

// Backoff is the wait before retry n, counted from 1, with full jitter: anything up to the ceiling is as likely. random
// gives a number in [0, 1). Lanes that fell silent together must not come back together.
func Backoff(n int, random func() float64) time.Duration {
	return time.Duration(random() * float64(Ceiling(n)))
}

// Wait is how long to leave a destination alone after it asked us to: never less than it said (up to the cap), never
// less than the back-off.
func Wait(n int, retryAfter time.Duration, random func() float64) time.Duration {
	return max(Backoff(n, random), min(retryAfter, MaxRetryAfter))
}
