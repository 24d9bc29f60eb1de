package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// start runs a carrier whose callbacks arrive on the returned channel.
func start(t *testing.T, answer func(n int) int) (*Server, <-chan callback) {
	t.Helper()
	s, err := Start(t.Context(), Options{APIKey: "k", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan callback, 16)
	var n atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if want := Sign("s", r.Header.Get("X-Simulator-Timestamp"), body); r.Header.Get("X-Simulator-Signature") != want {
			t.Errorf("signature %q, want %q", r.Header.Get("X-Simulator-Signature"), want)
		}
		status, nth := 200, int(n.Add(1))
		if answer != nil {
			status = answer(nth)
		}
		w.WriteHeader(status)
		if status == 200 {
			var c callback
			if err := json.Unmarshal(body, &c); err != nil {
				t.Error(err)
			}
			got <- c
		}
	}))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		hook.Close()
	})
	s.SendCallbacksTo(hook.URL)
	return s, got
}

func send(t *testing.T, s *Server, m order) (int, string, http.Header) {
	t.Helper()
	body, _ := json.Marshal(m)
	r, _ := http.NewRequest("POST", s.URL()+"/messages", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer k")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error(), nil
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), resp.Header
}

func TestEveryMagicNumberDoesWhatItSays(t *testing.T) {
	for _, c := range []struct {
		to     string
		status int
		events []string // in order, once the answer came
	}{
		{"+15550100123", 200, []string{"sent", "delivered"}},
		{"+15005550001", 200, []string{"sent", "delivered"}},
		{"+15005550002", 200, []string{"sent", "undelivered 30003"}},
		{"+15005550003", 429, nil},
		{"+15005550004", 400, nil},
		{"+15005550005", 0, nil},
		{"+15005550007", 200, []string{"sent", "delivered", "Got it!", "Got it!"}},
		{"+15005550008", 200, []string{"sent", "delivered", "Here is a picture +1"}},
		{"+15005550009", 200, []string{"delivered"}},
	} {
		t.Run(c.to, func(t *testing.T) {
			s, got := start(t, nil)
			status, body, header := send(t, s, order{From: "+15550001111", To: c.to, Text: "hi", Reference: "r"})
			if status != c.status {
				t.Fatalf("status %d %s, want %d", status, body, c.status)
			}
			if status == 429 && header.Get("Retry-After") != "1" {
				t.Error("busy without Retry-After")
			}
			for _, want := range c.events {
				e := <-got
				have := e.Status + e.Text
				if e.Error != nil {
					have += " " + e.Error.Code
				}
				if len(e.Media) > 0 {
					have += " +1"
				}
				if have != want {
					t.Errorf("event %q, want %q", have, want)
				}
			}
		})
	}
}

func TestTheBusyNumberTakesTheThirdTry(t *testing.T) {
	s, _ := start(t, nil)
	for i, want := range []int{429, 429, 200} {
		if status, body, _ := send(t, s, order{From: "+1555", To: "+15005550003", Text: "hi", Reference: "r"}); status != want {
			t.Errorf("try %d: %d %s, want %d", i+1, status, body, want)
		}
	}
}

func TestACallbackIsTriedAgainUntilItIsTaken(t *testing.T) {
	s, got := start(t, func(n int) int {
		if n == 1 {
			return 503
		}
		return 200
	})
	if _, taken := s.Text(t.Context(), "+15550100123", "+15550001111", "yes $to$ 0123 😀"); !taken {
		t.Fatal("not taken")
	}
	if e := <-got; e.Text != "yes $to$ 0123 😀" {
		t.Errorf("text %q", e.Text)
	}
}

func TestTheUnclearTextIsInTheLedgerAndOnTheHandset(t *testing.T) {
	ledger := make(chan Taken, 2)
	s, err := Start(t.Context(), Options{APIKey: "k", Secret: "s", Taken: func(x Taken) { ledger <- x }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	send(t, s, order{From: "+1555", To: "+15005550005", Text: "hi", Reference: "r"})
	if x := <-ledger; x.Reference != "r" || x.Text != "hi" {
		t.Errorf("the ledger has %+v, want the one text", x)
	}
	resp, err := http.Get(s.URL() + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); !strings.Contains(string(b), `"text":"hi"`) {
		t.Errorf("the handset does not show it: %s", b)
	}
}

func TestStrangersAreTurnedAway(t *testing.T) {
	s, _ := start(t, nil)
	for _, c := range []struct {
		name string
		want int
		edit func(*http.Request)
	}{
		{"no key", 401, func(r *http.Request) { r.URL.Path = "/messages" }},
		{"another name for this address", 421, func(r *http.Request) { r.Host = "evil.example" }},
		{"a form on another site", 403, func(r *http.Request) { r.URL.Path = "/reply"; r.Header.Set("Sec-Fetch-Site", "cross-site") }},
	} {
		r, _ := http.NewRequest("POST", s.URL()+"/messages", strings.NewReader(`{}`))
		c.edit(r)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, resp.StatusCode, c.want)
		}
	}
}
