package api

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/fault"
)

const (
	maxCSVFile = 4 << 20
	maxCSVRows = 10_000
	// maxCSVProblems is how many problems of a file are told: whoever has more begins with these.
	maxCSVProblems = 1000
)

// csvFile is a file whose first line names the columns, in any order.
type csvFile struct {
	in   *csv.Reader
	head []string // nil: there is no first line that can be read
}

// openCSV reads the first line. trimmed is of files whose cells may have spaces before them that mean nothing.
func openCSV(text string, trimmed bool) *csvFile {
	f := &csvFile{in: csv.NewReader(strings.NewReader(strings.TrimPrefix(clean(text), "\ufeff")))}
	f.in.FieldsPerRecord, f.in.TrimLeadingSpace = -1, trimmed
	head, err := f.in.Read()
	if err != nil {
		return f
	}
	for i := range head {
		head[i] = strings.TrimSpace(head[i])
	}
	f.head = head
	return f
}

// next is the line that follows; io.EOF after the last. With an error the row says where it begins.
func (f *csvFile) next() (row csvRow, err error) {
	row.head = f.head
	if row.cells, err = f.in.Read(); err == nil {
		row.line, _ = f.in.FieldPos(0)
	}
	if broken := new(csv.ParseError); errors.As(err, &broken) {
		row.line, err = broken.StartLine, broken.Err
	}
	return row, err
}

// unreadable is the mistake of a line that next could not read.
func (r *csvRow) unreadable() error {
	return fault.New(fault.Invalid, fmt.Sprintf("/%d", r.line), "line %d cannot be read as CSV", r.line)
}

// csvRow is one line of a file.
type csvRow struct {
	line  int
	head  []string
	cells []string // there may be fewer, or more, than columns
}

// cell is what stands there, or nil where the file has no such column: then the usual holds.
func (r *csvRow) cell(column string) *string {
	if i := slices.Index(r.head, column); i >= 0 && i < len(r.cells) {
		return new(bare(r.cells[i]))
	}
	return nil
}

// word is a cell without the spaces around it; empty where nothing stands.
func (r *csvRow) word(column string) string { return strings.TrimSpace(deref(r.cell(column))) }

// number is a whole number in a cell; nil where nothing stands.
func (r *csvRow) number(column string, ps *problemList) *int {
	text := r.word(column)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		ps.add("/"+column, "must be a whole number")
		return nil
	}
	return &n
}

// truth is true or false in a cell; nil where nothing stands.
func (r *csvRow) truth(column string, ps *problemList) *bool {
	switch strings.ToLower(r.word(column)) {
	case "":
		return nil
	case "true":
		return new(true)
	case "false":
		return new(false)
	}
	ps.add("/"+column, "must be true or false")
	return nil
}

// json is JSON in a cell; nil where nothing stands.
func (r *csvRow) json(column string, ps *problemList) jsontext.Value {
	v := jsontext.Value(r.word(column))
	if len(v) == 0 {
		return nil
	}
	if !v.IsValid() {
		ps.add("/"+column, "must be JSON, as GET shows it")
		return nil
	}
	return v
}

// csvProblems are the mistakes of a file, each with its line.
type csvProblems struct{ problemList }

func (ps *csvProblems) at(line int, list problemList) {
	for _, p := range list {
		if len(ps.problemList) < maxCSVProblems {
			what := strings.TrimSpace(strings.TrimPrefix(p.Pointer, "/") + " " + p.Message)
			ps.add(fmt.Sprintf("/%d%s", line, pointer(p.Pointer)), fmt.Sprintf("line %d: %s", line, what))
		}
	}
}

func (ps *csvProblems) say(line int, column, message string) {
	ps.at(line, problemList{{Pointer: "/" + column, Message: message}})
}

// readCSV reads a file whose first line names the columns, in any order; those of must have to be there.
func readCSV(w http.ResponseWriter, r *http.Request, known, must []string) (rows []csvRow, ps csvProblems, err error) {
	body, err := readBody(w, r, maxCSVFile)
	if err != nil {
		return nil, ps, err
	}
	f := openCSV(string(body), false)
	head := f.head
	if head == nil {
		return nil, ps, fault.New(fault.Invalid, "", "the first line must name the columns: %s", words(known))
	}
	for i, name := range head {
		k := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		switch {
		case k < 0:
			ps.say(1, name, "is no column; there are "+words(known))
		case slices.Contains(head[:i], known[k]):
			ps.say(1, name, "is there twice")
		default:
			name = known[k]
		}
		head[i] = name
	}
	for _, name := range must {
		if !slices.Contains(head, name) {
			ps.say(1, name, "is missing: the first line must name it")
		}
	}
	if len(ps.problemList) > 0 {
		return nil, ps, nil
	}
	for {
		row, err := f.next()
		if err == io.EOF {
			return rows, ps, nil
		}
		if err != nil {
			ps.say(row.line, "", "cannot be read as CSV: "+err.Error())
			return nil, ps, nil // what follows would be read at the wrong place
		}
		if len(rows) == maxCSVRows {
			return nil, ps, fault.New(fault.TooLarge, "", "the file has more than %d lines; send it in parts", maxCSVRows)
		}
		if len(row.cells) != len(head) {
			ps.say(row.line, "", fmt.Sprintf("has %d cells, and there are %d columns", len(row.cells), len(head)))
			continue
		}
		rows = append(rows, row)
	}
}

// importedRows is what came of a file.
type importedRows struct {
	Added     int  `json:"added" doc:"How many were added."`
	Unchanged int  `json:"unchanged" doc:"How many are there already, exactly so."`
	Checked   bool `json:"checked" doc:"The file was only looked at: nothing was added."`
}

// onlyChecked reads ?check=.
func onlyChecked(r *http.Request) (bool, error) {
	switch r.URL.Query().Get("check") {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, fault.New(fault.Invalid, "check", "must be true or false")
}
