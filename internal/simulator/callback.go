package simulator

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// callback is what the carrier tells the webhook URL.
type callback struct {
	Event  string   `json:"event"` // message.received | message.status
	ID     string   `json:"id"`
	From   string   `json:"from,omitempty"`
	To     string   `json:"to,omitempty"`
	Text   string   `json:"text,omitempty"`
	Media  []media  `json:"media,omitempty"`
	Status string   `json:"status,omitempty"` // sent | delivered | undelivered | read
	Error  *problem `json:"error,omitempty"`
}

type media struct {
	URL  string `json:"url"`
	Type string `json:"type"`
}

func urls(ms []media) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.URL)
	}
	return out
}

// deliver brings a callback, and reports whether a 2xx came.
func (s *Server) deliver(ctx context.Context, c callback) bool {
	body, err := json.Marshal(c)
	if err != nil {
		s.log.Error("simulator: encode callback", "err", err)
		return false
	}
	_, err = s.bring(ctx, c.Event, s.retries, func() (*http.Request, error) { return s.signed(body) })
	return err == nil
}

var errNoWebhook = errors.New("no webhook URL is set")

func (s *Server) signed(body []byte) (*http.Request, error) {
	to := s.webhook()
	if to == "" {
		return nil, errNoWebhook
	}
	r, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Simulator-Timestamp", stamp)
	r.Header.Set("X-Simulator-Signature", Sign(s.o.Secret, stamp, body))
	return r, nil
}

// Sign is the carrier's signature: hex of HMAC-SHA256 over timestamp, a dot, and the body.
func Sign(secret, timestamp string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(timestamp + "."))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// Text makes the handset `from` text one of our numbers, and reports the carrier's id and whether the callback was answered with a 2xx.
func (s *Server) Text(ctx context.Context, from, to, text string, pictures ...string) (id string, taken bool) {
	c := callback{Event: "message.received", ID: newID("SIM"), From: from, To: to, Text: text}
	for _, p := range pictures {
		c.Media = append(c.Media, media{URL: p, Type: "image/png"})
	}
	s.show(from, line{Ours: to, Text: text, Media: pictures, Mine: true})
	return c.ID, s.deliver(ctx, c)
}
