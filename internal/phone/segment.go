package phone

// Encodings of a text on the air.
const (
	GSM7 = "gsm7" // 3GPP TS 23.038 §6.2.1, the default alphabet and its extension table; no national language tables
	UCS2 = "ucs2" // TS 23.038 §6.2.3; handsets read it as UTF-16
)

// What one message carries alone, and what is left of it beside the header that joins the parts of a longer text: 140 octets less the 6
// of a concatenation header with an 8-bit reference (TS 23.040 §9.2.3.24.1).
const (
	gsmAlone, gsmPart   = 160, 153 // septets
	ucs2Alone, ucs2Part = 70, 67   // UTF-16 units
)

// Segments counts what a carrier bills for a text: its encoding, how many segments it takes, and its length in the encoding's units,
// septets or UTF-16 units. A text that has one character outside the GSM alphabet is UCS-2 as a whole. A character of two units is never
// cut in two, so it may leave the last unit of a segment empty. No text is no segment.
func Segments(text string) (encoding string, segments, units int) {
	for _, r := range text {
		if septets(r) == 0 {
			segments, units = count(text, utf16Units, ucs2Alone, ucs2Part)
			return UCS2, segments, units
		}
	}
	segments, units = count(text, septets, gsmAlone, gsmPart)
	return GSM7, segments, units
}

func count(text string, cost func(rune) int, alone, part int) (segments, units int) {
	if text == "" {
		return 0, 0
	}
	segments = 1
	room := part
	for _, r := range text {
		c := cost(r)
		units += c
		if room < c {
			segments++
			room = part
		}
		room -= c
	}
	if units <= alone {
		segments = 1
	}
	return segments, units
}

func utf16Units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// gsmBasic and gsmExtension are the tables of TS 23.038 §6.2.1 and §6.2.1.1. An extension character is an escape and a septet. The escape
// itself is no character.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

const euro = '€'

var septetsOf = func() (t [0x400]uint8) {
	for _, r := range gsmBasic {
		t[r] = 1
	}
	for _, r := range gsmExtension {
		if r != euro {
			t[r] = 2
		}
	}
	return t
}()

// septets is what r costs in the GSM alphabet, or 0 when it is not in it.
func septets(r rune) int {
	switch {
	case r >= 0 && int(r) < len(septetsOf):
		return int(septetsOf[r])
	case r == euro:
		return 2
	}
	return 0
}
