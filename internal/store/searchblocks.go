package store

import (
	"context"
	"slices"
	"time"

	"patchbay/internal/lookup"
)

// The index of searches is a tree of blocks (internal/lookup). A block of level 0 has the texts of 64 seqs in a row; when 32 of them are
// full they become one of level 1, and 32 of those one of level 2. A block is cut into rows by its tokens, the more the higher it is, so
// that each row has a few kilobytes whatever its level. So what comes in rewrites little, what is old is read in long runs, and a search
// reads a row or two of each block, newest first, on either engine.

const (
	searchLevels  = 3
	searchCounted = 3 // how far the index before this one had come
	searchChanges = 4 // counts changes of blocks, so that nobody writes over another's
	partBits      = 10
	levelBits     = 60
)

// searchShape is how many seqs a block of each level has, as powers of two.
type searchShape struct {
	bits [searchLevels]uint
	rest time.Duration // between two rewrites of a block of the last level
}

var usualShape = searchShape{bits: [searchLevels]uint{6, 11, 16}, rest: time.Minute}

// size is how many seqs a block has.
func (p *searchShape) size(level int) int64 { return 1 << p.bits[level] }

// block is which one a seq is in, place where it is there.
func (p *searchShape) block(level int, seq int64) int64 { return seq >> p.bits[level] }
func (p *searchShape) place(level int, seq int64) int   { return int(seq & (p.size(level) - 1)) }

// parts is how many rows a block has at most.
func (p *searchShape) parts(level int) int64 { return 1 << (p.bits[level] - p.bits[0]) }

// part is in which of them a token is.
func (p *searchShape) part(level int, t lookup.Token) int64 {
	return int64(uint64(t) >> (32 - (p.bits[level] - p.bits[0])))
}

// row is the id of a block's part.
func (p *searchShape) row(level int, block, part int64) int64 {
	return int64(level)<<levelBits | block<<partBits | part
}

var (
	qSearchUpto    = sqlText("how far the index of searches is", `SELECT level, seq FROM search_upto`)
	qSetSearchUpto = sqlText("the index of searches is so far", `UPDATE search_upto SET seq = $2 WHERE level = $1`)
	qSearchChanged = sqlText("the index of searches changes", `UPDATE search_upto SET seq = seq + 1 WHERE level = 4 AND seq = $1`)
	qBlocks        = sqlLists("blocks of the index of searches", `SELECT id, body FROM search_blocks WHERE id IN NUMBERS $1`)
	qSetBlock      = sqlText("set block of the index of searches", `INSERT INTO search_blocks (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body`)
	qDropBlocks    = sqlText("drop blocks of the index of searches", `DELETE FROM search_blocks WHERE id BETWEEN $1 AND $2`)
)

// searchUpto is how far the index is: seqs up to [0] are in it, those below [1] in blocks of level 1 or higher, those below [2] in level 2.
type searchUpto [searchChanges + 1]int64

func readSearchUpto(db engine) (u searchUpto, err error) {
	err = db.each(qSearchUpto, func(r *row) error {
		if level := r.int(); level >= 0 && int(level) < len(u) {
			u[level] = r.int()
		}
		return nil
	})
	return u, err
}

// level is in which level's block a seq is.
func (u *searchUpto) level(seq int64) int {
	switch {
	case seq < u[2]:
		return 2
	case seq < u[1]:
		return 1
	}
	return 0
}

// readBlocks gives rows of blocks by their ids. A row that is not there has nothing.
func readBlocks(db engine, ids []int64) (map[int64][]byte, error) {
	rows := make(map[int64][]byte, len(ids))
	err := db.each(qBlocks, func(r *row) error { id := r.int(); rows[id] = r.bytes(); return nil }, seqList(ids))
	return rows, err
}

// indexChange is a change of the index that was worked out beside the writer.
type indexChange struct {
	was  searchUpto
	drop [2]int64 // ids, from and to; 0: none
	rows []indexRow
	upto map[int]int64
	redo []int64 // which have been done
}

type indexRow struct {
	id   int64
	body []byte // nil: none
}

// commitIndex writes a change, unless the index has been changed since it was read. Then whoever did goes on.
func (s *Store) commitIndex(ctx context.Context, c *indexChange) error {
	return s.write(ctx, func(t *tx) error {
		if n, err := t.exec(qSearchChanged, c.was[searchChanges]); err != nil || n == 0 {
			return err
		}
		if c.drop[1] != 0 {
			if _, err := t.exec(qDropBlocks, c.drop[0], c.drop[1]); err != nil {
				return err
			}
		}
		for _, r := range c.rows {
			if r.body == nil {
				if err := t.later(qDropBlocks, r.id, r.id); err != nil {
					return err
				}
				continue
			}
			if err := t.later(qSetBlock, r.id, r.body); err != nil {
				return err
			}
		}
		for level, seq := range c.upto {
			if err := t.later(qSetSearchUpto, level, seq); err != nil {
				return err
			}
		}
		for some := range slices.Chunk(c.redo, 1000) {
			if err := t.later(qRedone, seqList(some)); err != nil {
				return err
			}
		}
		return nil
	})
}
