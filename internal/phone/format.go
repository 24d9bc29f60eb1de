package phone

import "strings"

// Formats that a number's inbound and outbound format may be.
const (
	FormatAsIs          = ""
	FormatNational      = "national"      // 412345678: without trunk prefix
	FormatNational0     = "national0"     // 0412345678: with the trunk prefix, where the country's begins with 0
	FormatE164          = "e164"          // +61412345678
	FormatInternational = "international" // 61412345678
)

// IsFormat reports whether format is one of the formats, "" included.
func IsFormat(format string) bool {
	switch format {
	case FormatAsIs, FormatNational, FormatNational0, FormatE164, FormatInternational:
		return true
	}
	return false
}

// Format spells a stored number in one of the formats. country is that of our number. A number that has no national form there, above all
// one of another country, stays E.164, so that it can be read back; short codes and names are never reformatted.
func Format(number, format, country string) string {
	if !isE164(number) {
		return number
	}
	switch format {
	case FormatInternational:
		return number[1:]
	case FormatNational:
		if rest, ok := within(number, country); ok {
			return rest
		}
	case FormatNational0:
		if rest, ok := within(number, country); ok {
			return trunk(country) + rest
		}
	}
	return number
}

// within is an E.164 number without the calling code, if that is the country's. What is left must not be so short that it would be read
// as a short code: such numbers (islands have them) have no national form.
func within(number, country string) (rest string, ok bool) {
	code := callingCode(country)
	if code == "" || len(number)-1-len(code) < fewestDigits || number[1:1+len(code)] != code {
		return "", false
	}
	return number[1+len(code):], true
}

// IsFilter reports whether name is a number filter of service files.
func IsFilter(name string) bool {
	switch name {
	case "digits", "national", "national0", "international00":
		return true
	}
	return false
}

// Write spells a stored number as the filter names it (service-file.md §2.5): digits 15551234567, international00 0015551234567, national
// 5551234567, national0 0412345678.
func Write(filter, number, country string) string {
	if !isE164(number) {
		return number
	}
	switch filter {
	case "digits":
		return number[1:]
	case "international00":
		return "00" + number[1:]
	case "national", "national0": // the filters are called as the formats
		return Format(number, filter, country)
	}
	return number
}

// Read is the inverse of Write: what a provider spelled as the filter names it, as the store keeps it. What cannot be read so comes back
// as it is.
func Read(filter, spelling, country string) string {
	digits, isDigits := spelling, filter == "digits"
	if filter == "international00" {
		digits, isDigits = strings.CutPrefix(spelling, "00") // not Australia's 0011: the filter says which prefix
	}
	if isDigits {
		if n := readDigits(digits, country); n != "" {
			return n
		}
	}
	n, err := Parse(spelling, country)
	if err != nil {
		return spelling
	}
	return n
}

// readDigits reads digits that begin with a country code. Ten digits for a North American number are doubtful, since providers leave the
// 1 away: they are an assigned number of the world, or else a national one. While the country is not known yet they stay as they are.
func readDigits(spelling, country string) string {
	if spelling == "" || !allDigits(spelling) || !isE164("+"+spelling) {
		return ""
	}
	if code := callingCode(country); len(spelling) == 10 && (code == "1" || country == "") && bare(spelling) == "" {
		return ""
	}
	return "+" + spelling
}
