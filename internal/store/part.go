package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/message"
)

const ofText = `number_id = $1 AND contact = $2 AND ref = $3 AND total = $4 AND integration_id = $5`

var (
	qKeepPart = sqlText("keep part", `INSERT INTO parts (id, account_id, org_id, integration_id, number_id, contact, ref, total, part, waiting,
		due_at, provider_id, digest, private_to, "to", service_id, service_version, created_at, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12, $13, $14, $15, $16, $17, $18)`)
	// By its id, by the provider's, or for a message that was whole when it was first read.
	qKnownPart = sqlText("known part", `SELECT 1 FROM parts WHERE id = $1
		UNION ALL SELECT 1 FROM parts WHERE integration_id = $2 AND number_id = $3 AND provider_id = $4 AND part = $5 AND provider_id <> ''
		UNION ALL SELECT 1 FROM messages WHERE id = $1`)
	qSamePart     = sqlText("same part", `SELECT 1 FROM parts WHERE `+ofText+` AND part = $6 AND digest = $7 AND provider_id = '' AND created_at >= $8`)
	qWaitingParts = sqlText("waiting parts", `SELECT part, digest, due_at FROM parts WHERE `+ofText+` AND waiting = 1`)
	qTextDue      = sqlText("when is a text due", `SELECT COALESCE(MIN(due_at), 0), COUNT(*) FROM parts WHERE `+ofText+` AND waiting = 1`)
	// Taking them is what decides between two who want to: on two nodes one finds nothing.
	qTakeParts = sqlText("take parts", `UPDATE parts SET waiting = 0 WHERE `+ofText+` AND waiting = 1
		RETURNING part, id, account_id, org_id, private_to, "to", service_id, service_version, provider_id, created_at, content`)
	qEmptyPart = sqlText("empty part", `UPDATE parts SET content = '' WHERE id = $1`)
	// Whole ones too: two nodes that keep a part each at the same time see one each.
	qDueTexts = sqlText("due texts", `SELECT number_id, contact, ref, total, integration_id FROM parts WHERE waiting = 1
		GROUP BY number_id, contact, ref, total, integration_id HAVING MIN(due_at) <= $1 OR COUNT(*) >= total ORDER BY MIN(due_at) LIMIT $2`)
	qSetRefs = sqlText("set provider ids", `UPDATE messages SET refs = $2 WHERE seq = $1`)
)

// longText is a text in parts, by what its parts have in common.
type longText struct {
	number, contact, ref string
	total                int
	integration          string
}

func (x *longText) args(more ...any) []any {
	return append([]any{x.number, x.contact, x.ref, x.total, x.integration}, more...)
}

// keepPart keeps a part of a long text, and makes the message when it was the last. One that is known is dropped.
func keepPart(t *tx, m *message.Message, in *message.Arrival, now time.Time) error {
	x := &longText{m.NumberID, m.From, in.Part.Ref, in.Part.Of, m.IntegrationID}
	digest := sha256.Sum256([]byte(m.Content))
	known, err := one(t, qKnownPart, func(*row) error { return nil }, m.ID, m.IntegrationID, m.NumberID, in.ProviderID, in.Part.N)
	if err == nil && !known && in.ProviderID == "" && in.Window > 0 {
		known, err = one(t, qSamePart, func(*row) error { return nil }, x.args(in.Part.N, digest[:], age(m.Created, in.Window))...)
	}
	if err != nil || known {
		return err
	}
	due, waiting, taken := micros(now.Add(message.PartsWait)), 0, false
	if err := t.each(qWaitingParts, func(r *row) error {
		n, of := int(r.int()), r.bytes()
		due = r.int()
		if waiting++; n == in.Part.N {
			taken, known = true, known || bytes.Equal(of, digest[:])
		}
		return nil
	}, x.args()...); err != nil || known {
		return err
	}
	if taken || due <= micros(now) {
		// The reference is used again, by another text: phones have 256 of them. The one before gets no more.
		if err := joinParts(t, x, 0, now); err != nil {
			return err
		}
		due, waiting = micros(now.Add(message.PartsWait)), 0
	}
	if _, err := t.exec(qKeepPart, m.ID, m.AccountID, m.OrgID, m.IntegrationID, m.NumberID, m.From, x.ref, x.total, in.Part.N,
		due, in.ProviderID, digest[:], in.ConversationUser, m.To, m.ServiceID, m.ServiceVersion, micros(m.Created), m.Content); err != nil {
		return err
	}
	if waiting+1 < x.total {
		return nil
	}
	return joinParts(t, x, in.Window, now)
}

// joinParts makes one message of the parts that wait, in their order. It has the first one's id, so that it is made once.
func joinParts(t *tx, x *longText, window time.Duration, now time.Time) error {
	type part struct {
		n       int
		message message.Message
		private string
		ref     string
	}
	var parts []part
	if err := t.each(qTakeParts, func(r *row) error {
		p := part{n: int(r.int())}
		p.message = message.Message{ID: r.text(), AccountID: r.text(), OrgID: r.text(), Direction: message.Inbound, NumberID: x.number,
			IntegrationID: x.integration, From: x.contact, Status: message.Received, Parts: 1}
		p.private = r.text()
		p.message.To, p.message.ServiceID, p.message.ServiceVersion, p.ref = r.text(), r.text(), r.text(), r.text()
		p.message.Created, p.message.Content = r.time(), r.text()
		parts = append(parts, p)
		return nil
	}, x.args()...); err != nil || len(parts) == 0 {
		return err
	}
	slices.SortFunc(parts, func(a, b part) int { return a.n - b.n })
	m, private := parts[0].message, parts[0].private
	var content strings.Builder
	var refs []string
	for i := range parts {
		p := &parts[i]
		content.WriteString(p.message.Content)
		if p.message.Created.Before(m.Created) {
			m.Created = p.message.Created
		}
		if p.ref != "" && !slices.Contains(refs, p.ref) {
			refs = append(refs, p.ref)
		}
		if _, err := t.exec(qEmptyPart, p.message.ID); err != nil {
			return err
		}
	}
	m.Content = content.String()
	var err error
	timeout, err := sessionTimeout(t, m.NumberID)
	if err != nil {
		return err
	}
	at, err := converse(t, &m, m.From, conversation.Addition{Owner: private, Inbound: true, Timeout: timeout, At: m.Created})
	if err != nil {
		return err
	}
	m.ConversationID = at.conversation
	if len(refs) == 0 && window > 0 {
		if again, err := isAgain(t, &m, window); err != nil || again {
			return err
		}
	}
	// Its parts are told from others by rows of their own. A provider that calls all of them by one id may bring one later.
	seq, err := insertMessage(t, &m, idle, 0, at.user, "")
	if err == nil && seq == 0 {
		m.ID = message.NewID()
		seq, err = insertMessage(t, &m, idle, 0, at.user, "")
	}
	if err != nil {
		return err
	}
	if len(refs) > 0 {
		if _, err := t.exec(qSetRefs, seq, refLines(refs)); err != nil {
			return err
		}
	}
	t.kept(&m, 0)
	return arrived(t, &m, seq, at.user, at.begins, now)
}

// joinMax bounds how many texts one commit delivers.
const joinMax = 100

// JoinParts delivers the long texts whose parts have waited for each other long enough, as far as they have come, and says how many.
func (s *Store) JoinParts(ctx context.Context, now time.Time) (n int, err error) {
	for {
		var due []longText
		if err := s.read(ctx, func(db engine) error {
			return db.each(qDueTexts, func(r *row) error {
				due = append(due, longText{r.text(), r.text(), r.text(), int(r.int()), r.text()})
				return nil
			}, micros(now), joinMax)
		}); err != nil || len(due) == 0 {
			return n, err
		}
		if err := s.write(ctx, func(t *tx) error {
			for i := range due {
				// It may have ended meanwhile, and another begun under its reference.
				still := false
				_, err := one(t, qTextDue, func(r *row) error {
					at, parts := r.int(), r.int()
					still = parts > 0 && (at <= micros(now) || parts >= int64(due[i].total))
					return nil
				}, due[i].args()...)
				if err == nil && still {
					err = joinParts(t, &due[i], 0, now)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return n, err
		}
		if n += len(due); len(due) < joinMax {
			return n, nil
		}
	}
}
