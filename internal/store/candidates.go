package store

import (
	"slices"

	"patchbay/internal/lookup"
)

// candidates are texts that may be what a search looks for, the newest first. They come block by block.
type candidates struct {
	db     engine
	shape  *searchShape
	upto   searchUpto
	before int64 // all that the index has from here on has been looked at
	limit  int64 // below it a search looks
	all    []lookup.Token
	any    []lookup.Token
	redo   []int64 // not indexed again yet, the newest first
	seqs   []int64 // found and not handed out
	rows   []searchBlock
	blocks int // of the last level that were looked into
	ahead  int // of those that are read at once
}

// searchBlock is a block that has been read: its rows for the tokens that are asked for.
type searchBlock struct {
	level int
	block int64
	rows  map[int64][]byte
}

func (s *Store) candidates(db engine, sc scope, before int64) (*candidates, error) {
	c := &candidates{db: db, shape: &s.shape, limit: before, all: sc.all, any: sc.any}
	slices.Sort(c.all)
	c.all = slices.Compact(c.all)
	slices.Sort(c.any)
	c.any = slices.Compact(c.any)
	var err error
	if c.upto, err = readSearchUpto(db); err != nil {
		return nil, err
	}
	c.before = min(before, c.upto[0]+1)
	err = db.each(qRedoNewFirst, func(r *row) error { c.redo = append(c.redo, r.int()); return nil }, before, searchRedo)
	return c, err
}

// more reports whether there is anything left to look into.
func (c *candidates) more() bool { return c.before > 0 }

// next is up to n of them, none at the end, or when a page has looked into so many blocks that the next one is to go on.
func (c *candidates) next(n int) (seqs []int64, err error) {
	for len(c.seqs) < n && c.more() && c.blocks < searchBlocks {
		if err := c.look(); err != nil {
			return nil, err
		}
	}
	n = min(n, len(c.seqs))
	seqs, c.seqs = c.seqs[:n], c.seqs[n:]
	return seqs, nil
}

// look looks into one more block.
func (c *candidates) look() error {
	if len(c.rows) == 0 {
		if err := c.read(); err != nil {
			return err
		}
	}
	b := c.rows[0]
	c.rows = c.rows[1:]
	if b.level == searchLevels-1 {
		c.blocks++
	}
	first := b.block << c.shape.bits[b.level]
	set, err := c.set(b)
	if err != nil {
		return err
	}
	for len(c.redo) > 0 && c.redo[0] >= first {
		if seq := c.redo[0]; seq >= c.before { // not in any block
			c.seqs = append(c.seqs, seq)
		} else {
			set.Add(c.shape.place(b.level, seq))
		}
		c.redo = c.redo[1:]
	}
	c.seqs = set.Descending(int(min(c.before-first, c.shape.size(b.level))), first, c.seqs)
	c.before = first
	return nil
}

// read reads the next blocks: eight small ones at once, of the large ones each time twice as many, for what is not soon found is rare.
func (c *candidates) read() error {
	var ids []int64
	tokens := slices.Concat(c.all, c.any)
	most := 8
	if c.upto.level(c.before-1) == searchLevels-1 {
		c.ahead = min(max(1, 2*c.ahead), most)
		most = c.ahead
	}
	for from, count := c.before, 0; from > 0 && count < most; count++ {
		level := c.upto.level(from - 1)
		if level == searchLevels-1 && count > 0 && c.rows[0].level != level {
			break
		}
		b := searchBlock{level: level, block: c.shape.block(level, from-1)}
		c.rows = append(c.rows, b)
		for _, t := range tokens {
			ids = append(ids, c.shape.row(level, b.block, c.shape.part(level, t)))
		}
		from = b.block << c.shape.bits[level]
	}
	slices.Sort(ids)
	rows, err := readBlocks(c.db, slices.Compact(ids))
	for i := range c.rows {
		c.rows[i].rows = rows
	}
	return err
}

// set is which texts of a block have all of the tokens, and one of any.
func (c *candidates) set(b searchBlock) (lookup.Set, error) {
	size := int(c.shape.size(b.level))
	found, scratch := lookup.NewSet(size), lookup.NewSet(size)
	for i := range found {
		found[i] = ^uint64(0)
	}
	some := true
	if err := c.find(b, c.all, func(at lookup.Places, is bool) error {
		clear(scratch)
		if some = some && is; !some {
			clear(found)
			return nil
		}
		err := at.AddTo(scratch)
		some = found.Keep(scratch)
		return err
	}); err != nil || !some || len(c.any) == 0 {
		return found, err
	}
	clear(scratch)
	if err := c.find(b, c.any, func(at lookup.Places, is bool) error {
		if is {
			return at.AddTo(scratch)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	found.Keep(scratch)
	return found, nil
}

// find gives fn each of the tokens as it is in a block, if it is there. Those of one row are looked for in one go.
func (c *candidates) find(b searchBlock, tokens []lookup.Token, fn func(at lookup.Places, is bool) error) error {
	for len(tokens) > 0 {
		part, n := c.shape.part(b.level, tokens[0]), 1
		for n < len(tokens) && c.shape.part(b.level, tokens[n]) == part {
			n++
		}
		missing := n
		if err := lookup.Find(b.rows[c.shape.row(b.level, b.block, part)], tokens[:n], func(_ lookup.Token, at lookup.Places) error {
			missing--
			return fn(at, true)
		}); err != nil {
			return err
		}
		for range missing {
			if err := fn(lookup.Places{}, false); err != nil {
				return err
			}
		}
		tokens = tokens[n:]
	}
	return nil
}
