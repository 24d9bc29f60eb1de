package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"patchbay/internal/needs"
)

// D17: the log is a help and no condition. Whoever reads it may stop reading, go away, or have no room: texts go on both ways, and SIGTERM ends
// the program in order.
func TestTheServiceGoesOnWithoutItsLog(t *testing.T) {
	for name, sink := range map[string]func(*testing.T) *os.File{
		"a pipe that nobody reads": func(t *testing.T) *os.File {
			r, w := pipe(t)
			t.Cleanup(func() { r.Close() })
			if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			for line := []byte(strings.Repeat("x", 100)); ; { // until it is full
				if _, err := w.Write(line); err != nil {
					return w
				}
			}
		},
		"a pipe whose reader is gone": func(t *testing.T) *os.File {
			r, w := pipe(t)
			r.Close()
			return w
		},
		"a disk without room": func(t *testing.T) *os.File {
			f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if errors.Is(err, fs.ErrNotExist) {
				needs.Missing(t, fmt.Errorf("macOS has no device that is always full, Linux and FreeBSD do: %w", err))
			}
			if err != nil {
				t.Fatal(err)
			}
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, answerJSON(`{"data":{"id":"m1"}}`))
			g := prepareGateway(t, p.host(), "--log-level", "debug")
			g.log = sink(t)
			t.Cleanup(func() { g.log.Close() })
			g.start()
			g.call(200, "PUT", "/v1/services/YourService", baseFile("YourService", p.URL))
			tm := g.newTeam("acme", "YourService", map[string]string{"API key": "k"}, ourNumber)
			for range 1500 { // each has a line in the log
				if status, _, _ := g.callback("POST", tm.webhook+"x", nil, "x"); status != 404 {
					t.Fatalf("a stranger was answered %d", status)
				}
			}
			g.says(tm.webhook, textFrom(theirs, ourNumber, `"in"`))
			id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": ourNumber, "to": theirs, "content": "out"}).str("id")
			g.await(id, status("sent"))
			ended := make(chan error, 1)
			go func() { ended <- g.stop() }()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("SIGTERM: %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Error("SIGTERM does not end it")
			}
		})
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}
