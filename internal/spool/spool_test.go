package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, o Options) *Spool {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *Spool) mustAppend(t *testing.T, payloads ...string) {
	t.Helper()
	for _, p := range payloads {
		if err := s.Append(t.Context(), []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes everything out, some at a time.
func (s *Spool) drain(t *testing.T, n int) (got []string) {
	t.Helper()
	for {
		list, err := s.Next(n, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return got
		}
		for _, r := range list {
			got = append(got, string(r.Payload))
		}
		if err := s.Done(list); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *Spool) files(t *testing.T) (names []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.o.Dir, "*"+extension+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var nasty = []string{"", "yes", "0123", "~", "$to$", `"`, `\`, "é", "😀", "\x00", "\xff", recordMagic, strings.Repeat("x", 100_000), recordMagic + "\x05\x00\x00\x00"}

func TestRecordsComeBackInTheirOrderAndLeaveNothing(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir(), Segment: 1000})
	if s.Holds() {
		t.Error("a new spool holds something")
	}
	s.mustAppend(t, nasty...)
	if n, _ := s.Size(); n != int64(len(nasty)) || !s.Holds() {
		t.Errorf("it holds %d records", n)
	}
	first, err := s.Next(3, 1<<20)
	if err != nil || len(first) != 3 {
		t.Fatalf("%d records, %v", len(first), err)
	}
	if again, err := s.Next(3, 1<<20); err != nil || len(again) != 3 || again[0].Seq != first[0].Seq {
		t.Errorf("what is not done with is handed out again: %v, %v", again, err)
	}
	if got := s.drain(t, 3); !slices.Equal(got, nasty) {
		t.Errorf("got %q", got)
	}
	if files := s.files(t); len(files) != 0 || s.Holds() {
		t.Errorf("when all is done with, %q are left", files)
	}
	s.mustAppend(t, "and on")
	if got := s.drain(t, 1); !slices.Equal(got, []string{"and on"}) {
		t.Errorf("got %q", got)
	}
}

func TestWhatManyAppendAtOnceIsKeptOnceAndEachOnesInOrder(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir(), Segment: 20_000})
	var all sync.WaitGroup
	for w := range 50 {
		all.Go(func() {
			for i := range 40 {
				s.mustAppend(t, fmt.Sprintf("%d/%d", w, i))
			}
		})
	}
	done := make(chan []string)
	go func() { // taken out while others put in
		var got []string
		for len(got) < 2000 {
			got = append(got, s.drain(t, 17)...)
		}
		done <- got
	}()
	all.Wait()
	next := map[string]int{}
	for _, r := range <-done {
		w, i, _ := strings.Cut(r, "/")
		if fmt.Sprint(next[w]) != i {
			t.Fatalf("%s came when %d was due", r, next[w])
		}
		next[w]++
	}
	if files := s.files(t); s.Holds() || len(files) != 0 {
		t.Errorf("%q are left", files)
	}
}

func TestTheNextLifeFindsWhatWasNotDoneWith(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, Segment: 100})
	s.mustAppend(t, nasty...)
	list, err := s.Next(5, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Done(list); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := s.Append(t.Context(), []byte("late")); err == nil {
		t.Error("a closed spool takes a record")
	}
	s = open(t, Options{Dir: dir})
	s.mustAppend(t, "new")
	got := s.drain(t, 100)
	if want := append(slices.Clone(nasty), "new"); len(got) < len(want)-5 || !slices.Equal(got, want[len(want)-len(got):]) {
		t.Errorf("got %q", got)
	}
}

func TestOneProcessHasASpool(t *testing.T) {
	dir := t.TempDir()
	open(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second one: %v", err)
	}
}

func TestASpoolThatCannotBeWrittenIsRefusedAtTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: filepath.Join(file, "spool")}); err == nil {
		t.Error("a spool in a file was opened")
	}
}

// Whatever of the last record a crash left, those before it come back, and the spool goes on.
func TestATornEndLosesNothingBeforeIt(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	s.mustAppend(t, "one", "two", "torn")
	s.Close()
	whole, err := os.ReadFile(s.segments[0].name)
	if err != nil {
		t.Fatal(err)
	}
	last := len(whole) - headerSize - len("torn")
	for cut := range whole {
		for name, b := range map[string][]byte{
			"cut off":           whole[:cut],
			"followed by zeros": append(slices.Clone(whole[:cut]), make([]byte, 50)...),
		} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(s.segments[0].name)), b, 0o600); err != nil {
				t.Fatal(err)
			}
			again, err := Open(Options{Dir: dir})
			if err != nil {
				t.Fatalf("%s at %d: %v", name, cut, err)
			}
			again.mustAppend(t, "new")
			got := again.drain(t, 10)
			if cut >= last && !slices.Equal(got, []string{"one", "two", "new"}) || len(got) == 0 || got[len(got)-1] != "new" {
				t.Errorf("%s at %d: got %q", name, cut, got)
			}
			again.Close()
		}
	}
}

// A record that is damaged between others is not lost silently: the others come, the file stays, and the log says so.
func TestADamagedMiddleIsLoud(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	s.mustAppend(t, "one", "two", "three")
	s.Close()
	name := s.segments[0].name
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for at := int(fileHeader) + headerSize + 3; at < len(whole)-headerSize-5; at++ {
		bad := slices.Clone(whole)
		bad[at] ^= 0x40
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		again, err := Open(Options{Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if got := again.drain(t, 10); !slices.Equal(got, []string{"one", "three"}) {
			t.Errorf("byte %d: got %q", at, got)
		}
		if files := again.files(t); len(files) != 1 || !strings.HasSuffix(files[0], ".damaged") || !strings.Contains(log.String(), "damaged") {
			t.Errorf("byte %d: files %q, log %s", at, files, &log)
		}
		again.Close()
	}
}

func TestAFullSpoolRefusesUntilSomethingIsDoneWith(t *testing.T) {
	var log bytes.Buffer
	s := open(t, Options{Dir: t.TempDir(), Max: 10_000, Segment: 1000, Log: slog.New(slog.NewTextHandler(&log, nil))})
	n := 0
	for ; ; n++ {
		if err := s.Append(t.Context(), make([]byte, 500)); errors.Is(err, ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if _, bytes := s.Size(); n < 15 || bytes > 10_000 {
		t.Errorf("%d records in %d bytes", n, bytes)
	}
	if strings.Count(log.String(), "filling up") != 1 {
		t.Errorf("log: %s", &log)
	}
	if got := s.drain(t, 4); len(got) != n {
		t.Errorf("%d of %d records came back", len(got), n)
	}
	s.mustAppend(t, "there is room again")
}

func TestARefusedRecordIsKeptForAPerson(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	s.mustAppend(t, "poison")
	list, err := s.Next(1, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	name, err := s.Refuse(list[0])
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(name); err != nil || string(b) != "poison" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestACallerWhoHasGoneLeavesNothingBehind(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if err := s.Append(ctx, []byte("x")); err == nil {
			s.drain(t, 1) // it was faster
		}
	}
	if s.Holds() {
		t.Error("the spool counts what was never kept")
	}
}

func BenchmarkAppend(b *testing.B) {
	s, err := Open(Options{Dir: b.TempDir(), Max: 8 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.SetParallelism(128)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Append(context.Background(), make([]byte, 1500)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestASpoolThatCannotBeReadIsRefusedAndItsLockGivenBack(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "1"+extension)
	if err := os.Mkdir(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(Options{Dir: dir}); err == nil || s != nil {
		t.Fatalf("a file that is none was read: %v, %v", s, err)
	}
	if err := os.Remove(odd); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatalf("with the mistake mended: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
