package lookup

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// A block says of some texts, which have a place each, which tokens are in which of them: the tokens in ascending order, each with its
// texts as a list of distances or, where that is shorter, as a map of bits. A block has no length of its own and no version: it is what
// Packer writes.

// Posting is a token in the text at a place: in the order in which a block has them.
type Posting uint64

// Post says that the text at a place has a token.
func Post(t Token, place int) Posting { return Posting(t)<<32 | Posting(uint32(place)) }

// Token is the token.
func (p Posting) Token() Token { return Token(p >> 32) }

func (p Posting) place() uint32 { return uint32(p) }

var errBlock = errors.New("a block of the search index is malformed")

// Packer writes a block token by token.
type Packer struct {
	Block []byte
	last  Token
	list  []byte
}

// Add adds a token, which is above the last one, with its places in ascending order.
func (p *Packer) Add(t Token, places []uint32) {
	if len(places) == 0 {
		return
	}
	p.Block = binary.AppendUvarint(p.Block, uint64(t-p.last))
	p.last = t
	p.list = p.list[:0]
	next := uint32(0)
	for _, at := range places {
		p.list = binary.AppendUvarint(p.list, uint64(at-next))
		next = at + 1
	}
	if size := int(places[len(places)-1]/8 + 1); size < len(p.list) {
		p.Block = binary.AppendUvarint(p.Block, uint64(size)<<1|1)
		begin := len(p.Block)
		p.Block = append(p.Block, make([]byte, size)...)
		for _, at := range places {
			p.Block[begin+int(at/8)] |= 1 << (at % 8)
		}
		return
	}
	p.Block = binary.AppendUvarint(p.Block, uint64(len(p.list))<<1)
	p.Block = append(p.Block, p.list...)
}

// Places are those of the texts that have a token.
type Places struct {
	body   []byte
	mapped bool
}

// each calls fn for every place, in ascending order.
func (p Places) each(fn func(at uint32)) error {
	if p.mapped {
		for i, b := range p.body {
			for ; b != 0; b &= b - 1 {
				fn(uint32(8*i + bits.TrailingZeros8(b)))
			}
		}
		return nil
	}
	at := uint64(0)
	for rest := p.body; len(rest) > 0; at++ {
		d, n := uint64(rest[0]), 1
		if d >= 0x80 {
			if d, n = binary.Uvarint(rest); n <= 0 {
				return errBlock
			}
		}
		rest = rest[n:]
		if at += d; at >= 1<<32 {
			return errBlock
		}
		fn(uint32(at))
	}
	return nil
}

// AddTo puts the places into a set that has room for all of them.
func (p Places) AddTo(s Set) error {
	if p.mapped {
		if len(p.body) > 8*len(s) {
			return errBlock
		}
		for i, b := range p.body {
			s[i/8] |= uint64(b) << (i % 8 * 8)
		}
		return nil
	}
	fits := true
	err := p.each(func(at uint32) {
		if int(at/64) >= len(s) {
			fits = false
			return
		}
		s[at/64] |= 1 << (at % 64)
	})
	if err == nil && !fits {
		err = errBlock
	}
	return err
}

// cursor goes through the tokens of a block.
type cursor struct {
	rest   []byte
	token  Token
	places Places
	err    error
}

// next goes to the next token. It is false at the end, and where nothing can be read.
func (c *cursor) next() bool {
	if len(c.rest) == 0 || c.err != nil {
		return false
	}
	d, n := binary.Uvarint(c.rest)
	if n <= 0 || d > uint64(^c.token) {
		c.err = errBlock
		return false
	}
	c.rest = c.rest[n:]
	size, n := binary.Uvarint(c.rest)
	if n <= 0 || size>>1 > uint64(len(c.rest)-n) {
		c.err = errBlock
		return false
	}
	end := n + int(size>>1)
	c.token += Token(d)
	c.places = Places{c.rest[n:end], size&1 != 0}
	c.rest = c.rest[end:]
	return true
}

// Find gives fn the places of each of the tokens that are in a block. The tokens are in ascending order.
func Find(block []byte, tokens []Token, fn func(Token, Places) error) error {
	c := cursor{rest: block}
	for len(tokens) > 0 && c.next() {
		for len(tokens) > 0 && tokens[0] < c.token {
			tokens = tokens[1:]
		}
		if len(tokens) > 0 && tokens[0] == c.token {
			if err := fn(c.token, c.places); err != nil {
				return err
			}
		}
	}
	return c.err
}

// Join gives fn what several blocks have as one: each token in ascending order, with its places. Those of the second block come 1<<shift
// after those of the first, and so on; a block may be nil. fn keeps no places.
func Join(blocks [][]byte, shift uint, fn func(Token, []uint32)) error {
	cursors := make([]cursor, len(blocks))
	more := make([]bool, len(blocks))
	for i := range blocks {
		cursors[i].rest = blocks[i]
		more[i] = cursors[i].next()
	}
	var places []uint32
	for {
		least, any := ^Token(0), false
		for i := range cursors {
			if more[i] && cursors[i].token <= least {
				least, any = cursors[i].token, true
			}
		}
		if !any {
			break
		}
		places = places[:0]
		for i := range cursors {
			if !more[i] || cursors[i].token != least {
				continue
			}
			if err := cursors[i].places.each(func(at uint32) { places = append(places, uint32(i)<<shift|at) }); err != nil {
				return err
			}
			more[i] = cursors[i].next()
		}
		fn(least, places)
	}
	for i := range cursors {
		if cursors[i].err != nil {
			return cursors[i].err
		}
	}
	return nil
}

// Rewrite is a block without the texts at some places, and with postings that may be there, in any order.
func Rewrite(block []byte, without Set, add []Posting) ([]byte, error) {
	slices.Sort(add)
	var p Packer
	var list []uint32
	write := func(t Token, places []uint32) {
		list = list[:0]
		for _, at := range places {
			if !without.Has(int(at)) {
				list = append(list, at)
			}
		}
		if len(add) > 0 && add[0].Token() == t {
			for ; len(add) > 0 && add[0].Token() == t; add = add[1:] {
				list = append(list, add[0].place())
			}
			slices.Sort(list)
			list = slices.Compact(list)
		}
		p.Add(t, list)
	}
	err := Join([][]byte{block}, 0, func(t Token, places []uint32) {
		for len(add) > 0 && add[0].Token() < t {
			write(add[0].Token(), nil)
		}
		write(t, places)
	})
	for len(add) > 0 {
		write(add[0].Token(), nil)
	}
	return p.Block, err
}

// Set is a set of places.
type Set []uint64

// NewSet is an empty set with room for places below n.
func NewSet(n int) Set { return make(Set, (n+63)/64) }

// Add adds a place.
func (s Set) Add(at int) { s[at/64] |= 1 << (at % 64) }

// Has reports whether a place is in the set.
func (s Set) Has(at int) bool { return at/64 < len(s) && s[at/64]&(1<<(at%64)) != 0 }

// Keep leaves only what is also in another set of the same size, and reports whether that is anything.
func (s Set) Keep(other Set) bool {
	left := uint64(0)
	for i := range s {
		s[i] &= other[i]
		left |= s[i]
	}
	return left != 0
}

// Descending are its places below a limit, the last first, each with an offset added.
func (s Set) Descending(below int, offset int64, list []int64) []int64 {
	for i := min(len(s)-1, (below-1)/64); i >= 0 && below > 0; i-- {
		w := s[i]
		if rest := below - 64*i; rest < 64 {
			w &= 1<<rest - 1
		}
		for ; w != 0; w &^= 1 << (bits.Len64(w) - 1) {
			list = append(list, offset+int64(64*i+bits.Len64(w)-1))
		}
	}
	return list
}
