package cli

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// sockets are listening sockets that whoever started us holds, so that nobody is refused while one process follows another.
type sockets struct{ main, metrics net.Listener }

// firstSocket is the first of them: sd_listen_fds(3).
const firstSocket = 3

// heldSockets takes what LISTEN_FDS tells of: the first is for --listen, one that LISTEN_FDNAMES calls "metrics" for --metrics-listen.
func heldSockets() (s sockets, err error) {
	count, names := os.Getenv("LISTEN_FDS"), strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	if pid := os.Getenv("LISTEN_PID"); count == "" || pid != strconv.Itoa(os.Getpid()) {
		return s, nil // none, or they are for another process
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return s, fmt.Errorf("LISTEN_FDS: %q is no number", count)
	}
	for i := range n {
		f := os.NewFile(uintptr(firstSocket+i), "socket")
		l, err := net.FileListener(f)
		_ = f.Close() // the listener has one of its own
		if err != nil {
			return s, fmt.Errorf("LISTEN_FDS: socket %d does not listen for connections: %w", i+1, err)
		}
		at := &s.main
		if i < len(names) && names[i] == "metrics" {
			at = &s.metrics
		}
		if *at != nil {
			return s, fmt.Errorf("LISTEN_FDS: %d sockets, and there is use for one, and for one named metrics", n)
		}
		*at = l
	}
	return s, nil
}
