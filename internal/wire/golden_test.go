package wire

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"patchbay/internal/tree"
)

var update = flag.Bool("update", false, "write what comes out into the golden files")

// A golden case is one txtar file. Its sections lose their last line end; "name.crlf" has CRLF line ends, "name.go" is a quoted Go string.
func golden(t *testing.T, dir string, run func(t *testing.T, c map[string]string) (section, got string)) {
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases in %s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := map[string]string{}
			for _, f := range a.Files {
				name, s := f.Name, strings.TrimSuffix(string(f.Data), "\n")
				if n, ok := strings.CutSuffix(name, ".crlf"); ok {
					name, s = n, strings.ReplaceAll(s, "\n", "\r\n")+"\r\n"
				} else if n, ok := strings.CutSuffix(name, ".go"); ok {
					name = n
					if s, err = strconv.Unquote(s); err != nil {
						t.Fatalf("%s: %v", f.Name, err)
					}
				}
				c[name] = s
			}
			section, got := run(t, c)
			if *update {
				var kept []txtar.File
				for _, f := range a.Files {
					if f.Name != "want" && f.Name != "error" {
						kept = append(kept, f)
					}
				}
				a.Files = append(kept, txtar.File{Name: section, Data: []byte(got + "\n")})
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, ok := c[section]
			if !ok {
				t.Fatalf("got %s, which the case does not have: %s", section, got)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", section, d)
			}
		})
	}
}

func TestDecodeGoldens(t *testing.T) {
	golden(t, "decode", func(t *testing.T, c map[string]string) (string, string) {
		var lim Limits
		lim.Depth, _ = strconv.Atoi(c["depth"])
		lim.Nodes, _ = strconv.Atoi(c["nodes"])
		lim.Bytes, _ = strconv.Atoi(c["bytes"])
		var v tree.Value
		var err error
		if q, ok := c["query"]; ok {
			v, err = DecodeQuery(q, lim)
		} else {
			v, err = Decode(c["type"], []byte(c["body"]), lim)
		}
		if err != nil {
			return "error", err.Error()
		}
		return "want", show(v)
	})
}

func TestEncodeGoldens(t *testing.T) {
	golden(t, "encode", func(t *testing.T, c map[string]string) (string, string) {
		v, err := DecodeJSON([]byte(c["tree"]), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		body, contentType, err := Encode(c["type"], withFiles(v))
		if err != nil {
			return "error", err.Error()
		}
		return "want", contentType + "\n\n" + strings.ReplaceAll(string(body), "\r\n", "␍\n")
	})
}

func TestHTTPTextGoldens(t *testing.T) {
	golden(t, "http", func(t *testing.T, c map[string]string) (string, string) {
		r, err := ParseRequest([]byte(c["request"]))
		if err != nil {
			return "error", err.Error()
		}
		most, _ := strconv.Atoi(c["most"])
		redact := func(s string) string { return strings.ReplaceAll(s, "s3cret", "•••") }
		return "want", DumpRequest(r, most, redact) + "\n\n" + Curl(r)
	})
}

// show is a tree as text that tells absent, text and file apart.
func show(v tree.Value) string {
	switch v.Kind() {
	case tree.Absent:
		return "(absent)"
	case tree.String:
		return string(AppendString(nil, v.Text()))
	case tree.File:
		f := v.File()
		return "file(" + strconv.Quote(f.Name) + ", " + f.MediaType + ", " + strconv.Quote(string(f.Data)) + ")"
	case tree.List:
		var b strings.Builder
		for _, e := range v.List() {
			b.WriteString("\n- " + indent(show(e)))
		}
		return "[" + b.String() + "\n]"
	case tree.Object:
		var b strings.Builder
		for _, m := range v.Members() {
			b.WriteString("\n  " + string(AppendString(nil, m.Name)) + ": " + indent(show(m.Value)))
		}
		return "{" + b.String() + "\n}"
	}
	return string(AppendJSON(nil, v))
}

func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n  ") }

// withFiles makes a file of every object that has a member "$file".
func withFiles(v tree.Value) tree.Value {
	switch v.Kind() {
	case tree.List:
		var vs []tree.Value
		for _, e := range v.List() {
			vs = append(vs, withFiles(e))
		}
		return tree.ListOf(vs...)
	case tree.Object:
		if d := v.Get("$file"); d.Kind() != tree.Absent {
			return tree.FileOf(&tree.Blob{Name: v.Get("name").Text(), MediaType: v.Get("type").Text(), Data: []byte(d.Text())})
		}
		var ms []tree.Member
		for _, m := range v.Members() {
			ms = append(ms, tree.Member{Name: m.Name, Value: withFiles(m.Value)})
		}
		return tree.ObjectOf(ms...)
	}
	return v
}
