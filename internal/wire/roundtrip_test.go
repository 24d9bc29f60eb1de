package wire

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchbay/internal/tree"
)

// Texts that have broken gateways.
var nasty = []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "", strings.Repeat("long ", 320),
	"a\x00b", "stray \xff", "\ud7ff\ue000", "]]>", "<!ENTITY x \"y\">", "&to=+1900", "%00", "a+b c", ";", "\r\n", "line\r\nX-Header: 1", "--b\r\n", "\t", " ",
	"\u2028", "\x7f", "\x01", `","to":"+1900`, "{\"a\":1}", "[1]", "null", "1e400", "\ufeff", "\ufffe", "=", "../..", "%2e", "'", "`", "#text", "@x"}

func text(t *rapid.T, label string) string {
	if rapid.Bool().Draw(t, label+" is nasty") {
		return Clean(rapid.SampledFrom(nasty).Draw(t, label))
	}
	return Clean(rapid.String().Draw(t, label))
}

func scalar(t *rapid.T) tree.Value {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return tree.Digits(rapid.SampledFrom([]string{"0", "-1", "12345678901234567890", "1.50", "2.3434e4", "-0.0E-10"}).Draw(t, "number"))
	case 1:
		return tree.Truth(rapid.Bool().Draw(t, "truth"))
	case 2:
		return tree.Nil
	}
	return tree.Text(text(t, "text"))
}

func value(t *rapid.T, depth int) tree.Value {
	kind := rapid.IntRange(0, 5).Draw(t, "shape")
	if depth == 0 || kind > 1 {
		return scalar(t)
	}
	n := rapid.IntRange(0, 4).Draw(t, "n")
	if kind == 0 {
		vs := make([]tree.Value, n)
		for i := range vs {
			vs[i] = value(t, depth-1)
		}
		return tree.ListOf(vs...)
	}
	ms := make([]tree.Member, n)
	for i := range ms {
		ms[i] = tree.Member{Name: text(t, "name"), Value: value(t, depth-1)}
	}
	return tree.ObjectOf(ms...)
}

func same(t *rapid.T, want, got tree.Value) {
	t.Helper()
	if d := cmp.Diff(show(want), show(got)); d != "" {
		t.Fatalf("(-written +read):\n%s", d)
	}
}

func TestJSONIsReadBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := value(t, 4)
		b := AppendJSON(nil, v)
		if !json.Valid(b) {
			t.Fatalf("not JSON: %q", b)
		}
		got, err := Decode("application/json", b, Limits{})
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		same(t, v, got)
	})
}

// flatObject is what a form can hold, in both spellings: as it is written and as it is read.
func flatObject(t *rapid.T, name func(*rapid.T) string) (written, read tree.Value) {
	var w, r []tree.Member
	for range rapid.IntRange(0, 5).Draw(t, "n") {
		m := tree.Member{Name: name(t)}
		if rapid.IntRange(0, 3).Draw(t, "list") > 0 {
			m.Value = scalar(t)
			w, r = append(w, m), append(r, tree.Member{Name: m.Name, Value: tree.Text(m.Value.Text())})
			continue
		}
		var vs []tree.Value
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			v := scalar(t)
			vs, r = append(vs, v), append(r, tree.Member{Name: m.Name, Value: tree.Text(v.Text())})
		}
		m.Value = tree.ListOf(vs...)
		w = append(w, m)
	}
	return tree.ObjectOf(w...), tree.ObjectOf(r...)
}

func TestFormsAndQueriesAreReadBackAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, r := flatObject(t, func(t *rapid.T) string { return text(t, "name") })
		b, err := EncodeForm(w)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeForm(b, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, r, got)
		q, err := EncodeQuery(w)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = DecodeQuery(q, Limits{}); err != nil {
			t.Fatal(err)
		}
		same(t, r, got)
		if std, err := url.ParseQuery(string(b)); err != nil || len(std) != len(names(r)) {
			t.Fatalf("net/url reads %d names of %q, want %d: %v", len(std), b, len(names(r)), err)
		}
	})
}

func names(v tree.Value) map[string]bool {
	all := map[string]bool{}
	for _, m := range v.Members() {
		all[m.Name] = true
	}
	return all
}

func TestMultipartIsReadBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, r := flatObject(t, func(t *rapid.T) string { return rapid.StringMatching(`[A-Za-z0-9_\[\]"\\é-]{1,10}`).Draw(t, "name") })
		blob := &tree.Blob{Name: rapid.StringMatching(`[A-Za-z0-9 "é;]{1,10}\.png`).Draw(t, "file name"), MediaType: "image/png", Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data")}
		file := tree.Member{Name: "file", Value: tree.FileOf(blob)}
		w, r = tree.ObjectOf(append(w.Members(), file)...), tree.ObjectOf(append(r.Members(), file)...)
		b, contentType, err := Encode("multipart/form-data", w)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(contentType, b, Limits{})
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		same(t, r, got)
	})
}

// No header holds a control character, so a name with one is written escaped: the part can be read, and is called by its escape.
func TestMultipartNamesWithControlCharactersCanBeRead(t *testing.T) {
	escaped := func(s string) string {
		var b strings.Builder
		for _, r := range Clean(s) {
			if r < ' ' || r == 0x7f {
				fmt.Fprintf(&b, "%%%02X", r)
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
	check := func(t interface{ Fatalf(string, ...any) }, name string) {
		blob := &tree.Blob{Name: "f" + name, MediaType: "image/png", Data: []byte("x")}
		v := tree.ObjectOf(tree.Member{Name: "n" + name, Value: tree.Text("1")}, tree.Member{Name: "file", Value: tree.FileOf(blob)})
		b, contentType, err := Encode("multipart/form-data", v)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		got, err := Decode(contentType, b, Limits{})
		if err != nil {
			t.Fatalf("%q was written %q: %v", name, b, err)
		}
		ms := got.Members()
		if len(ms) != 2 || ms[0].Name != "n"+escaped(name) || ms[0].Value.Text() != "1" || ms[1].Value.File() == nil {
			t.Fatalf("%q was written %q and read as %s", name, b, show(got))
		}
	}
	for _, s := range nasty {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, text(t, "name")) })
}

// drawElement gives an element as it is written and as it is read.
func drawElement(t *rapid.T, depth int) (written, read tree.Value) {
	if depth == 0 || rapid.Bool().Draw(t, "leaf") {
		v := scalar(t)
		return v, tree.Text(xmlSafe(v.Text()))
	}
	var w, r []tree.Member
	for i := range rapid.IntRange(0, 2).Draw(t, "attributes") {
		v := text(t, "attribute")
		name := "@a" + string(rune('0'+i))
		w = append(w, tree.Member{Name: name, Value: tree.Text(v)})
		r = append(r, tree.Member{Name: name, Value: tree.Text(xmlSafe(v))})
	}
	for range rapid.IntRange(1, 3).Draw(t, "children") {
		name := rapid.SampledFrom([]string{"to", "s:from", "x-1", "é"}).Draw(t, "element")
		v, rv := drawElement(t, depth-1)
		w, r = append(w, tree.Member{Name: name, Value: v}), append(r, tree.Member{Name: name, Value: rv})
	}
	return tree.ObjectOf(w...), tree.ObjectOf(r...)
}

// xmlSafe is s as XML can carry it.
func xmlSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, s)
}

func TestXMLIsReadBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, rv := drawElement(t, 3)
		w, r := tree.ObjectOf(tree.Member{Name: "root", Value: v}), tree.ObjectOf(tree.Member{Name: "root", Value: rv})
		b, err := EncodeXML(w)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode("application/xml", b, Limits{})
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		same(t, r, got)
	})
}

func TestTextIsItself(t *testing.T) {
	for _, s := range nasty {
		b, contentType, err := Encode("text/plain", tree.Text(Clean(s)))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimPrefix(Clean(s), "\ufeff") // a mark at the beginning is a mark
		if got := Text(contentType, b); got != want {
			t.Errorf("%q came back as %q", s, got)
		}
	}
}

func TestSegmentsKeepToTheirPlaceInTheURL(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, q := text(t, "segment"), text(t, "query")
		raw := "https://api.example.com/v1/" + EscapeSegment(s) + "/sms?to=" + EscapeQuery(q) + "&last=1"
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if u.Host != "api.example.com" || u.Scheme != "https" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q goes to %q", raw, u)
		}
		if parts := strings.Split(u.EscapedPath(), "/"); len(parts) != 4 || parts[3] != "sms" || parts[2] == ".." || parts[2] == "." {
			t.Fatalf("%q has path %q", raw, u.EscapedPath())
		}
		if u.Path != "/v1/"+s+"/sms" || u.Query().Get("to") != q || u.Query().Get("last") != "1" {
			t.Fatalf("%q reads as %q, %q", raw, u.Path, u.Query())
		}
	})
}

func TestHeadersThatWouldEndOrFrameTheMessageAreRefused(t *testing.T) {
	for _, h := range []http.Header{{"X": {"a\r\nY: 1"}}, {"X": {"a\n b"}}, {"X": {"a\x00"}}, {"X": {"\x7f"}}, {"X Y": {"a"}}, {"X:": {"a"}}, {"": {"a"}}, {"é": {"a"}},
		{"host": {"evil"}}, {"Content-Length": {"0"}}, {"transfer-encoding": {"chunked"}}, {"CONNECTION": {"close"}}, {"Expect": {"100-continue"}}} {
		for name, values := range h {
			if CheckHeader(name, values[0]) == nil {
				t.Errorf("%q: %q passed", name, values[0])
			}
		}
	}
	for name, value := range map[string]string{"Authorization": "Bearer a.b", "X-é": "", "x_y": "é\t\xff", "Content-Type": "text/plain"} {
		if err := CheckHeader(name, value); (err != nil) != (name == "X-é") {
			t.Errorf("%q: %q: %v", name, value, err)
		}
	}
	for method, ok := range map[string]bool{"GET": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true, "CONNECT": false, "TRACE": false, "get": false, "": false, "PO ST": false} {
		if err := CheckMethod(method); (err == nil) != ok {
			t.Errorf("%q: %v", method, err)
		}
	}
}

func TestABoundaryIsNeverInsideAPart(t *testing.T) {
	v := tree.ObjectOf(tree.Member{Name: "a", Value: tree.Text("x")})
	_, contentType, _ := EncodeMultipart(v, "")
	_, params, _ := mime.ParseMediaType(contentType)
	// Whoever puts the boundary of one body into the next changes the next one's.
	next := tree.ObjectOf(tree.Member{Name: "a", Value: tree.Text("x\r\n--" + params["boundary"] + "--\r\n")})
	b, contentType, err := EncodeMultipart(next, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(contentType, b, Limits{})
	if err != nil || show(got) != show(next) {
		t.Errorf("read %s, %v", show(got), err)
	}
}
