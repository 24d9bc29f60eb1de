package store

import (
	"context"
	"time"

	"patchbay/internal/message"
)

// usageFilter is what the questions have in common; the first line is what an index knows.
const usageFilter = ` WHERE account_id = $1 AND day BETWEEN $2 AND $3 AND ($4 = '' OR org_id = $4)
	AND ($5 = '' OR number = $5) AND ($6 = '' OR service_id = $6) AND ($7 = '' OR integration_id = $7)`

// usageMax bounds an answer: a number has a row for each direction.
const usageMax = 50_000

var (
	// A number that was given up and taken again is one number to whoever pays for it.
	qUsage = sqlText("usage", `SELECT org_id, number, service_id, direction, SUM(messages), SUM(texts), SUM(segments), SUM(files),
		SUM(failed), SUM(failed_segments), SUM(failed_files), SUM(delivered) FROM usage_days`+usageFilter+`
		GROUP BY org_id, number, service_id, direction HAVING SUM(messages) <> 0 ORDER BY org_id, number, service_id, direction LIMIT $8`)
	qDays = sqlText("days", `SELECT day, direction, SUM(messages), SUM(failed), SUM(delivered) FROM usage_days`+usageFilter+`
		GROUP BY day, direction ORDER BY day LIMIT $8`)
	qFailures = sqlText("failures by code", `SELECT code, SUM(messages) FROM usage_failures`+usageFilter+`
		GROUP BY code HAVING SUM(messages) > 0 ORDER BY SUM(messages) DESC, code LIMIT $8`)
)

func usageArgs(f *message.UsageFilter, limit int) []any {
	return []any{f.AccountID, dayOf(f.From), dayOf(f.To), f.OrgID, f.Number, f.ServiceID, f.IntegrationID, limit}
}

// Usage is what each number has sent and received in those days, by organization and number.
func (s *Store) Usage(ctx context.Context, f message.UsageFilter) (list []message.Usage, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qUsage, func(r *row) error {
			u := message.Usage{OrgID: r.text(), Number: r.text(), ServiceID: r.text()}
			direction := message.Direction(r.text())
			c := message.Counted{Messages: r.int(), Texts: r.int(), Segments: r.int(), Files: r.int()}
			failed := message.Counted{Messages: r.int(), Segments: r.int(), Files: r.int()}
			delivered := r.int()
			if n := len(list); n == 0 || list[n-1].OrgID != u.OrgID || list[n-1].Number != u.Number || list[n-1].ServiceID != u.ServiceID {
				list = append(list, u)
			}
			last := &list[len(list)-1]
			if direction == message.Inbound {
				last.In = c
			} else {
				last.Out, last.Failed, last.Delivered = c, failed, delivered
			}
			return nil
		}, usageArgs(&f, usageMax)...)
	})
	return list, err
}

// Days is how many messages there were on each day that had any, the oldest first.
func (s *Store) Days(ctx context.Context, f message.UsageFilter) (list []message.Day, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qDays, func(r *row) error {
			day := time.UnixMicro(r.int() * microsADay).UTC()
			direction := message.Direction(r.text())
			if n := len(list); n == 0 || !list[n-1].Day.Equal(day) {
				list = append(list, message.Day{Day: day})
			}
			last := &list[len(list)-1]
			if n := r.int(); direction == message.Inbound {
				last.In = n
			} else {
				last.Out, last.Failed, last.Delivered = n, r.int(), r.int()
			}
			return nil
		}, usageArgs(&f, usageMax)...)
	})
	return list, err
}

// Failures are the reasons for which messages of those days failed, the most frequent first.
func (s *Store) Failures(ctx context.Context, f message.UsageFilter, most int) (list []message.Failures, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qFailures, func(r *row) error {
			list = append(list, message.Failures{Code: r.text(), Messages: r.int()})
			return nil
		}, usageArgs(&f, most)...)
	})
	return list, err
}

// OrganizationCounts is an organization at a glance.
type OrganizationCounts struct {
	Users, Numbers int64
	Attention      int64 // integrations that somebody should look at
	Today          message.Day
}

var (
	qOrganizationHas = sqlText("what an organization has", `SELECT (SELECT COUNT(*) FROM users WHERE org_id = $1),
		(SELECT COUNT(*) FROM numbers WHERE org_id = $1), (SELECT COUNT(DISTINCT integration_id) FROM attention WHERE org_id = $1)`)
	qOrganizationToday = sqlText("an organization's day", `SELECT direction, SUM(messages), SUM(failed), SUM(delivered) FROM usage_days
		WHERE org_id = $1 AND day = $2 AND account_id = $3 GROUP BY direction`)
)

// OrganizationCounts counts what an organization of the account has, and its messages of that day.
func (s *Store) OrganizationCounts(ctx context.Context, accountID, orgID string, day time.Time) (c OrganizationCounts, err error) {
	err = s.read(ctx, func(db engine) error {
		if _, err := one(db, qOrganizationHas, func(r *row) error {
			c.Users, c.Numbers, c.Attention = r.int(), r.int(), r.int()
			return nil
		}, orgID); err != nil {
			return err
		}
		return db.each(qOrganizationToday, func(r *row) error {
			if message.Direction(r.text()) == message.Inbound {
				c.Today.In = r.int()
			} else {
				c.Today.Out, c.Today.Failed, c.Today.Delivered = r.int(), r.int(), r.int()
			}
			return nil
		}, orgID, dayOf(day), accountID)
	})
	return c, err
}
