package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"patchbay/internal/directory"
	"patchbay/internal/lookup"
	"patchbay/internal/message"
)

// indexBatch is how many texts one commit puts into the index.
const indexBatch = 256

const indexedMessage = `SELECT m.seq, m.org_id, m.number_id, m.private_to, CASE WHEN m.direction = 'inbound' THEN m."from" ELSE m."to" END, m.kind,
		COALESCE(e.deleted, 0), COALESCE(e.content, m.content)
	FROM messages m LEFT JOIN message_edits e ON m.edits > 0 AND e.message = m.seq AND e.n = m.edits `

const indexedNote = `SELECT n.seq, c.org_id, c.number_id, c.user_id, c.contact, '', 0, n.content FROM notes n JOIN conversations c ON c.id = n.conversation_id `

var (
	qSearchMark    = sqlText("search mark", `SELECT seq FROM search_mark WHERE one = 1`)
	qSetSearchMark = sqlText("set search mark", `UPDATE search_mark SET seq = $2 WHERE seq = $1`)
	qNewMessages   = sqlText("messages to index", indexedMessage+`WHERE m.seq > $1 ORDER BY m.seq LIMIT $2`)
	qNewNotes      = sqlText("notes to index", indexedNote+`WHERE n.seq > $1 ORDER BY n.seq LIMIT $2`)
	qChanged       = sqlText("changed texts", `SELECT seq FROM search_again WHERE seq <= $1 ORDER BY seq LIMIT $2`)
	qIsChanged     = sqlText("text is changed", `INSERT INTO search_again (seq) VALUES ($1) ON CONFLICT DO NOTHING`)
	qIndexedAgain  = sqlText("text is indexed again", `DELETE FROM search_again WHERE seq = $1`)
	qMessageText   = sqlText("text of a message", indexedMessage+`WHERE m.seq = $1`)
	qUnfound       = sqlText("contacts that are not found yet", `SELECT `+contactColumns+` FROM contacts c WHERE c.find = '' LIMIT $1`)
	qFinding       = sqlText("finding of a contact", `UPDATE contacts SET find = $2 WHERE id = $1 AND find = ''`)

	qStillThere = sqlLists("texts that are still there", `SELECT seq FROM messages WHERE seq IN NUMBERS $1 UNION ALL SELECT seq FROM notes WHERE seq IN NUMBERS $1`)

	// A row of VALUES needs no savepoint, at each of which SQLite's index would go to the disk.
	qIndex = bothTexts("index a text", `INSERT INTO search_index (rowid, tokens) VALUES ($1, $2)`,
		`INSERT INTO search_index (seq, tokens) VALUES ($1, $2::text::integer[])`)
	qMergeIndex = onlySQLite("merge the index", `INSERT INTO search_index (search_index, rank) VALUES ('merge', $1)`)
	qUnindex    = bothTexts("take a text out of the index", `DELETE FROM search_index WHERE rowid = $1`, `DELETE FROM search_index WHERE seq = $1`)
)

// bothTexts is a query of which each engine has its own text.
func bothTexts(name, sqlite, postgres string) *query {
	q := sqlText(name, sqlite)
	q.postgres = postgres
	return q
}

// mergePages is how many pages of SQLite's index one batch brings together: several times as many as it writes.
const mergePages = 160

// indexed is a text on its way into the index.
type indexed struct {
	seq    int64
	tokens []lookup.Token
}

func readIndexed(r *row) indexed {
	x := indexed{seq: r.int()}
	org, number, private, contact, kind, deleted, content := r.text(), r.text(), r.text(), r.text(), r.text(), r.bool(), r.text()
	if deleted || kind == message.KindCall || content == "" {
		return x
	}
	x.tokens = append(lookup.Tokens(content), lookup.Of(tokenOrg, org), lookup.Of(tokenContact, contact),
		lookup.Of(tokenBlock, strconv.FormatInt(x.seq>>searchBlock, 10)))
	if number != "" {
		x.tokens = append(x.tokens, lookup.Of(tokenNumber, number))
	} else {
		x.tokens = append(x.tokens, lookup.Of(tokenUser, private))
	}
	return x
}

// IndexSearch puts what was said since, or was changed, into the index of searches: some of it, in a commit of its own, so that whoever
// sends waits for no index. more: there is more. Any node may do it at any time: each goes on from where the last one was.
func (s *Store) IndexSearch(ctx context.Context) (more bool, err error) {
	var list []indexed
	var mark int64
	var changed bool
	var unfound []directory.Contact
	if err := s.read(ctx, func(db engine) (err error) {
		if mark, err = count(db, qSearchMark); err != nil {
			return err
		}
		add := func(r *row) error { list = append(list, readIndexed(r)); return nil }
		for _, q := range []*query{qNewMessages, qNewNotes} {
			if err := db.each(q, add, mark, indexBatch); err != nil {
				return err
			}
		}
		if changed, err = one(db, qChanged, func(*row) error { return nil }, mark, 1); err != nil {
			return err
		}
		unfound, err = contacts(db, qUnfound, indexBatch)
		return err
	}); err != nil {
		return false, err
	}
	more = changed || len(list) >= indexBatch || len(unfound) == indexBatch
	slices.SortFunc(list, func(a, b indexed) int { return cmp.Compare(a.seq, b.seq) })
	if list = list[:min(len(list), indexBatch)]; len(list) > 0 {
		if err := s.addToIndex(ctx, mark, list); err != nil {
			return false, err
		}
	}
	if changed {
		if err := s.indexAgain(ctx, mark); err != nil {
			return false, err
		}
	}
	if len(unfound) > 0 {
		err = s.write(ctx, func(t *tx) error {
			for i := range unfound {
				if _, err := t.exec(qFinding, unfound[i].ID, finding(&unfound[i])); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return more, err
}

// addToIndex adds what comes after the mark, unless somebody else has.
func (s *Store) addToIndex(ctx context.Context, mark int64, list []indexed) error {
	array := s.cluster != nil
	texts, seqs := make([]string, len(list)), make([]int64, len(list))
	for i := range list {
		seqs[i] = list[i].seq
		if texts[i] = tokenWords(list[i].tokens); array {
			texts[i] = tokenArray(list[i].tokens)
		}
	}
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(qSetSearchMark, mark, list[len(list)-1].seq)
		if err != nil || n == 0 {
			return err
		}
		there := make(map[int64]bool, len(list)) // what went away since it was read stays away
		if err := t.each(qStillThere, func(r *row) error { there[r.int()] = true; return nil }, seqList(seqs)); err != nil {
			return err
		}
		for i := range list {
			if len(list[i].tokens) == 0 || !there[list[i].seq] {
				continue
			}
			if err := t.later(qIndex, list[i].seq, texts[i]); err != nil {
				return err
			}
		}
		if array {
			return nil
		}
		_, err = t.exec(qMergeIndex, mergePages)
		return err
	})
}

// indexAgain replaces what the index has of texts that were changed.
func (s *Store) indexAgain(ctx context.Context, mark int64) error {
	return s.write(ctx, func(t *tx) error {
		var seqs []int64
		if err := t.each(qChanged, func(r *row) error { seqs = append(seqs, r.int()); return nil }, mark, indexBatch); err != nil {
			return err
		}
		for _, seq := range seqs {
			var x indexed
			if _, err := one(t, qMessageText, func(r *row) error { x = readIndexed(r); return nil }, seq); err != nil {
				return err
			}
			if _, err := t.exec(qUnindex, seq); err != nil {
				return err
			}
			if len(x.tokens) > 0 {
				text := tokenWords(x.tokens)
				if s.cluster != nil {
					text = tokenArray(x.tokens)
				}
				if _, err := t.exec(qIndex, seq, text); err != nil {
					return err
				}
			}
			if _, err := t.exec(qIndexedAgain, seq); err != nil {
				return err
			}
		}
		return nil
	})
}
