package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/failpoint"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const (
	callbackHeads   = `seq, id, account_id, service_id, service_version, state, reason, at, method, url, number, integrations, `
	callbackColumns = callbackHeads + `header, events, body, tries, tried_by, tried_at`
	callbackInList  = callbackHeads + `'{}', '', '', 0, '', 0` // a page of them with 12 MiB each would be gigabytes
)

var (
	qKeepCallback = sqlText("keep callback", `INSERT INTO callbacks
		(id, account_id, service_id, service_version, state, reason, at, method, url, number, integrations, header, events, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING`)
	qCallback  = sqlText("callback", `SELECT `+callbackColumns+` FROM callbacks WHERE account_id = $1 AND id = $2`)
	qCallbacks = sqlText("callbacks", `SELECT `+callbackInList+` FROM callbacks WHERE account_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`)
	qUnmatched = sqlText("unmatched callbacks", `SELECT `+callbackInList+` FROM callbacks
		WHERE account_id = $1 AND state = 'unmatched' AND seq < $2 ORDER BY seq DESC LIMIT $3`)
	qPendingCallbacks = sqlText("pending callbacks", `SELECT `+callbackColumns+` FROM callbacks WHERE state = 'pending' ORDER BY seq LIMIT $1`)
	qEndCallback      = sqlText("end callback", `UPDATE callbacks SET state = $2, reason = $3 WHERE id = $1 AND state = 'pending' RETURNING account_id`)
	qTryCallback      = sqlText("try callback", `UPDATE callbacks SET tries = tries + 1, tried_by = $2, tried_at = $3
		WHERE id = $1 AND state = 'pending' AND tried_by <> $2`)
	qReplayCallback = sqlText("replay callback", `UPDATE callbacks SET state = 'pending', reason = '', events = $3, tries = 0, tried_by = '', tried_at = 0
		WHERE account_id = $1 AND id = $2 AND state = 'unmatched'`)
	qTrimUnmatched = sqlText("trim unmatched callbacks", `DELETE FROM callbacks WHERE account_id = $1 AND state = 'unmatched' AND seq <=
		(SELECT seq FROM callbacks WHERE account_id = $1 AND state = 'unmatched' ORDER BY seq DESC LIMIT 1 OFFSET $2)`)

	qSeenProviderID = sqlText("seen provider id", `SELECT seq FROM messages
		WHERE integration_id = $1 AND provider_id = $2 AND number_id = $3 AND provider_id <> ''`)
	qRecentOf = sqlText("recent of a conversation", `SELECT direction, "from", content FROM messages
		WHERE conversation_id = $1 AND created_at >= $2 ORDER BY seq DESC LIMIT 50`)
)

// unmatchedMax is how many unmatched callbacks an account keeps, the newest; they are trimmed every so many.
const (
	unmatchedMax  = 10_000
	unmatchedTrim = 100
)

// KeepCallback keeps a request of a provider: only then may it be answered with success. The same id is kept once. An
// empty ID gets one, an empty State is pending.
func (s *Store) KeepCallback(ctx context.Context, c *message.Callback) error {
	if c.ID == "" {
		c.ID = message.NewID()
	}
	if c.At.IsZero() {
		c.At = time.Now()
	}
	if c.State == "" {
		c.State = message.CallbackPending
	}
	return s.keepCallback(ctx, c, func(t *tx) error {
		t.touched.Callbacks = t.touched.Callbacks || c.State == message.CallbackPending
		if c.State == message.CallbackUnmatched {
			return s.trimUnmatched(t, c.AccountID)
		}
		return nil
	})
}

// ReceiveCallback keeps a callback in the state that it carries and does what it says, in one commit: what KeepCallback and
// ApplyCallback do in two. One that was kept before was applied before.
func (s *Store) ReceiveCallback(ctx context.Context, c *message.Callback, a message.Applied) error {
	return s.keepCallback(ctx, c, func(t *tx) error { return s.apply(t, c.AccountID, &a) })
}

// ReceiveCallbacks does with each what ReceiveCallback does, or for a pending one KeepCallback, in order and in one commit.
func (s *Store) ReceiveCallbacks(ctx context.Context, list []message.Effect) error {
	headers := make([]string, len(list))
	for i := range list {
		if list[i].Callback.ID == "" {
			return errors.New("keep callbacks: one has no id")
		}
		header, err := json.Marshal(list[i].Callback.Header)
		if err != nil {
			return fmt.Errorf("keep callback: %w", err)
		}
		headers[i] = string(header)
	}
	return s.write(ctx, func(t *tx) error {
		for i := range list {
			c := list[i].Callback
			n, err := insertCallback(t, c, headers[i])
			if err != nil {
				return fmt.Errorf("callback %s: %w", c.ID, err)
			}
			if n == 0 {
				continue
			}
			if c.State == message.CallbackPending {
				t.touched.Callbacks = true
				continue
			}
			a := list[i].Applied
			a.CallbackID, a.State = c.ID, c.State
			if err := s.apply(t, c.AccountID, &a); err != nil {
				return fmt.Errorf("callback %s: %w", c.ID, err)
			}
		}
		return nil
	})
}

func insertCallback(t *tx, c *message.Callback, header string) (int64, error) {
	return t.exec(qKeepCallback, c.ID, c.AccountID, c.ServiceID, c.ServiceVersion, string(c.State), c.Reason, micros(c.At), c.Method,
		c.URL, c.Number, textList(c.IntegrationIDs), header, blob(c.Events), blob(c.Body))
}

// keepCallback keeps a callback that was not kept before, and then does what comes with it.
func (s *Store) keepCallback(ctx context.Context, c *message.Callback, then func(*tx) error) error {
	header, err := json.Marshal(c.Header)
	if err != nil {
		return fmt.Errorf("keep callback: %w", err)
	}
	return s.write(ctx, func(t *tx) error {
		n, err := insertCallback(t, c, string(header))
		if err != nil || n == 0 {
			return err
		}
		return then(t)
	})
}

// blob is never NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// trimUnmatched keeps the newest ones. Only the writer's goroutine counts.
func (s *Store) trimUnmatched(t *tx, accountID string) error {
	n := s.unmatched[accountID]
	if s.unmatched[accountID]++; n%unmatchedTrim != 0 {
		return nil
	}
	_, err := t.exec(qTrimUnmatched, accountID, unmatchedMax)
	return err
}

func readCallback(r *row) (seq int64, c message.Callback, err error) {
	seq = r.int()
	c = message.Callback{ID: r.text(), AccountID: r.text(), ServiceID: r.text(), ServiceVersion: r.text(), State: message.CallbackState(r.text()),
		Reason: r.text(), At: r.time(), Method: r.text(), URL: r.text(), Number: r.text()}
	if c.IntegrationIDs, err = readTextList(r.text()); err != nil {
		return seq, c, fmt.Errorf("integrations of callback %s: %w", c.ID, err)
	}
	c.Header = http.Header{}
	if err := json.Unmarshal(r.bytes(), &c.Header); err != nil {
		return seq, c, fmt.Errorf("header of callback %s: %w", c.ID, err)
	}
	c.Events, c.Body = r.bytes(), r.bytes()
	c.Tries, c.TriedBy, c.TriedAt = int(r.int()), r.text(), r.time()
	return seq, c, nil
}

// Callback is the account's callback of this id.
func (s *Store) Callback(ctx context.Context, accountID, id string) (c *message.Callback, err error) {
	err = s.read(ctx, func(db engine) error {
		_, err := one(db, qCallback, func(r *row) error {
			_, v, err := readCallback(r)
			c = &v
			return err
		}, accountID, id)
		return err
	})
	return found(c, err, "callback", id)
}

// Callbacks are an account's callbacks, the newest first, without what came in them: that is for Callback.
func (s *Store) Callbacks(ctx context.Context, accountID string, unmatchedOnly bool, p Page) (list []message.Callback, next string, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, "", err
	}
	q := qCallbacks
	if unmatchedOnly {
		q = qUnmatched
	}
	type numbered struct {
		seq int64
		message.Callback
	}
	var rows []numbered
	err = s.read(ctx, func(db engine) error {
		return db.each(q, func(r *row) error {
			seq, c, err := readCallback(r)
			rows = append(rows, numbered{seq, c})
			return err
		}, accountID, before, p.size())
	})
	rows, next = cut(p, rows, func(n *numbered) string { return seqCursor(n.seq) })
	for _, n := range rows {
		list = append(list, n.Callback)
	}
	return list, next, err
}

// PendingCallbacks are the oldest callbacks whose events are not applied yet, at most limit: fewer when they are large. Those with files
// inside are the pending ones, and a hundred of them at once would not fit into memory.
func (s *Store) PendingCallbacks(ctx context.Context, limit int) (list []message.Callback, err error) {
	err = s.read(ctx, func(db engine) error {
		n, err := thatFit(db, limit)
		if err != nil || n == 0 {
			return err
		}
		return db.each(qPendingCallbacks, func(r *row) error {
			_, c, err := readCallback(r)
			list = append(list, c)
			return err
		}, n)
	})
	return list, err
}

// TryCallbacks says, before it happens, that a life of the program begins to apply these pending callbacks. Each life counts once.
func (s *Store) TryCallbacks(ctx context.Context, ids []string, life string, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		for _, id := range ids {
			if _, err := t.exec(qTryCallback, id, life, micros(now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ApplyCallback does what a pending callback says, all of it in one commit and once: ErrGone when somebody was faster.
func (s *Store) ApplyCallback(ctx context.Context, a message.Applied) error {
	if a.State != message.CallbackDone && a.State != message.CallbackUnmatched {
		return fmt.Errorf("a callback cannot become %q", a.State)
	}
	return s.write(ctx, func(t *tx) error {
		account := ""
		if err := t.each(qEndCallback, func(r *row) error { account = r.text(); return nil }, a.CallbackID, string(a.State), a.Reason); err != nil {
			return err
		}
		if account == "" {
			return ErrGone
		}
		return s.apply(t, account, &a)
	})
}

// apply does everything that a callback says.
func (s *Store) apply(t *tx, account string, a *message.Applied) error {
	now := a.Now
	if now.IsZero() {
		now = time.Now()
	}
	t.callback = a.CallbackID
	defer func() { t.callback = "" }()
	if a.State == message.CallbackUnmatched {
		if err := s.trimUnmatched(t, account); err != nil {
			return err
		}
	}
	for i := range a.Arrivals {
		if err := arrive(t, account, a.Arrivals[i], now); err != nil {
			return fmt.Errorf("message %d of callback %s: %w", i, a.CallbackID, err)
		}
	}
	for i := range a.Receipts {
		rc := a.Receipts[i]
		rc.AccountID = account
		if err := applyReceipt(t, &rc, fmt.Sprintf("%s/%d", a.CallbackID, i), now); err != nil {
			return fmt.Errorf("receipt %d of callback %s: %w", i, a.CallbackID, err)
		}
	}
	for i := range a.Confirms {
		if err := keepConfirmation(t, account, &a.Confirms[i], now); err != nil {
			return fmt.Errorf("address %d of callback %s: %w", i, a.CallbackID, err)
		}
	}
	for i := range a.OptOuts {
		o := a.OptOuts[i]
		if o.AccountID = account; o.Since.IsZero() {
			o.Since = now
		}
		if _, err := changeOptOut(t, &o, true, ""); err != nil {
			return fmt.Errorf("opt-out %d of callback %s: %w", i, a.CallbackID, err)
		}
	}
	return nil
}

// arrive keeps an inbound message, unless it is here already.
func arrive(t *tx, account string, in message.Arrival, now time.Time) error {
	m := in.Message
	m.AccountID, m.Direction, m.Status, m.Parts = account, message.Inbound, message.Received, 1
	m.From, in.ProviderID, in.Part.Ref = named(m.From), named(in.ProviderID), named(in.Part.Ref)
	if m.ID == "" {
		m.ID = message.NewID()
	}
	if m.Created.IsZero() {
		m.Created = now
	}
	if m.OrgID == "" || m.IntegrationID == "" || m.NumberID == "" {
		return errors.New("an inbound message needs an organization, an integration and a number")
	}
	if in.Part.IsPart() {
		return keepPart(t, &m, &in, now)
	}
	if failpoint.Bug("dedupe") {
		in.ProviderID = ""
	}
	if in.ProviderID != "" {
		seen, err := one(t, qSeenProviderID, func(*row) error { return nil }, m.IntegrationID, in.ProviderID, m.NumberID)
		if err != nil || seen {
			return err
		}
	}
	at, err := converse(t, &m, m.From, conversation.Addition{Owner: in.ConversationUser, Inbound: true, Timeout: in.SessionTimeout, At: m.Created})
	if err != nil {
		return err
	}
	m.ConversationID = at.conversation
	if in.ProviderID == "" && in.Window > 0 {
		again, err := isAgain(t, &m, in.Window)
		if err != nil || again {
			return err
		}
	}
	seq, err := insertMessage(t, &m, idle, 0, at.user, in.ProviderID)
	if err != nil || seq == 0 {
		return err
	}
	for i := range in.Media {
		if err := insertMedia(t, seq, &in.Media[i], now); err != nil {
			return err
		}
	}
	t.kept(&m, len(in.Media))
	return arrived(t, &m, seq, at.user, at.begins, now)
}

// arrived tells of an inbound message that was kept, and does what its text asks for. begins: it is the first of its conversation.
func arrived(t *tx, m *message.Message, seq int64, privateTo string, begins bool, now time.Time) error {
	blocked, err := isBlocked(t, m.OrgID, m.From)
	if err != nil {
		return err
	}
	if !blocked {
		if err := notifyStatus(t, m, seq, privateTo, message.Received, now); err != nil {
			return err
		}
	}
	return react(t, m, privateTo, begins, blocked, now)
}

// isAgain reports whether the contact sent the same text within the window and we have not answered since. A second
// "yes" after our next question is another answer.
func isAgain(t *tx, m *message.Message, window time.Duration) (again bool, err error) {
	answered := false
	err = t.each(qRecentOf, func(r *row) error {
		direction, from, content := r.text(), r.text(), r.text()
		switch {
		case answered || again:
		case direction == string(message.Outbound):
			answered = true
		case from == m.From && content == m.Content:
			again = true
		}
		return nil
	}, m.ConversationID, age(m.Created, window))
	return again, err
}

// ReplayCallback gives an unmatched callback another chance, with the service file as it is now: what was read from it is
// forgotten.
func (s *Store) ReplayCallback(ctx context.Context, accountID, id string) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(qReplayCallback, accountID, id, []byte{})
		if err != nil {
			return err
		}
		if n > 0 {
			t.touched.Callbacks = true
			return nil
		}
		var state string
		found, err := one(t, qCallback, func(r *row) error {
			_, c, err := readCallback(r)
			state = string(c.State)
			return err
		}, accountID, id)
		if err != nil {
			return err
		}
		if !found {
			return notFound("callback", id)
		}
		return fault.New(fault.Conflict, "", "callback %s is %s; only an unmatched one can be replayed", id, state)
	})
}
