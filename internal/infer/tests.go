package infer

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"patchbay/internal/service"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// tests is the captures with what is read of them.
func (d *drafter) tests(b *service.Bound) []tree.Value {
	var out []tree.Value
	names := map[string]int{}
	for i := range d.captures {
		c := &d.captures[i]
		if !slices.ContainsFunc(d.clusters, func(k *cluster) bool {
			return k.level < noModel && slices.ContainsFunc(k.units, func(u *unit) bool { return u.capture == i })
		}) {
			continue
		}
		reading, ours := d.readCapture(b, i)
		if len(reading.Events) == 0 || reading.Unmatched {
			if reading.Reason == "" {
				reading.Reason = "it was drafted from, and its models read nothing of it"
			}
			d.unread(c.Name, "%s", strings.TrimSpace(reading.Reason+" "+reading.Difference))
			continue
		}
		for _, e := range reading.Events {
			if !d.expects(i, e.Model) {
				d.unread(c.Name, "%s, drafted from others, reads it too; tell them apart by hand", e.Model)
				break
			}
		}
		hook, ok := asTest(&c.Request)
		if !ok {
			continue // bytes that a file cannot hold
		}
		name := clean(c.Name)
		if names[name]++; names[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, names[name])
		}
		ms := object("name", name, "webhook", hook).Members()
		if ours {
			ms = append(ms, tree.Member{Name: "numbers", Value: textList(d.options.Numbers)})
		}
		var events []tree.Value
		for j := range reading.Events {
			events = append(events, expected(&reading.Events[j]))
		}
		out = append(out, tree.ObjectOf(append(ms, tree.Member{Name: "events", Value: tree.ListOf(events...)})...))
	}
	return out
}

func clean(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func textList(list []string) tree.Value {
	var out []tree.Value
	for _, s := range list {
		out = append(out, tree.Text(clean(s)))
	}
	return tree.ListOf(out...)
}

// asTest is a request as a test holds it: what a model looks at.
func asTest(r *wire.Request) (tree.Value, bool) {
	if !utf8.Valid(r.Body) || !utf8.ValidString(r.URL) {
		return tree.Value{}, false
	}
	var ms []tree.Member
	if r.Method != http.MethodPost {
		ms = append(ms, object("method", r.Method).Members()...)
	}
	if strings.Contains(r.URL, "?") {
		ms = append(ms, object("url", r.URL).Members()...)
	}
	if ct := r.Header.Get("Content-Type"); ct != "" && utf8.ValidString(ct) {
		ms = append(ms, object("headers", object("Content-Type", ct)).Members()...)
	}
	switch v, err := wire.DecodeJSON(r.Body, wire.Limits{}); {
	case len(r.Body) == 0:
	case err == nil && wire.FormatOf(r.Header.Get("Content-Type")) == wire.JSON && (v.Kind() == tree.Object || v.Kind() == tree.List) && isStrict(v):
		ms = append(ms, object("body", v).Members()...) // easier to read than a text
	default:
		ms = append(ms, object("body", string(r.Body)).Members()...)
	}
	return tree.ObjectOf(ms...), true
}

// isStrict reports whether a value can stand in a service file: no member twice.
func isStrict(v tree.Value) bool {
	seen := map[string]bool{}
	for _, m := range v.Members() {
		if seen[m.Name] || !isStrict(m.Value) {
			return false
		}
		seen[m.Name] = true
	}
	return !slices.ContainsFunc(v.List(), func(e tree.Value) bool { return !isStrict(e) })
}

// expected is an event as a test wants it.
func expected(e *service.Event) tree.Value {
	kind := string(e.Type)
	ms := object("type", kind).Members()
	for _, row := range []struct{ name, value string }{
		{"from", e.From}, {"to", e.To}, {"content", e.Content}, {"messageid", e.MessageID}, {"id", e.ID}, {"error_code", e.ErrorCode},
	} {
		if row.value != "" {
			ms = append(ms, object(row.name, row.value).Members()...)
		}
	}
	var urls []string
	for _, f := range e.Files {
		if f.URL != "" {
			urls = append(urls, f.URL)
		}
	}
	if len(urls) > 0 {
		ms = append(ms, tree.Member{Name: "urls", Value: textList(urls)})
	}
	return tree.ObjectOf(ms...)
}

// without drops the tests that failed, or the last where the file is too large.
func without(tests []tree.Value, problems service.Problems) []tree.Value {
	bad := map[int]bool{}
	for _, p := range problems.Errors() {
		if rest, ok := strings.CutPrefix(p.Pointer, "/tests/"); ok {
			index, _, _ := strings.Cut(rest, "/")
			if n, err := strconv.Atoi(index); err == nil {
				bad[n] = true
			}
		}
	}
	if len(bad) == 0 {
		return tests[:len(tests)-1]
	}
	var out []tree.Value
	for i, t := range tests {
		if !bad[i] {
			out = append(out, t)
		}
	}
	return out
}
