package store

import (
	"context"
	"slices"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const contactColumns = `c.id, c.account_id, c.org_id, c.name, c.info, c.blocked_at, c.blocked_by, c.about, c.created_by, c.created_at`

var (
	qInsertContact = sqlText("insert contact", `INSERT INTO contacts (id, account_id, org_id, name, info, blocked_at, blocked_by, about, created_by, created_at, find)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	qUpdateContact = sqlText("update contact", `UPDATE contacts SET name = $4, info = $5, blocked_at = $6, blocked_by = $7, about = $8, find = $9
		WHERE id = $1 AND org_id = $2 AND account_id = $3`)
	qContact    = sqlText("contact", `SELECT `+contactColumns+` FROM contacts c WHERE c.id = $1 AND c.org_id = $2 AND c.account_id = $3`)
	qContacts   = sqlText("contacts", `SELECT `+contactColumns+` FROM contacts c WHERE c.account_id = $1 AND c.org_id = $2 AND ($3 = 0 OR c.blocked_at <> 0) AND c.id > $4 ORDER BY c.id LIMIT $5`)
	qContactsAt = sqlText("contacts at an address", `SELECT `+contactColumns+` FROM contact_addresses a JOIN contacts c ON c.id = a.contact_id
		WHERE c.account_id = $1 AND a.org_id = $2 AND a.address = $3 AND ($4 = 0 OR c.blocked_at <> 0) AND c.id > $5 ORDER BY c.id LIMIT $6`)
	qContactsNamed = sqlText("contacts of a name", `SELECT `+contactColumns+` FROM contacts c
		WHERE c.account_id = $1 AND c.org_id = $2 AND c.name = $3 AND ($4 = 0 OR c.blocked_at <> 0) AND c.id > $5 ORDER BY c.id LIMIT $6`)
	qSameContact = sqlText("same contact", `SELECT c.id, c.blocked_at, c.blocked_by, c.about FROM contact_addresses a JOIN contacts c ON c.id = a.contact_id
		WHERE a.org_id = $1 AND a.address = $2 AND c.name = $3 ORDER BY c.id LIMIT 1`)
	qDeleteContact = sqlText("delete contact", `DELETE FROM contacts WHERE id = $1 AND org_id = $2 AND account_id = $3`)

	qAddAddress    = sqlText("add address", `INSERT INTO contact_addresses (org_id, address, contact_id, blocked) VALUES ($1, $2, $3, $4)`)
	qAddressesOf   = sqlText("addresses of a contact", `SELECT address FROM contact_addresses WHERE contact_id = $1 ORDER BY address`)
	qDropAddresses = sqlText("drop addresses", `DELETE FROM contact_addresses WHERE contact_id = $1`)
	qBlocked       = sqlText("blocked", `SELECT 1 FROM contact_addresses WHERE org_id = $1 AND address = $2 AND blocked = 1`)
	qNameAt        = sqlText("name at an address", `SELECT c.name FROM contact_addresses a JOIN contacts c ON c.id = a.contact_id
		WHERE a.org_id = $1 AND a.address = $2 AND c.name <> '' ORDER BY c.id LIMIT 1`)
	qKnownAt = sqlText("known at an address", `SELECT 1 FROM contact_addresses WHERE org_id = $1 AND address = $2`)
)

func readContact(r *row) directory.Contact {
	return directory.Contact{ID: r.text(), AccountID: r.text(), OrgID: r.text(), Name: r.text(), Info: r.text(), Blocked: r.time(),
		BlockedBy: r.text(), About: r.text(), CreatedBy: r.text(), Created: r.time()}
}

// ImportContacts keeps contacts of one organization. One whose name and an address are here already is that contact, and is replaced:
// importing a list twice makes no second copy. Each gets the id that it is kept under.
func (s *Store) ImportContacts(ctx context.Context, list []*directory.Contact) error {
	for some := range slices.Chunk(list, contactMax) {
		if err := s.write(ctx, func(t *tx) error {
			for _, c := range some {
				if err := importContact(t, c); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// contactMax bounds how many contacts one commit changes.
const contactMax = 500

func importContact(t *tx, c *directory.Contact) error {
	for _, address := range c.Addresses {
		same := *c
		found, err := one(t, qSameContact, func(r *row) error {
			same.ID, same.Blocked, same.BlockedBy, same.About = r.text(), r.time(), r.text(), r.text()
			return nil
		}, c.OrgID, address, c.Name)
		if err != nil {
			return err
		}
		if found {
			c.ID = same.ID
			return updateContact(t, &same)
		}
	}
	return insertContact(t, c)
}

func insertContact(t *tx, c *directory.Contact) error {
	if err := requireOrganization(t, c.AccountID, c.OrgID); err != nil {
		return err
	}
	if _, err := t.exec(qInsertContact, c.ID, c.AccountID, c.OrgID, c.Name, c.Info, micros(c.Blocked), c.BlockedBy, c.About, c.CreatedBy, micros(c.Created), finding(c)); err != nil {
		return err
	}
	return addAddresses(t, c)
}

func addAddresses(t *tx, c *directory.Contact) error {
	for i, a := range c.Addresses {
		if slices.Contains(c.Addresses[:i], a) {
			continue
		}
		if _, err := t.exec(qAddAddress, c.OrgID, a, c.ID, flag(!c.Blocked.IsZero())); err != nil {
			return err
		}
	}
	return nil
}

func updateContact(t *tx, c *directory.Contact) error {
	n, err := t.exec(qUpdateContact, c.ID, c.OrgID, c.AccountID, c.Name, c.Info, micros(c.Blocked), c.BlockedBy, c.About, finding(c))
	if err == nil && n == 0 {
		err = notFound("contact", c.ID)
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(qDropAddresses, c.ID); err != nil {
		return err
	}
	return addAddresses(t, c)
}

// UpdateContacts replaces what can change of contacts, all of them or none: all but ids, the creator and the creation time.
func (s *Store) UpdateContacts(ctx context.Context, list []*directory.Contact) error {
	return s.write(ctx, func(t *tx) error {
		for _, c := range list {
			if err := updateContact(t, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// Contact is the organization's contact of this id.
func (s *Store) Contact(ctx context.Context, accountID, orgID, id string) (c *directory.Contact, err error) {
	err = s.read(ctx, func(db engine) error {
		list, err := contacts(db, qContact, id, orgID, accountID)
		if len(list) > 0 {
			c = &list[0]
		}
		return err
	})
	return found(c, err, "contact", id)
}

// Contacts are an organization's contacts, the oldest first.
func (s *Store) Contacts(ctx context.Context, f directory.ContactFilter, p Page) (list []directory.Contact, next string, err error) {
	after, err := p.afterText()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) (err error) {
		if f.Name != "" {
			list, err = contacts(db, qContactsNamed, f.AccountID, f.OrgID, f.Name, flag(f.Blocked), after, p.size())
		} else if f.Address != "" {
			list, err = contacts(db, qContactsAt, f.AccountID, f.OrgID, f.Address, flag(f.Blocked), after, p.size())
		} else {
			list, err = contacts(db, qContacts, f.AccountID, f.OrgID, flag(f.Blocked), after, p.size())
		}
		return err
	})
	list, next = cut(p, list, func(c *directory.Contact) string { return textCursor(c.ID) })
	return list, next, err
}

func contacts(db engine, q *query, args ...any) (list []directory.Contact, err error) {
	if err := db.each(q, func(r *row) error { list = append(list, readContact(r)); return nil }, args...); err != nil {
		return nil, err
	}
	for i := range list {
		c := &list[i]
		if err := db.each(qAddressesOf, func(r *row) error { c.Addresses = append(c.Addresses, r.text()); return nil }, c.ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// DeleteContacts removes those of the contacts that the organization has, and says which. What they wrote stays.
func (s *Store) DeleteContacts(ctx context.Context, accountID, orgID string, ids []string) (gone []string, err error) {
	err = s.write(ctx, func(t *tx) error {
		gone = nil
		for _, id := range ids {
			n, err := t.exec(qDeleteContact, id, orgID, accountID)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			if _, err := t.exec(qDropAddresses, id); err != nil {
				return err
			}
			gone = append(gone, id)
		}
		return nil
	})
	return gone, err
}

// BlockContacts blocks the contact of b's ID, or all at b's first address, as b says: from b.Blocked on, or no more when that is zero. An
// address that nobody has yet is kept as a contact without a name.
func (s *Store) BlockContacts(ctx context.Context, b directory.Contact) (changed []directory.Contact, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		if b.ID != "" {
			changed, err = contacts(t, qContact, b.ID, b.OrgID, b.AccountID)
			if err == nil && len(changed) == 0 {
				err = notFound("contact", b.ID)
			}
		} else {
			changed, err = contacts(t, qContactsAt, b.AccountID, b.OrgID, b.Addresses[0], 0, "", contactMax)
		}
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			if b.Blocked.IsZero() {
				return fault.New(fault.NotFound, "phone", "there is no contact with the number %q", b.Addresses[0])
			}
			c := b
			c.ID, c.CreatedBy = directory.NewID(c.Created), c.BlockedBy
			changed = append(changed, c)
			return insertContact(t, &c)
		}
		for i := range changed {
			c := &changed[i]
			c.Blocked, c.BlockedBy, c.About = b.Blocked, b.BlockedBy, b.About
			if err := updateContact(t, c); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

// ContactNames are the names of those at the addresses, as far as they are known.
func (s *Store) ContactNames(ctx context.Context, orgID string, addresses []string) (names map[string]string, err error) {
	names = map[string]string{}
	err = s.read(ctx, func(db engine) error {
		for _, a := range addresses {
			if _, err := one(db, qNameAt, func(r *row) error { names[a] = r.text(); return nil }, orgID, a); err != nil {
				return err
			}
		}
		return nil
	})
	return names, err
}

// isBlocked reports whether the organization wants to hear nothing from there.
func isBlocked(db engine, orgID, address string) (bool, error) {
	return one(db, qBlocked, func(*row) error { return nil }, orgID, address)
}

// introduce keeps a message's sender as a contact, unless the organization knows somebody there.
func introduce(t *tx, m *message.Message, from *message.Sender, now time.Time) error {
	known, err := one(t, qKnownAt, func(*row) error { return nil }, m.OrgID, m.From)
	if err != nil || known {
		return err
	}
	return insertContact(t, &directory.Contact{ID: directory.NewID(now), AccountID: m.AccountID, OrgID: m.OrgID, Name: from.Name,
		Info: from.Info, Addresses: from.Addresses, Created: now})
}
