package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"patchbay/internal/tree"
)

var small = Limits{Bytes: 1 << 16, Depth: 20, Nodes: 2000}

// checkTree fails when v is more than the limits allow or holds what is no text.
func checkTree(t *testing.T, v tree.Value, lim Limits) {
	nodes := 0
	var walk func(v tree.Value, depth int)
	walk = func(v tree.Value, depth int) {
		nodes++
		if s := v.Text(); !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			t.Fatalf("%q is no text", s)
		}
		for _, e := range v.List() {
			walk(e, depth+1)
		}
		for _, m := range v.Members() {
			if !utf8.ValidString(m.Name) || strings.IndexByte(m.Name, 0) >= 0 {
				t.Fatalf("the name %q is no text", m.Name)
			}
			walk(m.Value, depth+1)
		}
		if depth > lim.Depth+1 {
			t.Fatalf("%d levels", depth)
		}
	}
	walk(v, 0)
	if nodes > 2*lim.Nodes+2 {
		t.Fatalf("%d nodes", nodes)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range append([]string{webhook, `{"a":[1,-0.5e+3,true,false,null,"\u00e9\ud83d\ude00\ud800"],"a":{}}`, `[[[[]]]]`, `"`, `{"a"`, "\xef\xbb\xbf1", "[1,]", "\xff\xfe[\x00]\x00"}, nasty...) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := DecodeJSON(body, small)
		if err != nil {
			if json.Valid(body) && !errors.Is(err, ErrLimit) {
				t.Fatalf("encoding/json reads %q, we do not: %v", body, err)
			}
			return
		}
		checkTree(t, v, small)
		if v.Kind() == tree.Absent {
			return
		}
		out := AppendJSON(nil, v)
		if !json.Valid(out) {
			t.Fatalf("%q was written %q, which is not JSON", body, out)
		}
		again, err := DecodeJSON(out, small)
		if err != nil || show(again) != show(v) {
			t.Fatalf("%q was written %q and read as %s, %v", body, out, show(again), err)
		}
		if json.Valid(body) { // and means the same to encoding/json
			var ours, theirs any
			if json.Unmarshal(body, &theirs) == nil && json.Unmarshal(out, &ours) == nil {
				a, _ := json.Marshal(ours)
				b, _ := json.Marshal(theirs)
				if string(a) != strings.ReplaceAll(string(b), `\u0000`, "\ufffd") {
					t.Fatalf("%q: ours %s, theirs %s", body, a, b)
				}
			}
		}
	})
}

func FuzzDecodeForm(f *testing.F) {
	for _, s := range append([]string{"a=1&b=2&a=3", "a=%4&=&&%", "a;b=1;c=2", "To=%2B1&Body=Hi+%F0%9F%98%80"}, nasty...) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := DecodeForm(body, small)
		if err != nil {
			return
		}
		checkTree(t, v, small)
		out, err := EncodeForm(v)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		again, err := DecodeForm(out, Limits{})
		if err != nil || show(again) != show(v) && len(names(v)) > 0 && !names(v)[""] {
			t.Fatalf("%q was written %q and read as %s, %v", body, out, show(again), err)
		}
		if q, err := DecodeQuery(string(body), small); err == nil {
			checkTree(t, q, small)
		}
		if any, err := Decode("application/x-www-form-urlencoded; charset=windows-1252", body, small); err == nil {
			checkTree(t, any, small)
		}
	})
}

func FuzzDecodeXML(f *testing.F) {
	for _, s := range append([]string{`<?xml version="1.0" encoding="iso-8859-1"?><a b="c">d<e/>é</a>`, `<a xmlns:b="c"><b:d>1</b:d><b:d>2</b:d></a>`, `<a><![CDATA[x]]></a>`,
		`<!DOCTYPE a><a/>`, `<a>&#x10FFFF;&#0;</a>`, `<a:b:c/>`, `<a><a><a>`, "<\x00a\x00/\x00>\x00"}, nasty...) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := Decode("text/xml", body, small)
		if err != nil {
			return
		}
		checkTree(t, v, small)
		if len(v.Members()) != 1 {
			return
		}
		out, err := EncodeXML(v)
		if err != nil {
			return // names of other scripts, which we read and do not write
		}
		if again, err := Decode("text/xml", out, Limits{}); err != nil {
			t.Fatalf("%q was written %q and read as %s, %v", body, out, show(again), err)
		}
	})
}

func FuzzDecodeMultipart(f *testing.F) {
	for _, s := range append([]string{"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\nContent-Type: image/png\r\n\r\n\xff\r\n--b--",
		"--b\nContent-Transfer-Encoding: quoted-printable\n\n=41=\n--b--", "--b\r\n\r\n--b--"}, nasty...) {
		f.Add("multipart/form-data; boundary=b", []byte(s))
		f.Add("text/plain; charset=utf-16", []byte(s))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		v, err := Decode(contentType, body, small)
		if err != nil {
			return
		}
		checkTree(t, v, small)
		r := &Request{Method: "POST", URL: "https://h/", Header: map[string][]string{"Content-Type": {contentType}}, Body: body}
		if s := DumpRequest(r, 500, nil); !utf8.ValidString(s) && utf8.ValidString(contentType) || len(s) > 540 {
			t.Fatalf("dumped as %q", s)
		}
		_ = Curl(r)
	})
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte("POST /x HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\nbody"))
	f.Add([]byte("GET https://h/?a=b\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseRequest(text)
		if err != nil {
			return
		}
		if _, err := ParseRequest([]byte(DumpRequest(r, 0, nil))); err != nil {
			t.Fatalf("%q was read as %+v and is not read again: %v", text, r, err)
		}
	})
}

// Bombs cost at most what their size allows (faults.md 81): the limits stop them, not patience.
func TestBombsAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		contentType string
		body        string
	}{
		"nesting":      {"application/json", strings.Repeat("[", 1_000_000)},
		"object nest":  {"application/json", strings.Repeat(`{"a":`, 200_000)},
		"keys":         {"application/json", "{" + strings.Repeat(`"a":1,`, 200_000) + `"a":1}`},
		"quotes":       {"application/json", `["` + strings.Repeat(`\"`, 500_000)},
		"open strings": {"application/json", "[" + strings.Repeat(`"`, 999_999)},
		"fields":       {"application/x-www-form-urlencoded", strings.Repeat("a&", 500_000)},
		"elements":     {"text/xml", "<a>" + strings.Repeat("<a/>", 200_000) + "</a>"},
		"open tags":    {"text/xml", strings.Repeat("<a>", 300_000)},
		"attributes":   {"text/xml", "<a " + strings.Repeat(`b="" `, 200_000) + "/>"},
		"parts":        {"multipart/form-data; boundary=b", strings.Repeat("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", 20_000) + "--b--"},
		"part headers": {"multipart/form-data; boundary=b", "--b\r\n" + strings.Repeat("A: b\r\n", 100_000) + "\r\n\r\n--b--"},
	} {
		if _, err := Decode(c.contentType, []byte(c.body), Limits{Nodes: 10_000}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
