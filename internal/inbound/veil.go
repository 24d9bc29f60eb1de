package inbound

import (
	"bytes"
	"net/http"
	"strings"

	"patchbay/internal/message"
)

// Some providers prove themselves by saying a secret of ours. What is kept of a callback holds the property's name in its place, and gets
// the present value back when the callback is read again: nothing that the reader needs is lost, and the database holds no secret.

const veilMark = "\u2022" // •API key•

// minVeiled keeps values that are hardly secrets (a property "1") from riddling every text.
const minVeiled = 4

type veiled struct{ mark, value string }

func veilsOf(members []*member) []veiled {
	var out []veiled
	seen := map[string]bool{}
	for _, m := range members {
		if seen[m.secrets+"\x00"+m.Key] {
			continue
		}
		seen[m.secrets+"\x00"+m.Key] = true
		if len(m.Key) >= minVeiled {
			out = append(out, veiled{veilMark + "key" + veilMark, m.Key})
		}
		for _, p := range m.hidden {
			out = append(out, veiled{veilMark + p + veilMark, m.Properties[p]})
		}
	}
	return out
}

// veil hides the members' secrets in a row about to be kept, and the credentials of HTTP itself.
func veil(row *message.Callback, members []*member) {
	vs := veilsOf(members)
	text := func(s string) string {
		for _, v := range vs {
			s = strings.ReplaceAll(s, v.value, v.mark)
		}
		return s
	}
	row.URL = text(row.URL)
	header := make(http.Header, len(row.Header))
	for name, values := range row.Header {
		switch name {
		case "Authorization", "Proxy-Authorization", "Cookie":
			header[name] = []string{veilMark + veilMark + veilMark}
			continue
		}
		for _, v := range values {
			header[name] = append(header[name], text(v))
		}
	}
	row.Header = header
	for _, v := range vs {
		if bytes.Contains(row.Body, []byte(v.value)) {
			row.Body = bytes.ReplaceAll(row.Body, []byte(v.value), []byte(v.mark))
		}
	}
	for _, v := range vs {
		row.Events = bytes.ReplaceAll(row.Events, []byte(v.value), []byte(v.mark))
	}
}

// unveil is the inverse of veil, for the reader.
func unveil(row *message.Callback, members []*member) {
	vs := veilsOf(members)
	text := func(s string) string {
		for _, v := range vs {
			s = strings.ReplaceAll(s, v.mark, v.value)
		}
		return s
	}
	row.URL = text(row.URL)
	for _, values := range row.Header {
		for i := range values {
			values[i] = text(values[i])
		}
	}
	for _, v := range vs {
		row.Body = bytes.ReplaceAll(row.Body, []byte(v.mark), []byte(v.value))
	}
}
