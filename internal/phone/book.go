package phone

import "strings"

// Owned is one of our numbers with its country; without one, that of the number itself counts.
type Owned struct{ Number, Country string }

// Book finds our numbers in any of their spellings. It is immutable.
type Book struct {
	exact  map[string]int // as the store keeps them
	digits map[string]int // as a provider may write them, only digits; ambiguous: two of ours are spelled so
}

const (
	none      = -1
	ambiguous = -2
)

// NewBook makes a Book.
func NewBook(owned []Owned) *Book {
	b := &Book{exact: make(map[string]int, len(owned)), digits: make(map[string]int, 4*len(owned))}
	for i, o := range owned {
		b.exact[o.Number] = i
	}
	for i, o := range owned {
		if !isE164(o.Number) {
			continue
		}
		for _, s := range Spellings(o.Number, o.Country)[1:] {
			if other, ok := b.digits[s]; ok && other != i {
				b.digits[s] = ambiguous
			} else {
				b.digits[s] = i
			}
		}
	}
	return b
}

// Find is the index in the list given to NewBook of the number that is spelled so, or -1 when there is none. A spelling that fits two of
// our numbers finds neither: a message must not reach the wrong organization.
func (b *Book) Find(spelling string) int {
	if i, ok := b.exact[spelling]; ok {
		return i
	}
	s := strings.TrimSpace(spelling)
	if i, ok := b.exact[s]; ok {
		return i
	}
	plus, digits, ok := strip(s)
	if !ok {
		return none
	}
	if i, ok := b.exact["+"+digits]; ok {
		return i // with or without its +, an international number comes before any national one
	}
	if plus {
		if i, ok := b.exact[digits]; ok && len(digits) < fewestDigits {
			return i
		}
		return none
	}
	if i, ok := b.exact[digits]; ok {
		return i
	}
	if i, ok := b.digits[digits]; ok && i != ambiguous {
		return i
	}
	return none
}

// Spellings is how a provider may write one of our numbers, the number itself first, each once. country is the number's; "" is the one
// that its calling code says.
func Spellings(number, country string) []string {
	if !isE164(number) {
		return []string{number}
	}
	if country == "" {
		country = Country(number)
	}
	all := []string{number, number[1:], "00" + number[1:]}
	add := func(s string) {
		for _, have := range all {
			if have == s {
				return
			}
		}
		all = append(all, s)
	}
	if rest, ok := within(number, country); ok {
		add(rest)
		add("0" + rest) // people write a 0 also where the country's trunk prefix is another
		add(trunk(country) + rest)
	}
	switch callingCode(country) {
	case "1":
		add("011" + number[1:])
	case "61":
		add("0011" + number[1:])
	}
	return all
}
