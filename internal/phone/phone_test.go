package phone

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

func TestParseReadsSpellings(t *testing.T) {
	for _, c := range []struct{ spelling, country, want string }{
		// already as the store keeps it, assigned or not
		{"+15550001111", "", "+15550001111"},
		{"+61123456789", "AU", "+61123456789"},
		{"+61855555555", "", "+61855555555"},
		{"+1234567", "", "+1234567"},
		{"+123456789012345", "", "+123456789012345"},
		// what people set digits off with
		{" +1 (555) 123-4567 ", "", "+15551234567"},
		{"+1.555.123.4567", "", "+15551234567"},
		{"+44 (0)20 7946 0000", "", "+442079460000"},
		{"+44 20 (7946) 0000", "", "+442079460000"},
		{"tel:+15551234567", "", "+15551234567"},
		{"\u202a+1\u00a0555\u2011123\u20134567\u202c", "", "+15551234567"},
		{"＋１５５５１２３４５６７", "", "+15551234567"},
		{"٠٤١٢٣٤٥٦٧٨", "AU", "+61412345678"},
		// international prefixes
		{"0015551234567", "", "+15551234567"},
		{"00 44 7700 900001", "GB", "+447700900001"},
		{"011447700900001", "US", "+447700900001"},
		{"0011447700900001", "AU", "+447700900001"},
		{"00447700900001", "AU", "+447700900001"},
		// national, assigned or not
		{"5551234567", "US", "+15551234567"},
		{"15551234567", "US", "+15551234567"},
		{"2065551234", "CA", "+12065551234"},
		{"0412 345 678", "AU", "+61412345678"},
		{"412345678", "AU", "+61412345678"},
		{"61412345678", "AU", "+61412345678"},
		{"123456789", "AU", "+61123456789"},
		{"61855555555", "AU", "+61855555555"},
		{"07700 900001", "GB", "+447700900001"},
		{"0236618300", "IT", "+390236618300"},
		{"3912345678", "IT", "+393912345678"},
		{"0612345678", "FR", "+33612345678"},
		// international without its +
		{"15551234567", "", "+15551234567"},
		{"447700900001", "", "+447700900001"},
		{"447700900001", "US", "+447700900001"},
		{"31612345678", "US", "+31612345678"},
		{"385916242494", "", "+385916242494"},
		{"250788383383", "", "+250788383383"},
		{"4791234567", "", "+4791234567"},
		// never reformatted
		{"2020", "US", "2020"}, {"51515", "", "51515"}, {"123456", "DE", "123456"}, {"+262966", "US", "262966"},
		{"ACME", "", "ACME"}, {" Acme Bank ", "US", "Acme Bank"}, {"1800FLOWERS", "US", "1800FLOWERS"}, {"Привет", "", "Привет"},
		{"someone@example.com", "", "someone@example.com"},
	} {
		got, err := Parse(c.spelling, c.country)
		if err != nil || got != c.want {
			t.Errorf("Parse(%q, %q) = %q, %v; want %q", c.spelling, c.country, got, err, c.want)
		}
	}
}

func TestParseSaysWhatItCannotRead(t *testing.T) {
	for _, c := range []struct{ spelling, country string }{
		{"", "US"}, {"   ", ""}, {"+", ""}, {"~", ""}, {"*31#5551234567", "US"}, {"+1555+1234", ""}, {"+0155512345", ""}, {"{MEDIA}1\x00A", ""},
		{"5551234567", ""}, // ten digits of nobody
		{"0412345678", ""}, // national, and no country to be of
		{"5551234", "US"},  // local
		{"+1234567890123456", ""}, {"1234567890123456", "US"}, {strings.Repeat("9", 400), "AU"}, {"99999999999999", "US"},
		{strings.Repeat("A", 65), ""}, {"A\nB", ""}, {"A\xff", ""}, {"+ACME", ""},
	} {
		got, err := Parse(c.spelling, c.country)
		if err == nil {
			t.Errorf("Parse(%q, %q) = %q, want an error", c.spelling, c.country, got)
			continue
		}
		if len(err.Error()) > 250 {
			t.Errorf("Parse(%.20q…): the error is %d bytes long", c.spelling, len(err.Error()))
		}
	}
}

func TestKindOf(t *testing.T) {
	for number, want := range map[string]Kind{
		"+15550001111": E164, "+1234567": E164, "+123456": Invalid, "+0123456789": Invalid, "+1234567890123456": Invalid,
		"1": ShortCode, "123456": ShortCode, "1234567": Invalid, "": Invalid, "ACME": Name, "A": Name, "4U": Name, "-": Invalid, " A": Invalid,
	} {
		if got := KindOf(number); got != want {
			t.Errorf("KindOf(%q) = %d, want %d", number, got, want)
		}
	}
}

func TestFormatSpellsNumbers(t *testing.T) {
	for _, c := range []struct{ number, format, country, want string }{
		{"+61412345678", "national", "AU", "412345678"},
		{"+61412345678", "national0", "AU", "0412345678"},
		{"+61412345678", "e164", "AU", "+61412345678"},
		{"+61412345678", "international", "AU", "61412345678"},
		{"+61412345678", "", "AU", "+61412345678"},
		{"+15551234567", "national", "US", "5551234567"},
		{"+15551234567", "national0", "US", "5551234567"},
		{"+15551234567", "national", "CA", "5551234567"},
		{"+442079460000", "national", "US", "+442079460000"}, // of another country
		{"+442079460000", "national0", "", "+442079460000"},
		{"+390236618300", "national", "IT", "0236618300"},
		{"51515", "national0", "AU", "51515"},
		{"ACME", "international", "AU", "ACME"},
	} {
		if got := Format(c.number, c.format, c.country); got != c.want {
			t.Errorf("Format(%q, %q, %q) = %q, want %q", c.number, c.format, c.country, got, c.want)
		}
	}
}

func TestFiltersNameTheFormOnTheWire(t *testing.T) {
	for _, c := range []struct{ filter, number, country, wire string }{
		{"digits", "+15551234567", "US", "15551234567"},
		{"digits", "+15551234567", "", "15551234567"},
		{"digits", "+447700900001", "US", "447700900001"},
		{"digits", "+6591234567", "US", "6591234567"},
		{"international00", "+15551234567", "US", "0015551234567"},
		{"national", "+15551234567", "US", "5551234567"},
		{"national", "+447700900001", "US", "+447700900001"},
		{"national", "+61123456789", "AU", "123456789"},
		{"national0", "+61412345678", "AU", "0412345678"},
		{"national0", "+61855555555", "AU", "0855555555"},
		{"national0", "+15550001111", "US", "5550001111"},
		{"digits", "2020", "US", "2020"},
		{"national0", "ACME", "US", "ACME"},
	} {
		if got := Write(c.filter, c.number, c.country); got != c.wire {
			t.Errorf("Write(%q, %q, %q) = %q, want %q", c.filter, c.number, c.country, got, c.wire)
		}
		if got := Read(c.filter, c.wire, c.country); got != c.number {
			t.Errorf("Read(%q, %q, %q) = %q, want %q", c.filter, c.wire, c.country, got, c.number)
		}
	}
	for _, c := range []struct{ filter, wire, country, want string }{
		{"digits", "+15551234567", "US", "+15551234567"},
		{"digits", "2065551234", "US", "+12065551234"}, // the 1 left away
		{"digits", "0412345678", "AU", "+61412345678"},
		{"digits", "2065551234", "", "2065551234"}, // whoever knows the country reads it later
		{"digits", "6591234567", "", "+6591234567"},
		{"digits", "{FROM}", "US", "{FROM}"},
		{"digits", "", "US", ""},
		{"international00", "15551234567", "US", "+15551234567"},
		{"national", "15551234567", "US", "+15551234567"},
		{"national", "5551234", "US", "5551234"},
	} {
		if got := Read(c.filter, c.wire, c.country); got != c.want {
			t.Errorf("Read(%q, %q, %q) = %q, want %q", c.filter, c.wire, c.country, got, c.want)
		}
	}
}

// Every country's own example numbers, of every type, written by every filter and format and read back.
func TestWhatIsWrittenIsReadBackInEveryCountry(t *testing.T) {
	for country := range phonenumbers.GetSupportedRegions() {
		for _, typ := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE} {
			n := phonenumbers.GetExampleNumberForType(country, typ)
			if n == nil {
				continue
			}
			number := phonenumbers.Format(n, phonenumbers.E164)
			for _, f := range []string{"digits", "international00", "national", "national0"} {
				wire := Write(f, number, country)
				if got := Read(f, wire, country); got != number {
					t.Errorf("%s %s: written %q, read %q, want %q", country, f, wire, got, number)
				}
			}
			if got := callingCode(Country(number)); got != callingCode(country) {
				t.Errorf("%s is of %s, which has calling code %s, want %s", number, Country(number), got, callingCode(country))
			}
			if b := NewBook([]Owned{{number, country}}); !findsAll(b, number, country) {
				t.Errorf("%s (%s) is not found in all of %q", number, country, Spellings(number, country))
			}
		}
	}
}

func findsAll(b *Book, number, country string) bool {
	for _, s := range Spellings(number, country) {
		if b.Find(s) != 0 {
			return false
		}
	}
	return true
}

func TestDigitsAreReadBackWhateverTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := "+" + rapid.StringMatching(`[1-9][0-9]{10,14}`).Draw(t, "number")
		country := rapid.SampledFrom([]string{"", "US", "AU", "GB", "IT", "DE"}).Draw(t, "country")
		for _, f := range []string{"digits", "international00"} {
			if got := Read(f, Write(f, number, country), country); got != number {
				t.Fatalf("%s: got %q, want %q", f, got, number)
			}
		}
	})
}

func TestCalledNumberIsFoundInAnySpelling(t *testing.T) {
	b := NewBook([]Owned{{"+15550001111", "US"}, {"+61855555555", "AU"}, {"51515", ""}, {"ACME", ""}, {"+447700900001", ""}})
	for spelling, want := range map[string]int{
		"+15550001111": 0, "15550001111": 0, "5550001111": 0, "0015550001111": 0, "01115550001111": 0, "(555) 000-1111": 0, "+1 555 000 1111": 0,
		"+61855555555": 1, "61855555555": 1, "0855555555": 1, "855555555": 1, "001161855555555": 1, "08 5555 5555": 1,
		"51515": 2, "+51515": 2, "ACME": 3, " ACME ": 3, "07700900001": 4, "7700900001": 4,
		"": -1, "ACM": -1, "15550001112": -1, "+5550001111": -1, "+855555555": -1, "{TO}": -1, "acme": -1,
	} {
		if got := b.Find(spelling); got != want {
			t.Errorf("Find(%q) = %d, want %d", spelling, got, want)
		}
	}
}

func TestSpellingOfTwoNumbersFindsNeither(t *testing.T) {
	b := NewBook([]Owned{{"+61412345678", "AU"}, {"+64412345678", "NZ"}, {"+1412345678901", "US"}})
	for spelling, want := range map[string]int{"0412345678": -1, "412345678": -1, "61412345678": 0, "+64412345678": 1} {
		if got := b.Find(spelling); got != want {
			t.Errorf("Find(%q) = %d, want %d", spelling, got, want)
		}
	}
	// The whole number of one is the national number of another: the whole one is meant.
	b = NewBook([]Owned{{"+391234567", "IT"}, {"+1391234567", "US"}})
	if got := b.Find("391234567"); got != 0 {
		t.Errorf("Find = %d, want 0", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"+15550001111", "0412 345 678", "00447700900001", "ACME", "51515", "yes", "~", "$to$", "😀", "\x00", "\xff", "+1 (0)5", "0)", "(0)"} {
		f.Add(s, "AU")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, spelling, country string) {
		n, err := Parse(spelling, country)
		if err != nil {
			return
		}
		if KindOf(n) == Invalid {
			t.Fatalf("Parse(%q, %q) = %q, which is no number", spelling, country, n)
		}
		if again, err := Parse(n, country); err != nil || again != n {
			t.Fatalf("Parse(%q) = %q, parsed again %q, %v", spelling, n, again, err)
		}
		for _, filter := range []string{"digits", "national", "national0", "international00"} {
			if KindOf(n) != E164 && (Write(filter, n, country) != n || Read(filter, n, country) != n) {
				t.Fatalf("%s changes %q, which is no phone number", filter, n)
			}
		}
		if b := NewBook([]Owned{{n, country}}); b.Find(n) != 0 {
			t.Fatalf("%q is not found", n)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, s := range map[string]string{"e164": "+15550001111", "spelled": "+1 (555) 000-1111", "national-us": "5550001111"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(s, "US"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
