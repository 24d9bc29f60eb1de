package e2e

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	_ "modernc.org/sqlite" // as any other program opens the database

	"patchbay/internal/simulator"
)

// D1: the disk is full in the middle of a traffic both ways. What cannot be kept is not answered with a 2xx, what was kept can be read, and
// with room again all goes on in the same process. The ledgers must agree.
func TestAFullDiskRefusesAndGoesOnWithRoom(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 64<<20)
	ballast := filepath.Join(disk, "ballast")
	interrupted(t, filepath.Join(disk, "data"), func() {
		f, err := os.Create(ballast)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for size := 1 << 20; size > 0; {
			n, err := f.Write(make([]byte, size))
			if err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			if n < size {
				size /= 2
			}
		}
	}, nil, func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	})
}

// D4: another program holds the database. Nothing is answered that cannot be kept, callbacks are set aside, and with the lock gone all goes on.
func TestADatabaseThatAnotherProgramHoldsRefusesAndGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "patchbay.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	do := func(text string) func() {
		return func() {
			if _, err := db.Exec(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	interrupted(t, dir, do("BEGIN EXCLUSIVE"), func(g *gateway) {
		g.until("callbacks are set aside", func() bool {
			files, err := filepath.Glob(filepath.Join(dir, "spool", "*.spool"))
			return err == nil && len(files) > 0
		})
		g.until("it says that it is not ready", func() bool { a, err := g.try("GET", "/readyz", nil); return err == nil && a.status == 503 })
	}, do("ROLLBACK"))
}

// interrupted has texts go both ways before something is wrong with the disk, meanwhile, until somebody was told so, and after it is mended.
func interrupted(t *testing.T, dir string, fail func(), meanwhile func(*gateway), mend func()) {
	l := &ledgers{acked: map[string]string{}, taken: map[string]int{}, inbound: map[string]bool{}}
	g, sim, tm := onSimulatorIn(t, dir, func(x simulator.Taken) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken[x.Reference]++
	}, "+15550001001", "+15550001002")
	both := func(name string) *sync.WaitGroup {
		var wg sync.WaitGroup
		wg.Go(func() { l.textsOut(g, tm, name) })
		wg.Go(func() { l.textsIn(g, sim, tm, name) })
		return &wg
	}
	both("before").Wait()
	kept := g.all("/v1/messages?limit=1&direction=outbound")[0]["id"].(string)
	process := g.cmd.Process.Pid

	fail()
	during := both("during")
	var refused atomic.Int64
	g.until("a text is refused", func() bool {
		text := fmt.Sprint("refused ", refused.Add(1))
		a, err := g.try("POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0], "to": "+15550100001",
			"content": text}, "Idempotency-Key", text)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case a.status == 202: // there was room for it still
			l.mu.Lock()
			defer l.mu.Unlock()
			l.acked[a.str("id")] = text
		case a.status != 503 || a.header.Get("Retry-After") == "":
			t.Errorf("a text was answered %d %s, Retry-After %q", a.status, a.body, a.header.Get("Retry-After"))
		}
		return a.status == 503
	})
	if m := g.call(200, "GET", "/v1/messages/"+kept, nil).json; m["id"] != kept {
		t.Errorf("meanwhile the message is %v", m)
	}
	if meanwhile != nil {
		meanwhile(g)
	}
	mend()
	during.Wait()
	both("after").Wait()
	if g.cmd.Process.Pid != process {
		t.Fatal("it is another process")
	}
	l.settle(t, g)
	pictureKept(g, "after")
	pictureKept(g, "during")
	l.audit(t, g, 0, 0)
}
