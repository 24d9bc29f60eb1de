package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const canary = "k-4nary/Zq+é&\"x"

func TestAStringIsNeverPrinted(t *testing.T) {
	type holder struct {
		Open   String
		hidden String
		inner  struct{ s *String }
	}
	s := New(canary)
	h := holder{Open: s, hidden: s}
	h.inner.s = &s
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v", "%p", "%t"} {
		for _, v := range []any{s, &s, h, &h, []String{s}, map[string]String{"k": s}, []any{h}} {
			if got := fmt.Sprintf(verb, v); shows(got) {
				t.Errorf("%s of %T shows the secret: %s", verb, v, got)
			}
		}
	}
	for _, v := range []any{s, &s, h, []String{s}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if shows(string(b)) {
			t.Errorf("JSON shows the secret: %s", b)
		}
	}
	var log bytes.Buffer
	for _, hnd := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(hnd).Info("x", "s", s, "p", &s, "h", h, "g", slog.GroupValue(slog.Any("s", s)))
	}
	if shows(log.String()) {
		t.Errorf("the log shows the secret: %s", log.String())
	}
}

// shows reports whether text holds the canary or its hex.
func shows(text string) bool {
	return strings.Contains(text, "4nary") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "4nary"))
}

func TestAStringTakesWhatACallerSent(t *testing.T) {
	var in struct{ Key String }
	if err := json.Unmarshal([]byte(`{"Key":"0123"}`), &in); err != nil || in.Key.Reveal() != "0123" {
		t.Errorf("got %q, %v", in.Key.Reveal(), err)
	}
	if err := json.Unmarshal([]byte(`{"Key":4711}`), &in); err == nil || strings.Contains(err.Error(), "4711") {
		t.Errorf("a number: got %v, want an error that does not show it", err)
	}
}

func TestEqualComparesTexts(t *testing.T) {
	if !New("a").Equal(New("a")) || New("a").Equal(New("b")) || !(String{}).Equal(New("")) {
		t.Error("Equal does not compare texts")
	}
}
