package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/store"
)

var numberColumns = []string{
	"number", "service", "name", "country", "users", "inboundFormat", "outboundFormat", "sendName", "sessionTimeout", "header", "footer",
	"optout", "autoreply", "strip_metadata", "validity",
	"failover", "daily_messages", "daily_segments",
}

// namesInFiles are what files call the users and the integrations of an organization: the extension or, of a user who has none, the id; and
// the service.
type namesInFiles struct {
	names    map[string]string // of users, by id
	ids      map[string]string // of users, by name
	services map[string]string // by the integration's id
}

func (s *Server) namesInFiles(r *http.Request, o *directory.Organization) (*namesInFiles, error) {
	u := &namesInFiles{map[string]string{}, map[string]string{}, map[string]string{}}
	for cursor := ""; ; {
		rows, next, err := s.o.Store.Users(r.Context(), o.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			name := row.Extension
			if name == "" {
				name = row.ID
			}
			u.names[row.ID], u.ids[name] = name, row.ID
		}
		if cursor = next; next == "" {
			break
		}
	}
	for cursor := ""; ; {
		rows, next, err := s.o.Store.Integrations(r.Context(), o.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			u.services[row.ID] = row.ServiceID
		}
		if cursor = next; next == "" {
			return u, nil
		}
	}
}

// cell is users in one cell: between semicolons or, where that would be read otherwise, as a JSON list.
func (u *namesInFiles) cell(ids []string) string {
	names, plain := make([]string, len(ids)), true
	for i, id := range ids {
		names[i] = u.names[id]
		plain = plain && names[i] != "" && names[i] == strings.TrimSpace(names[i]) && !strings.ContainsAny(names[i], ";[")
	}
	if plain {
		return strings.Join(names, "; ")
	}
	return string(listValue(names))
}

// read is the ids of users in a cell.
func (u *namesInFiles) read(cell string) (ids []string, problem string) {
	var names []string
	if strings.HasPrefix(strings.TrimSpace(cell), "[") {
		if json.Unmarshal([]byte(cell), &names) != nil {
			return nil, "must be extensions with semicolons between them, or a JSON list of them"
		}
	} else {
		for name := range strings.SplitSeq(cell, ";") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		id, ok := u.ids[name]
		switch {
		case !ok:
			return nil, fmt.Sprintf("no user of this organization has the extension %q", name)
		case slices.Contains(ids, id):
			return nil, fmt.Sprintf("%q is there twice", name)
		}
		ids = append(ids, id)
	}
	return ids, ""
}

// numberRecord is a number as a line of a file.
func (s *Server) numberRecord(n *directory.Number, users *namesInFiles) []string {
	v := s.viewNumber(n)
	strip := ""
	if v.StripMetadata != nil {
		strip = strconv.FormatBool(*v.StripMetadata)
	}
	ids := slices.Sorted(slices.Values(n.Users))
	return []string{
		guarded(v.Number), guarded(v.Service), guarded(v.Name), v.Country, guarded(users.cell(ids)), v.InboundFormat, v.OutboundFormat, strconv.FormatBool(v.SendName),
		strconv.Itoa(v.SessionTimeout), guarded(v.Header), guarded(v.Footer), guarded(string(v.OptOut)), guarded(string(v.AutoReply)), strip, strconv.Itoa(v.Validity),
		guarded(users.services[n.Failover]), strconv.FormatInt(n.DailyCap.Messages, 10), strconv.FormatInt(n.DailyCap.Segments, 10),
	}
}

// exportNumbers streams the numbers of an organization as a file that importNumbers takes.
func (s *Server) exportNumbers(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	users, err := s.namesInFiles(r, o)
	if err != nil {
		return err
	}
	return s.exportCSV(w, "numbers.csv", numberColumns, func(cursor string) (records [][]string, next string, err error) {
		rows, next, err := s.o.Store.Numbers(r.Context(), p.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
		for i := range rows {
			records = append(records, s.numberRecord(&rows[i], users))
		}
		return records, next, err
	})
}

// importNumbers takes a file of numbers whole or not at all.
func (s *Server) importNumbers(w http.ResponseWriter, r *http.Request, _ *access.Principal, o *directory.Organization) error {
	check, err := onlyChecked(r)
	if err != nil {
		return err
	}
	rows, ps, err := readCSV(w, r, numberColumns, []string{"number", "service"})
	if err != nil {
		return err
	}
	users, err := s.namesInFiles(r, o)
	if err != nil {
		return err
	}
	now := time.Now()
	var list []*directory.Number
	out := importedRows{Checked: check}
	integrations := map[string]*directory.Integration{}
	lines := map[string]int{}
	for i := range rows {
		row := &rows[i]
		in, wrong := readNumber(row, users)
		n := &directory.Number{AccountID: o.AccountID, OrgID: o.ID, Created: now}
		wrong = append(wrong, in.apply(n)...)
		in.Service = new(strings.TrimSpace(*in.Service))
		service, known := integrations[*in.Service]
		if !known {
			if service, err = s.numbersIntegration(r, o, in.Service, &wrong); err != nil {
				return err
			}
			if service != nil {
				integrations[*in.Service] = service
			}
		}
		in.place(n, service, &wrong)
		if in.Failover != nil {
			if n.Failover, err = s.failoverOf(r, o, in.Failover, &wrong); err != nil {
				return err
			}
		}
		ps.at(row.line, wrong)
		if len(wrong) > 0 {
			continue
		}
		if first := lines[n.Value]; first > 0 {
			ps.say(row.line, "number", fmt.Sprintf("%s stands in line %d too", n.Value, first))
			continue
		}
		lines[n.Value] = row.line
		had, err := s.o.Store.NumberByValue(r.Context(), o.AccountID, n.Value)
		switch {
		case err != nil:
			return err
		case had == nil:
			list = append(list, n)
		case had.OrgID != o.ID:
			ps.say(row.line, "number", n.Value+" is already a number of this account; remove it there first")
		case slices.Equal(s.numberRecord(had, users), s.numberRecord(n, users)):
			out.Unchanged++
		default:
			ps.say(row.line, "number", n.Value+" is there already with other settings; change those by PATCH")
		}
	}
	if err := ps.err(); err != nil {
		return err
	}
	if out.Added = len(list); len(list) > 0 && !check {
		about(r, o.ID, fmt.Sprintf("%d numbers of a file", len(list)), nil, nil)
		if err := s.o.Store.CreateNumbers(r.Context(), list); err != nil {
			return err
		}
		for _, i := range integrations {
			var its []directory.Number
			for _, n := range list {
				if n.IntegrationID == i.ID {
					its = append(its, *n)
				}
			}
			s.registerNumbers(r, i, its)
		}
	}
	return send(w, http.StatusOK, out)
}

// readNumber is what a line says of a number.
func readNumber(row *csvRow, users *namesInFiles) (in numberInput, ps problemList) {
	in = numberInput{
		Service: row.cell("service"), Number: row.cell("number"), Name: row.cell("name"), Country: row.cell("country"),
		InboundFormat: row.cell("inboundFormat"), OutboundFormat: row.cell("outboundFormat"), Header: row.cell("header"), Footer: row.cell("footer"),
		SessionTimeout: row.number("sessionTimeout", &ps), Validity: row.number("validity", &ps), SendName: row.truth("sendName", &ps),
		OptOut: row.json("optout", &ps), AutoReply: row.json("autoreply", &ps),
	}
	if choice := row.truth("strip_metadata", &ps); choice != nil {
		in.StripMetadata = jsontext.Value(strconv.FormatBool(*choice))
	}
	if failover := row.word("failover"); failover != "" {
		in.Failover = jsontext.Value(members{"service": quote(failover)}.line())
	}
	limits := members{}
	for column, member := range map[string]string{"daily_messages": "messages", "daily_segments": "segments"} {
		if n := row.number(column, &ps); n != nil && *n != 0 {
			limits[member] = jsontext.Value(strconv.Itoa(*n))
		}
	}
	if len(limits) > 0 {
		in.DailyCap = jsontext.Value(limits.line())
	}
	if cell := row.cell("users"); cell != nil {
		ids, problem := users.read(*cell)
		if problem != "" {
			ps.add("/users", problem)
		}
		in.Users = &ids
	}
	return in, ps
}
