package api

import (
	"bytes"
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
	rows := func(cursor string) ([]directory.Contact, string, error) {
		return s.o.Store.Contacts(r.Context(), f, store.Page{Limit: pageSizeMax, Cursor: cursor})
	}
	if format == "vcard" {
		return s.exportFile(w, vCardKind, "contacts.vcf", func(cursor string, to *bytes.Buffer) (string, error) {
			list, next, err := rows(cursor)
			for i := range list {
				writeVCard(to, &list[i])
			}
			return next, err
		})
	}
	return s.exportCSV(w, "contacts.csv", append([]string{"name"}, contactColumns...), func(cursor string) (records [][]string, next string, err error) {
		list, next, err := rows(cursor)
		for i := range list {
			records = append(records, contactRecord(&list[i]))
		}
		return records, next, err
	})
}

func contactRecord(c *directory.Contact) []string {
	info := readMembers(c.Info)
	record := []string{guarded(c.Name)}
	for _, name := range contactColumns {
		record = append(record, guarded(strings.Join(textsIn(info[name]), "; ")))
	}
	return record
}

// readContactsCSV reads a file whose first line names the columns: name, or firstname and lastname; any other column is a member of info.
func readContactsCSV(text string) ([]contactInput, error) {
	f := openCSV(text, true)
	head := f.head
	for i := range head {
		head[i] = strings.ToLower(head[i])
	}
	if !slices.ContainsFunc(head, func(c string) bool { return c == "name" || c == "firstname" || c == "lastname" || c == "phone" }) {
		return nil, fault.New(fault.Invalid, "", `the first line must name the columns: "name", "phone", "email" and what else there is`)
	}
	var list []contactInput
	for {
		row, err := f.next()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, row.unreadable()
		}
		var c contactInput
		name, info := "", members{}
		for i, column := range head {
			if i >= len(row.cells) {
				break
			}
			value := bare(strings.TrimSpace(row.cells[i]))
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
