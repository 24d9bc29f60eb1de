package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Gateway is the Patchbay that the page sends through as one of its users.
type Gateway struct {
	URL     string // without a slash at its end
	Key     string
	Senders []Sender
}

// Sender is a user and the number that the user texts from.
type Sender struct {
	OrgID  string `json:"orgid"`
	UserID string `json:"user"`
	Name   string `json:"name"`
	Number string `json:"number"`
}

// SendThrough lets the page send as the gateway's users.
func (s *Server) SendThrough(g Gateway) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gateway = &g
}

// sendAsUser is what the page calls when somebody writes on the users' side.
func (s *Server) sendAsUser(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	g := s.gateway
	s.mu.Unlock()
	if g == nil {
		refuse(w, http.StatusConflict, "no_gateway", "this simulator was not started by a gateway; send through the gateway's own API")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if err != nil {
		refuse(w, http.StatusBadRequest, "too_large", err.Error())
		return
	}
	status, answer, err := s.call(r.Context(), g, http.MethodPost, "/v1/messages", body)
	if err != nil {
		refuse(w, http.StatusBadGateway, "gateway", err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (s *Server) gatewayMessages(ctx context.Context, g *Gateway) (json.RawMessage, error) {
	status, b, err := s.call(ctx, g, http.MethodGet, "/v1/messages?limit=50", nil)
	if err != nil {
		return nil, err
	}
	var list struct{ Data json.RawMessage }
	if status != http.StatusOK || json.Unmarshal(b, &list) != nil {
		return nil, fmt.Errorf("the gateway answered %d", status)
	}
	return list.Data, nil
}

func (s *Server) call(ctx context.Context, g *Gateway, method, path string, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, g.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+g.Key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("the gateway does not answer")
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	return resp.StatusCode, b, err
}
