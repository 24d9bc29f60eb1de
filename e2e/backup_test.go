package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/simulator"
)

// D18: a backup is taken while messages come and go. What it gives back is whole, says why it sends nothing, and sends nothing before somebody
// resumes it: what was queued then has been sent since.
func TestABackupOfARunningServerComesBackPaused(t *testing.T) {
	var mu sync.Mutex
	taken := map[string]int{}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(taken) }
	g, sim, tm := onSimulator(t, func(x simulator.Taken) { mu.Lock(); defer mu.Unlock(); taken[x.Reference]++ }, "+15550001001")
	send := func(g *gateway, text string) string {
		return g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0], "to": "+15550100001", "content": text}).str("id")
	}
	sim.Text(t.Context(), "+15550200001", tm.numbers[0], "a picture ~ 'é'", sim.URL()+"/media/sample.png")
	pictureOf(g, "a picture ~ 'é'")
	first := send(g, "sent before")
	g.await(first, func(m map[string]any) bool { return m["status"] == "delivered" })
	way := "/v1/organizations/" + tm.org + "/integrations/simulator"
	g.call(200, "POST", way+"/pause", map[string]any{"reason": "so that something is queued"})
	var queued []string
	for _, text := range []string{"yes $to$", "0123", "{{to}} \"😀\""} {
		queued = append(queued, send(g, text))
	}

	file := filepath.Join(t.TempDir(), "monday.backup")
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{}) // others write meanwhile
	var writing sync.WaitGroup
	writing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				send(g, "while it is made")
			}
		}
	})
	out, err := exec.Command(bin, "backup", "--data", g.dir, file).CombinedOutput()
	close(stop)
	writing.Wait()
	if err != nil {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	if again, err := exec.Command(bin, "backup", "--data", g.dir, file).CombinedOutput(); err == nil {
		t.Errorf("a backup replaced another: %s", again)
	}
	if b, err := os.ReadFile(file); err != nil || strings.Contains(string(b), "{{to}}") {
		t.Errorf("the backup shows a message's text, or cannot be read: %v", err)
	}
	g.call(200, "POST", way+"/resume", nil)
	for _, id := range queued {
		g.await(id, func(m map[string]any) bool { return m["status"] == "delivered" })
	}
	g.kill()
	before := count()

	back := prepareGateway(t, sim.Addr())
	if out, err := exec.Command(bin, "restore", "--data", back.dir, file).CombinedOutput(); err == nil || !strings.Contains(string(out), "patchbay.key") {
		t.Fatalf("without the key: %v\n%s", err, out)
	}
	key, err := os.ReadFile(filepath.Join(g.dir, "patchbay.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(back.dir, "patchbay.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = exec.Command(bin, "restore", "--data", back.dir, file).CombinedOutput()
	if err != nil {
		t.Fatalf("restore: %v\n%s", err, out)
	}
	if out, err := exec.Command(bin, "restore", "--data", back.dir, file).CombinedOutput(); err == nil || !strings.Contains(string(out), "never replaces") {
		t.Errorf("restored over a database: %v\n%s", err, out)
	}
	back.start()
	if a := back.call(200, "GET", way, nil); !strings.Contains(string(a.body), "restored from the backup") {
		t.Errorf("the integration does not say why it is paused: %s", a.body)
	}
	pictureOf(back, "a picture ~ 'é'")
	late := send(back, "after the restore")
	for _, id := range append(queued, late) {
		if a := back.call(200, "GET", "/v1/messages/"+id, nil); a.str("status") != "queued" {
			t.Errorf("%s is %s before anybody resumed", id, a.str("status"))
		}
	}
	if n := count(); n != before {
		t.Errorf("the carrier took %d messages from a paused server", n-before)
	}
	back.call(200, "POST", way+"/resume", nil)
	// Its receipts go to where the old server was.
	for _, id := range append(queued, late) {
		back.await(id, func(m map[string]any) bool { return m["status"] == "sent" })
	}
	if err := back.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if out, err := exec.Command(bin, "verify", "--data", back.dir).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}
