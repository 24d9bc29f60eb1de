package api

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"strings"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// vCard properties and the members of info that hold them (RFC 6350; 3.0 and 2.1 are read, too).
var vCardMembers = map[string]string{"TEL": "phone", "EMAIL": "email", "ORG": "organization", "TITLE": "position", "NOTE": "about"}

// writeVCard writes a contact as vCard 3.0, which everything reads.
func writeVCard(to *bytes.Buffer, c *directory.Contact) {
	info := readMembers(c.Info)
	name := c.Name
	if name == "" && len(c.Addresses) > 0 {
		name = c.Addresses[0]
	}
	line := func(property, value string) {
		if value != "" {
			to.WriteString(property + ":" + vCardEscaper.Replace(value) + "\r\n")
		}
	}
	to.WriteString("BEGIN:VCARD\r\nVERSION:3.0\r\n")
	to.WriteString("N:;" + vCardEscaper.Replace(name) + ";;;\r\n")
	line("FN", name)
	for _, phone := range textsIn(info["phone"]) {
		line("TEL", phone)
	}
	for _, phone := range textsIn(info["mobile"]) {
		line("TEL;TYPE=CELL", phone)
	}
	for _, address := range textsIn(info["email"]) {
		line("EMAIL", address)
	}
	line("ORG", strings.Join(textsIn(info["organization"]), ", "))
	line("TITLE", strings.Join(textsIn(info["position"]), ", "))
	line("NOTE", strings.Join(textsIn(info["about"]), "\n"))
	to.WriteString("END:VCARD\r\n")
}

var vCardEscaper = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r\n", `\n`, "\n", `\n`, "\r", "")

// readVCards reads a file of vCards.
func readVCards(text string) (list []contactInput, err error) {
	var name, names string
	var info members
	lines := strings.Split(unfold(text), "\n")
	for i := 0; i < len(lines); i++ {
		head, value, ok := strings.Cut(lines[i], ":")
		if !ok {
			continue
		}
		property, parameters, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(head)), ";")
		if _, name, grouped := strings.Cut(property, "."); grouped {
			property = name // item1.TEL
		}
		if strings.Contains(parameters, "QUOTED-PRINTABLE") {
			for ; strings.HasSuffix(value, "=") && i+1 < len(lines); i++ { // a line that goes on
				value = strings.TrimSuffix(value, "=") + lines[i+1]
			}
			if b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value))); err == nil {
				value = clean(string(b))
			}
		}
		switch {
		case property == "BEGIN" && strings.EqualFold(strings.TrimSpace(value), "VCARD"):
			name, names, info = "", "", members{}
		case info == nil:
		case property == "FN":
			name = unescapeVCard(value)
		case property == "N":
			names = nameOfParts(value)
		case vCardMembers[property] != "":
			member := vCardMembers[property]
			switch property {
			case "TEL":
				if strings.Contains(parameters, "CELL") {
					member = "mobile"
				}
				value = strings.TrimPrefix(strings.ReplaceAll(unescapeVCard(value), ";", " "), "tel:")
				info.add(member, value, true)
			case "EMAIL":
				info.add(member, unescapeVCard(value), true)
			case "ORG":
				info.add(member, unescapeVCard(strings.TrimRight(strings.ReplaceAll(value, ";", ", "), ", ")), false)
			default:
				info.add(member, unescapeVCard(value), false)
			}
		case property == "END":
			c := contactInput{}
			if name == "" {
				name = names
			}
			if called := name; called != "" {
				c.Name = &called
			}
			if c.Info, err = info.value(); err != nil {
				return nil, err
			}
			list, info = append(list, c), nil
		}
	}
	if len(list) == 0 {
		return nil, fault.New(fault.Invalid, "", "there is no whole vCard in it: each begins with BEGIN:VCARD and ends with END:VCARD")
	}
	return list, nil
}

// nameOfParts is a person's name out of vCard's family;given;additional;prefixes;suffixes.
func nameOfParts(value string) string {
	var family, given string
	family, rest, _ := strings.Cut(value, ";")
	given, _, _ = strings.Cut(rest, ";")
	return strings.TrimSpace(unescapeVCard(given) + " " + unescapeVCard(family))
}

// unfold joins the lines that were folded.
func unfold(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\n ", "")
	return strings.ReplaceAll(text, "\n\t", "")
}

func unescapeVCard(s string) string {
	if !strings.Contains(s, `\`) {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			b.WriteByte('\n')
		} else {
			b.WriteByte(s[i])
		}
	}
	return strings.TrimSpace(b.String())
}
