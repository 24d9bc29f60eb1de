package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// order is a text as a sender hands it to the carrier.
type order struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Text      string   `json:"text"`
	Media     []string `json:"media"`
	Reference string   `json:"reference"`
}

const maxOrder = 1 << 20

// statuses is how this carrier says that it did not take a text.
var statuses = map[string]int{busy: http.StatusTooManyRequests, refused: http.StatusBadRequest}

// takeMessage is POST /messages: the carrier's send API.
func (s *Server) takeMessage(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.o.APIKey)) != 1 {
		refuse(w, http.StatusUnauthorized, "20003", "Authenticate")
		return
	}
	var m order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&m); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_json", err.Error())
		return
	}
	if m.From == "" || m.To == "" || m.Text == "" && len(m.Media) == 0 {
		refuse(w, http.StatusBadRequest, "missing", "from, to, and text or media are needed")
		return
	}
	sc := scriptFor(m.To, s.countTry(m.Reference), 400*time.Millisecond)
	if status := statuses[sc.Outcome]; status != 0 {
		if sc.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(sc.After))
		}
		refuse(w, status, sc.Code, sc.Reason)
		return
	}
	id := newID("SIM")
	if s.o.Taken != nil {
		s.o.Taken(Taken{ID: id, Reference: m.Reference, From: m.From, To: m.To, Text: m.Text, Media: m.Media})
	}
	s.ring(m)
	if sc.Cut {
		// The text is taken and nobody hears of it: what every sender has to live with.
		hangUp(w)
		return
	}
	if sc.Early {
		s.deliver(s.ctx, receipt(id, sc))
	}
	writeJSON(w, http.StatusOK, map[string]string{"id": id})
	s.follow(m, id, sc)
}

// follow schedules what comes after a text was taken: receipts, and a reply.
func (s *Server) follow(m order, id string, sc script) {
	if sc.Receipt != "" && !sc.Early {
		s.later(sc.Wait/2, func() { s.deliver(s.ctx, callback{Event: "message.status", ID: id, Status: "sent"}) })
		s.later(sc.Wait, func() { s.deliver(s.ctx, receipt(id, sc)) })
	}
	if sc.Reply == "" {
		return
	}
	reply := callback{Event: "message.received", ID: newID("SIM"), From: m.To, To: m.From, Text: sc.Reply}
	if sc.Picture {
		reply.Media = []media{{URL: s.URL() + "/media/sample.png", Type: "image/png"}}
	}
	s.later(600*time.Millisecond, func() {
		s.show(m.To, line{Ours: m.From, Text: reply.Text, Media: urls(reply.Media), Mine: true})
		s.deliver(s.ctx, reply)
		if sc.Twice {
			s.deliver(s.ctx, reply)
		}
	})
}

func receipt(id string, sc script) callback {
	c := callback{Event: "message.status", ID: id, Status: sc.Receipt}
	if sc.Code != "" {
		c.Error = &problem{Code: sc.Code, Message: sc.Reason}
	}
	return c
}

// countTry counts how often a reference was offered. It forgets everything now and then: the count only steers the busy number.
func (s *Server) countTry(reference string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tries) > 100_000 {
		clear(s.tries)
	}
	s.tries[reference]++
	return s.tries[reference]
}

type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]problem{"error": {Code: code, Message: message}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that went away is no news to a simulator
}
