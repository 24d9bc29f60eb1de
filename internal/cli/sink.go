package cli

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how long one line may hold up whoever says it.
const patience = 500 * time.Millisecond

// sink is a stream for people that never stops the program. Whoever reads it may stop reading, and a write to a full pipe then never returns: such
// a line is left behind, those that come meanwhile are dropped, and when it has been taken after all the next one says how many are missing.
type sink struct {
	to io.Writer

	mu    sync.Mutex
	stuck <-chan struct{} // closed when the line that was left behind has been taken; nil: there is none
	lost  int
}

// Write always says that it wrote: there is nobody to tell that the log cannot be written.
func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stuck:
		s.stuck = nil
	default:
		if s.stuck != nil {
			s.lost++
			return len(b), nil
		}
	}
	line := bytes.Clone(b)
	if s.lost > 0 {
		line = fmt.Appendf(nil, "time=%s level=WARN msg=\"nobody took what was said here\" lost=%d\n%s", time.Now().Format(time.RFC3339Nano), s.lost, b)
		s.lost = 0
	}
	taken := make(chan struct{})
	go func() {
		defer close(taken)
		_, _ = s.to.Write(line)
	}()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-taken:
	case <-wait.C:
		s.stuck = taken
	}
	return len(b), nil
}
