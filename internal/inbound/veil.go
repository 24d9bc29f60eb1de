package inbound

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
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
		quoted, _ := json.Marshal(value)
		for _, form := range [...]struct{ name, value string }{
			{name, value},
			{name + " (form)", url.QueryEscape(value)},
			{name + " (path)", url.PathEscape(value)},
			{name + " (JSON)", string(quoted[1 : len(quoted)-1])},
			{name + " (base64)", base64.StdEncoding.EncodeToString([]byte(value))},
		} {
			if !slices.ContainsFunc(out, func(v veiled) bool { return v.value == form.value }) {
				out = append(out, veiled{form.name, form.value})
			}
		}
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

// veil hides the members' secrets in a row about to be kept, and the credentials of HTTP itself.
func veil(row *message.Callback, members []*member) {
	for name := range row.Header {
		switch name {
		case "Authorization", "Proxy-Authorization", "Cookie":
			row.Header = row.Header.Clone()
			row.Header[name] = []string{"\u2022\u2022\u2022"}
		}
	}
	for _, v := range veilsOf(members) {
		swap(row, v.value, func() string { return v.mark(row) })
		if bytes.Contains(row.Events, []byte(v.value)) {
			row.Events = bytes.ReplaceAll(row.Events, []byte(v.value), []byte(v.mark(row)))
		}
	}
}

// unveil is the inverse of veil, for the reader.
func unveil(row *message.Callback, members []*member) {
	for _, v := range veilsOf(members) {
		swap(row, v.mark(row), func() string { return v.value })
	}
}

// swap puts one text in the place of another wherever a request has it. What it changes it copies first: the request has other readers.
func swap(row *message.Callback, from string, to func() string) {
	if strings.Contains(row.URL, from) {
		row.URL = strings.ReplaceAll(row.URL, from, to())
	}
	if bytes.Contains(row.Body, []byte(from)) {
		row.Body = bytes.ReplaceAll(row.Body, []byte(from), []byte(to()))
	}
	for name, values := range row.Header {
		for i, value := range values {
			if strings.Contains(value, from) {
				row.Header = row.Header.Clone()
				row.Header[name][i] = strings.ReplaceAll(value, from, to())
			}
		}
	}
}
