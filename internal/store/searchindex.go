package store

import (
	"cmp"
	"context"
	"slices"

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
	qNewMessages  = sqlText("messages to index", indexedMessage+`WHERE m.seq > $1 ORDER BY m.seq LIMIT $2`)
	qNewNotes     = sqlText("notes to index", indexedNote+`WHERE n.seq > $1 ORDER BY n.seq LIMIT $2`)
	qTheseTexts   = sqlLists("texts to index again", indexedMessage+`WHERE m.seq IN NUMBERS $1 UNION ALL `+indexedNote+`WHERE n.seq IN NUMBERS $1`)
	qUnfound      = sqlText("contacts that are not found yet", `SELECT `+contactColumns+` FROM contacts c WHERE c.find = '' LIMIT $1`)
	qFinding      = sqlText("finding of a contact", `UPDATE contacts SET find = $2 WHERE id = $1 AND find = ''`)
	qRedone       = sqlLists("texts are indexed again", `DELETE FROM search_redo WHERE seq IN NUMBERS $1`)
	qRedo         = sqlText("text to index again", `SELECT seq FROM search_redo WHERE seq >= $1 AND seq <= $2 ORDER BY seq LIMIT $3`)
	qRedoNewFirst = sqlText("newest texts to index again", `SELECT seq FROM search_redo WHERE seq < $1 ORDER BY seq DESC LIMIT $2`)
)

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
	x.tokens = append(lookup.Tokens(content), lookup.Of(tokenOrg, org), lookup.Of(tokenContact, contact))
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
	for _, step := range []func(context.Context) (bool, error){s.indexNew, s.indexFull, s.indexAgain, s.indexContacts} {
		again, err := step(ctx)
		if err != nil {
			return false, err
		}
		more = more || again
	}
	return more, nil
}

// indexNew adds what came after the mark to blocks of level 0.
func (s *Store) indexNew(ctx context.Context) (more bool, err error) {
	var list []indexed
	var c indexChange
	var rows map[int64][]byte
	if err := s.read(ctx, func(db engine) (err error) {
		if c.was, err = readSearchUpto(db); err != nil {
			return err
		}
		add := func(r *row) error { list = append(list, readIndexed(r)); return nil }
		for _, q := range []*query{qNewMessages, qNewNotes} {
			if err := db.each(q, add, c.was[0], indexBatch); err != nil {
				return err
			}
		}
		slices.SortFunc(list, func(a, b indexed) int { return cmp.Compare(a.seq, b.seq) })
		if list = list[:min(len(list), indexBatch)]; len(list) == 0 {
			return nil
		}
		rows, err = readBlocks(db, []int64{s.shape.row(0, s.shape.block(0, list[0].seq), 0)}) // the newest, which goes on
		return err
	}); err != nil || len(list) == 0 {
		return false, err
	}
	for rest := list; len(rest) > 0; {
		block, n := s.shape.block(0, rest[0].seq), 0
		for n < len(rest) && s.shape.block(0, rest[n].seq) == block {
			n++
		}
		id := s.shape.row(0, block, 0)
		body, err := lookup.Rewrite(rows[id], nil, s.shape.postings(0, rest[:n]))
		if err != nil {
			return false, err
		}
		if body != nil {
			c.rows = append(c.rows, indexRow{id, body})
		}
		rest = rest[n:]
	}
	c.upto = map[int]int64{0: list[len(list)-1].seq}
	return len(list) == indexBatch, s.commitIndex(ctx, &c)
}

// postings are those of texts that are in one block.
func (p *searchShape) postings(level int, list []indexed) (postings []lookup.Posting) {
	for i := range list {
		for _, t := range list[i].tokens {
			postings = append(postings, lookup.Post(t, p.place(level, list[i].seq)))
		}
	}
	return postings
}

// indexFull makes one block of those of a level that are full, if there are enough.
func (s *Store) indexFull(ctx context.Context) (more bool, err error) {
	var c indexChange
	if err := s.read(ctx, func(db engine) (err error) {
		if c.was, err = readSearchUpto(db); err != nil {
			return err
		}
		for level := 1; level < searchLevels; level++ {
			full := c.was[level-1]
			if level == 1 {
				full++ // up to and with it
			}
			if full-c.was[level] >= s.shape.size(level) {
				more = true
				return s.shape.join(db, level, &c)
			}
		}
		return nil
	}); err != nil || !more {
		return false, err
	}
	return true, s.commitIndex(ctx, &c)
}

// join makes the next block of a level from those of the level below.
func (p *searchShape) join(db engine, level int, c *indexChange) error {
	below, from := level-1, c.was[level]
	first, of, block := p.block(below, from), int64(1)<<(p.bits[level]-p.bits[below]), p.block(level, from)
	for part := range p.parts(below) {
		ids := make([]int64, of)
		for i := range ids {
			ids[i] = p.row(below, first+int64(i), part)
		}
		rows, err := readBlocks(db, ids)
		if err != nil {
			return err
		}
		bodies := make([][]byte, of)
		for i, id := range ids {
			bodies[i] = rows[id]
		}
		begin, w := int64(-1), lookup.Packer{}
		end := func() {
			if begin >= 0 {
				c.rows = append(c.rows, indexRow{p.row(level, block, begin), w.Block})
			}
		}
		if err := lookup.Join(bodies, p.bits[below], func(t lookup.Token, places []uint32) {
			if at := p.part(level, t); at != begin {
				end()
				begin, w = at, lookup.Packer{}
			}
			w.Add(t, places)
		}); err != nil {
			return err
		}
		end()
	}
	c.drop = [2]int64{p.row(below, first, 0), p.row(below, first+of-1, 1<<partBits-1)}
	c.upto = map[int]int64{level: from + p.size(level)}
	return nil
}

// indexContacts writes how contacts are looked for.
func (s *Store) indexContacts(ctx context.Context) (more bool, err error) {
	var unfound []directory.Contact
	if err := s.read(ctx, func(db engine) (err error) { unfound, err = contacts(db, qUnfound, indexBatch); return err }); err != nil || len(unfound) == 0 {
		return false, err
	}
	return len(unfound) == indexBatch, s.write(ctx, func(t *tx) error {
		for i := range unfound {
			if _, err := t.exec(qFinding, unfound[i].ID, finding(&unfound[i])); err != nil {
				return err
			}
		}
		return nil
	})
}
