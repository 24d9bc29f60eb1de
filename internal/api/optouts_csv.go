package api

import (
	"fmt"
	"io"
	"net/http"
	"slices"
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
	return s.exportCSV(w, "opt-outs.csv", []string{"contact", "number", "since", "source"}, func(cursor string) (records [][]string, next string, err error) {
		rows, next, err := s.o.Store.OptOuts(r.Context(), message.OptOutFilter{AccountID: o.AccountID, OrgID: o.ID, Number: number}, store.Page{Limit: pageSizeMax, Cursor: cursor})
		for i := range rows {
			records = append(records, []string{guarded(rows[i].Contact), guarded(rows[i].Number), stamp(rows[i].Since), rows[i].Source})
		}
		return records, next, err
	})
}

// importOptOuts reads a CSV file: a header line with "contact", and perhaps "number". It is taken whole or not at all.
func (s *Server) importOptOuts(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	f := openCSV(string(body), true)
	for i := range f.head {
		f.head[i] = strings.ToLower(f.head[i])
	}
	if !slices.Contains(f.head, "contact") {
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
	for {
		row, err := f.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return row.unreadable()
		}
		at := func(column string) string { return strings.TrimPrefix(row.word(column), "'") }
		contact, name := at("contact"), at("number")
		to, known := numbers[name]
		if !known {
			if to.number, err = s.numberNamed(r, o, name, "number"); err != nil {
				if fault.CodeOf(err) != fault.NotFound {
					return err
				}
				ps.add(fmt.Sprintf("/%d/number", row.line), fmt.Sprintf("line %d: %q is no number of this organization", row.line, name))
				continue
			}
			to.country = s.countryOf(r.Context(), o, to.number)
			numbers[name] = to
		}
		value, err := phone.Parse(contact, to.country)
		if err != nil {
			ps.add(fmt.Sprintf("/%d/contact", row.line), fmt.Sprintf("line %d: %q is not a number", row.line, contact))
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
