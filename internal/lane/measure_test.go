package lane

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBackoffDoublesUpToFiveMinutes(t *testing.T) {
	most := func() float64 { return math.Nextafter(1, 0) }
	for _, c := range []struct {
		n    int
		want time.Duration
	}{
		{-1, time.Second}, {0, time.Second}, {1, time.Second}, {2, 2 * time.Second}, {3, 4 * time.Second},
		{9, 256 * time.Second}, {10, 5 * time.Minute}, {1000, 5 * time.Minute}, {math.MaxInt, 5 * time.Minute},
	} {
		if got := Ceiling(c.n); got != c.want {
			t.Errorf("ceiling of retry %d: got %v, want %v", c.n, got, c.want)
		}
		if got := Backoff(c.n, most); got > c.want || got < c.want-time.Microsecond {
			t.Errorf("longest back-off of retry %d: got %v, want %v", c.n, got, c.want)
		}
		if got := Backoff(c.n, func() float64 { return 0 }); got != 0 {
			t.Errorf("shortest back-off of retry %d: got %v, want 0", c.n, got)
		}
	}
}

func TestAWaitIsNeverShorterThanAskedAndNeverLongerThanAnHour(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-5, 100).Draw(t, "n")
		asked := time.Duration(rapid.Int64().Draw(t, "asked"))
		random := rapid.Float64Range(0, 0.999999).Draw(t, "random")
		got := Wait(n, asked, func() float64 { return random })
		if got < 0 || got > MaxRetryAfter {
			t.Fatalf("wait of %v is out of bounds", got)
		}
		if asked <= MaxRetryAfter && got < asked {
			t.Fatalf("waited %v where %v was asked", got, asked)
		}
	})
}

func TestAPaceIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Pace(rapid.Float64Range(0.00001, 10000).Draw(t, "pace"))
		if every := p.Every(); p.Every() < slowest && float64(every)*float64(p) < float64(time.Second)*(1-1e-12) {
			t.Fatalf("%v a second every %v is too fast", p, every)
		}
	})
	for _, p := range []Pace{0, -1, Pace(math.NaN()), Pace(math.Inf(1))} {
		if got := p.Every(); got < 0 || got > time.Nanosecond {
			t.Errorf("pace %v: every %v, want no wait", p, got)
		}
	}
	if got := Pace(5e-324).Every(); got != slowest {
		t.Errorf("the slowest pace: every %v, want %v", got, slowest)
	}
}

func TestALoggedPanicSaysWhereAndNotWhatWasInTheMessage(t *testing.T) {
	recovered := func(f func()) (err error) {
		defer func() { err = Panic(recover()) }()
		f()
		return nil
	}
	secret := recovered(func() { panic("text of a message") }).Error()
	if strings.Contains(secret, "text of a message") || !strings.Contains(secret, "measure_test.go") {
		t.Errorf("got %s", secret)
	}
	var none []int
	if ours := recovered(func() { none[0]++ }).Error(); !strings.Contains(ours, "index out of range") {
		t.Errorf("got %s", ours)
	}
}
