package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// usageView is what was sent and received in a month.
type usageView struct {
	Month string           `json:"month" doc:"The month, as 2026-11 (UTC). A message belongs to the month in which it was kept, whatever becomes of it later."`
	Data  []usageOfNumber  `json:"data" doc:"By organization and number; a number that was at two services has a row for each."`
	Total usageOfDirection `json:"total" doc:"All of them together."`
	Next  string           `json:"next" doc:"Always empty: a month comes whole."`
}

type usageOfNumber struct {
	OrgID   string `json:"orgid" doc:"The organization's id."`
	Number  string `json:"number" doc:"Our number."`
	Service string `json:"service" doc:"The service that carried it."`
	usageOfDirection
}

type usageOfDirection struct {
	In        countedView `json:"in" doc:"What was received."`
	Out       countedView `json:"out" doc:"What was sent, or accepted to be sent: failed ones are among them."`
	Failed    failedCount `json:"failed" doc:"Of what was to be sent: failed, expired and cancelled."`
	Delivered int64       `json:"delivered" doc:"Of what was sent: messages of which a receipt says so."`
}

type countedView struct {
	Messages int64 `json:"messages" doc:"How many."`
	Texts    int64 `json:"texts" doc:"Those with a text."`
	Segments int64 `json:"segments" doc:"Of the texts, as a carrier bills them."`
	Files    int64 `json:"files" doc:"Files."`
}

type failedCount struct {
	Messages int64 `json:"messages" doc:"How many."`
	Segments int64 `json:"segments" doc:"Of their texts."`
	Files    int64 `json:"files" doc:"Their files."`
}

func (u *usageOfDirection) add(m *message.Usage) {
	for _, one := range []struct {
		to *countedView
		of message.Counted
	}{{&u.In, m.In}, {&u.Out, m.Out}} {
		one.to.Messages += one.of.Messages
		one.to.Texts += one.of.Texts
		one.to.Segments += one.of.Segments
		one.to.Files += one.of.Files
	}
	u.Failed.Messages += m.Failed.Messages
	u.Failed.Segments += m.Failed.Segments
	u.Failed.Files += m.Failed.Files
	u.Delivered += m.Delivered
}

// usageOfMonth reads ?month= and counts.
func (s *Server) usageOfMonth(r *http.Request, p *access.Principal) (month time.Time, list []message.Usage, err error) {
	f := message.UsageFilter{AccountID: p.AccountID}
	if f.OrgID, _, err = s.scope(r, p); err != nil {
		return month, nil, err
	}
	month = time.Now().UTC()
	if text := r.URL.Query().Get("month"); text != "" {
		if month, err = time.Parse("2006-01", text); err != nil {
			return month, nil, fault.New(fault.Invalid, "month", "must be a month like 2026-11")
		}
	}
	f.From = time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)
	f.To = f.From.AddDate(0, 1, -1)
	list, err = s.o.Store.Usage(r.Context(), f)
	return f.From, list, err
}

func (s *Server) usage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	month, list, err := s.usageOfMonth(r, p)
	if err != nil {
		return err
	}
	out := usageView{Month: month.Format("2006-01"), Data: make([]usageOfNumber, len(list))}
	for i := range list {
		out.Data[i] = usageOfNumber{OrgID: list[i].OrgID, Number: list[i].Number, Service: list[i].ServiceID}
		out.Data[i].add(&list[i])
		out.Total.add(&list[i])
	}
	return send(w, http.StatusOK, out)
}

var usageColumns = []string{
	"month", "orgid", "organization", "domain", "number", "service", "in_messages", "in_texts", "in_segments", "in_files",
	"out_messages", "out_texts", "out_segments", "out_files", "failed_messages", "failed_segments", "failed_files", "delivered_messages",
}

func (s *Server) exportUsage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	month, list, err := s.usageOfMonth(r, p)
	if err != nil {
		return err
	}
	return s.exportCSV(w, "usage-"+month.Format("2006-01")+".csv", usageColumns, func(string) ([][]string, string, error) {
		records, err := s.usageRecords(r, p, month, list)
		return records, "", err
	})
}

func (s *Server) usageRecords(r *http.Request, p *access.Principal, month time.Time, list []message.Usage) (records [][]string, err error) {
	var o *directory.Organization
	for i := range list {
		u := &list[i]
		if o == nil || o.ID != u.OrgID {
			if o, err = s.o.Store.Organization(r.Context(), p.AccountID, u.OrgID); fault.CodeOf(err) == fault.NotFound {
				o, err = &directory.Organization{ID: u.OrgID}, nil // it is being removed
			}
			if err != nil {
				return nil, err
			}
		}
		record := []string{month.Format("2006-01"), u.OrgID, guarded(o.Name), guarded(o.Domain), guarded(u.Number), guarded(u.ServiceID)}
		for _, n := range []int64{
			u.In.Messages, u.In.Texts, u.In.Segments, u.In.Files, u.Out.Messages, u.Out.Texts, u.Out.Segments, u.Out.Files,
			u.Failed.Messages, u.Failed.Segments, u.Failed.Files, u.Delivered,
		} {
			record = append(record, strconv.FormatInt(n, 10))
		}
		records = append(records, record)
	}
	return records, nil
}

// statsView is how many messages there were, day by day, and why some failed.
type statsView struct {
	From     string       `json:"from" doc:"The first day (UTC)."`
	To       string       `json:"to" doc:"The last day."`
	Days     []dayView    `json:"days" doc:"Every one of them, the oldest first."`
	Failures []failureSum `json:"failures" doc:"Of messages of those days: the most frequent reasons first, at most 50."`
}

type dayView struct {
	Day       string `json:"day" doc:"The day (UTC)."`
	In        int64  `json:"in" doc:"Messages received."`
	Out       int64  `json:"out" doc:"Messages sent, or accepted to be sent."`
	Failed    int64  `json:"failed" doc:"Of those: failed, expired or cancelled."`
	Delivered int64  `json:"delivered" doc:"Of those: messages of which a receipt says so."`
}

type failureSum struct {
	Code     string `json:"code" doc:"The provider's code, or ours."`
	Messages int64  `json:"messages" doc:"How many failed with it."`
}

const (
	statsDays    = 30  // that are shown unless it is said otherwise
	statsDaysMax = 400 // at a time
	statsCodes   = 50
)

func (s *Server) stats(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	q := r.URL.Query()
	f := message.UsageFilter{AccountID: p.AccountID, Number: spelled(clean(q.Get("number"))), IntegrationID: clean(q.Get("integration"))}
	var err error
	if f.OrgID, _, err = s.scope(r, p); err != nil {
		return err
	}
	if f.ServiceID, err = s.serviceSpelled(r, p, clean(q.Get("service"))); err != nil {
		return err
	}
	if by := q.Get("by"); by != "" && by != "day" {
		return fault.New(fault.Invalid, "by", `can only be "day"`)
	}
	if f.From, f.To, err = days(q.Get("from"), q.Get("to")); err != nil {
		return err
	}
	list, err := s.o.Store.Days(r.Context(), f)
	if err != nil {
		return err
	}
	failures, err := s.o.Store.Failures(r.Context(), f, statsCodes)
	if err != nil {
		return err
	}
	out := statsView{From: f.From.Format(time.DateOnly), To: f.To.Format(time.DateOnly), Days: []dayView{}, Failures: []failureSum{}}
	for day := f.From; !day.After(f.To); day = day.AddDate(0, 0, 1) {
		v := dayView{Day: day.Format(time.DateOnly)}
		if len(list) > 0 && list[0].Day.Equal(day) {
			v.In, v.Out, v.Failed, v.Delivered = list[0].In, list[0].Out, list[0].Failed, list[0].Delivered
			list = list[1:]
		}
		out.Days = append(out.Days, v)
	}
	for _, one := range failures {
		out.Failures = append(out.Failures, failureSum{one.Code, one.Messages})
	}
	return send(w, http.StatusOK, out)
}

// days are the first and the last of a range.
func days(first, last string) (from, to time.Time, err error) {
	day := func(name, text string, otherwise time.Time) time.Time {
		if text == "" || err != nil {
			return otherwise
		}
		t, wrong := time.Parse(time.DateOnly, text)
		if wrong != nil || t.Year() < 1970 {
			err = fault.New(fault.Invalid, name, "must be a day like 2026-01-31")
		}
		return t
	}
	to = day("to", last, time.Now().UTC().Truncate(24*time.Hour))
	from = day("from", first, to.AddDate(0, 0, 1-statsDays))
	switch {
	case err != nil:
	case from.After(to):
		err = fault.New(fault.Invalid, "from", "must not be after to")
	case to.Sub(from) >= statsDaysMax*24*time.Hour:
		err = fault.New(fault.Invalid, "from", "may be %d days before to; ask for less at a time", statsDaysMax-1)
	}
	return from, to, err
}

// organizationCounts is an organization at a glance.
type organizationCounts struct {
	Users     int64   `json:"users" doc:"Users."`
	Numbers   int64   `json:"numbers" doc:"Numbers."`
	Today     dayView `json:"today" doc:"The messages of this day."`
	Attention int64   `json:"attention" doc:"Integrations that somebody should look at."`
}

// countsOf is what ?include=counts adds.
func (s *Server) countsOf(r *http.Request, o *directory.Organization) (*organizationCounts, error) {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	c, err := s.o.Store.OrganizationCounts(r.Context(), o.AccountID, o.ID, today)
	if err != nil {
		return nil, fmt.Errorf("counts of organization %s: %w", o.ID, err)
	}
	return &organizationCounts{
		Users: c.Users, Numbers: c.Numbers, Attention: c.Attention,
		Today: dayView{today.Format(time.DateOnly), c.Today.In, c.Today.Out, c.Today.Failed, c.Today.Delivered},
	}, nil
}
