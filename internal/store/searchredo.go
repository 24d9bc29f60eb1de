package store

import (
	"context"
	"time"

	"patchbay/internal/lookup"
)

// indexAgain brings one block up to date with what was changed or deleted of it. A search finds what is true meanwhile: it looks at what
// waits here as well, and compares with the text as it stands. Large blocks wait for each other, so that whatever deletes much rewrites
// each of them a few times and not with every message.
func (s *Store) indexAgain(ctx context.Context) (more bool, err error) {
	var c indexChange
	large := false
	if err := s.read(ctx, func(db engine) (err error) {
		if c.was, err = readSearchUpto(db); err != nil {
			return err
		}
		seq, found, err := firstRedo(db, c.was[2], c.was[0]) // what is new comes first, and takes no time
		if err != nil {
			return err
		}
		if !found && s.mayRewrite() {
			if seq, found, err = firstRedo(db, 0, c.was[2]-1); err != nil {
				return err
			}
			large = found
		}
		if !found {
			return nil
		}
		more = true
		return s.shape.rewrite(db, seq, &c)
	}); err != nil || !more {
		return false, err
	}
	if large {
		s.rewrote.Store(time.Now().UnixNano())
	}
	return true, s.commitIndex(ctx, &c)
}

func (s *Store) mayRewrite() bool {
	return time.Now().UnixNano()-s.rewrote.Load() >= int64(s.shape.rest)
}

func firstRedo(db engine, from, to int64) (seq int64, found bool, err error) {
	found, err = one(db, qRedo, func(r *row) error { seq = r.int(); return nil }, from, to, 1)
	return seq, found, err
}

// rewrite does all that is to be done again in the block that seq is in.
func (p *searchShape) rewrite(db engine, seq int64, c *indexChange) error {
	level := c.was.level(seq)
	block := p.block(level, seq)
	first := block << p.bits[level]
	if err := db.each(qRedo, func(r *row) error { c.redo = append(c.redo, r.int()); return nil },
		first, min(first+p.size(level)-1, c.was[0]), p.size(level)); err != nil {
		return err
	}
	without := lookup.NewSet(int(p.size(level)))
	add := map[int64][]lookup.Posting{} // by part
	for i := 0; i < len(c.redo); i += indexBatch {
		some := c.redo[i:min(i+indexBatch, len(c.redo))]
		for _, seq := range some {
			without.Add(p.place(level, seq))
		}
		if err := db.each(qTheseTexts, func(r *row) error {
			x := readIndexed(r)
			for _, post := range p.postings(level, []indexed{x}) {
				part := p.part(level, post.Token())
				add[part] = append(add[part], post)
			}
			return nil
		}, seqList(some)); err != nil {
			return err
		}
	}
	const together = 32 // rows read at once
	for part := int64(0); part < p.parts(level); part += together {
		var ids []int64
		for i := part; i < min(part+together, p.parts(level)); i++ {
			ids = append(ids, p.row(level, block, i))
		}
		rows, err := readBlocks(db, ids)
		if err != nil {
			return err
		}
		for i, id := range ids {
			body, err := lookup.Rewrite(rows[id], without, add[part+int64(i)])
			if err != nil {
				return err
			}
			if string(body) != string(rows[id]) {
				c.rows = append(c.rows, indexRow{id, body})
			}
		}
	}
	return nil
}
