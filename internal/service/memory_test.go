package service

import (
	"bytes"
	"fmt"
	"io/fs"
	"runtime"
	"testing"

	"patchbay/services"
)

// A gateway may hold a file for each of its accounts. Loaded, one costs at most 64 KiB: its source, its tests and its patterns.
func TestAThousandFilesAreHeldInSixtyFourKiBEach(t *testing.T) {
	const files, each = 1000, 64 << 10
	names, err := fs.Glob(services.Files, "*.json")
	if err != nil || len(names) == 0 {
		t.Fatal("no catalogue", err)
	}
	var sources [][]byte
	for _, name := range names {
		data, err := services.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, data)
	}
	load := func(i int) *Service {
		id := []byte(fmt.Sprintf(`"id": "own%d-`, i))
		s, problems := Parse(bytes.Replace(sources[i%len(sources)], []byte(`"id": "`), id, 1))
		if s == nil {
			t.Fatal(problems)
		}
		return s
	}
	load(0) // what is made once for all
	held := make([]*Service, files)
	before := heap()
	for i := range held {
		held[i] = load(i)
	}
	if cost := (heap() - before) / files; cost > each {
		t.Errorf("%d bytes a file, want at most %d", cost, each)
	} else {
		t.Logf("%d bytes a file", cost) // docs/performance.md has it
	}
	runtime.KeepAlive(held)
}

// heap is what is alive in bytes.
func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
