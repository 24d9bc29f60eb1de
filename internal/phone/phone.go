// Package phone knows how numbers are spelled and what a text costs in segments. It never asks whether a number is assigned: numbers of
// documentation and of sandboxes are numbers too.
package phone

import "errors"

// Kind says what a number is.
type Kind uint8

const (
	Invalid   Kind = iota
	E164           // + and 7 to 15 digits
	ShortCode      // one to six digits
	Name           // an alphanumeric sender: it has a letter
)

// Formats that a number's inbound and outbound format may be; "" is as is.
const (
	FormatAsIs          = ""
	FormatNational      = "national"      // 412345678: without trunk prefix
	FormatNational0     = "national0"     // 0412345678: with the trunk prefix
	FormatE164          = "e164"          // +61412345678
	FormatInternational = "international" // 61412345678
)

var errSoon = errors.New("not written yet")

// KindOf is the kind of a number as the store keeps it.
func KindOf(number string) Kind { return Invalid }

// Parse reads a number as people and providers spell it and gives it as the store keeps it: E.164, or a short code or sender name as it
// stands. country is that of our number (ISO 3166-1 alpha-2, or "" when unknown).
func Parse(spelling, country string) (string, error) { return "", errSoon }

// Format spells a stored number in one of the formats. Short codes, names and numbers of other countries than the national form's own
// are never reformatted.
func Format(number, format, country string) string { return number }

// IsFormat reports whether format is one of the formats, "" included.
func IsFormat(format string) bool { return false }

// Country is the country of an E.164 number, or "" when there is none: US for an unassigned +1 number.
func Country(number string) string { return "" }

// IsCountry reports whether code is a country that has telephone numbers: two letters, upper case.
func IsCountry(code string) bool { return false }

// IsFilter reports whether name is a number filter of service files: digits, national, national0, international00.
func IsFilter(name string) bool { return false }

// Write spells a stored number as the filter names it (service-file.md §2.5).
func Write(filter, number, country string) string { return number }

// Read is the inverse of Write: what a provider spelled as the filter names it, as the store keeps it. What cannot be read so comes back
// as it is.
func Read(filter, spelling, country string) string { return spelling }

// Owned is one of our numbers with its country.
type Owned struct{ Number, Country string }

// Book finds our numbers in any of their spellings. It is immutable.
type Book struct{}

// NewBook makes a Book.
func NewBook(owned []Owned) *Book { return &Book{} }

// Find is the index in the list given to NewBook of the number that is spelled so, or -1 when there is none or more than one.
func (b *Book) Find(spelling string) int { return -1 }

// Spellings is how a provider may write one of our numbers, the number itself first.
func Spellings(number, country string) []string { return []string{number} }

// Segments counts what a carrier bills for a text.
func Segments(text string) (encoding string, segments, units int) { return "gsm7", 0, 0 }
