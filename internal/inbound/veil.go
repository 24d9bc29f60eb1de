package inbound

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/directory"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// Some providers prove themselves by saying a secret of ours. What is kept of a callback holds the property's name in its place, and gets
// the present value back when the callback is read again: nothing that the reader needs is lost, and the database holds no secret.

// minVeiled keeps values that are hardly secrets (a property "1") from riddling every text.
const minVeiled = 4

// veiled is a text that is not kept, and what it is called.
type veiled struct{ name, value string }

// mark stands for it in a row. It holds a piece of the row's id, which nobody knows when the request is made: a text that says "•API key•"
// must not become the key.
func (v veiled) mark(row *message.Callback) string {
	return "\u2022" + v.name + " " + row.ID[max(0, len(row.ID)-12):] + "\u2022"
}

// veilsOf is every secret of the members in every form in which a request may say it.
func veilsOf(members []*member) []veiled {
	var out []veiled
	seen := map[string]bool{}
	for _, m := range members {
		if seen[m.secrets+"\x00"+m.Key] {
			continue
		}
		seen[m.secrets+"\x00"+m.Key] = true
		out = append(out, m.veils...)
	}
	return out
}

// veils is those of one member.
func veils(svc *service.Service, in *directory.Integration) []veiled {
	var out []veiled
	add := func(name, value string) {
		if len(value) < minVeiled {
			return
		}
		out = append(out, forms(name, value)...)
	}
	add("key", in.Key)
	for _, p := range svc.Properties {
		if p.Secret {
			add(p.Name, in.Properties[p.Name])
		}
	}
	slices.SortStableFunc(out, func(a, b veiled) int { return len(b.value) - len(a.value) }) // one may hold another
	return out
}

// forms is a secret in every form in which a request may say it; each keeps its name when the value changes.
func forms(name, value string) []veiled {
	quoted, _ := json.Marshal(value)
	var plain bytes.Buffer
	lean := json.NewEncoder(&plain)
	lean.SetEscapeHTML(false)
	_ = lean.Encode(value) // a string always marshals, into a buffer that always takes it
	inHex := hex.EncodeToString([]byte(value))
	out := []veiled{
		{name, value},
		{name + " (form)", url.QueryEscape(value)},
		{name + " (form, spaces escaped)", strings.ReplaceAll(url.QueryEscape(value), "+", "%20")},
		{name + " (path)", url.PathEscape(value)},
		{name + " (JSON)", string(quoted[1 : len(quoted)-1])},
		{name + " (JSON, lean)", strings.TrimSuffix(plain.String()[1:], "\"\n")},
		{name + " (hex)", inHex},
		{name + " (hex, capitals)", strings.ToUpper(inHex)},
		{name + " (base64)", base64.StdEncoding.EncodeToString([]byte(value))},
	}
	// Inside a longer text, such as Basic's user:password, all but the characters that the value shares with its neighbours.
	for before, shared := range [...]int{0, 2, 3} {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), value...))[shared : (before+len(value))*8/6]
		out = append(out,
			veiled{fmt.Sprintf("%s (inside base64 %d)", name, before), text},
			veiled{fmt.Sprintf("%s (inside base64url %d)", name, before), strings.NewReplacer("+", "-", "/", "_").Replace(text)})
	}
	return out
}

// hide takes the members' secrets out of a text for good.
func hide(text string, members []*member) string {
	if text == "" {
		return ""
	}
	var s swap
	for _, v := range veilsOf(members) {
		s.add(v.value, "\u2022\u2022\u2022")
	}
	return s.text(text)
}

// veil hides the members' secrets in a row about to be kept, and the credentials of HTTP itself.
func veil(row *message.Callback, members []*member) {
	for name := range row.Header {
		switch name {
		case "Authorization", "Proxy-Authorization", "Cookie":
			row.Header = row.Header.Clone()
			row.Header[name] = []string{"\u2022\u2022\u2022"}
		}
	}
	said := everything(row)
	var s swap
	for _, v := range veilsOf(members) {
		if strings.Contains(said, v.value) {
			s.add(v.value, v.mark(row))
		}
	}
	if len(s.pairs) == 0 {
		return // as most callbacks
	}
	s.row(row)
	row.Events = s.bytes(row.Events)
}

// everything is all that a row says, for one look at it.
func everything(row *message.Callback) string {
	var said strings.Builder
	said.Grow(1024 + len(row.Body) + len(row.Events))
	said.WriteString(row.URL)
	for _, values := range row.Header {
		for _, v := range values {
			said.WriteByte('\n')
			said.WriteString(v)
		}
	}
	said.WriteByte('\n')
	said.Write(row.Body)
	said.WriteByte('\n')
	said.Write(row.Events)
	return said.String()
}

// unveil is the inverse of veil, for the reader.
func unveil(row *message.Callback, members []*member) {
	var s swap
	for _, v := range veilsOf(members) {
		s.add(v.mark(row), v.value)
	}
	s.row(row)
}

// swap puts texts in the place of others, all at once: what it has written is not looked at again, and where two begin, the one that
// was added first wins. What it changes it copies first, for a request has other readers.
type swap struct {
	pairs    []string
	replacer *strings.Replacer
}

func (s *swap) add(from, to string) { s.pairs = append(s.pairs, from, to) }

func (s *swap) text(in string) string {
	for i := 0; i < len(s.pairs); i += 2 {
		if !strings.Contains(in, s.pairs[i]) {
			continue
		}
		if s.replacer == nil {
			s.replacer = strings.NewReplacer(s.pairs...)
		}
		return s.replacer.Replace(in)
	}
	return in
}

func (s *swap) bytes(in []byte) []byte {
	for i := 0; i < len(s.pairs); i += 2 {
		if bytes.Contains(in, []byte(s.pairs[i])) {
			return []byte(s.text(string(in)))
		}
	}
	return in
}

func (s *swap) row(row *message.Callback) {
	row.URL, row.Body = s.text(row.URL), s.bytes(row.Body)
	for name, values := range row.Header {
		for i, value := range values {
			if other := s.text(value); other != value {
				row.Header = row.Header.Clone()
				row.Header[name][i] = other
			}
		}
	}
}
