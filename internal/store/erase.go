package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"patchbay/internal/message"
)

// isAboutGone: the notification n is of a message that is not there any more, or is itself gone or forgotten. What a program answered to it may
// repeat anything that it was told.
const isAboutGone = `CASE WHEN n.seq IS NULL OR n.account_id = '' OR (n.message <> 0 AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.seq = n.message)) THEN 1 ELSE 0 END`

const erasureColumns = `id, account_id, org_id, addresses, callbacks, until_seq, messages, created_at, done_at`

var (
	qInsertErasure = sqlText("insert erasure", `INSERT INTO erasures (`+erasureColumns+`) VALUES ($1, $2, $3, $4, 0, (SELECT COALESCE(MAX(seq), 0) FROM callbacks), 0, $5, 0)`)
	qErasure       = sqlText("erasure", `SELECT `+erasureColumns+` FROM erasures WHERE id = $1`)
	qOpenErasures  = sqlText("open erasures", `SELECT id FROM erasures WHERE done_at = 0 ORDER BY id`)
	qEraseMore     = sqlText("erase more", `UPDATE erasures SET messages = messages + $2, callbacks = $3 WHERE id = $1`)
	qEraseDone     = sqlText("erase done", `UPDATE erasures SET addresses = '', done_at = $2 WHERE id = $1`)

	qConversationsWith = sqlText("conversations with a contact", `SELECT id FROM conversations WHERE org_id = $1 AND contact = $2`)
	qSaidIn            = sqlText("said in a conversation", `SELECT seq, waiting FROM messages WHERE conversation_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
	qPathsOf           = sqlText("paths of a message", `SELECT path FROM media WHERE message = $1 AND path <> ''`)
	qEndConversation   = sqlText("remove conversation", `DELETE FROM conversations WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = $1)`)
	qCardsAt           = sqlText("cards at an address", `SELECT contact_id FROM contact_addresses WHERE org_id = $1 AND address = $2`)
	qAsidesOf          = sqlText("where a contact is put aside", `SELECT a.lane FROM asides a JOIN lanes l ON l.seq = a.lane WHERE l.org_id = $1 AND a.contact = $2
		AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.lane = a.lane AND m."to" = a.contact AND m.waiting = 2)`)
	qOneAsideLess = sqlText("one put aside less", `UPDATE lanes SET asides = asides - 1 WHERE seq = $1 AND asides > 0`)

	erasedRows = []*query{
		sqlText("erase replies", `DELETE FROM replies WHERE org_id = $1 AND contact = $2`),
		sqlText("erase parts", `DELETE FROM parts WHERE org_id = $1 AND contact = $2`),
	}

	// What may tell of a contact anywhere in its text: a table's rows of the account (and organization) after one, some at a time. gone says that
	// the row is about what is not there any more, data what it is about.
	toldIn = []toldTable{
		{sqlText("told in notifications", `SELECT seq, data, 0, '' FROM notifications WHERE account_id = $1 AND org_id = $2 AND seq > $3 AND data <> '' ORDER BY seq LIMIT $4`),
			// It stays as nobody's: the newest must, so that no number is given twice.
			sqlText("forget notification", `UPDATE notifications SET account_id = '', org_id = '', data = '' WHERE seq = $1`)},
		{sqlText("told by programs", `SELECT d.seq, d.response || ' ' || d.error, `+isAboutGone+`, COALESCE(n.data, '') FROM deliveries d
			LEFT JOIN notifications n ON n.seq = d.notification
			WHERE d.account_id = $1 AND d.org_id = $2 AND d.seq > $3 AND d.response || d.error <> '' ORDER BY d.seq LIMIT $4`),
			sqlText("forget what a program said", `UPDATE deliveries SET response = '', error = CASE WHEN error = '' THEN '' ELSE 'erased' END WHERE seq = $1`)},
		{sqlText("told in dead letters", `SELECT d.seq, d.reason, `+isAboutGone+`, COALESCE(n.data, '') FROM dead_letters d
			LEFT JOIN notifications n ON n.seq = d.notification LEFT JOIN webhooks w ON w.id = d.webhook_id
			WHERE d.account_id = $1 AND (n.org_id = $2 OR (COALESCE(n.org_id, '') = '' AND COALESCE(w.org_id, '') IN ('', $2))) AND d.seq > $3 AND d.reason <> ''
			ORDER BY d.seq LIMIT $4`),
			sqlText("forget why it was given up", `UPDATE dead_letters SET reason = 'erased' WHERE seq = $1`)},
		{sqlText("told in the log", `SELECT seq, object_id || ' ' || name || ' ' || was || ' ' || became, 0, '' FROM audit WHERE account_id = $1 AND org_id = $2 AND seq > $3 ORDER BY seq LIMIT $4`),
			sqlText("forget in the log", `UPDATE audit SET object_id = '', name = '', was = '', became = '' WHERE seq = $1`)},
		{sqlText("told in receipts", `SELECT r.seq, r.error_text, 0, '' FROM receipts r JOIN integrations i ON i.id = r.integration_id
			WHERE i.account_id = $1 AND i.org_id = $2 AND r.seq > $3 AND r.error_text <> '' ORDER BY r.seq LIMIT $4`),
			sqlText("forget in receipts", `UPDATE receipts SET error_text = '' WHERE seq = $1`)},
	}

	qCallbacksToErase = sqlText("callbacks to erase from", `SELECT seq, state, integrations, url, number FROM callbacks
		WHERE account_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`)
	qDropCallbackByID = sqlText("drop callback by id", `DELETE FROM callbacks WHERE account_id = $1 AND id = $2 AND state <> 'pending'`)
	qCallbackText     = sqlText("text of a callback", `SELECT header, events, body FROM callbacks WHERE seq = $1`)
)

// toldTable is a table whose text may tell of a contact, and how a row of it forgets.
type toldTable struct{ some, forget *query }

// erasure is one as it is kept.
type erasure struct {
	message.Erasure
	callbacks, until int64
	waits            bool // for a callback that has not been applied
}

func readErasure(r *row) (e erasure) {
	e.ID, e.AccountID, e.OrgID = r.text(), r.text(), r.text()
	if list := r.text(); list != "" {
		_ = json.Unmarshal([]byte(list), &e.Addresses) // ours
	}
	e.callbacks, e.until, e.Messages, e.Created, e.Done = r.int(), r.int(), int(r.int()), r.time(), r.time()
	return e
}

// BeginErasure keeps that nothing is to stay of a contact: from now on it happens, whatever happens.
func (s *Store) BeginErasure(ctx context.Context, e *message.Erasure) error {
	if e.ID == "" {
		e.ID = message.NewID()
	}
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(qInsertErasure, e.ID, e.AccountID, e.OrgID, textList(e.Addresses), micros(e.Created))
		return err
	})
}

// OpenErasures are those that are not done.
func (s *Store) OpenErasures(ctx context.Context) (ids []string, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qOpenErasures, func(r *row) error { ids = append(ids, r.text()); return nil })
	})
	return ids, err
}

// GoOnErasing does what is left of an erasure, some with each commit, and says how far it has come. What is queued to the contact is taken
// back; what has an attempt open is left for the next time. gone hears of files whose rows are gone. It may be called again at any time.
func (s *Store) GoOnErasing(ctx context.Context, id string, now time.Time, gone func(paths []string)) (*message.Erasure, error) {
	read, err := readOne(ctx, s, qErasure, readErasure, id)
	if err != nil || read == nil {
		return nil, err
	}
	e := *read
	if !e.Done.IsZero() {
		return &e.Erasure, nil
	}
	for _, step := range []func(context.Context, *erasure) error{
		func(ctx context.Context, e *erasure) error { return s.eraseMessages(ctx, e, now, gone) },
		s.eraseKnown, s.eraseTold, s.eraseCallbacks,
	} {
		if err := step(ctx, &e); err != nil {
			return nil, fmt.Errorf("erase a contact: %w", err)
		}
	}
	if e.Open > 0 || e.waits {
		return &e.Erasure, nil
	}
	e.Done, e.Addresses = now, nil
	return &e.Erasure, s.write(ctx, func(t *tx) error { return t.later(qEraseDone, id, micros(now)) })
}

// eraseMessages takes back what is queued, and removes what is settled, with the conversations.
func (s *Store) eraseMessages(ctx context.Context, e *erasure, now time.Time, gone func([]string)) error {
	var conversations []string
	if err := s.read(ctx, func(db engine) error {
		for _, a := range e.Addresses {
			if err := db.each(qConversationsWith, func(r *row) error { conversations = append(conversations, r.text()); return nil }, e.OrgID, a); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, c := range conversations {
		for after, more := int64(0), true; more; {
			var seqs []int64
			if err := s.read(ctx, func(db engine) error {
				seqs = nil
				return db.each(qSaidIn, func(r *row) error { seqs = append(seqs, r.int()); return nil }, c, after, retainDrop)
			}); err != nil {
				return err
			}
			if more = len(seqs) > 0; !more {
				break
			}
			after = seqs[len(seqs)-1]
			if err := s.eraseSome(ctx, e, seqs, now, gone); err != nil {
				return err
			}
		}
		if err := s.write(ctx, func(t *tx) error { return t.later(qEndConversation, c) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) eraseSome(ctx context.Context, e *erasure, seqs []int64, now time.Time, gone func([]string)) error {
	var paths []string
	var open, n int64
	err := s.write(ctx, func(t *tx) (err error) {
		paths, open, n = nil, 0, 0
		for _, seq := range seqs {
			m, err := oneMessage(t, qMessageBySeq, seq)
			if err != nil {
				return err
			}
			if m == nil || m.waiting == idle {
				continue
			}
			if _, isOpen, err := openAttempt(t, m); err != nil {
				return err
			} else if isOpen {
				open++
				continue
			}
			if err := raise(t, m, message.Cancelled, "erased", "the contact is erased", now); err != nil {
				return err
			}
		}
		if err := dropTellers(t, e.AccountID, seqs); err != nil {
			return err
		}
		for _, seq := range seqs {
			if err := t.each(qPathsOf, func(r *row) error { paths = append(paths, r.text()); return nil }, seq); err != nil {
				return err
			}
		}
		if n, _, err = dropThose(t, e.OrgID, seqs, func(_ message.Status, waiting int64) bool { return waiting == idle }); err != nil {
			return err
		}
		return t.later(qEraseMore, e.ID, n, e.callbacks)
	})
	if err != nil {
		return err
	}
	e.Messages, e.Open = e.Messages+int(n), e.Open+int(open)
	if len(paths) > 0 && gone != nil {
		gone(paths)
	}
	return nil
}

// dropTellers removes the callbacks that told of messages: a receipt may repeat its text, and name no number.
func dropTellers(t *tx, accountID string, seqs []int64) error {
	told := map[string]bool{}
	for _, seq := range seqs {
		history := ""
		if _, err := one(t, qHistory, func(r *row) error { history = r.text(); return nil }, seq); err != nil {
			return err
		}
		list, err := readHistory(history)
		if err != nil {
			return err
		}
		for _, c := range list {
			if c.Callback != "" {
				told[c.Callback] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(told)) {
		if _, err := t.exec(qDropCallbackByID, accountID, id); err != nil {
			return err
		}
	}
	return nil
}

// eraseKnown removes what is the contact's own: the card, what waits for them. On the opt-out list a digest takes their place.
func (s *Store) eraseKnown(ctx context.Context, e *erasure) error {
	return s.write(ctx, func(t *tx) error {
		for _, a := range e.Addresses {
			var cards []string
			if err := t.each(qCardsAt, func(r *row) error { cards = append(cards, r.text()); return nil }, e.OrgID, a); err != nil {
				return err
			}
			for _, id := range cards {
				if _, err := t.exec(qDropAddresses, id); err != nil {
					return err
				}
				if _, err := t.exec(qDeleteContact, id, e.OrgID, e.AccountID); err != nil {
					return err
				}
			}
			for _, q := range erasedRows {
				if _, err := t.exec(q, e.OrgID, a); err != nil {
					return err
				}
			}
			var lanes []int64
			if err := t.each(qAsidesOf, func(r *row) error { lanes = append(lanes, r.int()); return nil }, e.OrgID, a); err != nil {
				return err
			}
			for _, lane := range lanes {
				if _, err := t.exec(qDropAside, lane, a); err != nil {
					return err
				}
				if _, err := t.exec(qOneAsideLess, lane); err != nil {
					return err
				}
			}
			if err := hide(t, e.OrgID, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// eraseTold goes through what tells of many things, and has what tells of the contact forget it.
func (s *Store) eraseTold(ctx context.Context, e *erasure) error {
	for _, table := range toldIn {
		for after := int64(0); ; {
			var hit []int64
			read := 0
			if err := s.read(ctx, func(db engine) error {
				about := map[int64]string{}
				if err := db.each(table.some, func(r *row) error {
					seq, text, gone, data := r.int(), r.text(), r.bool(), r.text()
					if read, after = read+1, seq; gone || mentions(text, e.Addresses) {
						hit = append(hit, seq)
					} else if data != "" {
						about[seq] = data
					}
					return nil
				}, e.AccountID, e.OrgID, after, retainLook); err != nil {
					return err
				}
				for seq, data := range about {
					if gone, err := isOfGone(db, e.AccountID, data); err != nil {
						return err
					} else if gone {
						hit = append(hit, seq)
					}
				}
				return nil
			}); err != nil {
				return err
			}
			if err := s.each(ctx, hit, table.forget); err != nil {
				return err
			}
			if read < retainLook {
				break
			}
		}
	}
	return nil
}

// isOfGone reports whether news are of a conversation that is not there any more.
func isOfGone(db engine, accountID, data string) (bool, error) {
	var c conversationNews
	if err := json.Unmarshal([]byte(data), &c); err != nil || c.ID == "" || c.OrgID == "" {
		return false, nil // news of something else
	}
	there, err := one(db, qConversation, func(*row) error { return nil }, accountID, c.ID)
	return !there, err
}

// eraseCallbacks removes what providers said of the contact, word for word, before the erasure was asked for. Another organization's is
// another's; what is nobody's may be this one's. One that waits to be applied may still become a message: the next time goes on from there.
func (s *Store) eraseCallbacks(ctx context.Context, e *erasure) error {
	type kept struct {
		seq int64
		url string
	}
	ours := map[string]bool{}
	if err := s.read(ctx, func(db engine) error {
		return db.each(qIntegrationOrgs, func(r *row) error {
			id := r.text()
			ours[id] = r.text() == e.OrgID
			return nil
		}, e.AccountID)
	}); err != nil {
		return err
	}
	for {
		var look []kept
		read, after := 0, e.callbacks
		if err := s.read(ctx, func(db engine) error {
			return db.each(qCallbacksToErase, func(r *row) error {
				k := kept{seq: r.int()}
				state := message.CallbackState(r.text())
				ids, err := readTextList(r.text())
				k.url = r.text() + " " + r.text()
				theirs := len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return ours[id] })
				if e.waits = e.waits || theirs && state == message.CallbackPending; e.waits {
					return err
				}
				if read, after = read+1, k.seq; theirs {
					look = append(look, k)
				}
				return err
			}, e.AccountID, after, e.until, retainLook)
		}); err != nil {
			return err
		}
		var hit []int64
		for _, k := range look {
			tells := mentions(k.url, e.Addresses)
			if !tells {
				if err := s.read(ctx, func(db engine) error {
					return db.each(qCallbackText, func(r *row) error {
						tells = mentions(r.text(), e.Addresses) || mentions(string(r.bytes()), e.Addresses) || mentions(string(r.bytes()), e.Addresses)
						return nil
					}, k.seq)
				}); err != nil {
					return err
				}
			}
			if tells {
				hit = append(hit, k.seq)
			}
		}
		if err := s.each(ctx, hit, qDropCallback); err != nil {
			return err
		}
		if read > 0 {
			e.callbacks = after
			if err := s.write(ctx, func(t *tx) error { return t.later(qEraseMore, e.ID, 0, after) }); err != nil {
				return err
			}
		}
		if read < retainLook {
			return nil
		}
	}
}

// mentions reports whether a text holds one of the addresses, a number also without its country and with anything between its digits that
// people write there. It rather finds too many: what is lost so is a record, not a message.
func mentions(text string, addresses []string) bool {
	digits := ""
	for _, a := range addresses {
		if strings.Contains(text, a) {
			return true
		}
		number := onlyDigits(a)
		if !strings.HasPrefix(a, "+") || len(number) < 7 {
			continue
		}
		if digits == "" {
			digits = onlyDigits(text)
		}
		if strings.Contains(digits, number[min(3, len(number)-7):]) {
			return true
		}
	}
	return false
}

// onlyDigits is a text's digits; whatever no number has between them parts them.
func onlyDigits(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			b.WriteByte(c)
		case strings.IndexByte(" .-/()+", c) < 0:
			b.WriteByte('|')
		}
	}
	return b.String()
}
