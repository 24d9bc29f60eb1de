package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// exportOptOuts streams the list as CSV, page by page.
func (s *Server) exportOptOuts(w http.ResponseWriter, r *http.Request, o *directory.Organization, number string) error {
	var out *csv.Writer
	for cursor := ""; ; {
		rows, next, err := s.o.Store.OptOuts(r.Context(), message.OptOutFilter{AccountID: o.AccountID, OrgID: o.ID, Number: number}, store.Page{Limit: pageSizeMax, Cursor: cursor})
		if err != nil {
			return err
		}
		if out == nil { // nothing was said yet: an error until here is an answer of its own
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="opt-outs.csv"`)
			out = csv.NewWriter(w)
			_ = out.Write([]string{"contact", "number", "since", "source"}) // said by Flush
		}
		for i := range rows {
			_ = out.Write([]string{unformulaic(rows[i].Contact), rows[i].Number, stamp(rows[i].Since), rows[i].Source})
		}
		if out.Flush(); out.Error() != nil || next == "" {
			return out.Error()
		}
		cursor = next
	}
}

// unformulaic keeps a spreadsheet from taking a text for a formula. Numbers begin with a plus and stay as they are.
func unformulaic(s string) string {
	if s != "" && strings.ContainsRune("=-@\t\r", rune(s[0])) || strings.HasPrefix(s, "+") && phone.KindOf(s) != phone.E164 {
		return "'" + s
	}
	return s
}

// importOptOuts reads a CSV file: a header line with "contact", and perhaps "number". It is taken whole or not at all.
func (s *Server) importOptOuts(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(clean(string(body)), "\ufeff")))
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, true
	head, err := in.Read()
	contactAt, numberAt := -1, -1
	for i, name := range head {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "contact":
			contactAt = i
		case "number":
			numberAt = i
		}
	}
	if err != nil || contactAt < 0 {
		return fault.New(fault.Invalid, "", `the first line must name the columns: "contact" and, where not all numbers are meant, "number"`)
	}
	type called struct {
		number  *directory.Number
		country string
	}
	numbers := map[string]called{}
	now := time.Now()
	var list []message.OptOut
	var ps problemList
	for row := 2; ; row++ {
		record, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fault.New(fault.Invalid, fmt.Sprintf("/%d", row), "line %d cannot be read as CSV", row)
		}
		at := func(i int) string {
			if i < 0 || i >= len(record) {
				return ""
			}
			return strings.TrimPrefix(strings.TrimSpace(record[i]), "'")
		}
		name := at(numberAt)
		to, known := numbers[name]
		if !known {
			if to.number, err = s.numberNamed(r, o, name, "number"); err != nil {
				if fault.CodeOf(err) != fault.NotFound {
					return err
				}
				ps.add(fmt.Sprintf("/%d/number", row), fmt.Sprintf("line %d: %q is no number of this organization", row, name))
				continue
			}
			to.country = s.countryOf(r.Context(), o, to.number)
			numbers[name] = to
		}
		value, err := phone.Parse(at(contactAt), to.country)
		if err != nil {
			ps.add(fmt.Sprintf("/%d/contact", row), fmt.Sprintf("line %d: %q is not a number", row, at(contactAt)))
			continue
		}
		list = append(list, message.OptOut{AccountID: o.AccountID, OrgID: o.ID, Number: valueOf(to.number), NumberID: idOf(to.number), Contact: value, Since: now, Source: message.ByImport})
	}
	if err := ps.err(); err != nil {
		return err
	}
	noteOptOuts(r, len(list), "")
	n, err := s.o.Store.ChangeOptOuts(r.Context(), list, true, p.By())
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, changed{n})
}
