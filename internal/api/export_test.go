package api

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAFileThatFailsHalfwayIsNotTakenForTheWhole(t *testing.T) {
	s := &Server{o: Options{Log: slog.New(slog.DiscardHandler)}}
	for _, c := range []struct {
		name  string
		pages int // that can be read before the database fails
		fails int // at which page; 0: never
		err   bool
		whole bool
	}{
		{"whole", 3, 0, false, true}, {"nothing at all", 0, 1, true, false}, {"half", 2, 3, false, false},
	} {
		var failed error
		at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page := 0
			failed = s.exportFile(w, csvKind, "x.csv", func(cursor string, to *bytes.Buffer) (string, error) {
				if page++; page == c.fails {
					return "", errors.New("the database is away")
				}
				to.WriteString(strings.Repeat("x", 100<<10))
				if page == c.pages && c.fails == 0 {
					return "", nil
				}
				return "more", nil
			})
		}))
		res, err := http.Get(at.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		at.Close()
		if (failed != nil) != c.err || !c.err && (err == nil) != c.whole || c.whole && len(body) != c.pages*100<<10 {
			t.Errorf("%s: the handler says %v, the reader gets %d bytes and %v", c.name, failed, len(body), err)
		}
	}
}

func TestLinesOfAFileAreCountedAsAnEditorShowsThem(t *testing.T) {
	f := openCSV("\ufeffname, phone \n\"two\nlines\",1\nx\n\"open", true)
	if len(f.head) != 2 || f.head[1] != "phone" {
		t.Fatalf("columns %q", f.head)
	}
	for _, want := range []struct {
		line  int
		phone string
		ok    bool
	}{{2, "1", true}, {4, "", true}, {5, "", false}} {
		row, err := f.next()
		if row.line != want.line || row.word("phone") != want.phone || (err == nil) != want.ok || err == io.EOF {
			t.Errorf("line %d: %q, %v; want %+v", row.line, row.cells, err, want)
		}
	}
	for _, text := range []string{"", "\"", "a,\"b\nc"} {
		if f := openCSV(text, false); f.head != nil {
			t.Errorf("%q has the columns %q", text, f.head)
		}
	}
}
