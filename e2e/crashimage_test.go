package e2e

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/store"
)

// D3, I3: what was answered is on the disk. Traffic both ways runs under a trace of the program's system calls; from it the disk is
// rebuilt as a power cut may leave it: all that was synced, any part of what was not, the last writes torn. Each such image must open and
// hold everything that had been answered by then. The control forgets the syncs: without them something must be missing, or the images prove nothing.
func TestNothingAnsweredIsLostInAnyCrashImage(t *testing.T) {
	images := 40
	if s := os.Getenv("PATCHBAY_CRASH_IMAGES"); s != "" {
		var err error
		if images, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "trace")
	underStrace := underTrace(t, file)
	g, sim, tm := onSimulator(t, nil, "+15550001001", "+15550001002", "+15550001003")
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	base := copyOf(t, g.dir)

	g.under = underStrace
	g.start()
	texts := 30 + images/2
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := range texts / 4 {
				text := fmt.Sprintf("out-%d-%d %s", w, n, strings.Repeat("yes $to$ ", n%40))
				i := (w + n) % len(tm.numbers)
				g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[i], "from": tm.numbers[i],
					"to": fmt.Sprintf("+155501%05d", w*1000+n), "content": text}, "Idempotency-Key", fmt.Sprintf("out-%d-%d", w, n))
				sim.Text(context.Background(), fmt.Sprintf("+155502%05d", n), tm.numbers[i], fmt.Sprintf("in-%d-%d.", w, n))
			}
		})
	}
	wg.Wait()
	g.kill()
	g.until("the trace is whole", func() bool { return traceEnded(file) })

	tr := readTrace(t, file)
	answered := tr.answers()
	writes := tr.writes(g.dir)
	if len(answered) < texts || len(writes) < texts {
		t.Fatalf("%d answers and %d writes in the trace of %d texts each way: it shows too little", len(answered), len(writes), texts)
	}
	rng := rand.New(rand.NewPCG(7, uint64(images)))
	first, last := answered[len(answered)/10].at, tr.calls[len(tr.calls)-1].began
	for i := range images {
		// Half of the cuts are made in the moment of an answer: everything before it must be there, with nothing to spare.
		cut := first + rng.IntN(last-first)
		if i%2 == 0 {
			cut = answered[len(answered)/10+rng.IntN(len(answered)*9/10)].at
		}
		missing, held := tr.crash(t, base, writes, answered, cut, true, rng)
		if len(missing) > 0 {
			t.Errorf("a power cut at line %d of the trace loses %d of %d answered: %v\n%s", cut, len(missing), held, missing[:min(3, len(missing))], tr.around(cut, g.dir))
		}
	}
	lost := 0
	for range max(4, images/20) {
		missing, _ := tr.crash(t, base, writes, answered, last, false, rng)
		lost += len(missing)
	}
	if lost == 0 {
		t.Error("control: with the syncs forgotten nothing is lost either, so these images prove nothing")
	}
	t.Logf("%d images of %d writes, %d of them synced, %d answers: 0 lost; control without syncs: %d lost in %d images", images, len(writes), count(writes, func(w fileWrite) bool { return w.synced > 0 }),
		len(answered), lost, max(4, images/20))
}

func count[T any](list []T, is func(T) bool) (n int) {
	for _, x := range list {
		if is(x) {
			n++
		}
	}
	return n
}

func traceEnded(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false
	}
	tail := make([]byte, min(info.Size(), 4096))
	_, err = f.ReadAt(tail, info.Size()-int64(len(tail)))
	return err == nil && bytes.Contains(tail, []byte("+++ killed by SIGKILL +++")) && !bytes.Contains(tail, []byte("\x00"))
}

// answeredThing is something that somebody was told is kept: a message by its id, an inbound text by its words.
type answeredThing struct {
	id, text string
	at       int // where the answer began to leave
}

var (
	acceptedAnswer = regexp.MustCompile(`(?s)^HTTP/1\.1 202 .*"id":"([^"]+)"`)
	inboundText    = regexp.MustCompile(`in-\d+-\d+\.`)
)

// answers are what the program told the outside, in order.
func (tr *trace) answers() (list []answeredThing) {
	asked := map[string]string{} // what came last on each connection
	for _, c := range tr.calls {
		if !strings.HasPrefix(c.path, "socket:") {
			continue
		}
		switch c.name {
		case "read":
			if m := inboundText.Find(c.data); m != nil && bytes.HasPrefix(c.data, []byte("POST /services/")) {
				asked[c.path] = string(m)
			}
		case "write":
			if m := acceptedAnswer.FindSubmatch(c.data); m != nil {
				list = append(list, answeredThing{id: string(m[1]), at: c.began})
			} else if text := asked[c.path]; text != "" && bytes.HasPrefix(c.data, []byte("HTTP/1.1 2")) {
				list = append(list, answeredThing{text: text, at: c.began})
				delete(asked, c.path)
			}
		}
	}
	return list
}

// fileWrite changes a file of the database.
type fileWrite struct {
	call
	synced int // where the first sync that covers it had returned; 0: none did
}

// writes are the changes of the database's files, in the order in which they began.
func (tr *trace) writes(dir string) (list []fileWrite) {
	waiting := map[string][]int{} // of each file: writes that no sync covers yet
	for _, c := range tr.calls {
		if !strings.HasPrefix(c.path, filepath.Join(dir, "patchbay.db")) || strings.HasSuffix(c.path, "-shm") || c.ended == 0 || c.result < 0 {
			continue
		}
		switch c.name {
		case "pwrite64", "ftruncate":
			waiting[c.path] = append(waiting[c.path], len(list))
			list = append(list, fileWrite{call: c})
		case "fsync", "fdatasync":
			waiting[c.path] = slices.DeleteFunc(waiting[c.path], func(i int) bool {
				if list[i].ended >= c.began {
					return false // it may have come too late for this sync
				}
				list[i].synced = c.ended
				return true
			})
		}
	}
	return list
}

// around shows what happened to the database's files in front of a place, and what was answered: evidence, for no two traces are alike.
func (tr *trace) around(cut int, dir string) string {
	var b strings.Builder
	for _, c := range tr.calls {
		if c.began < cut-4000 || c.began > cut+400 {
			continue
		}
		switch {
		case strings.HasPrefix(c.path, dir) && c.name != "read" && c.name != "openat":
			fmt.Fprintf(&b, "%d to %d: %s %s at %d, %d bytes = %d\n", c.began, c.ended, c.name, filepath.Base(c.path), c.at, len(c.data), c.result)
		case c.name == "write" && bytes.HasPrefix(c.data, []byte("HTTP/1.1 2")):
			fmt.Fprintf(&b, "%d: answered %q\n", c.began, acceptedAnswer.FindSubmatch(c.data))
		}
	}
	return b.String()
}

// crash rebuilds the files as a power cut at that place of the trace may have left them, opens them, and says what of the answered is missing.
func (tr *trace) crash(t *testing.T, base string, writes []fileWrite, answered []answeredThing, cut int, syncs bool, rng *rand.Rand) (missing []string, held int) {
	t.Helper()
	dir := copyOf(t, base)
	defer os.RemoveAll(dir)
	files := map[string]*os.File{}
	keep := rng.Float64() // of what was not synced: from almost nothing to almost all
	for _, w := range writes {
		if w.began > cut {
			break
		}
		data := w.data
		if !syncs || w.synced == 0 || w.synced > cut {
			if rng.Float64() > keep {
				continue
			}
			if rng.IntN(4) == 0 && len(data) > 512 { // torn between two sectors
				data = data[:512*(1+rng.IntN((len(data)-1)/512))]
			}
		}
		name := filepath.Base(w.path)
		f := files[name]
		if f == nil {
			var err error
			if f, err = os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
				t.Fatal(err)
			}
			files[name] = f
		}
		var err error
		if w.name == "ftruncate" {
			err = f.Truncate(w.at)
		} else {
			_, err = f.WriteAt(data, w.at)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for f := range maps.Values(files) {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return lookFor(t, dir, answered, cut)
}

// lookFor opens a data directory as the program does, and says what of that which was answered by then is not there.
func lookFor(t *testing.T, dir string, answered []answeredThing, cut int) (missing []string, held int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := store.Open(ctx, store.Options{DataDir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return []string{"it does not open: " + err.Error()}, 0
	}
	defer db.Close()
	accounts, err := db.Accounts(ctx)
	if err != nil || len(accounts) != 1 {
		return []string{fmt.Sprintf("%d accounts, %v", len(accounts), err)}, 0
	}
	inbound := map[string]bool{}
	for p := (store.Page{Limit: 200}); ; {
		list, next, err := db.Messages(ctx, message.Filter{AccountID: accounts[0].ID, Direction: message.Inbound}, p)
		if err != nil {
			return []string{err.Error()}, 0
		}
		for i := range list {
			inbound[list[i].Content] = true
		}
		if next == "" {
			break
		}
		p.Cursor = next
	}
	for _, a := range answered {
		if a.at > cut {
			break
		}
		held++
		if a.text != "" && !inbound[a.text] {
			missing = append(missing, a.text)
		}
		if a.id == "" {
			continue
		}
		if _, err := db.Message(ctx, accounts[0].ID, a.id); err != nil {
			missing = append(missing, a.id+": "+err.Error())
		}
	}
	return missing, held
}
