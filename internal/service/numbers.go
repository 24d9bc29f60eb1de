package service

import "patchbay/internal/phone"

// Numbers is a fixed set of numbers, found by any of their spellings. It satisfies NumberFinder.
type Numbers struct {
	list []Number
	book *phone.Book
}

// NewNumbers makes the set.
func NewNumbers(list []Number) *Numbers {
	owned := make([]phone.Owned, len(list))
	for i, n := range list {
		owned[i] = phone.Owned{Number: n.Value, Country: n.Country}
	}
	return &Numbers{list: append([]Number(nil), list...), book: phone.NewBook(owned)}
}

// Find is the one number that is spelled so: +E.164, digits, 00 and national forms, a short code, or a name.
func (n *Numbers) Find(spelling string) (Number, bool) {
	if i := n.book.Find(spelling); i >= 0 {
		return n.list[i], true
	}
	return Number{}, false
}

// AnyNumber takes every number for ours: a file can be tried before there are numbers.
type AnyNumber struct{}

// Find is what the spelling says.
func (AnyNumber) Find(spelling string) (Number, bool) {
	value, err := phone.Parse(spelling, "US")
	if err != nil {
		return Number{}, false
	}
	return Number{Value: value, Country: phone.Country(value)}, true
}
