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
	load := variants(t)
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

// variants gives the catalogue's files over and over, each time under other names.
func variants(t testing.TB) func(i int) *Service {
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
	return func(i int) *Service {
		id := []byte(fmt.Sprintf(`"id": "own%d-`, i))
		s, problems := Parse(bytes.Replace(sources[i%len(sources)], []byte(`"id": "`), id, 1))
		if s == nil {
			t.Fatal(problems)
		}
		return s
	}
}

// A message costs the same, beside encoding/json, whether one file is loaded or a thousand.
func BenchmarkAmongFiles(b *testing.B) {
	load := variants(b)
	for _, files := range []int{1, 1000} {
		held := make([]*Service, files)
		for i := range held {
			held[i] = load(i)
		}
		bound := base(b)
		m := &Sending{ID: "m1", From: "+61123456789", To: "+61855555555", Text: "Hello there!", Extension: "101", Domain: "acme"}
		request := hook(`{"method": "message", "params": {"from": "+61855555555", "to": "+61123456789", "content": "Hello there!"}}`).Request
		numbers := NewNumbers([]Number{{Value: "+61123456789", Country: "AU"}})
		c := cost{ours: func() error {
			cb := Callback{Request: request, Now: now, Numbers: numbers}
			if n := len(bound.Read(&cb).Events); n != 1 {
				return fmt.Errorf("%d events", n)
			}
			_, err := bound.Request(m, 0, Attempt{Now: now})
			return err
		}, base: unmarshal(content(b, "application/json", request.Body, ""))}
		b.Run(fmt.Sprint(files), c.measure)
		runtime.KeepAlive(held)
	}
}

// heap is what is alive in bytes.
func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
