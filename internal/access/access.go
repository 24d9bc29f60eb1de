// Package access decides who may do what: keys, sign-ins, passwords, roles, limits, and the matrix of every route. It speaks no HTTP.
package access

import (
	"cmp"

	"patchbay/internal/directory"
)

// Principal is who asks. It comes from the credential alone: nothing in a path, query or body can change it.
type Principal struct {
	AccountID string
	Role      directory.Role
	OrgID     string // organization and user: the one organization they see
	UserID    string // whose key it is, or which user is signed in
	KeyID     string // of a key
	PersonID  string // of a sign-in: the user, or the person of the account
	SignInID  string
	Name      string // what the person or the key is called, for the record
}

// By is the id of whoever asks, for the record.
func (p *Principal) By() string {
	if p.KeyID != "" {
		return p.KeyID
	}
	return p.PersonID
}

// Of is the principal that a key stands for.
func Of(k *directory.Key) *Principal {
	return &Principal{AccountID: k.AccountID, Role: k.Role, OrgID: k.OrgID, UserID: k.UserID, KeyID: k.ID, Name: k.Name}
}

// OfPerson is the principal of a signed-in person of the account.
func OfPerson(i *directory.SignIn, d *directory.Person) *Principal {
	return &Principal{AccountID: i.AccountID, Role: directory.AccountAdmin, PersonID: d.ID, SignInID: i.ID, Name: cmp.Or(d.Name, d.Email)}
}

// OfUser is the principal of a signed-in user. Their role is read anew with each request.
func OfUser(i *directory.SignIn, u *directory.User) *Principal {
	p := &Principal{AccountID: i.AccountID, Role: directory.UserRole, OrgID: i.OrgID, UserID: u.ID, PersonID: u.ID, SignInID: i.ID, Name: u.Name}
	if u.Admin {
		p.Role = directory.OrgAdmin
	}
	return p
}

// SeesOrganization reports whether the organization of that id, of the principal's own account, is visible to it.
func (p *Principal) SeesOrganization(orgID string) bool {
	return p.Role == directory.AccountAdmin || (orgID != "" && p.OrgID == orgID)
}

// SeesNumber reports whether the principal may read what a number sent and received, and send from it.
// A user sees the numbers assigned to them at this moment, and no other.
func (p *Principal) SeesNumber(n *directory.Number) bool {
	if n == nil || n.AccountID != p.AccountID || !p.SeesOrganization(n.OrgID) {
		return false
	}
	return p.Role != directory.UserRole || n.Has(p.UserID)
}

// MayGrant reports whether the principal may make or remove a key of that role for that organization: never more than it has itself.
func (p *Principal) MayGrant(role directory.Role, orgID string) bool {
	switch p.Role {
	case directory.AccountAdmin:
		return true
	case directory.OrgAdmin:
		return role != directory.AccountAdmin && p.SeesOrganization(orgID)
	}
	return false
}
