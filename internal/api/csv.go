package api

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"patchbay/internal/fault"
)

const (
	maxCSVFile = 4 << 20
	maxCSVRows = 10_000
	// maxCSVProblems is how many problems of a file are told: whoever has more begins with these.
	maxCSVProblems = 1000
)

// csvRow is one line of a file that names its columns.
type csvRow struct {
	line  int
	cells map[string]string
}

// cell is what stands there, or nil where the file has no such column: then the usual holds.
func (r *csvRow) cell(column string) *string {
	if v, ok := r.cells[column]; ok {
		return &v
	}
	return nil
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
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(clean(string(body)), "\ufeff")))
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		return nil, ps, fault.New(fault.Invalid, "", "the first line must name the columns: %s", words(known))
	}
	for i, name := range head {
		name = strings.TrimSpace(name)
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
		record, err := in.Read()
		if err == io.EOF {
			return rows, ps, nil
		}
		if broken := new(csv.ParseError); errors.As(err, &broken) {
			ps.say(broken.StartLine, "", "cannot be read as CSV: "+broken.Err.Error())
			return nil, ps, nil // what follows would be read at the wrong place
		}
		if err != nil {
			return nil, ps, err
		}
		line, _ := in.FieldPos(0)
		if len(rows) == maxCSVRows {
			return nil, ps, fault.New(fault.TooLarge, "", "the file has more than %d lines; send it in parts", maxCSVRows)
		}
		if len(record) != len(head) {
			ps.say(line, "", fmt.Sprintf("has %d cells, and there are %d columns", len(record), len(head)))
			continue
		}
		row := csvRow{line: line, cells: make(map[string]string, len(head))}
		for i, cell := range record {
			row.cells[head[i]] = bare(cell)
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
