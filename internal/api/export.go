package api

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"

	"patchbay/internal/phone"
)

// exportFile streams a file, page by page: page writes one, and says where the next begins. What fails when a part of the file has left breaks
// the answer off, so that nobody takes that for the whole.
func (s *Server) exportFile(w http.ResponseWriter, kind, name string, page func(cursor string, to *bytes.Buffer) (next string, err error)) error {
	for cursor := ""; ; {
		var text bytes.Buffer
		next, err := page(cursor, &text)
		if err != nil && cursor != "" {
			s.o.Log.Error("an export is broken off", "file", name, "err", err)
			panic(http.ErrAbortHandler)
		}
		if err != nil {
			return err
		}
		if cursor == "" {
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		}
		if _, err := w.Write(text.Bytes()); err != nil || next == "" {
			return nil // a client that has gone is told nothing
		}
		cursor = next
	}
}

// exportCSV streams a file whose first line names the columns.
func (s *Server) exportCSV(w http.ResponseWriter, name string, columns []string, page func(cursor string) (records [][]string, next string, err error)) error {
	return s.exportFile(w, csvKind, name, func(cursor string, to *bytes.Buffer) (string, error) {
		records, next, err := page(cursor)
		if cursor == "" {
			writeCSV(to, columns)
		}
		for _, record := range records {
			writeCSV(to, record)
		}
		return next, err
	})
}

func writeCSV(to *bytes.Buffer, record []string) {
	out := csv.NewWriter(to)
	_ = out.Write(record) // a buffer takes everything
	out.Flush()
}

// guarded keeps a spreadsheet from taking a text for a formula, and bare takes the guard away. A text with a guard of its own gets another.
func guarded(s string) string {
	if inner := strings.TrimLeft(s, "'"); inner != s && isFormula(inner) {
		return "'" + s
	}
	if isFormula(s) && phone.KindOf(s) != phone.E164 { // of formulas, only a number that is a phone's is what it looks like
		return "'" + s
	}
	return s
}

func bare(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && isFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return s
}

func isFormula(s string) bool { return s != "" && strings.ContainsRune("=-@+\t\r", rune(s[0])) }
