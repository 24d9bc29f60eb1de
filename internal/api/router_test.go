package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/internal/access"
)

// routed is a server of the routes given, for what every route goes through.
func routed(t *testing.T, log io.Writer, matrix []access.Rule, handlers map[string]handler) (*Server, error) {
	t.Helper()
	s := &Server{o: Options{Log: slog.New(slog.NewTextHandler(log, nil))}, metrics: newMetrics(nil)}
	return s, s.build(matrix, handlers)
}

func TestARouteThatTheMatrixDoesNotHaveDoesNotStart(t *testing.T) {
	fine := func(w http.ResponseWriter, _ *http.Request, _ *access.Principal) error { return none(w) }
	if _, err := routed(t, io.Discard, nil, map[string]handler{"GET /new": fine}); err == nil || !strings.Contains(err.Error(), "GET /new") {
		t.Errorf("a handler without a rule: %v", err)
	}
	if _, err := routed(t, io.Discard, []access.Rule{{Method: "GET", Pattern: "/gone"}}, nil); err == nil || !strings.Contains(err.Error(), "GET /gone") {
		t.Errorf("a rule without a handler: %v", err)
	}
	if _, err := routed(t, io.Discard, []access.Rule{{Method: "GET", Pattern: "/here"}}, map[string]handler{"GET /here": fine}); err != nil {
		t.Errorf("both: %v", err)
	}
	s := &Server{o: Options{Log: slog.New(slog.DiscardHandler)}, metrics: newMetrics(nil)}
	if err := s.build(access.Matrix, s.handlers()); err != nil {
		t.Errorf("the program's own: %v", err)
	}
}

func TestOurOwnFaultsGiveAnIDAndNothingElse(t *testing.T) {
	for name, h := range map[string]handler{
		"a panic": func(http.ResponseWriter, *http.Request, *access.Principal) error { panic("canary of the inside") },
		"an error": func(http.ResponseWriter, *http.Request, *access.Principal) error {
			return errors.New("canary of the inside")
		},
	} {
		var log bytes.Buffer
		s, err := routed(t, &log, []access.Rule{{Method: "GET", Pattern: "/x"}, {Method: "GET", Pattern: "/fine"}}, map[string]handler{
			"GET /x": h, "GET /fine": func(w http.ResponseWriter, _ *http.Request, _ *access.Principal) error { return none(w) },
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
		var p struct{ ID, Code, Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 500 || p.Code != "internal" || len(p.ID) != 16 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "canary") || strings.Contains(w.Body.String(), ".go:") {
			t.Errorf("%s: the inside shows: %s", name, w.Body)
		}
		if !strings.Contains(log.String(), p.ID) || !strings.Contains(log.String(), "canary of the inside") {
			t.Errorf("%s: the log does not tell more under %s: %s", name, p.ID, log.String())
		}
		w = httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/fine", nil))
		if w.Code != 204 {
			t.Errorf("%s: afterwards %d", name, w.Code)
		}
	}
}

func TestHalfAnAnswerIsBrokenOffAndNotTakenForAWholeOne(t *testing.T) {
	s, err := routed(t, io.Discard, []access.Rule{{Method: "GET", Pattern: "/x"}}, map[string]handler{
		"GET /x": func(w http.ResponseWriter, _ *http.Request, _ *access.Principal) error {
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			panic("in the middle")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	resp, err := http.Get(server.URL + "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("read %q without an error", b)
	}
}
