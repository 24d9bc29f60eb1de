package media

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/media/s3test"
	"patchbay/internal/message"
)

func TestWhereABucketIsAndWhatItsAddressMayNotSay(t *testing.T) {
	for _, c := range []struct{ text, want, endpoint string }{
		{"s3://media-bucket", "s3://media-bucket/", "s3.amazonaws.com:443"},
		{"s3://media-bucket/a/b/?region=eu-west-1", "s3://media-bucket/a/b/", "s3.eu-west-1.amazonaws.com:443"},
		{"s3://media-bucket/?endpoint=http://10.0.0.5:9000&style=path", "s3://media-bucket/", "10.0.0.5:9000"},
		{"s3://media-bucket?endpoint=https://s3.example.com", "s3://media-bucket/", "s3.example.com:443"},
		{"s3://media-bucket?endpoint=http://[fd00::1]", "s3://media-bucket/", "[fd00::1]:80"},
	} {
		if b, err := ParseBucket(c.text); err != nil || b.String() != c.want || b.Endpoint() != c.endpoint {
			t.Errorf("%s: %s at %s, %v", c.text, b, b.Endpoint(), err)
		}
	}
	for text, want := range map[string]string{
		"":                            "write s3://",
		"/mnt/media":                  "write s3://",
		"https://media-bucket":        "write s3://",
		"s3://":                       "write s3://",
		"s3://%zz":                    "write s3://",
		"s3://AKIA:hunter22@bucket/x": "must hold no keys",
		"s3://No_Bucket":              "names no bucket",
		"s3://media-bucket?endpoint=s3.example.com":                "no endpoint",
		"s3://media-bucket?endpoint=https://u:hunter22@s3.example": "no endpoint",
		"s3://media-bucket?endpoint=https://s3.example/deep":       "no endpoint",
		"s3://media-bucket?endpoit=x":                              "says endpoit",
		"s3://media-bucket?region=a&region=b":                      "twice",
		"s3://media-bucket?style=odd":                              "path and host",
	} {
		if b, err := ParseBucket(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%s: %v, %v; want %q", text, b, err, want)
		}
	}
}

func TestABucketThatSaysNoIsRefusedAtTheStartAndOneThatIsAwayIsNot(t *testing.T) {
	for _, c := range []struct {
		what    string
		fail    func(*http.Request) (int, string)
		refused bool
		want    string
	}{
		{"missing", s3test.Always(404, "NoSuchBucket"), true, "there is no bucket"},
		{"no right", s3test.Always(403, "AccessDenied"), true, "list, read, write and delete"},
		{"wrong key", s3test.Always(403, "InvalidAccessKeyId"), true, "not taken"},
		{"down", s3test.Always(-1, ""), false, "broke"},
		{"busy", s3test.Always(503, "SlowDown"), false, "503"},
	} {
		s := s3test.Start(t)
		s.Fail(c.fail)
		var log bytes.Buffer
		d, err := openBucket(t, s, slog.New(slog.NewTextHandler(&log, nil)))
		if err == nil || (d == nil) != c.refused || !errors.Is(err, ErrAway) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.what, d, err)
		}
		if all := log.String() + err.Error(); strings.Contains(all, "canary") || !strings.Contains(log.String(), "files wait") {
			t.Errorf("%s: the log says %s", c.what, all)
		}
	}
	b, err := ParseBucket("s3://media-bucket?endpoint=http://127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	b.AccessKey, b.SecretKey = "a", "b"
	d, err := OpenBucket(t.Context(), b, door(t).Storage(), t.TempDir(), slog.New(slog.DiscardHandler))
	if d != nil || err == nil || !strings.Contains(err.Error(), "PATCHBAY_ALLOW_PRIVATE_EGRESS") {
		t.Errorf("an address that is not listed: %v, %v", d, err)
	}
}

func TestWhileABucketIsAwayNothingIsLost(t *testing.T) {
	for _, c := range []struct {
		what string
		fail func(*http.Request) (int, string)
	}{
		{"down", s3test.Always(-1, "")}, {"no right", s3test.Always(403, "AccessDenied")}, {"no bucket", s3test.Always(404, "NoSuchBucket")},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := s3test.Start(t)
			var log bytes.Buffer
			d, err := openBucket(t, s, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			kept, err := d.Keep(t.Context(), message.Media{ID: "kept"}, []byte("kept"))
			if err != nil {
				t.Fatal(err)
			}
			rows := newShelf(kept)
			links := NewLinks([][]byte{bytes.Repeat([]byte{1}, 32)})
			show := Handler(links, d, rows, slog.New(slog.DiscardHandler))
			out := NewOutgoing(rows, door(t), d, links, "https://x.example")
			s.Fail(c.fail)

			// One that came inside a callback waits as its own source.
			held, err := d.Keep(t.Context(), message.Media{ID: "in hand", Name: "a.png", MediaType: "image/png"}, pngOf(2, 2))
			if err != nil || held.State != message.MediaPending || !strings.HasPrefix(held.SourceURL, "data:") {
				t.Fatalf("%+v, %v", held, err)
			}
			// One that is uploaded is its owner's again.
			if _, err := d.Take(t.Context(), message.Media{ID: "up"}, strings.NewReader("up")); !errors.Is(err, ErrAway) {
				t.Errorf("uploaded: %v", err)
			}
			// One that is asked for is not said to be gone.
			if w := get(show, "GET", links.Path("kept", time.Now())); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
				t.Errorf("shown: %d", w.Code)
			}
			// Nor is one that is sent.
			_, done, err := out.Get(t.Context(), []string{"https://x.example" + links.Path("kept", time.Now())}, 0)
			done()
			var final *FetchError
			if err == nil || errors.As(err, &final) {
				t.Errorf("sent: %v", err)
			}
			// One that is fetched is tried however often, and kept once that can be.
			rows.rows["in hand"] = held
			w := NewWorker(Config{Store: rows, Door: door(t), Files: d, Log: slog.New(slog.DiscardHandler), MaxTries: 2})
			w.delay = func(int) time.Duration { return 0 }
			for range 3 {
				w.one(t.Context(), rows.rows["in hand"])
				if m := <-rows.saved; m.State != message.MediaPending || m.Tries != 0 {
					t.Fatalf("after a try: %+v", m)
				}
			}
			if left := under(t, filepath.Dir(d.drafts.Name())); len(left) != 0 {
				t.Errorf("left on the disk: %q", left)
			}
			if n, err := d.Sweep(t.Context(), rowsOf{}, time.Now()); n != 0 || err == nil {
				t.Errorf("swept %d, %v", n, err)
			}
			if text := log.String(); strings.Count(text, "files wait") != 1 || strings.Contains(text, "canary") {
				t.Errorf("the log says %s", text)
			}
			s.Fail(nil)
			w.one(t.Context(), rows.rows["in hand"])
			if m := <-rows.saved; m.State != message.MediaStored || m.MediaType != "image/png" || !bytes.Equal(s.Data("pre/fix/"+m.Path), pngOf(2, 2)) {
				t.Errorf("at last: %+v", m)
			}
			if w := get(show, "GET", links.Path("kept", time.Now())); w.Code != 200 || w.Body.String() != "kept" {
				t.Errorf("shown at last: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestABucketThatDoesNotAnswerHoldsNobodyLongerThanTheyWait(t *testing.T) {
	s := s3test.Start(t)
	d := bucket(t, s)
	asked, release := make(chan struct{}, 100), make(chan struct{})
	t.Cleanup(func() { close(release) })
	s.Fail(func(*http.Request) (int, string) { asked <- struct{}{}; <-release; return -1, "" })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := d.Take(ctx, message.Media{ID: "1"}, strings.NewReader("x")); err == nil {
		t.Error("it is said to be kept")
	}
}

func TestAReadThatBreaksOffIsNoEnd(t *testing.T) {
	s := s3test.Start(t)
	d := bucket(t, s)
	m, err := d.Keep(t.Context(), message.Media{ID: "1"}, bytes.Repeat([]byte("0123456789"), 1<<16))
	if err != nil {
		t.Fatal(err)
	}
	s.BreakOff(1000)
	f, err := d.open(t.Context(), m.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s.Fail(s3test.Always(-1, ""))
	var b bytes.Buffer
	if n, err := b.ReadFrom(f); n != 1000 || !errors.Is(err, ErrAway) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestWhoeverKeepsAFileInABucketAgainGivesItAnotherName(t *testing.T) {
	d := bucket(t, s3test.Start(t))
	one, err1 := d.Keep(t.Context(), message.Media{ID: "1"}, []byte("first"))
	two, err2 := d.Keep(t.Context(), message.Media{ID: "1"}, []byte("second"))
	got, err3 := d.read(t.Context(), one.Path)
	if err := errors.Join(err1, err2, err3); err != nil || one.Path == two.Path || string(got) != "first" {
		t.Errorf("%q and %q, %s, %v", one.Path, two.Path, got, err)
	}
}

func TestTheDoorLeadsToStorageByTheSameRules(t *testing.T) {
	s := s3test.Start(t)
	ask := func(d *exchange.Door) error {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := d.Storage().RoundTrip(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	if err := ask(door(t)); !exchange.IsBlocked(err) || len(s.Asked()) != 0 {
		t.Errorf("not listed: %v", err)
	}
	if err := ask(door(t, s.Host())); err != nil || len(s.Asked()) != 1 {
		t.Errorf("listed: %v", err)
	}
	own := door(t, s.Host())
	own.RefuseOwn(s.Listener.Addr())
	if err := ask(own); !exchange.IsBlocked(err) {
		t.Errorf("our own: %v", err)
	}
}
