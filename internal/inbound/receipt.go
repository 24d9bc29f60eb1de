package inbound

import (
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// receipt is what the provider says about a message that we sent. It is matched only among the messages of the integrations that the
// callback proved itself to; when it names one of their numbers, of that one alone.
func (h *heard) receipt(row *message.Callback, ev *service.Event) (message.Receipt, bool) {
	status, ok := ev.Status()
	if !ok || ev.MessageID == "" && ev.ID == "" {
		return message.Receipt{}, false
	}
	r := message.Receipt{
		AccountID: row.AccountID, IntegrationIDs: row.IntegrationIDs, Ref: ev.MessageID, ID: ev.ID,
		Status: status, At: row.At,
		// Some providers say the key that was wrong.
		ErrorCode: clean(hide(ev.ErrorCode, h.passed)), ErrorText: clean(hide(ev.ErrorText, h.passed)),
	}
	if status == message.Failed && r.ErrorCode == "" {
		r.ErrorCode = clean(hide(ev.Word, h.passed))
	}
	for _, spelling := range [...]string{ev.To, ev.From} {
		if spelling == "" {
			continue
		}
		if n, ok := h.Find(spelling); ok {
			r.IntegrationIDs = []string{n.Integration}
			break
		}
	}
	return r, true
}
