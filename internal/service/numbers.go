package service

// Numbers is a fixed set of numbers, found by any of their spellings. It satisfies NumberFinder.
type Numbers struct{ bySpelling map[string]Number }

// NewNumbers makes the set.
func NewNumbers(list []Number) *Numbers { return &Numbers{} }

// Find is the number that is spelled so: +E.164, digits, 00 and national forms, a short code, or a name.
func (n *Numbers) Find(spelling string) (Number, bool) { return Number{}, false }
