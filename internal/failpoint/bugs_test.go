package failpoint_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bugs are mistakes that a change might make, each with the test that must not let it through.
var bugs = []struct{ bug, means, room, test string }{
	{"dedupe", "a callback that comes again is another message", "inbound", "TestOneMessageHoweverOftenItIsDelivered"},
	{"epoch", "a lane's next holder cannot be told from the last", "store", "TestSQLiteStoreDoesWhatAStoreMust/a_stale_holder's_settlement_changes_nothing"},
	{"rank", "a receipt that comes late moves a status down", "inbound", "TestReceiptsMoveAMessageByRankWhateverTheirOrder"},
	{"attempt", "an attempt that a crash left open is made again as if it had not begun", "outbound", "TestAfterACrashAnOpenAttemptIsUnclearAndTheRestGoesOn"},
	{"early", "whoever writes is told before the disk has it", "store", "TestNobodyIsToldOfACommitBeforeItIsOnTheDisk"},
	{"idempotency", "a repeated request is another message", "outbound", "TestAnIdempotencyKeyGivesTheFirstAnswerAgain"},
	{"unclear", "a request that left and was not answered counts as never sent", "outbound", "TestASlowProviderIsUnclearAfterItsTime"},
	{"park", "a receipt that overtakes the answer is dropped", "inbound", "TestAReceiptThatOvertakesTheAnswerIsParked"},
	{"optout", "what was accepted before a STOP is sent after it", "store", "TestSQLiteStoreDoesWhatAStoreMust/no_attempt_begins_after_a_STOP_was_answered"},
}

// A test that no mistake can fail proves nothing. Each is run with the mistake and without it.
func TestEveryNamedBugIsCaught(t *testing.T) {
	built := map[string]string{}
	for _, b := range bugs {
		bin := built[b.room]
		if bin == "" {
			bin = filepath.Join(t.TempDir(), b.room+".test")
			c := exec.Command("go", "test", "-c", "-tags", "faults", "-o", bin, "patchbay/internal/"+b.room)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			built[b.room] = bin
		}
		run := func(bug string) (string, error) {
			c := exec.Command(bin, "-test.count=1", "-test.v", "-test.timeout=2m", "-test.run", whole(b.test))
			c.Dir, c.Env = filepath.Join("..", b.room), append(os.Environ(), "PATCHBAY_BUG="+bug)
			out, err := c.CombinedOutput()
			return string(out), err
		}
		if out, err := run(""); err != nil || !strings.Contains(out, "--- PASS: "+b.test) {
			t.Errorf("without the mistake %q, %s does not pass: %v\n%s", b.bug, b.test, err, out)
		}
		if out, err := run(b.bug); err == nil || !strings.Contains(out, "--- FAIL: "+b.test) {
			t.Errorf("%s does not notice that %s (the mistake %q): %v\n%s", b.test, b.means, b.bug, err, out)
		}
	}
}

// whole is the expression that runs one test and none whose name is longer.
func whole(test string) string {
	parts := strings.Split(test, "/")
	for i := range parts {
		parts[i] = "^" + parts[i] + "$"
	}
	return strings.Join(parts, "/")
}
