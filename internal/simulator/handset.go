package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxHandsets = 60  // on the page; the oldest goes
	maxLines    = 200 // on one handset
)

// handset is a contact's phone as the page shows it.
type handset struct {
	Number string `json:"number"`
	Lines  []line `json:"lines"`
}

// line is one text on a handset.
type line struct {
	Ours  string    `json:"ours"` // the number of ours on the other side
	Text  string    `json:"text"`
	Media []string  `json:"media,omitempty"`
	Mine  bool      `json:"mine"` // written on this handset
	At    time.Time `json:"at"`
}

// ring puts an arrived text on its handset.
func (s *Server) ring(m order) {
	s.show(m.To, line{Ours: m.From, Text: m.Text, Media: m.Media})
}

func (s *Server) show(number string, l line) {
	l.At = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	i := slices.IndexFunc(s.handsets, func(h *handset) bool { return h.Number == number })
	h := &handset{Number: number}
	if i >= 0 {
		h = s.handsets[i]
		s.handsets = slices.Delete(s.handsets, i, i+1)
	}
	h.Lines = append(h.Lines, l)
	if extra := len(h.Lines) - maxLines; extra > 0 {
		h.Lines = slices.Delete(h.Lines, 0, extra)
	}
	s.handsets = append(s.handsets, h)
	if extra := len(s.handsets) - maxHandsets; extra > 0 {
		s.handsets = slices.Delete(s.handsets, 0, extra)
	}
}

// state is everything the page shows.
type state struct {
	Version  int             `json:"version"`
	Magics   []Magic         `json:"magics"`
	Handsets []handset       `json:"handsets"` // last used first
	Senders  []Sender        `json:"senders"`
	Messages json.RawMessage `json:"messages,omitempty"` // the gateway's own list
	Trouble  string          `json:"trouble,omitempty"`  // why that list is missing
}

func (s *Server) showState(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	st := state{Version: s.version, Magics: Magics}
	for _, h := range slices.Backward(s.handsets) {
		st.Handsets = append(st.Handsets, handset{Number: h.Number, Lines: slices.Clone(h.Lines)})
	}
	g := s.gateway
	s.mu.Unlock()
	if g != nil {
		st.Senders = g.Senders
		var err error
		if st.Messages, err = s.gatewayMessages(r.Context(), g); err != nil {
			st.Trouble = err.Error()
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, st)
}

// replyFromHandset is what the page calls when somebody writes on a handset.
func (s *Server) replyFromHandset(w http.ResponseWriter, r *http.Request) {
	var m struct {
		From, To, Text string
		Picture        bool
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&m); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_json", err.Error())
		return
	}
	m.From, m.To = strings.TrimSpace(m.From), strings.TrimSpace(m.To)
	if m.From == "" || m.To == "" || m.Text == "" && !m.Picture {
		refuse(w, http.StatusBadRequest, "missing", "say which handset writes, to which number, and what")
		return
	}
	var pictures []string
	if m.Picture {
		pictures = []string{s.URL() + "/media/sample.png"}
	}
	id, taken := s.Text(r.Context(), m.From, m.To, m.Text, pictures...)
	if !taken {
		refuse(w, http.StatusBadGateway, "not_taken", "the gateway did not take the text; is it running, and is the webhook URL set?")
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"id": id})
}
