package inbound

import (
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// optOuts is whose list a contact goes on who told the provider, not us, that they want no messages: that of the number that the callback
// names. One that names none is meant for all that we would send through this provider, so for every organization that it proved itself to:
// a text too few can be mended.
func (h *heard) optOuts(row *message.Callback, ev *service.Event) []message.OptOut {
	contact, number := ev.From, ev.To
	if _, ours := h.Find(contact); ours && number != "" { // as in a receipt, either may be ours
		contact, number = number, contact
	}
	if number == "" {
		number = row.Number
	}
	if contact = clean(contact); contact == "" {
		return nil
	}
	if number != "" {
		n, ok := h.Find(number)
		if !ok {
			return nil
		}
		of := h.src.rows[n.Value]
		return []message.OptOut{{AccountID: row.AccountID, OrgID: of.OrgID, Number: of.Value, NumberID: of.ID, Contact: contact, Since: row.At, Source: message.ByProvider}}
	}
	var list []message.OptOut
	seen := map[string]bool{}
	for _, m := range h.passed {
		if !seen[m.OrgID] {
			seen[m.OrgID] = true
			list = append(list, message.OptOut{AccountID: row.AccountID, OrgID: m.OrgID, Contact: contact, Since: row.At, Source: message.ByProvider})
		}
	}
	return list
}
