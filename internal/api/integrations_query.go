package api

import (
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/access"
	"patchbay/internal/fault"
)

// enableByQuery is PUT of an integration as older clients ask for it: everything in the address, where values end up in others' logs (ours
// have paths alone). Every name in the query that is none of the call's own is a property's.
func (s *Server) enableByQuery(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	if r.Method != http.MethodGet { // the router gives us HEAD, too, and that one changes nothing
		return notAllowed(fault.New(fault.Invalid, "", "%s is not possible here; use GET", r.Method))
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "", "the query cannot be read; write %%3B for a semicolon and %%25 for a percent sign")
	}
	in := integrationInput{Properties: map[string]*string{}}
	own := map[string]string{"serviceid": "", "state": "", "profileid": "", "options": "", "redirect": ""}
	for name, values := range q {
		value := clean(values[len(values)-1])
		if _, is := own[name]; is {
			own[name] = value
			continue
		}
		in.Properties[clean(name)] = &value
	}
	on := own["state"] != "0"
	switch own["state"] {
	case "1", "0":
		in.Enabled = &on
	case "":
	default:
		return fault.New(fault.Invalid, "state", "must be 1 (enabled) or 0")
	}
	if own["serviceid"] == "" {
		return fault.New(fault.Invalid, "serviceid", "is missing; name the service")
	}
	if to := own["redirect"]; to != "" && !s.isOurs(to) {
		return fault.New(fault.Invalid, "redirect", "leads elsewhere; it can be a path like /integrations, or an address under %s", s.o.PublicURL)
	}
	id := own["profileid"]
	if id == "" {
		id = p.OrgID
	}
	if id == "" {
		return fault.New(fault.Invalid, "profileid", "is missing; name the organization")
	}
	o, err := s.organization(r, p, id)
	if err != nil {
		return renamed(err, "profileid")
	}
	r = s.noting(r, p, "integration.saved")
	ofOrganization(r, o.ID)
	status, v, err := s.setIntegration(r, p, o, own["serviceid"], &in)
	if err != nil {
		return err
	}
	if to := own["redirect"]; to != "" {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	return send(w, status, v)
}

// isOurs reports whether a browser that is sent there stays with us: what leads elsewhere would lend our name to anybody's page.
func (s *Server) isOurs(to string) bool {
	if len(to) > 2000 || strings.ContainsAny(to, "\\\t\r\n") || strings.HasPrefix(to, "//") {
		return false // browsers read a backslash as a slash, and //host as a host
	}
	u, err := url.Parse(to)
	if err != nil || u.User != nil || u.Opaque != "" {
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return strings.HasPrefix(u.Path, "/")
	}
	ours, err := url.Parse(s.o.PublicURL)
	return err == nil && u.Scheme == ours.Scheme && strings.EqualFold(u.Host, ours.Host)
}
