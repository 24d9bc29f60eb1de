package store

import (
	"context"
	"slices"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

const numberColumns = `id, account_id, org_id, integration_id, service_id, value, name, country, inbound_format, outbound_format,
	send_name, session_timeout, header, footer, settings, created_at, strip_metadata, validity, failover,
	daily_messages, daily_segments`

var (
	qInsertNumber = sqlText("insert number", `INSERT INTO numbers (`+numberColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`)
	qNumber        = sqlText("number", `SELECT `+numberColumns+` FROM numbers WHERE account_id = $1 AND id = $2`)
	qNumberByValue = sqlText("number by value", `SELECT `+numberColumns+` FROM numbers WHERE account_id = $1 AND value = $2`)
	qNumbersOf     = sqlText("numbers of an integration", `SELECT `+numberColumns+` FROM numbers
		WHERE account_id = $1 AND integration_id = $2 ORDER BY id`)
	qNumbers = sqlText("numbers", `SELECT `+numberColumns+` FROM numbers
		WHERE account_id = $1 AND org_id = $2 AND id > $3 ORDER BY id LIMIT $4`)
	qNumbersOfUser = sqlText("numbers of a user", `SELECT `+numberColumns+` FROM numbers
		WHERE account_id = $1 AND id IN (SELECT number_id FROM number_users WHERE user_id = $2) ORDER BY id LIMIT $3`)
	qUpdateNumber = sqlText("update number", `UPDATE numbers SET name = $3, country = $4, inbound_format = $5, outbound_format = $6,
		send_name = $7, session_timeout = $8, header = $9, footer = $10, settings = $11, strip_metadata = $12, validity = $13, failover = $14,
		daily_messages = $15, daily_segments = $16 WHERE account_id = $1 AND id = $2`)
	qDeleteNumber = sqlText("delete number", `DELETE FROM numbers WHERE account_id = $1 AND id = $2`)

	qAssign = sqlText("assign", `INSERT INTO number_users (number_id, user_id, since)
		VALUES ($1, $2, (SELECT COALESCE(MAX(seq), 0) FROM messages))
		ON CONFLICT (number_id, user_id) DO NOTHING`)
	qUnassign = sqlText("unassign", `DELETE FROM number_users WHERE number_id = $1 AND user_id = $2`)
	qAssigned = sqlText("assigned", `SELECT user_id FROM number_users WHERE number_id = $1 ORDER BY user_id`)
	qUserOf   = sqlText("user of an organization", `SELECT 1 FROM users WHERE id = $1 AND org_id = $2`)
	qOwnerOf  = sqlText("owner of an integration", `SELECT service_id FROM integrations
		WHERE account_id = $1 AND org_id = $2 AND id = $3 AND deleted_at = 0`)
)

func readNumber(r *row) directory.Number {
	return directory.Number{ID: r.text(), AccountID: r.text(), OrgID: r.text(), IntegrationID: r.text(), ServiceID: r.text(),
		Value: r.text(), Name: r.text(), Country: r.text(), InboundFormat: r.text(), OutboundFormat: r.text(), SendName: r.bool(),
		SessionTimeout: r.duration(), Header: r.text(), Footer: r.text(), Settings: r.text(), Created: r.time(),
		StripMetadata: directory.Choice(r.int()), Validity: r.duration(),
		Failover: r.text(), DailyCap: directory.Cap{Messages: r.int(), Segments: r.int()}}
}

// CreateNumber adds a number to an integration of its organization and assigns it. No two organizations of an account
// have the same number: a callback that names only the number must find one.
func (s *Store) CreateNumber(ctx context.Context, n *directory.Number) error {
	return s.CreateNumbers(ctx, []*directory.Number{n})
}

// CreateNumbers adds numbers, all of them or none.
func (s *Store) CreateNumbers(ctx context.Context, list []*directory.Number) error {
	for i, n := range list {
		if n.Created.IsZero() {
			n.Created = time.Now()
		}
		if n.ID == "" {
			n.ID = directory.NewID(n.Created.Add(time.Duration(i) * time.Millisecond)) // what is random in an id is too little for many at once
		}
	}
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		for _, n := range list {
			if err := insertNumber(t, n); err != nil {
				return err
			}
		}
		return nil
	})
}

func insertNumber(t *tx, n *directory.Number) error {
	owned, err := one(t, qOwnerOf, func(r *row) error { n.ServiceID = r.text(); return nil }, n.AccountID, n.OrgID, n.IntegrationID)
	if err != nil {
		return err
	}
	if !owned {
		return fault.New(fault.Invalid, "service", "is not enabled for this organization; enable it first")
	}
	if err := requireUsers(t, n); err != nil {
		return err
	}
	if err := requireFailover(t, n); err != nil {
		return err
	}
	_, err = t.exec(qInsertNumber, n.ID, n.AccountID, n.OrgID, n.IntegrationID, n.ServiceID, n.Value, n.Name, n.Country,
		n.InboundFormat, n.OutboundFormat, flag(n.SendName), n.SessionTimeout.Microseconds(), n.Header, n.Footer, n.Settings, micros(n.Created),
		int(n.StripMetadata), n.Validity.Microseconds(), n.Failover, n.DailyCap.Messages, n.DailyCap.Segments)
	if isDuplicate(err) {
		return fault.New(fault.Conflict, "number", "%s is already a number of this account; remove it there first", n.Value)
	}
	if err != nil {
		return err
	}
	return assign(t, n)
}

// NumbersOfUser are the numbers that a user may write from, at most so many, without whom else they are assigned to.
func (s *Store) NumbersOfUser(ctx context.Context, accountID, userID string, most int) (list []directory.Number, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qNumbersOfUser, func(r *row) error {
			list = append(list, readNumber(r))
			return nil
		}, accountID, userID, most)
	})
	return list, err
}

// requireUsers refuses an assignment to somebody of another organization.
func requireUsers(t *tx, n *directory.Number) error {
	for _, u := range n.Users {
		ok, err := one(t, qUserOf, func(*row) error { return nil }, u, n.OrgID)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Invalid, "users", "%q is no user of this organization", u)
		}
	}
	return nil
}

// requireFailover refuses another way that is not the organization's, or is the number's own.
func requireFailover(t *tx, n *directory.Number) error {
	if n.Failover == "" {
		return nil
	}
	if n.Failover == n.IntegrationID {
		return fault.New(fault.Invalid, "failover", "is the number's own service; name another one, or none")
	}
	owned, err := one(t, qOwnerOf, func(*row) error { return nil }, n.AccountID, n.OrgID, n.Failover)
	if err == nil && !owned {
		err = fault.New(fault.Invalid, "failover", "is not enabled for this organization; enable it first")
	}
	return err
}

// assign makes n.Users the number's. Who leaves it leaves what they have claimed there; for who stays nothing changes.
func assign(t *tx, n *directory.Number) error {
	var before []string
	if err := t.each(qAssigned, func(r *row) error { before = append(before, r.text()); return nil }, n.ID); err != nil {
		return err
	}
	for _, u := range before {
		if slices.Contains(n.Users, u) {
			continue
		}
		if _, err := t.exec(qUnassign, n.ID, u); err != nil {
			return err
		}
		if err := releaseClaims(t, u, n.ID, time.Now()); err != nil {
			return err
		}
	}
	for _, u := range n.Users {
		if _, err := t.exec(qAssign, n.ID, u); err != nil {
			return err
		}
	}
	return nil
}

// readNumbers reads numbers with those who are assigned to them.
func (s *Store) readNumbers(ctx context.Context, q *query, args ...any) (list []directory.Number, err error) {
	err = s.read(ctx, func(db engine) error {
		if err := db.each(q, func(r *row) error { list = append(list, readNumber(r)); return nil }, args...); err != nil {
			return err
		}
		for i := range list {
			n := &list[i]
			if err := db.each(qAssigned, func(r *row) error { n.Users = append(n.Users, r.text()); return nil }, n.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func (s *Store) oneNumber(ctx context.Context, q *query, args ...any) (*directory.Number, error) {
	list, err := s.readNumbers(ctx, q, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Number is the account's number of this id. Its Users are shared: do not change them in place.
func (s *Store) Number(ctx context.Context, accountID, id string) (*directory.Number, error) {
	n, err := cached(&s.cache, numberByID{accountID, id}, func() (*directory.Number, error) {
		return s.oneNumber(ctx, qNumber, accountID, id)
	})
	return found(n, err, "number", id)
}

// NumberByValue is the account's number that reads so, or nil.
func (s *Store) NumberByValue(ctx context.Context, accountID, value string) (*directory.Number, error) {
	return cached(&s.cache, numberByValue{accountID, value}, func() (*directory.Number, error) {
		return s.oneNumber(ctx, qNumberByValue, accountID, value)
	})
}

// NumbersOfIntegration are all of an integration's numbers.
func (s *Store) NumbersOfIntegration(ctx context.Context, accountID, integrationID string) ([]directory.Number, error) {
	list, err := cached(&s.cache, numbersOf{accountID, integrationID}, func() (*[]directory.Number, error) {
		list, err := s.readNumbers(ctx, qNumbersOf, accountID, integrationID)
		return &list, err
	})
	if err != nil {
		return nil, err
	}
	return append([]directory.Number(nil), *list...), nil
}

// Numbers are an organization's numbers, the oldest first.
func (s *Store) Numbers(ctx context.Context, accountID, orgID string, p Page) (list []directory.Number, next string, err error) {
	after, err := p.afterText()
	if err != nil {
		return nil, "", err
	}
	list, err = s.readNumbers(ctx, qNumbers, accountID, orgID, after, p.size())
	list, next = cut(p, list, func(n *directory.Number) string { return textCursor(n.ID) })
	return list, next, err
}

// UpdateNumber replaces the number's settings and assignments. Its value and its integration stay; Reroute moves it.
func (s *Store) UpdateNumber(ctx context.Context, n *directory.Number) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		var org string
		ok, err := one(t, qNumber, func(r *row) error { org = readNumber(r).OrgID; return nil }, n.AccountID, n.ID)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("number", n.ID)
		}
		n.OrgID = org
		if err := requireUsers(t, n); err != nil {
			return err
		}
		if err := requireFailover(t, n); err != nil {
			return err
		}
		if _, err := t.exec(qUpdateNumber, n.AccountID, n.ID, n.Name, n.Country, n.InboundFormat, n.OutboundFormat, flag(n.SendName),
			n.SessionTimeout.Microseconds(), n.Header, n.Footer, n.Settings, int(n.StripMetadata), n.Validity.Microseconds(),
			n.Failover, n.DailyCap.Messages, n.DailyCap.Segments); err != nil {
			return err
		}
		return assign(t, n)
	})
}

// DeleteNumber frees the number. What was written and received through it stays readable for programs.
func (s *Store) DeleteNumber(ctx context.Context, accountID, id string) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		ok, err := one(t, qNumber, func(*row) error { return nil }, accountID, id)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("number", id)
		}
		if err := assign(t, &directory.Number{ID: id}); err != nil {
			return err
		}
		_, err = t.exec(qDeleteNumber, accountID, id)
		return err
	})
}
