//go:build faults

// Package failpoint lets tests stop the program, or have it told of an error, at named places, and break it in named ways.
package failpoint

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// What is to happen comes with the environment:
//
//	PATCHBAY_FAIL=commit=kill@3    at the third pass of the place "commit" the program is killed ("error": it is told of one)
//	PATCHBAY_FAIL_SEEN=file        every pass of every place adds its name to the file, a line each
//	PATCHBAY_BUG=epoch             the program has the mistake of that name
var (
	place, mode, nth = parse(os.Getenv("PATCHBAY_FAIL"))
	bug              = os.Getenv("PATCHBAY_BUG")
	seen             = open(os.Getenv("PATCHBAY_FAIL_SEEN"))

	mu     sync.Mutex
	passed int
)

func parse(s string) (place, mode string, nth int) {
	if s == "" {
		return "", "", 0
	}
	place, rest, _ := strings.Cut(s, "=")
	mode, count, _ := strings.Cut(rest, "@")
	nth, err := strconv.Atoi(count)
	if err != nil || nth < 1 || mode != "kill" && mode != "error" {
		panic(fmt.Sprintf("PATCHBAY_FAIL=%s: write it like commit=kill@3", s))
	}
	return place, mode, nth
}

func open(file string) *os.File {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	return f
}

var errAsked = errors.New("a test asked for this error")

func At(name string) error {
	mu.Lock()
	defer mu.Unlock()
	if seen != nil {
		_, _ = fmt.Fprintln(seen, name)
	}
	if name != place {
		return nil
	}
	if passed++; passed != nth {
		return nil
	}
	if mode == "kill" {
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {} // it takes a moment to arrive
	}
	return fmt.Errorf("%s: %w", name, errAsked)
}

func Pass(name string) { _ = At(name) }

func Bug(name string) bool { return name == bug }
