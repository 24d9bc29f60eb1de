package phone

import (
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// IsCountry reports whether code is a country that has telephone numbers: two letters, upper case.
func IsCountry(code string) bool { return callingCode(code) != "" }

// Country is the country of an E.164 number, or "" for anything else. Of countries that share a calling code it is the one with the most
// numbers (US for +1, GB for +44): their numbers are spelled alike, which is all that a country is for here.
func Country(number string) string {
	code, _ := split(number)
	if code == "" {
		return ""
	}
	return plans().regions[code]
}

// split gives the calling code of an E.164 number and what follows it; "" when it has none that anybody uses.
func split(number string) (code, rest string) {
	if !isE164(number) {
		return "", ""
	}
	for n := 1; n <= 3; n++ { // no calling code begins with another one
		if _, ok := plans().regions[number[1:1+n]]; ok {
			return number[1 : 1+n], number[1+n:]
		}
	}
	return "", ""
}

func callingCode(country string) string { return plans().codes[country] }

// trunk is what a country dials before a national number, if that begins with 0; "" where nothing or another digit is dialled, which
// people do not write as part of the number.
func trunk(country string) string { return plans().trunks[country] }

type numbering struct {
	codes   map[string]string // country → calling code
	trunks  map[string]string // country → trunk prefix
	regions map[string]string // calling code → main country; "" for codes of no country
}

var plans = sync.OnceValue(func() numbering {
	p := numbering{codes: map[string]string{}, trunks: map[string]string{}, regions: map[string]string{}}
	for country := range phonenumbers.GetSupportedRegions() {
		p.codes[country] = strconv.Itoa(phonenumbers.GetCountryCodeForRegion(country))
		if t := phonenumbers.GetNddPrefixForRegion(country, true); t != "" && t[0] == '0' {
			p.trunks[country] = t
		}
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		region := phonenumbers.GetRegionCodeForCountryCode(code)
		if region == "001" { // satellites, universal freephone
			region = ""
		}
		p.regions[strconv.Itoa(code)] = region
	}
	return p
})
