package media

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbay/internal/message"
)

// work runs a worker on the shelf until the test ends. Its pauses between tries are short, and told on waits.
func work(t *testing.T, s Store, allowed ...string) (w *Worker, data string, waits *sync.Map) {
	t.Helper()
	d, data := dir(t)
	w = NewWorker(Config{Store: s, Door: door(t, allowed...), Files: d, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Concurrency: 3, MaxTries: 4})
	waits = &sync.Map{}
	w.delay = func(tries int) time.Duration { waits.Store(tries, true); return time.Millisecond }
	w.poll = 5 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w, data, waits
}

func pending(id, url, declared string) message.Media {
	return message.Media{ID: id, SourceURL: url, MediaType: declared, State: message.MediaPending}
}

func TestPendingFilesAreFetchedAndKept(t *testing.T) {
	url, addr := web(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		if r.URL.Path == "/html" {
			_, _ = w.Write([]byte("<html><script>"))
			return
		}
		if r.URL.Path == "/bomb" {
			_, _ = w.Write(pngHead(65535, 65535))
			return
		}
		_, _ = w.Write(pngOf(2, 2))
	})
	s := newShelf(pending("a", url+"/a.png", "image/png"), pending("html", url+"/html", "image/jpeg"), pending("bomb", url+"/bomb", ""),
		pending("inside", "http://10.1.2.3/", ""), pending("data", "data:image/png;base64,aGVsbG8=", ""), pending("none", "", ""))
	_, data, _ := work(t, s, addr)
	for range 6 {
		<-s.saved
	}
	for id, want := range map[string]message.Media{
		"a":      {State: message.MediaStored, MediaType: "image/png", Name: "a.png", Size: int64(len(pngOf(2, 2)))},
		"html":   {State: message.MediaStored, MediaType: octets, Size: 14},
		"bomb":   {State: message.MediaBlocked, MediaType: octets, Size: int64(len(pngHead(1, 1)))},
		"inside": {State: message.MediaBlocked},
		"data":   {State: message.MediaStored, MediaType: octets, Size: 5},
		"none":   {State: message.MediaFailed},
	} {
		m, _ := s.Media(t.Context(), id)
		if m.State != want.State || m.MediaType != want.MediaType || m.Name != want.Name || m.Size != want.Size || m.Tries != 1 || (m.Path != "") != (m.State == message.MediaStored) {
			t.Errorf("%s: %+v, want %+v", id, *m, want)
		}
	}
	if n := files(t, data); n != 3 {
		t.Errorf("%d files, want 3", n)
	}
}

func TestAFileThatIsNotReadyIsAskedForAgainAndNotForever(t *testing.T) {
	var late, never atomic.Int32
	url, addr := web(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" && late.Add(1) == 3 {
			_, _ = w.Write(pngOf(1, 1))
			return
		}
		if r.URL.Path == "/never" {
			never.Add(1)
		}
		w.WriteHeader(http.StatusNotFound)
	})
	s := newShelf(pending("late", url+"/late", ""), pending("never", url+"/never", ""))
	_, _, waits := work(t, s, addr)
	for range 3 + 4 {
		<-s.saved
	}
	if m, _ := s.Media(t.Context(), "late"); m.State != message.MediaStored || m.Tries != 3 {
		t.Errorf("late: %+v", m)
	}
	if m, _ := s.Media(t.Context(), "never"); m.State != message.MediaFailed || m.Tries != 4 || never.Load() != 4 || m.Reason != "the provider answered 404" {
		t.Errorf("never: %+v after %d requests", m, never.Load())
	}
	for n := 1; n <= 3; n++ {
		if _, ok := waits.Load(n); !ok {
			t.Errorf("no pause after try %d", n)
		}
	}
}

func TestRetryAfterHoldsATryBack(t *testing.T) {
	url, addr := web(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1800")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	s := newShelf(pending("a", url, ""))
	work(t, s, addr)
	m := <-s.saved
	s.mu.Lock()
	due := time.Until(s.due["a"])
	s.mu.Unlock()
	if m.State != message.MediaPending || due < 29*time.Minute || due > 31*time.Minute {
		t.Errorf("%+v, due in %v", m, due)
	}
}

func TestAFewFilesAtOnceAndEachOnce(t *testing.T) {
	var now, most, all atomic.Int32
	var once sync.Once
	release := make(chan struct{})
	url, addr := web(t, func(w http.ResponseWriter, _ *http.Request) {
		all.Add(1)
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == 3 {
			once.Do(func() { close(release) }) // as many as may be are here
		}
		<-release
		now.Add(-1)
		_, _ = w.Write(pngOf(1, 1))
	})
	var ms []message.Media
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		ms = append(ms, pending(id, url+"/"+id, ""))
	}
	s := newShelf(ms...)
	w, _, _ := work(t, s, addr)
	for range 100 {
		w.Wake()
	}
	for range len(ms) {
		<-s.saved
	}
	if most.Load() > 3 || all.Load() != int32(len(ms)) {
		t.Errorf("%d at once, %d requests for %d files", most.Load(), all.Load(), len(ms))
	}
}

func TestAPanicHarmsOneTryOfOneFile(t *testing.T) {
	s := newShelf(pending("a", "data:,hello", ""))
	w, _, _ := work(t, s)
	<-s.saved
	// A worker without a directory panics on every file.
	broken := NewWorker(w.c)
	broken.c.Files = nil
	broken.one(t.Context(), pending("b", "data:,hello", ""))
	if m := <-s.saved; m.ID != "b" || m.State != message.MediaPending || m.Tries != 1 {
		t.Errorf("got %+v, want another try", m)
	}
}

func TestStoppingLeavesFilesPendingAndNobodyBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last of the clean-ups
	asked := make(chan struct{})
	url, addr := web(t, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	s := newShelf(pending("a", url, ""))
	d, data := dir(t)
	gate := door(t, addr)
	w := NewWorker(Config{Store: s, Door: gate, Files: d, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	<-asked
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if m, _ := s.Media(t.Context(), "a"); m.State != message.MediaPending || m.Tries != 0 || len(s.saved) != 0 {
		t.Errorf("got %+v", m)
	}
	if n := files(t, data); n != 0 {
		t.Errorf("%d files left", n)
	}
	gate.Close()
}
