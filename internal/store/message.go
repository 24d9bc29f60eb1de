package store

import (
	"fmt"

	"patchbay/internal/message"
)

// messageColumns are a message as readMessage reads it. What the store keeps for itself comes first.
const messageColumns = `seq, waiting, lane, private_to, tries, again,
	id, account_id, org_id, direction, status, conversation_id, number_id, integration_id, service_id, service_version, user_id,
	"from", "to", urls, error_code, error_text, encoding, segments, parts, part, attempts, resend_of, auto, kind, edits, created_at, expires_at, content`

var qInsertMessage = sqlText("insert message", `INSERT INTO messages
	(seq, id, account_id, org_id, direction, status, rank, waiting, lane, conversation_id, private_to, number_id, integration_id,
	service_id, service_version, user_id, "from", "to", urls, encoding, segments, parts, resend_of, provider_id, created_at, expires_at,
	content, history, refs, auto, kind, kept, error_code, error_text, part, attempts, tries, again)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
	$28, $29, $30, $31, $32, '', '', 0, 0, 0, 0) ON CONFLICT DO NOTHING`)

// stored is a message with what only the store knows of it.
type stored struct {
	message.Message
	seq       int64
	waiting   int64
	lane      int64
	privateTo string
	tries     int
	again     bool
	edits     int
}

// waiting, as the schema says.
const (
	idle     = 0
	inLane   = 1
	putAside = 2
)

func readMessage(r *row) (m stored, err error) {
	m.seq, m.waiting, m.lane, m.privateTo, m.tries, m.again = r.int(), r.int(), r.int(), r.text(), int(r.int()), r.bool()
	m.ID, m.AccountID, m.OrgID, m.Direction, m.Status = r.text(), r.text(), r.text(), message.Direction(r.text()), message.Status(r.text())
	m.ConversationID, m.NumberID, m.IntegrationID = r.text(), r.text(), r.text()
	m.ServiceID, m.ServiceVersion, m.UserID = r.text(), r.text(), r.text()
	m.From, m.To = r.text(), r.text()
	if m.URLs, err = readTextList(r.text()); err != nil {
		return m, &poisoned{m, fmt.Errorf("urls of message %s: %w", m.ID, err)}
	}
	m.ErrorCode, m.ErrorText, m.Encoding = r.text(), r.text(), r.text()
	m.Segments, m.Parts, m.Part, m.Attempts = int(r.int()), int(r.int()), int(r.int()), int(r.int())
	m.ResendOf, m.Auto, m.Kind, m.edits, m.Created, m.Expires, m.Content = r.text(), r.text(), r.text(), int(r.int()), r.time(), r.time(), r.text()
	return m, nil
}

// The database forgets what it has deleted, what is looked up in searches and what users have read do not: nothing new gets such a seq.
var qLastMessage = sqlText("last message", `SELECT MAX(seq) FROM (SELECT COALESCE(MAX(seq), 0) AS seq FROM messages
	UNION ALL SELECT COALESCE(MAX(seq), 0) FROM notes UNION ALL SELECT MAX(seq) FROM search_upto WHERE level < 4) AS counted`)

// insertMessage keeps a new message and gives its seq, or 0 when it is here already.
func insertMessage(t *tx, m *message.Message, waiting, lane int64, privateTo, providerID string) (seq int64, err error) {
	refs := ""
	if providerID != "" {
		refs = refLines([]string{providerID})
	}
	if seq, err = t.nextMessage(); err != nil {
		return 0, err
	}
	n, err := t.exec(qInsertMessage, seq, m.ID, m.AccountID, m.OrgID, string(m.Direction), string(m.Status), m.Status.Rank(), waiting, lane, m.ConversationID, privateTo,
		m.NumberID, m.IntegrationID, m.ServiceID, m.ServiceVersion, m.UserID, m.From, m.To, textList(m.URLs), m.Encoding, m.Segments,
		m.Parts, m.ResendOf, providerID, micros(m.Created), micros(m.Expires), m.Content,
		t.said(m.Status, m.Created, "", "", false), refs, m.Auto, m.Kind, flag(m.Status == message.Read))
	t.touched.Search = true
	if n == 0 {
		seq = 0
	}
	return seq, err
}

// attemptKey orders attempts by message, then by number, in one integer.
func attemptKey(seq int64, n int) int64 { return seq<<20 | int64(n) }

// attemptMax is the last number that fits beside a message's seq.
const attemptMax = 1<<20 - 1
