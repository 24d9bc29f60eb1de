package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

var userColumns = []string{"extension", "name", "email", "role", "status", "extra"}

// userRecord is a user as a line of a file. What signs a user in is in no file.
func userRecord(u *directory.User) []string {
	v := viewUser(u)
	return []string{guarded(v.Extension), guarded(v.Name), guarded(v.Email), v.Role, strconv.Itoa(v.Status), guarded(string(v.Extra))}
}

// exportUsers streams the users of an organization as a file that importUsers takes.
func (s *Server) exportUsers(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	return s.exportCSV(w, "users.csv", userColumns, func(cursor string) (records [][]string, next string, err error) {
		rows, next, err := s.o.Store.Users(r.Context(), p.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
		for i := range rows {
			records = append(records, userRecord(&rows[i]))
		}
		return records, next, err
	})
}

// importUsers takes a file of users whole or not at all.
func (s *Server) importUsers(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	check, err := onlyChecked(r)
	if err != nil {
		return err
	}
	rows, ps, err := readCSV(w, r, userColumns, []string{"extension"})
	if err != nil {
		return err
	}
	now := time.Now()
	var list []*directory.User
	out := importedRows{Checked: check}
	lines := map[string]int{}
	for i := range rows {
		row := &rows[i]
		u := &directory.User{AccountID: o.AccountID, OrgID: o.ID, Status: 1, Created: now}
		ps.at(row.line, readUser(row, u))
		if u.Extension == "" {
			continue // it has been said
		}
		if first := lines[u.Extension]; first > 0 {
			ps.say(row.line, "extension", fmt.Sprintf("%q stands in line %d too", u.Extension, first))
			continue
		}
		lines[u.Extension] = row.line
		had, err := s.o.Store.UserByExtension(r.Context(), o.AccountID, o.ID, u.Extension)
		switch {
		case fault.CodeOf(err) == fault.NotFound:
			list = append(list, u)
		case err != nil:
			return err
		case slices.Equal(userRecord(had), userRecord(u)):
			out.Unchanged++
		default:
			ps.say(row.line, "extension", fmt.Sprintf("%q is another user's, or this one's with other values; change those by PATCH", u.Extension))
		}
	}
	if err := ps.err(); err != nil {
		return err
	}
	if out.Added = len(list); len(list) > 0 && !check {
		about(r, o.ID, fmt.Sprintf("%d users of a file", len(list)), nil, nil)
		if err := s.o.Store.CreateUsers(r.Context(), list); err != nil {
			return err
		}
	}
	return send(w, http.StatusOK, out)
}

// readUser puts a line onto a user.
func readUser(row *csvRow, u *directory.User) problemList {
	in := userInput{Extension: row.cell("extension"), Name: row.cell("name"), Email: row.cell("email")}
	var ps problemList
	if role := row.word("role"); role != "" {
		in.Role = new(strings.ToLower(role))
	}
	in.Status = row.number("status", &ps)
	in.Extra = row.json("extra", &ps)
	return append(ps, problemsOf(in.apply(u))...)
}

// problemsOf are the mistakes that an error is made of.
func problemsOf(err error) problemList {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) && len(f.Problems) > 0 {
		return f.Problems
	}
	return problemList{{Message: err.Error()}}
}
