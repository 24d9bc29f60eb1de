// Package phone knows how numbers are spelled and what a text costs in segments. It never asks whether a number is assigned: numbers of
// documentation and of sandboxes are numbers too.
package phone

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// Kind says what a number is.
type Kind uint8

const (
	Invalid   Kind = iota
	E164           // + and 7 to 15 digits (ITU-T E.164 §6), the first not 0
	ShortCode      // one to six digits
	Name           // an alphanumeric sender: it has a letter
)

const (
	fewestDigits = 7 // fewer are a short code
	mostDigits   = 15
	longestName  = 64
)

// KindOf is the kind of a number as the store keeps it.
func KindOf(number string) Kind {
	switch {
	case isE164(number):
		return E164
	case number == "":
		return Invalid
	case allDigits(number):
		if len(number) < fewestDigits {
			return ShortCode
		}
	case isName(number):
		return Name
	}
	return Invalid
}

func isE164(s string) bool {
	return len(s) > fewestDigits && len(s) <= 1+mostDigits && s[0] == '+' && s[1] != '0' && allDigits(s[1:])
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isName reports whether s is an alphanumeric sender as one keeps it: a letter, nothing that cannot be seen, no white space around.
func isName(s string) bool {
	if utf8.RuneCountInString(s) > longestName || s != strings.TrimSpace(s) || s[0] == '+' {
		return false
	}
	letter := false
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return false
		}
		letter = letter || unicode.IsLetter(r)
	}
	return letter
}

// Parse reads a number as people and providers spell it and gives it as the store keeps it: E.164, or a short code or sender name as it
// stands. country is that of our number (ISO 3166-1 alpha-2, or "" when unknown).
//
//   - Spaces, dots, dashes, slashes and brackets fall away, and so does a (0) behind a country code.
//   - + and 00 begin an international number, and so does what a country dials for it: 011 in North America, 0011 in Australia.
//   - Other digits are a national number of the country. Where they can be none, or begin with the country's own code and are longer
//     than its numbers, they are an international number without its +.
//   - Without a country, digits are an international number without its +, if one of that length exists: 15551234567 is +15551234567.
//
// Only the shape is asked for, never whether the number is assigned; assigned ones only win where two readings are possible.
func Parse(spelling, country string) (string, error) {
	if isE164(spelling) { // what nearly every call gives
		return spelling, nil
	}
	s := strings.TrimSpace(spelling)
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") {
		s = s[4:]
	}
	if s == "" {
		return "", fmt.Errorf("a number is missing: write it like +15551234000")
	}
	if isName(s) {
		return s, nil
	}
	plus, digits, ok := strip(s)
	if !ok {
		return "", fmt.Errorf("%q is not a number: write it like +15551234000", cut(spelling))
	}
	if len(digits) < fewestDigits {
		return digits, nil // some carriers put a + before short codes
	}
	if !plus {
		digits, plus = international(digits, country)
	}
	if plus {
		if n := "+" + digits; isE164(n) {
			return n, nil
		}
		return "", fmt.Errorf("%q is not E.164, which has 7 to 15 digits and begins with a country code: write it like +15551234000", cut(spelling))
	}
	if n := national(digits, country); n != "" {
		return n, nil
	}
	if country == "" {
		return "", fmt.Errorf("%q has no country code: write it like +15551234000, or name the number's country", cut(spelling))
	}
	return "", fmt.Errorf("%q is not a number of %s: write it like +15551234000", cut(spelling), country)
}

// cut keeps an error short whatever somebody sent as a number.
func cut(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// strip gives the digits of a spelling, and whether a + stands before them; not ok when it holds anything but digits and what people set
// them off with.
func strip(s string) (plus bool, digits string, ok bool) {
	b := make([]byte, 0, len(s))
	for i, r := range s {
		switch {
		case '0' <= r && r <= '9':
			if r == '0' && plus && len(b) > 0 && strings.HasPrefix(s[i:], "0)") && s[i-1] == '(' {
				continue // +44 (0)20 7946 0000
			}
			b = append(b, byte(r))
		case r == '+' || r == '＋':
			if plus || len(b) > 0 {
				return false, "", false
			}
			plus = true
		case r == '.' || r == '-' || r == '(' || r == ')' || r == '/' || r == '[' || r == ']':
		case r >= utf8.RuneSelf && unicode.IsDigit(r):
			d := phonenumbers.NormalizeDigitsOnly(string(r)) // fullwidth and Arabic digits; not those of every script
			if len(d) != 1 {
				return false, "", false
			}
			b = append(b, d[0])
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r): // no-break spaces, long dashes, direction marks
		default:
			return false, "", false
		}
	}
	return plus, string(b), len(b) > 0
}

// international takes the prefix off digits that are dialled abroad.
func international(digits, country string) (rest string, ok bool) {
	switch code := callingCode(country); {
	case code == "61" && strings.HasPrefix(digits, "0011"):
		return digits[4:], true
	case strings.HasPrefix(digits, "00"):
		return digits[2:], true
	case code == "1" && strings.HasPrefix(digits, "011"):
		return digits[3:], true
	}
	return digits, false
}

// national reads digits without any sign of being international; "" when they are no number.
func national(digits, country string) string {
	code := callingCode(country)
	switch code {
	case "":
		return bare(digits)
	case "1": // North America needs no library: ten digits, or one and ten digits
		if len(digits) == 10 && digits[0] > '1' {
			return "+1" + digits
		}
		if len(digits) == 11 && digits[0] == '1' {
			return "+" + digits
		}
		return bare(digits)
	}
	home, err := phonenumbers.Parse(digits, country)
	if err == nil && phonenumbers.IsValidNumber(home) {
		return e164(home)
	}
	if strings.HasPrefix(digits, code) && isPossible(digits) {
		return "+" + digits
	}
	if t := trunk(country); t != "" && strings.HasPrefix(digits, t) && isPossible(code+digits[len(t):]) {
		return "+" + code + digits[len(t):]
	}
	if err == nil && phonenumbers.IsPossibleNumber(home) {
		return e164(home)
	}
	if n := bare(digits); n != "" {
		return n
	}
	if err == nil {
		return e164(home) // of a length that the country does not have: shape is all we ask for
	}
	return ""
}

// bare reads digits as an international number that lacks its +. Ten digits and fewer are too easily somebody's national number: those
// have to be of an assigned range.
func bare(digits string) string {
	if len(digits) > mostDigits || digits[0] == '0' {
		return ""
	}
	if len(digits) == 11 && digits[0] == '1' {
		return "+" + digits
	}
	n, err := phonenumbers.Parse("+"+digits, "")
	if err != nil || !phonenumbers.IsPossibleNumber(n) || len(digits) < 11 && !phonenumbers.IsValidNumber(n) {
		return ""
	}
	return "+" + digits
}

// isPossible reports whether an international number without its + has a length that its country uses.
func isPossible(digits string) bool {
	n, err := phonenumbers.Parse("+"+digits, "")
	return err == nil && phonenumbers.IsPossibleNumber(n) && isE164("+"+digits)
}

func e164(n *phonenumbers.PhoneNumber) string {
	if s := phonenumbers.Format(n, phonenumbers.E164); isE164(s) {
		return s
	}
	return ""
}
