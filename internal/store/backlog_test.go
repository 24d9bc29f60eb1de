package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/storetest"
)

// fill queues n messages of one number in a directory.
func fill(t *testing.T, dir string, n int) {
	t.Helper()
	e := &onSQLite{map[*store.Store]string{}}
	s := e.open(t, dir)
	w := storetest.NewWorld(t, s)
	first := w.Send("+15550100001", "Hi: there $to$ é😀, one of very many")
	// A number beside it, with a text of its own.
	other := w.NewNumber(w.Intg, "+15550000002")
	if _, err := s.Accept(t.Context(), w.Outbound(other, "+15550100002", "beside")); err != nil {
		t.Fatal(err)
	}
	if n > 1 {
		if err := s.Queue(t.Context(), first, n-1); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// pass accepts, claims and settles n messages, and gives the steps that each took.
func pass(t testing.TB, s *store.Store, n int) (accept, send int64) {
	t.Helper()
	ctx := context.Background()
	claimed, _, err := s.ClaimSends(ctx, time.Now(), 8)
	if err != nil || len(claimed) != 2 {
		t.Fatalf("claimed %d lanes, %v", len(claimed), err)
	}
	c := &claimed[0]
	if claimed[1].Work.Message.From == "+15550000001" {
		c = &claimed[1]
	}
	m := c.Work.Message
	mark := func() int64 {
		steps, err := s.Steps(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return steps
	}
	mark()
	for i := range n {
		next := m
		next.ID, next.To, next.Created, next.Expires = message.NewID(), fmt.Sprintf("+1888%07d", i), time.Now(), time.Now().Add(time.Hour)
		if _, err := s.Accept(ctx, message.Acceptance{LaneKey: m.IntegrationID + "/" + m.From, Message: next}); err != nil {
			t.Fatal(err)
		}
	}
	accept = mark() / int64(n)
	for range n {
		st := storetest.Ends(*c, message.Accepted, message.Sent, "ref-"+c.Work.Message.ID)
		st.More = true
		next, err := s.SettleSend(ctx, st)
		if err != nil || next == nil {
			t.Fatalf("settled, and then %v, %v", next, err)
		}
		c = next
	}
	return accept, mark() / int64(n)
}

// Counted in steps of the database's machine, a message costs the same before an empty queue and before a full one.
func TestABacklogMakesNoMessageCostMore(t *testing.T) {
	const n, few, many = 30, 60, 20_000
	var accepts, sends [2]int64
	for i, queued := range []int{few, many} {
		dir := t.TempDir()
		fill(t, dir, queued)
		e := &onSQLite{map[*store.Store]string{}}
		accepts[i], sends[i] = pass(t, e.open(t, dir), n)
	}
	t.Logf("steps to accept: %d before %d, %d before %d; to settle and begin the next: %d and %d", accepts[0], few, accepts[1], many, sends[0], sends[1])
	if accepts[0] == 0 || sends[0] == 0 {
		t.Fatal("nothing was counted")
	}
	if accepts[1] > accepts[0]*11/10 || sends[1] > sends[0]*11/10 {
		t.Error("it grows with the queue")
	}
}

// A start, and a life, before a queue: in a process of its own, so that memory is its own. The short form has 20,000 messages; PATCHBAY_BACKLOG
// says how many (make backlog: a million).
func TestABacklogTakesNoMemoryAndNoLongStart(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("peak memory is read from /proc")
	}
	many := 20_000
	if text := os.Getenv("PATCHBAY_BACKLOG"); text != "" {
		var err error
		if many, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	var lives [2]lifeOf
	for i, queued := range []int{60, many} {
		dir := t.TempDir()
		fill(t, dir, queued)
		lives[i] = live(t, dir)
		t.Logf("%d queued: a start %v of processor time (%v on the clock), then %d messages in and out %v; peak memory %d KiB", queued, lives[i].start, lives[i].clock, livesFor, lives[i].work, lives[i].peak)
	}
	if more := lives[1].peak - lives[0].peak; more > 64<<10 {
		t.Errorf("%d KiB more memory", more)
	}
	if lives[1].start > 2*time.Second {
		t.Errorf("a start takes %v of processor time", lives[1].start)
	}
}

// lifeOf is what a process has used.
type lifeOf struct {
	start, clock, work time.Duration // processor time to open, what the clock said, processor time of what follows
	peak               int64         // KiB
}

const livesFor = 300

// live has a process of its own open a directory and work in it.
func live(t *testing.T, dir string) (l lifeOf) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestTheLifeBeforeABacklog$", "-test.v")
	cmd.Env = append(os.Environ(), "PATCHBAY_BACKLOG_DIR="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, line, _ := bytes.Cut(out, []byte("life: "))
	if _, err := fmt.Sscanf(string(line), "%d %d %d %d", &l.start, &l.clock, &l.work, &l.peak); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return l
}

// TestTheLifeBeforeABacklog is the other process of the test above.
func TestTheLifeBeforeABacklog(t *testing.T) {
	dir := os.Getenv("PATCHBAY_BACKLOG_DIR")
	if dir == "" {
		t.Skip("it is started by TestABacklogTakesNoMemoryAndNoLongStart")
	}
	before, clock := cpu(), time.Now()
	e := &onSQLite{map[*store.Store]string{}}
	s := e.open(t, dir)
	if _, err := s.OpenAttempts(t.Context()); err != nil {
		t.Fatal(err)
	}
	opened, took := cpu(), time.Since(clock)
	pass(t, s, livesFor)
	fmt.Printf("life: %d %d %d %d\n", opened-before, took, cpu()-opened, peak(t))
}

// peak is the most memory that this process has had, in KiB.
func peak(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	fields := strings.Fields(rest)
	n, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
