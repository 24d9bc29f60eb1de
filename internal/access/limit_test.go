package access

import (
	"fmt"
	"testing"
	"time"
)

func TestABucketEmptiesAndFills(t *testing.T) {
	l, now := NewLimiter(3, time.Minute), time.Now()
	for i := range 3 {
		if wait, _ := l.Take("a", now); wait != 0 {
			t.Errorf("try %d waits %v", i+1, wait)
		}
	}
	for _, c := range []struct {
		name  string
		after time.Duration
		want  time.Duration
		news  bool
	}{
		{"a", 0, time.Minute, true},
		{"a", 45 * time.Second, 15 * time.Second, false},
		{"b", 45 * time.Second, 0, false}, // somebody else
		{"a", time.Minute, 0, false},
		{"a", time.Minute, time.Minute, true},
		{"a", 0, time.Minute, false}, // a clock that went back gives nothing
	} {
		wait, news := l.Take(c.name, now.Add(c.after))
		if got := wait.Round(time.Second); got != c.want || news != c.news {
			t.Errorf("%s after %v: waits %v, news %v, want %v, %v", c.name, c.after, got, news, c.want, c.news)
		}
	}
	later := now.Add(time.Hour)
	for range 10 {
		if wait, _ := l.Take("a", later); wait != 0 {
			t.Fatalf("whoever is right waits %v", wait)
		}
		l.Return("a", later)
	}
}

func TestALimiterForgetsThoseWhoLoseLeastByIt(t *testing.T) {
	l, now := NewLimiter(10, time.Minute), time.Now()
	for range 10 {
		l.Take("guesser", now)
	}
	for i := range 3 * limitsMax {
		l.Take(fmt.Sprint(i), now)
	}
	if len(l.kept) > limitsMax {
		t.Errorf("%d are remembered, at most %d may be", len(l.kept), limitsMax)
	}
	if wait, _ := l.Take("guesser", now); wait == 0 {
		t.Error("a flood of other names makes a guesser free")
	}
	for i := range 3 * limitsMax { // all of them empty: the bound holds all the same
		for range 10 {
			l.Take(fmt.Sprint("x", i), now)
		}
	}
	if len(l.kept) > limitsMax {
		t.Errorf("%d are remembered, at most %d may be", len(l.kept), limitsMax)
	}
}
