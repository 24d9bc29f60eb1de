package e2e

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/needs"
)

// A trace is what the program asked of the system, in order. It shows what no killed process can: a kill leaves what was written and
// not synced in the kernel's hands, a power cut does not.
type trace struct {
	calls []call
}

// call is one system call. began and ended are places in the trace: what ended before another began came before it.
type call struct {
	name         string
	path         string // of the file; "socket:[…]" of a connection
	data         []byte // written or read
	at           int64  // where it was written, or the size a file was cut to
	began, ended int    // ended is 0 when the trace broke off
	result       int64
}

// traced are the calls that change files, and those that speak to the outside.
const traced = "openat,pwrite64,read,write,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,renameat,renameat2,linkat"

// underTrace has the program's calls written to a file. The program stays our own child.
func underTrace(t *testing.T, file string) []string {
	t.Helper()
	bin, err := exec.LookPath("strace")
	if err != nil {
		needs.Missing(t, fmt.Errorf("no strace is installed here, which follows the system calls of Linux: apt-get install strace: %w", err))
	}
	return []string{bin, "-D", "-f", "-y", "-xx", "-s", "1048576", "-e", "trace=" + traced, "-o", file}
}

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
	resultPart  = regexp.MustCompile(`\) += (-?\d+)`)
	fileArg     = regexp.MustCompile(`^\d+<((?:\\x[0-9a-f]{2})*)>`)
	textArg     = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
	whereArg    = regexp.MustCompile(`, (\d+)(?:\)| <unfinished)`)
)

// readTrace reads what strace wrote, once the program has ended.
func readTrace(t *testing.T, file string) *trace {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr, open := &trace{}, map[string]int{} // open: the unfinished call of each thread
	in := bufio.NewReaderSize(f, 1<<20)
	for line := 1; ; line++ {
		text, err := in.ReadString('\n')
		if text == "" && err != nil {
			break
		}
		text = strings.TrimSuffix(text, "\n")
		if m := resumedLine.FindStringSubmatch(text); m != nil {
			if i, ok := open[m[1]]; ok && tr.calls[i].name == m[2] {
				tr.calls[i].finish(m[3], line)
			}
			delete(open, m[1])
			continue
		}
		m := callLine.FindStringSubmatch(text)
		if m == nil {
			continue // a signal, an exit
		}
		c := call{name: m[2], began: line}
		c.arguments(m[3])
		if strings.Contains(m[3], "<unfinished ...>") {
			open[m[1]] = len(tr.calls)
		} else {
			c.finish(m[3], line)
		}
		tr.calls = append(tr.calls, c)
	}
	return tr
}

func (c *call) arguments(s string) {
	if m := fileArg.FindStringSubmatch(s); m != nil {
		c.path = unhex(m[1])
	}
	texts := textArg.FindAllStringSubmatch(s, -1)
	switch c.name {
	case "pwrite64", "write":
		if len(texts) > 0 {
			c.data = []byte(unhex(texts[0][1]))
		}
	case "unlink", "unlinkat":
		if len(texts) > 0 {
			c.path = unhex(texts[0][1])
		}
	}
	if m := whereArg.FindAllStringSubmatch(s, -1); len(m) > 0 && (c.name == "pwrite64" || c.name == "ftruncate") {
		c.at, _ = strconv.ParseInt(m[len(m)-1][1], 10, 64)
	}
}

// finish reads what only the end of a call shows.
func (c *call) finish(s string, line int) {
	c.ended, c.result = line, -1 // "= ?": it was interrupted, and did nothing that anybody may rely on
	if m := resultPart.FindStringSubmatch(s); m != nil {
		c.result, _ = strconv.ParseInt(m[1], 10, 64)
	}
	if m := textArg.FindStringSubmatch(s); m != nil && c.name == "read" {
		c.data = []byte(unhex(m[1]))
	}
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		panic(fmt.Sprintf("a trace holds %q", s))
	}
	return string(b)
}
