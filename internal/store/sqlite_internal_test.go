package store

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func migrated(t *testing.T) *sqliteConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.db")
	if err := migrateSQLite(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	c, err := openSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close() })
	return c
}

func TestEveryQueryIsPrepared(t *testing.T) {
	c := migrated(t)
	names := map[string]bool{}
	for _, q := range slices.Concat(queries, sqliteQueries) {
		if names[q.name] {
			t.Errorf("two queries are called %q", q.name)
		}
		names[q.name] = true
		if _, err := c.prepare(q); err != nil {
			t.Error(err)
		}
	}
}

var otherPlaceholder = regexp.MustCompile(`\?|[^\w](:|@)\w`)

func TestQueriesAreOneTextForBothEngines(t *testing.T) {
	for _, q := range queries {
		if otherPlaceholder.MatchString(q.text) {
			t.Errorf("%s: a placeholder is written $1", q.name)
		}
		if q.postgres != "" {
			continue // each engine has its own, side by side
		}
		for _, word := range []string{"INSERT OR", "REPLACE INTO", "IFNULL", "ROWID", "GLOB", "DATETIME", "STRFTIME", "||=", "==", "JSON_", "GROUP_CONCAT"} {
			if strings.Contains(strings.ToUpper(q.text), word) {
				t.Errorf("%s: %s is one engine's own", q.name, word)
			}
		}
	}
}

var hotQueries = []*query{qKeepIdempotency, qIdempotency, qOpenWith, qBeginConversation, qOptedOut, qNumberSettings, qOwed, qRepliesTo, qBlocked, qJoinLane, qInsertMessage, qNotify, qDueLanes, qNextLane, qLane,
	qSetLane, qRenewLane, qOpenAttempt, qJoinKnown, qGoOnConversation, qFirstInLane, qFirstAside, qMessageBySeq, qSetWaiting, qDueAside, qNextAside, qAside,
	qPutAside, qDropAside, qSettle, qInsertAttempt, qInsertRef, qRefs, qRef, qRaiseRef, qRefsOf, qParked, qUnpark,
	qRaise, qAppendHistory, qLeaveLane, qMessageByID, qSomeInLane, qSomeAside, qKeepCallback, qPendingCallbacks, qEndCallback, qSeenProviderID,
	qRecentOf, qKeyByHash, qNumberByValue, qIntegration, qViewByID, qViewBySeq, qAttempts, qMediaOf, qDueMedia, qNotificationsAfter,
	qHookOfLane, qHookState, qLastOf, qMoreFor, qSkip, qHookLanes, qWakeLane, qSeqsOfOrganization, qSeqsOfConversation, qUnmatched}

// What runs for every message must find its rows, not look for them: two hundred thousand messages in one lane must not
// slow down a claim.
func TestHotQueriesScanNothing(t *testing.T) {
	c := migrated(t)
	for _, q := range hotQueries {
		plan := ""
		explain := &query{name: q.name, text: "EXPLAIN QUERY PLAN " + q.text}
		args := slices.Repeat([]any{""}, 40)
		if err := c.each(explain, func(r *row) error {
			r.int()
			r.int()
			r.int()
			plan += r.text() + "\n"
			return nil
		}, args...); err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		for line := range strings.Lines(plan) {
			if strings.HasPrefix(line, "SCAN") && !strings.Contains(line, "CONSTANT ROW") && !strings.Contains(line, "INDEX callbacks_pending") || strings.Contains(line, "TEMP B-TREE FOR ORDER BY") {
				t.Errorf("%s: %s", q.name, line)
			}
		}
	}
}

func TestTheSchemaRefusesAStatusThatIsNone(t *testing.T) {
	c := migrated(t)
	insert := `INSERT INTO messages (id, account_id, org_id, direction, status, rank, waiting, lane, conversation_id, private_to, number_id,
		integration_id, service_id, service_version, user_id, "from", "to", urls, error_code, error_text, encoding, segments, parts, part,
		attempts, tries, again, resend_of, provider_id, created_at, expires_at, refs, content, history)
		VALUES ('m', 'a', 'o', 'outbound', 'sent', 3, 0, 1, '', '', '', '', '', '', '', '', '', '', '', '', '', 1, 1, 1, 1, 0, 0, '', '', 1, 1, '', '', '')`
	if err := c.script(insert, nil); err != nil {
		t.Fatal(err)
	}
	for _, u := range []struct {
		change string
		fine   bool
	}{
		{"status = 'sent', rank = 2", false},
		{"status = 'nonsense', rank = 5", false},
		{"status = 'delivered', rank = 5, waiting = 9", false},
		{"status = 'received', rank = 6", false},
		{"direction = 'sideways'", false},
		{"status = 'unclear', rank = 2, waiting = 1", false},
		{"history = 'x'", true},
		{"status = 'failed', rank = 4", true},
		{"status = 'failed', rank = 3", false},
		{"status = 'delivered', rank = 5", true},
	} {
		if err := c.script(`UPDATE messages SET `+u.change, nil); (err == nil) != u.fine {
			t.Errorf("%s: %v, want fine = %v", u.change, err, u.fine)
		}
	}
}

// Only a higher rank replaces a status: message.Status.MayBecome says so, and so does every query that could write one.
func TestEveryQueryThatSetsAStatusGuardsItsRank(t *testing.T) {
	n := 0
	for _, q := range queries {
		if !strings.HasPrefix(q.text, "UPDATE messages") || !strings.Contains(q.text, "status =") {
			continue
		}
		n++
		if _, where, _ := strings.Cut(q.text, "WHERE"); !strings.Contains(where, "rank < $3") && !strings.Contains(where, "rank <= $3") {
			t.Errorf("%s: %s", q.name, q.text)
		}
	}
	if n < 2 {
		t.Errorf("found %d such queries", n)
	}
}
