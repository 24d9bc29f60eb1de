// Package access decides who may do what: keys, roles, and the matrix of every route. It holds no state and speaks no HTTP.
package access

import "patchbay/internal/directory"

// Principal is who asks. It comes from the credential alone: nothing in a path, query or body can change it.
type Principal struct {
	AccountID string
	Role      directory.Role
	OrgID     string // organization and user keys: the one organization they see
	UserID    string // user keys: whose
	KeyID     string
}

// Of is the principal that a key stands for.
func Of(k *directory.Key) *Principal {
	return &Principal{AccountID: k.AccountID, Role: k.Role, OrgID: k.OrgID, UserID: k.UserID, KeyID: k.ID}
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
