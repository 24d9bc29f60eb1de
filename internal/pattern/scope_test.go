package pattern_test

import (
	"strings"
	"testing"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// The names of the tests: one of every kind, as a service's scopes have them.
var vars = []pattern.Var{
	{Name: "from", Use: pattern.Key},
	{Name: "to"},
	{Name: "content", Use: pattern.Join},
	{Name: "text", Use: pattern.Join, FirstFile: true},
	{Name: "messageid", Use: pattern.Key},
	{Name: "event_key", Use: pattern.Key},
	{Name: "error_code", Use: pattern.First},
	{Name: "timestamp", Use: pattern.First},
	{Name: "url", PerFile: true, Take: takeURL},
	{Name: "urls", EachFile: true, Take: takeURL},
	{Name: "file", PerFile: true, Bytes: true},
	{Name: "filename", PerFile: true},
	{Name: "mimetype", PerFile: true},
	{Name: "mediaclass", PerFile: true},
	{Name: "API key", Known: true, Use: pattern.First},
	{Name: "Hidden", Known: true, Use: pattern.First},
	{Name: "extension"},
	{Name: "domain"},
	{Name: "v"},
	{Name: "signature", Use: pattern.First, Bytes: true},
	{Name: "group", Use: pattern.First},
	{Name: "webhook_url", Elsewhere: true},
}

func takeURL(_ any, v tree.Value) (tree.Value, bool) {
	s := v.Text()
	return v, strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "data:")
}

func parseJSON(b []byte) (tree.Value, error) { return wire.DecodeJSON(b, wire.Limits{}) }
func formatJSON(v tree.Value) []byte         { return wire.AppendJSON(nil, v) }

func newScope(d pattern.Direction, change ...func(*pattern.Scope)) *pattern.Scope {
	s := pattern.Scope{Direction: d, Vars: vars, ParseJSON: parseJSON, FormatJSON: formatJSON, AppendJSON: wire.AppendJSON}
	for _, f := range change {
		f(&s)
	}
	return pattern.NewScope(s)
}

var (
	writing = newScope(pattern.Writes)
	reading = newScope(pattern.Reads)
	raw     = newScope(pattern.Writes, func(s *pattern.Scope) { s.RawText = true })
	strict  = newScope(pattern.Reads, func(s *pattern.Scope) { s.EveryElement = true })
)

func parse(t testing.TB, source string) tree.Value {
	t.Helper()
	v, err := parseJSON([]byte(source))
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return v
}

func compile(t testing.TB, source string, scope *pattern.Scope) *pattern.Pattern {
	t.Helper()
	p, problems := pattern.Compile(parse(t, source), scope)
	if p == nil {
		t.Fatalf("%s: %+v", source, problems)
	}
	return p
}

// input makes values of an object whose members are the names of variables.
func input(t testing.TB, scope *pattern.Scope, named tree.Value) *pattern.Input {
	t.Helper()
	in := &pattern.Input{Values: make([]tree.Value, len(scope.Vars))}
	for _, m := range named.Members() {
		slot := scope.Slot(m.Name)
		if slot < 0 {
			t.Fatalf("no variable %q", m.Name)
		}
		in.Values[slot] = m.Value
	}
	return in
}

// named makes an object of an event, whose members are the names of variables.
func named(scope *pattern.Scope, e pattern.Event) tree.Value {
	var ms []tree.Member
	e.Each(func(slot int, v tree.Value) {
		ms = append(ms, tree.Member{Name: scope.Vars[slot].Name, Value: v})
	})
	return tree.ObjectOf(ms...)
}

// nasty is the texts that every suite keeps.
var nasty = []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "", "a\nb\r\n", "\t",
	strings.Repeat("1,600 chars ", 160)[:1600], "\uFFFD", "null", "[]", `{"a":1}`, "</x>", "&amp;", "%20+", "a,b", "'", "|", "$$", "$", "true", " lead and trail "}
