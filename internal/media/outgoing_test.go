package media

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/message"
)

// outgoing gets files for a program that stands behind https://patchbay.example.
func outgoing(t *testing.T, allowed ...string) (o *Outgoing, d *Files, data string, s *shelf, l *Links) {
	t.Helper()
	d, data = dir(t)
	s, l = newShelf(), NewLinks([][]byte{[]byte("key")})
	return NewOutgoing(s, door(t, allowed...), d, l, "https://patchbay.example/"), d, data, s, l
}

func TestFilesOfAMessageAreGotWithTheTypeOfTheirBytes(t *testing.T) {
	vcard := "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Sam\r\nEND:VCARD\r\n"
	url, addr := web(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a/cat.jpg":
			w.Header().Set("Content-Type", "image/jpeg") // it is not
			_, _ = w.Write(pngOf(2, 2))
		case "/card":
			w.Header().Set("Content-Type", "text/vcard; charset=utf-8")
			_, _ = w.Write([]byte(vcard))
		case "/list.csv":
			_, _ = w.Write([]byte("plain words"))
		case "/raw":
			w.Header().Set("Content-Type", "audio/amr")
			_, _ = w.Write([]byte{1, 2, 3, 0xff})
		}
	})
	o, _, data, _, _ := outgoing(t, addr)
	files, done, err := o.Get(t.Context(), []string{url + "/a/cat.jpg", url + "/card?key=secret", url + "/list.csv", url + "/raw"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ name, kind string }{
		{"cat.jpg", "image/png"}, {"file.vcf", "text/vcard"}, {"list.csv", "text/csv"}, {"file.amr", "audio/amr"},
	} {
		if files[i].Name != want.name || files[i].Type != want.kind {
			t.Errorf("file %d: got %s %s, want %s %s", i, files[i].Name, files[i].Type, want.name, want.kind)
		}
	}
	if !bytes.Equal(files[0].Data, pngOf(2, 2)) || string(files[1].Data) != vcard {
		t.Error("the bytes are not those that came")
	}
	done()
	if o.room.taken != 0 || o.turns.taken != 0 {
		t.Errorf("%d bytes and %d turns are not given back", o.room.taken, o.turns.taken)
	}
	if left, err := os.ReadDir(filepath.Join(data, "media", unfinished)); err != nil || len(left) > 0 {
		t.Errorf("left on the disk: %v, %v", left, err)
	}
}

func TestAFileOfOurOwnIsReadFromTheDisk(t *testing.T) {
	o, d, _, s, l := outgoing(t)
	m, err := d.Keep(t.Context(), message.Media{ID: "f1", Name: "cat.png", MediaType: "image/png"}, pngOf(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	s.rows[m.ID] = m
	link := "https://patchbay.example" + l.Path("f1", time.Now())
	files, done, err := o.Get(t.Context(), []string{link}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if files[0].Name != "cat.png" || files[0].Type != "image/png" || !bytes.Equal(files[0].Data, pngOf(3, 3)) {
		t.Errorf("got %s %s", files[0].Name, files[0].Type)
	}
	for _, c := range []struct{ link, want string }{
		{"https://patchbay.example/media/f1/1/AAAA", "none of ours"},
		{"https://patchbay.example" + l.Path("gone", time.Now()), "not here any more"},
	} {
		var why *FetchError
		if _, _, err := o.Get(t.Context(), []string{c.link}, 0); !errors.As(err, &why) || why.State != message.MediaFailed || !strings.Contains(why.Reason, c.want) {
			t.Errorf("%s: got %v", c.link, err)
		}
	}
	var why *FetchError
	s.rows["f2"] = message.Media{ID: "f2", State: message.MediaPending}
	if _, _, err := o.Get(t.Context(), []string{"https://patchbay.example" + l.Path("f2", time.Now())}, 0); !errors.As(err, &why) || why.State != message.MediaPending {
		t.Errorf("one that is being fetched: got %v, want another try", err)
	}
	if _, _, err := o.Get(t.Context(), []string{link}, 10); !errors.As(err, &why) || !strings.Contains(why.Reason, "larger than 10 bytes") {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatCannotBeHadSaysWhyAndWhetherToTryAgain(t *testing.T) {
	url, addr := web(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			_, _ = w.Write(make([]byte, MaxBytes+1))
		case "/empty":
		case "/later":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/down":
			w.WriteHeader(http.StatusBadGateway)
		case "/closed":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	o, _, data, _, _ := outgoing(t, addr)
	for _, c := range []struct {
		path  string
		state message.MediaState
		after time.Duration
		want  string
	}{
		{"/none?token=canary", message.MediaFailed, 0, "the file " + url + "/none cannot be sent: its address answered 404"},
		{"/closed", message.MediaFailed, 0, "its address answered 403"},
		{"/large", message.MediaFailed, 0, "larger than 10 MiB"},
		{"/later", message.MediaPending, 7 * time.Second, "answered 429"},
		{"/down", message.MediaPending, 0, "answered 502"},
		{"/empty", message.MediaPending, 0, "empty file"},
	} {
		files, done, err := o.Get(t.Context(), []string{url + c.path}, 0)
		done()
		var why *FetchError
		if !errors.As(err, &why) || files != nil || why.State != c.state || why.After != c.after || !strings.Contains(why.Reason, c.want) || strings.Contains(why.Reason, "canary") {
			t.Errorf("%s: got %+v", c.path, err)
		}
	}
	var why *FetchError
	if _, _, err := o.Get(t.Context(), []string{"http://10.1.2.3/a.png"}, 0); !errors.As(err, &why) || why.State != message.MediaBlocked {
		t.Errorf("inside our network: got %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(data, "media", unfinished)); err != nil || len(left) > 0 || o.room.taken != 0 || o.turns.taken != 0 {
		t.Errorf("left: %v, %v, %d bytes, %d turns", left, err, o.room.taken, o.turns.taken)
	}
}

func TestFilesTogetherAreBounded(t *testing.T) {
	url, addr := web(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, MaxBytes)) })
	o, _, _, _, _ := outgoing(t, addr)
	five := []string{url, url, url, url, url}
	var why *FetchError
	if _, _, err := o.Get(t.Context(), five, 0); !errors.As(err, &why) || why.State != message.MediaFailed || !strings.Contains(why.Reason, "40 MiB together") {
		t.Errorf("got %v", err)
	}
}

func TestWhoCameFirstGetsInFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(10)
		if err := r.enter(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		order := make(chan string, 3)
		come := func(name string, weight int64) {
			go func() {
				if r.enter(t.Context(), weight) == nil {
					order <- name
				}
			}()
			synctest.Wait()
		}
		come("large", 50) // alone in the room
		come("small", 1)  // there would be room, but the large was here before
		gone, leave := context.WithCancel(t.Context())
		given := make(chan error, 1)
		go func() { given <- r.enter(gone, 1) }()
		synctest.Wait()
		leave()
		if err := <-given; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		if len(order) > 0 {
			t.Fatal("somebody got in before there was room")
		}
		r.leave(8)
		synctest.Wait()
		if got := <-order; got != "large" || len(order) > 0 {
			t.Errorf("first was %s, and %d more", got, len(order))
		}
		r.leave(50)
		synctest.Wait()
		if got := <-order; got != "small" {
			t.Errorf("then %s", got)
		}
		r.leave(1)
		if r.taken != 0 || len(r.waiting) != 0 {
			t.Errorf("left: %d taken, %d waiting", r.taken, len(r.waiting))
		}
	})
}
