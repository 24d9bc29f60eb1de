package api

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// contactColumns are what a file of contacts has for the members of info. Several values of one stand in a cell, between semicolons.
var contactColumns = []string{"phone", "mobile", "email", "organization", "position", "department", "about"}

// manyValued are the members of info that are lists.
var manyValued = []string{"phone", "mobile", "fax", "email", "sip"}

// exportContacts streams contacts as a file, page by page.
func (s *Server) exportContacts(w http.ResponseWriter, r *http.Request, f directory.ContactFilter, format string) error {
	begun := false
	for cursor := ""; ; {
		rows, next, err := s.o.Store.Contacts(r.Context(), f, store.Page{Limit: pageSizeMax, Cursor: cursor})
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if !begun { // nothing was said yet: an error until here is an answer of its own
			begun = true
			kind, name := "text/csv; charset=utf-8", "contacts.csv"
			if format == "vcard" {
				kind, name = "text/vcard; charset=utf-8", "contacts.vcf"
			} else {
				writeCSV(&text, append([]string{"name"}, contactColumns...))
			}
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		}
		for i := range rows {
			if format == "vcard" {
				writeVCard(&text, &rows[i])
			} else {
				writeCSV(&text, contactRecord(&rows[i]))
			}
		}
		if _, err := w.Write(text.Bytes()); err != nil || next == "" {
			return err
		}
		cursor = next
	}
}

func writeCSV(to *bytes.Buffer, record []string) {
	out := csv.NewWriter(to)
	_ = out.Write(record) // a buffer takes everything
	out.Flush()
}

func contactRecord(c *directory.Contact) []string {
	info := readMembers(c.Info)
	record := []string{guarded(c.Name)}
	for _, name := range contactColumns {
		record = append(record, guarded(strings.Join(textsIn(info[name]), "; ")))
	}
	return record
}

// guarded keeps a spreadsheet from taking a text for a formula, and bare takes the guard away. A text with a guard of its own gets another.
func guarded(s string) string {
	if inner := strings.TrimLeft(s, "'"); inner != s && isFormula(inner) {
		return "'" + s
	}
	return unformulaic(s)
}

func bare(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && isFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return s
}

func isFormula(s string) bool { return s != "" && strings.ContainsRune("=-@+\t\r", rune(s[0])) }

// readContactsCSV reads a file whose first line names the columns: name, or firstname and lastname; any other column is a member of info.
func readContactsCSV(text string) ([]contactInput, error) {
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, true
	head, err := in.Read()
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	if err != nil || !slices.ContainsFunc(head, func(c string) bool { return c == "name" || c == "firstname" || c == "lastname" || c == "phone" }) {
		return nil, fault.New(fault.Invalid, "", `the first line must name the columns: "name", "phone", "email" and what else there is`)
	}
	var list []contactInput
	for row := 2; ; row++ {
		record, err := in.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("/%d", row), "line %d cannot be read as CSV", row)
		}
		var c contactInput
		name, info := "", members{}
		for i, column := range head {
			if i >= len(record) {
				break
			}
			value := bare(strings.TrimSpace(record[i]))
			switch column {
			case "":
			case "name":
				name = value
			case "firstname":
				c.FirstName = value
			case "lastname":
				c.LastName = value
			default:
				info.add(column, value, slices.Contains(manyValued, column))
			}
		}
		if name != "" {
			c.Name = &name
		}
		if c.Info, err = info.value(); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
}

// add puts a text into an info, where it is not empty. A list has its values between semicolons.
func (m members) add(name, text string, list bool) {
	if text == "" {
		return
	}
	if !list {
		m[name] = quote(text)
		return
	}
	values := textsIn(m[name])
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			values = append(values, part)
		}
	}
	m[name] = listValue(values)
}

func listValue(texts []string) jsontext.Value {
	if texts == nil {
		texts = []string{}
	}
	b, err := json.Marshal(texts)
	if err != nil {
		panic(err) // clean texts
	}
	return b
}

func (m members) value() (jsontext.Value, error) { return json.Marshal(m, json.Deterministic(true)) }

func quote(text string) jsontext.Value {
	b, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		panic(err) // clean text
	}
	return b
}
