package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// needle is one form of one secret.
type needle struct {
	text string
	// A base64 form has lost the characters that it shares with its neighbours in a longer plain text. They tell some bits of the
	// secret, so a match reaches over them.
	left, right bool
}

// reach is what to mask when n stands at i.
func (n needle) reach(text string, i int) (from, to int) {
	from, to = i, i+len(n.text)
	if n.left && from > 0 && isBase64(text[from-1]) {
		from--
	}
	if n.right && to < len(text) && isBase64(text[to]) {
		to++
	}
	return from, to
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/-_", c) >= 0
}

// needlesOf is every form of every value that is long enough, each once.
func needlesOf(values []string) []needle {
	var out []needle
	seen := map[string]bool{}
	add := func(n needle) {
		if len(n.text) >= MinRedacted && !seen[n.text] {
			seen[n.text] = true
			out = append(out, n)
		}
	}
	for _, v := range values {
		if len(v) < MinRedacted {
			continue
		}
		for _, form := range plainForms(v) {
			add(needle{text: form})
		}
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for shift := range 3 {
				n := base64Inside(enc, v, shift)
				add(n)
				n.text = url.QueryEscape(n.text)
				add(n)
			}
		}
	}
	return out
}

func plainForms(v string) []string {
	query, path := url.QueryEscape(v), url.PathEscape(v)
	spaced := strings.ReplaceAll(query, "+", "%20")
	loose := strings.TrimPrefix((&url.URL{Path: "/" + v}).EscapedPath(), "/") // as a path that may have slashes
	forms := []string{v, query, path, spaced, loose, lowerPercent(query), lowerPercent(path), lowerPercent(spaced), lowerPercent(loose)}
	quoted := jsonForms(v)
	forms = append(forms, quoted...)
	for _, q := range quoted { // a JSON text inside a JSON string
		forms = append(forms, jsonForms(q)[0])
	}
	var x strings.Builder
	_ = xml.EscapeText(&x, []byte(v)) // a Builder never fails
	forms = append(forms, x.String(), xmlNames.Replace(v), inside(strconv.Quote(v)), inside(strconv.QuoteToASCII(v)))
	h := hex.EncodeToString([]byte(v))
	forms = append(forms, h, strings.ToUpper(h))
	slices.Sort(forms)
	return slices.Compact(forms)
}

var xmlNames = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// jsonForms are the ways encoders write v inside a JSON string: least, with HTML characters, with slashes, ASCII only.
func jsonForms(v string) []string {
	html, _ := json.Marshal(v) // a string always marshals
	var least strings.Builder
	enc := json.NewEncoder(&least)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	plain := inside(strings.TrimSuffix(least.String(), "\n"))
	ascii := strings.Builder{}
	for _, r := range plain {
		switch {
		case r < 0x80:
			ascii.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			ascii.WriteString(`\u` + strconv.FormatInt(int64(0xd800+r>>10), 16) + `\u` + strconv.FormatInt(int64(0xdc00+r&0x3ff), 16))
		default:
			ascii.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		}
	}
	return []string{plain, inside(string(html)), strings.ReplaceAll(plain, "/", `\/`), ascii.String()}
}

// inside is a quoted text without its quotes.
func inside(quoted string) string { return quoted[1 : len(quoted)-1] }

// lowerPercent writes %2F as %2f.
func lowerPercent(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}

// base64Inside is the part of v's base64 that is the same whatever stands around v, when v begins shift bytes into a group of three.
func base64Inside(enc *base64.Encoding, v string, shift int) needle {
	padded := string(make([]byte, shift)) + v
	text := enc.EncodeToString([]byte(padded))
	whole := len(padded) * 8 / 6 // characters that v alone decides to the last bit
	n := needle{left: shift > 0, right: whole < len(text)}
	if shift > 0 {
		shift++ // the character that v shares with what stands before it
	}
	n.text = text[shift:whole]
	return n
}
