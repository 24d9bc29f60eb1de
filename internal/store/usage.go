package store

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/phone"
)

// The counts of a day outlive the messages that they count. They are written in the commit that keeps a message, or gives it another
// status; a group adds up what its writes count, so that a busy number costs one row a commit and not one a message.

var (
	qCountDay = sqlText("count day", `INSERT INTO usage_days AS u (account_id, org_id, day, number_id, integration_id, direction, number, service_id,
		messages, texts, segments, files, failed, failed_segments, failed_files, delivered)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (org_id, day, number_id, integration_id, direction) DO UPDATE SET messages = u.messages + excluded.messages,
		texts = u.texts + excluded.texts, segments = u.segments + excluded.segments, files = u.files + excluded.files,
		failed = u.failed + excluded.failed, failed_segments = u.failed_segments + excluded.failed_segments,
		failed_files = u.failed_files + excluded.failed_files, delivered = u.delivered + excluded.delivered`)
	qCountFailure = sqlText("count failure", `INSERT INTO usage_failures AS u
		(account_id, org_id, day, number_id, integration_id, code, number, service_id, messages)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (org_id, day, number_id, integration_id, code) DO UPDATE SET messages = u.messages + excluded.messages`)
	qSweepFailures = sqlText("sweep failures", `DELETE FROM usage_failures WHERE day < $1 / 86400000000
		AND day IN (SELECT day FROM usage_failures ORDER BY day LIMIT $2)`)
)

// keepFailures is how long is kept why messages failed: a provider may have as many codes as messages.
const keepFailures = 400 * 24 * time.Hour

// maxCountedCode is how much of a provider's code is counted by.
const maxCountedCode = 64

const microsADay = 24 * 60 * 60 * 1_000_000

// dayOf is the day of a time, in days since 1970 (UTC).
func dayOf(t time.Time) int64 { return micros(t) / microsADay }

// countedBy is what is counted together; code is empty but of a failure.
type countedBy struct {
	account, org, number, integration string
	direction                         message.Direction
	day                               int64
	failure                           bool
	code                              string
}

type tally struct {
	number, service                                                                  string
	messages, texts, segments, files, failed, failedSegments, failedFiles, delivered int64
}

// tallies is what one group counts.
type tallies map[countedBy]*tally

func (ts *tallies) of(m *message.Message, failure bool, code string) *tally {
	by := countedBy{m.AccountID, m.OrgID, m.NumberID, m.IntegrationID, m.Direction, dayOf(m.Created), failure, code}
	if *ts == nil {
		*ts = tallies{}
	}
	c := (*ts)[by]
	if c == nil {
		c = &tally{}
		(*ts)[by] = c
	}
	c.number, c.service = m.From, m.ServiceID
	if m.Direction == message.Inbound {
		c.number = m.To
	}
	return c
}

// kept counts a message of a provider that is new, with so many files.
func (t *tx) kept(m *message.Message, files int) { t.count(m, files, 1) }

// count counts a message so many times: -1 is once less.
func (t *tx) count(m *message.Message, files int, times int64) {
	c := t.usage.of(m, false, "")
	c.messages += times
	c.files += times * int64(files)
	c.segments += times * billed(m)
	if m.Content != "" {
		c.texts += times
	}
}

// billed is what a carrier bills for the text. Of what comes in, nobody has counted it.
func billed(m *message.Message) int64 {
	if m.Direction == message.Inbound && m.Segments == 0 && m.Content != "" {
		_, n, _ := phone.Segments(m.Content)
		return int64(n)
	}
	return int64(m.Segments)
}

// goes counts an outbound message by another integration, from now on.
func (t *tx) goes(m *stored, change func()) {
	status, code := m.Status, m.ErrorCode
	t.became(m, status, code, message.Queued, "")
	t.count(&m.Message, len(m.URLs), -1)
	change()
	t.count(&m.Message, len(m.URLs), 1)
	t.became(m, message.Queued, "", status, code)
}

// became counts what another status means. A message stays in the day that it was kept on.
func (t *tx) became(m *stored, was message.Status, wasCode string, is message.Status, code string) {
	if m.Direction != message.Outbound || m.lane == 0 { // no provider has it
		return
	}
	d := flag(is.Rank() >= message.Delivered.Rank()) - flag(was.Rank() >= message.Delivered.Rank())
	f := flag(isLost(is)) - flag(isLost(was))
	if d != 0 || f != 0 {
		c := t.usage.of(&m.Message, false, "")
		c.delivered += d
		c.failed += f
		c.failedSegments += f * int64(m.Segments)
		c.failedFiles += f * int64(len(m.URLs))
	}
	if f == 0 {
		return
	}
	if was == message.Failed || was == message.Expired {
		t.usage.of(&m.Message, true, countedCode(wasCode)).messages--
	}
	if is == message.Failed || is == message.Expired {
		t.usage.of(&m.Message, true, countedCode(code)).messages++
	}
}

// isLost reports whether a message of that status will not be delivered.
func isLost(s message.Status) bool { return s.Rank() == message.Failed.Rank() }

// countedCode is as much of a code as failures are told apart by.
func countedCode(code string) string {
	if len(code) > maxCountedCode {
		code = strings.ToValidUTF8(code[:maxCountedCode], "")
	}
	return code
}

// save writes what a group has counted, in an order that does not depend on chance.
func (ts tallies) save(t *tx) error {
	if len(ts) == 0 {
		return nil
	}
	keys := make([]countedBy, 0, len(ts))
	for by := range ts {
		keys = append(keys, by)
	}
	slices.SortFunc(keys, func(a, b countedBy) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.day, b.day), cmp.Compare(a.number, b.number), cmp.Compare(a.integration, b.integration),
			cmp.Compare(a.direction, b.direction), cmp.Compare(flag(a.failure), flag(b.failure)), cmp.Compare(a.code, b.code))
	})
	for _, by := range keys {
		c := ts[by]
		var err error
		if by.failure {
			err = t.later(qCountFailure, by.account, by.org, by.day, by.number, by.integration, by.code, c.number, c.service, c.messages)
		} else {
			err = t.later(qCountDay, by.account, by.org, by.day, by.number, by.integration, string(by.direction), c.number, c.service,
				c.messages, c.texts, c.segments, c.files, c.failed, c.failedSegments, c.failedFiles, c.delivered)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
