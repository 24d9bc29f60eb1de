package store

import (
	"context"
	"strings"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

const organizationColumns = `id, account_id, name, domain, region, status, params, extra, created_at, strip_metadata, messages_days, media_days, callbacks_days,
	daily_messages, daily_segments`

var (
	qInsertOrganization = sqlText("insert organization", `INSERT INTO organizations
		(id, account_id, name, domain, domain_key, region, status, params, extra, created_at, strip_metadata, messages_days, media_days, callbacks_days,
			daily_messages, daily_segments)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`)
	qOrganization = sqlText("organization", `SELECT `+organizationColumns+` FROM organizations
		WHERE account_id = $1 AND id = $2 AND deleted_at = 0`)
	qOrganizationByDomain = sqlText("organization by domain", `SELECT `+organizationColumns+` FROM organizations
		WHERE account_id = $1 AND domain_key = $2 AND domain_key <> '' AND deleted_at = 0`)
	qOrganizations = sqlText("organizations", `SELECT `+organizationColumns+` FROM organizations
		WHERE account_id = $1 AND deleted_at = 0 AND id > $2 ORDER BY id LIMIT $3`)
	qUpdateOrganization = sqlText("update organization", `UPDATE organizations
		SET name = $3, domain = $4, domain_key = $5, region = $6, status = $7, params = $8, extra = $9, strip_metadata = $10, messages_days = $11, media_days = $12, callbacks_days = $13,
		daily_messages = $14, daily_segments = $15
		WHERE account_id = $1 AND id = $2 AND deleted_at = 0`)
)

func readOrganization(r *row) directory.Organization {
	return directory.Organization{ID: r.text(), AccountID: r.text(), Name: r.text(), Domain: r.text(), Region: r.text(),
		Status: int(r.int()), Params: r.text(), Extra: r.text(), Created: r.time(), StripMetadata: r.bool(), Retention: readRetention(r),
		DailyCap: directory.Cap{Messages: r.int(), Segments: r.int()}}
}

func readRetention(r *row) directory.Retention {
	return directory.Retention{Messages: int(r.int()), Media: int(r.int()), Callbacks: int(r.int())}
}

func domainTaken(domain string) error {
	return fault.New(fault.Conflict, "domain", "%q is the domain of another organization of this account; choose another", domain)
}

// CreateOrganization keeps an organization; its domain must be free. An empty ID gets one.
func (s *Store) CreateOrganization(ctx context.Context, o *directory.Organization) error {
	if o.Created.IsZero() {
		o.Created = time.Now()
	}
	if o.ID == "" {
		o.ID = directory.NewID(o.Created)
	}
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		_, err := t.exec(qInsertOrganization, o.ID, o.AccountID, o.Name, o.Domain, strings.ToLower(o.Domain), o.Region, o.Status, o.Params, o.Extra, micros(o.Created),
			flag(o.StripMetadata), o.Retention.Messages, o.Retention.Media, o.Retention.Callbacks, o.DailyCap.Messages, o.DailyCap.Segments)
		if isDuplicate(err) {
			return domainTaken(o.Domain)
		}
		return err
	})
}

// Organization is the account's organization of this id.
func (s *Store) Organization(ctx context.Context, accountID, id string) (*directory.Organization, error) {
	o, err := cached(&s.cache, organizationBy{account: accountID, id: id}, func() (*directory.Organization, error) {
		return readOne(ctx, s, qOrganization, readOrganization, accountID, id)
	})
	return found(o, err, "organization", id)
}

// OrganizationByDomain compares without case.
func (s *Store) OrganizationByDomain(ctx context.Context, accountID, domain string) (*directory.Organization, error) {
	domain = strings.ToLower(domain)
	o, err := cached(&s.cache, organizationBy{account: accountID, domain: domain}, func() (*directory.Organization, error) {
		return readOne(ctx, s, qOrganizationByDomain, readOrganization, accountID, domain)
	})
	return found(o, err, "organization with the domain", domain)
}

// Organizations are an account's organizations, the oldest first.
func (s *Store) Organizations(ctx context.Context, accountID string, p Page) ([]directory.Organization, string, error) {
	return listByID(ctx, s, p, qOrganizations, readOrganization, func(o *directory.Organization) string { return o.ID }, accountID)
}

// UpdateOrganization replaces what can change: all but ids and the creation time.
func (s *Store) UpdateOrganization(ctx context.Context, o *directory.Organization) error {
	return s.write(ctx, func(t *tx) error {
		t.directory = true
		n, err := t.exec(qUpdateOrganization, o.AccountID, o.ID, o.Name, o.Domain, strings.ToLower(o.Domain), o.Region, o.Status, o.Params, o.Extra,
			flag(o.StripMetadata), o.Retention.Messages, o.Retention.Media, o.Retention.Callbacks, o.DailyCap.Messages, o.DailyCap.Segments)
		if isDuplicate(err) {
			return domainTaken(o.Domain)
		}
		if err == nil && n == 0 {
			err = notFound("organization", o.ID)
		}
		return err
	})
}
