package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The database crashes, and callbacks come; the node is killed while it holds them, and started again when the database is back: each is there,
// once and in order.
func TestCallbacksOfAnOutageSurviveTheirNode(t *testing.T) {
	c := newCluster(t)
	p := newProvider(t, answerJSON(`{"data": {"id": "x"}}`))
	g := c.node(t, p.host())
	g.start()
	tm := baseTeam(g, p)
	text := func(i int) string { return fmt.Sprintf("%d yes $to$ 0123 é😀", i) }
	var want []string
	says := func(i int) {
		t.Helper()
		want = append(want, text(i))
		g.says(tm.webhook, fmt.Sprintf(`{"method":"message","params":{"from":"+15550200001","to":"+15550001001","content":%q}}`, text(i)))
	}
	// arrived reads the messages, oldest first, and says whether all have come. Not yet is the answer to a 503, too: what failed to reach
	// the database tries anew only after a short pause, so reads may be refused for a moment after it is back.
	var got []string
	arrived := func() bool {
		a, err := g.try("GET", "/v1/messages?direction=inbound&limit=200", nil)
		if err != nil || a.status != 200 {
			return false
		}
		got = nil
		for _, m := range a.json["data"].([]any) {
			got = append(got, m.(map[string]any)["content"].(string))
		}
		slices.Reverse(got)
		return len(got) >= len(want)
	}
	next := 0
	some := func(n int) {
		t.Helper()
		for range n {
			says(next)
			next++
		}
	}
	body := map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0], "to": "+15550100001", "content": "hello"}

	some(3)
	c.server.Kill()
	some(30)
	if a, err := g.try("POST", "/v1/messages", body); err != nil || a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("a send: %d %v", a.status, err)
	}
	c.server.Restart(t)
	some(5)
	g.until("the spool is empty", arrived)
	if !slices.Equal(got, want) {
		t.Fatalf("after the first outage:\n got %q\nwant %q", got, want)
	}

	c.server.Kill()
	some(30)
	g.kill()
	// What was never finished when it died is cut off, and loses nothing that was answered.
	files, err := filepath.Glob(filepath.Join(g.dir, "spool", "*.spool"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the spool's files: %q, %v", files, err)
	}
	f, err := os.OpenFile(files[len(files)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("PBR1\x00\x10\x00\x00torn"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	c.server.Restart(t)
	g.start()
	some(1)
	g.until("the spool is empty", arrived)
	if !slices.Equal(got, want) {
		t.Errorf("after the second outage:\n got %q\nwant %q", got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(g.dir, "spool", "*.spool")); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
}
