package api

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// messageQuery is what picks messages in a query.
var messageQuery = []param{
	byOrganization,
	{name: "conversation", about: "Only of the conversation of this id."},
	{name: "direction", about: "Only in this direction.", words: wordsOf[of[message.Direction]()]},
	{name: "status", about: "Only those that stand there; several with commas between them."},
	{name: "from", about: "Only from this number."},
	{name: "to", about: "Only to this number."},
	{name: "number", about: "Only by this number of ours, either way."},
	{name: "service", about: "Only by the service of this id."},
	{name: "integration", about: "Only by the integration of this id."},
	{name: "user", about: "Only those that the user of this id wrote."},
	{name: "code", about: "Only those that failed with this code."},
	{name: "outcome", about: "Only those of which an attempt ended so.", words: wordsOf[of[message.Outcome]()]},
	{name: "q", about: "Only those whose text has this, in any script: from three characters on anywhere, shorter at the start of a word. What was said a moment ago may be missing yet, and a page may be short though next says that there is more."},
	{name: "since", about: "Only those kept from then on: a time or a day (UTC)."},
	{name: "until", about: "Only those kept before then; of a day, until its end."},
}

func (s *Server) messageFilter(r *http.Request, p *access.Principal) (message.Filter, error) {
	q := r.URL.Query()
	text := func(name string) string { return clean(q.Get(name)) }
	f := message.Filter{
		AccountID: p.AccountID, ConversationID: text("conversation"), Direction: message.Direction(q.Get("direction")),
		From: spelled(text("from")), To: spelled(text("to")), Number: spelled(text("number")),
		Text: strings.TrimSpace(text("q")), ServiceID: text("service"), IntegrationID: text("integration"), Writer: text("user"), ErrorCode: text("code"), Outcome: message.Outcome(q.Get("outcome")),
	}
	var err error
	if f.OrgID, f.UserID, err = s.scope(r, p); err != nil {
		return f, err
	}
	if f.ServiceID, err = s.serviceSpelled(r, p, f.ServiceID); err != nil {
		return f, err
	}
	if utf8.RuneCountInString(f.Text) > maxQuery {
		return f, fault.New(fault.Invalid, "q", "is longer than %d characters", maxQuery)
	}
	if f.Direction != "" && f.Direction != message.Outbound && f.Direction != message.Inbound {
		return f, fault.New(fault.Invalid, "direction", "must be %s or %s", message.Inbound, message.Outbound)
	}
	if outcomes := wordsOf[of[message.Outcome]()]; f.Outcome != "" && !slices.Contains(outcomes, string(f.Outcome)) {
		return f, fault.New(fault.Invalid, "outcome", "%q is no outcome; there are %s", clean(string(f.Outcome)), words(outcomes))
	}
	if f.Statuses, err = statuses(q["status"]); err != nil {
		return f, err
	}
	if f.Since, err = moment("since", q.Get("since"), 0); err != nil {
		return f, err
	}
	f.Until, err = moment("until", q.Get("until"), 1)
	return f, err
}

// statuses are those of a query, which may say several at once or one after the other.
func statuses(list []string) (out []message.Status, err error) {
	for _, text := range list {
		for word := range strings.SplitSeq(text, ",") {
			s := message.Status(strings.TrimSpace(word))
			if s == "" {
				continue
			}
			if s.Rank() < 0 {
				return nil, fault.New(fault.Invalid, "status", "%q is no status; there are %s", clean(string(s)), words(message.Statuses))
			}
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// moment reads a time, or a day; days is how many come after a day that is written alone.
func moment(name, text string, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.AddDate(0, 0, days), nil
	}
	t, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+")) // an unescaped + in a query is a space
	if err != nil {
		return t, fault.New(fault.Invalid, name, "must be a day like 2026-01-31, or a time like 2026-01-31T12:00:00Z")
	}
	return t, nil
}

// serviceSpelled is a service's id as it is kept: ids are one without case.
func (s *Server) serviceSpelled(r *http.Request, p *access.Principal, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	svc, err := s.o.Shelf.Get(r.Context(), p.AccountID, id, "")
	if fault.CodeOf(err) == fault.NotFound {
		return id, nil // one that is gone may have carried messages
	}
	if err != nil {
		return "", err
	}
	return svc.ID, nil
}
