package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"patchbay/internal/service"
)

// control is what tests and people steer the provider by, under /_simulate.
func (p *Provider) control(m *http.ServeMux) {
	m.HandleFunc("GET "+controlPath, p.showSelf)
	m.HandleFunc("GET "+controlPath+"/file", p.showFile)
	m.HandleFunc("GET "+controlPath+"/received", p.showReceived)
	m.HandleFunc("POST "+controlPath+"/message", p.textFromOutside)
	m.HandleFunc("POST "+controlPath+"/receipt", p.receiptFromOutside)
	m.HandleFunc("POST "+controlPath+"/faults", p.setFaults)
	m.HandleFunc("POST "+controlPath+"/callback", p.setCallback)
}

func (p *Provider) showSelf(w http.ResponseWriter, _ *http.Request) {
	type named struct{ Name, Argument, Says string }
	faults := make([]named, len(Faults))
	for i, f := range Faults {
		faults[i] = named{f.Name, f.Argument, f.Says}
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"service": p.fake.ID, "properties": p.Values(), "callback": p.webhook(), "gaps": p.Gaps(), "faults": faults, "numbers": Magics,
	})
}

func (p *Provider) showFile(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(p.file) // a client that went away is no news to a simulator
}

func (p *Provider) showReceived(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"data": p.Received(), "counts": p.Counts()})
}

// fromOutside decodes what a test or a person wants.
func fromOutside(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_json", err.Error())
		return false
	}
	return true
}

// proofs is how callbacks may be asked for.
var proofs = map[string]service.Proof{"": service.Signed, "signed": service.Signed, "unsigned": service.Unsigned, "forged": service.Forged}

func (p *Provider) textFromOutside(w http.ResponseWriter, r *http.Request) {
	var in struct {
		From, To, Text, MessageID, Proof string
		Picture                          bool
		URLs                             []string
	}
	if !fromOutside(w, r, &in) {
		return
	}
	proof, known := proofs[in.Proof]
	if in.From == "" || in.To == "" || in.Text == "" && !in.Picture && len(in.URLs) == 0 || !known {
		refuse(w, http.StatusBadRequest, "missing", `say "from" (a contact), "to" (our number), and "text", "picture" or "urls"; "proof" is signed, unsigned or forged`)
		return
	}
	e := service.Emission{From: in.From, To: in.To, Text: in.Text, MessageID: in.MessageID, Proof: proof}
	if in.Picture {
		e.Files = p.pictures()
	}
	for _, u := range in.URLs {
		e.Files = append(e.Files, service.File{URL: u})
	}
	id, status, err := p.Text(r.Context(), e)
	brought(w, id, status, err)
}

// brought answers what came of a callback: the status that it was answered with, or why there is none.
func brought(w http.ResponseWriter, id string, status int, err error) {
	if err != nil && status == 0 {
		refuse(w, http.StatusUnprocessableEntity, "not_sent", err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"messageid": id, "status": status})
}

// receiptWords is what a receipt may say.
var receiptWords = map[string]service.EventType{
	"sent": service.EventSent, "delivered": service.EventDelivered, "failed": service.EventFailed, "read": service.EventRead,
}

func (p *Provider) receiptFromOutside(w http.ResponseWriter, r *http.Request) {
	in := struct{ MessageID, ID, Status, Word, Code, Text, Proof string }{}
	if !fromOutside(w, r, &in) {
		return
	}
	kind, known := receiptWords[in.Status]
	proof, proves := proofs[in.Proof]
	if !known || !proves || in.MessageID == "" && in.ID == "" {
		refuse(w, http.StatusBadRequest, "missing", `say "messageid" or "id", and "status": sent, delivered, failed or read; "proof" is signed, unsigned or forged`)
		return
	}
	e := service.Emission{Type: kind, MessageID: in.MessageID, ID: in.ID, Word: in.Word, ErrorCode: in.Code, ErrorText: in.Text, Proof: proof}
	status, err := p.Receipt(r.Context(), e)
	brought(w, in.MessageID, status, err)
}

func (p *Provider) setFaults(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Faults   []string
		Messages int
	}
	if !fromOutside(w, r, &in) {
		return
	}
	if err := CheckFaults(in.Faults); err != nil {
		refuse(w, http.StatusBadRequest, "fault", err.Error())
		return
	}
	p.FailNext(max(1, in.Messages), in.Faults...)
	writeJSON(w, http.StatusOK, map[string]any{"faults": in.Faults, "messages": max(1, in.Messages)})
}

// FailNext lets faults happen to the next n messages. They must be right: see CheckFaults.
func (p *Provider) FailNext(n int, faults ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.left = slices.Clone(faults), n
}

func (p *Provider) setCallback(w http.ResponseWriter, r *http.Request) {
	var in struct{ URL string }
	if !fromOutside(w, r, &in) {
		return
	}
	if !strings.HasPrefix(in.URL, "http://") && !strings.HasPrefix(in.URL, "https://") {
		refuse(w, http.StatusBadRequest, "url", "a webhook URL begins with http:// or https://")
		return
	}
	p.SendCallbacksTo(in.URL)
	writeJSON(w, http.StatusOK, map[string]string{"callback": in.URL})
}
