package notify

import (
	"strings"
	"sync"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/secret"
)

const (
	triesKept  = 50  // of one batch: the failures and, of what was taken, the last
	answerKept = 300 // bytes of an answer
)

// tries are the requests of one batch, for the webhook's log. Of a large one they are some: a log that costs as much as what it tells of is
// none to keep.
type tries struct {
	veil *secret.Redactor

	mu            sync.Mutex
	taken, failed []message.DeliveryTry
}

func newTries(w *message.Delivery) *tries {
	return &tries{veil: secret.NewRedactor(w.Secret, strings.TrimPrefix(w.Secret, secretPrefix), w.OldSecret, strings.TrimPrefix(w.OldSecret, secretPrefix), w.Token)}
}

// add keeps what came of a request.
func (l *tries) add(w *message.Delivery, n *message.Notification, at time.Time, e *exchange.Exchange, why string) {
	d := message.DeliveryTry{
		Notification: n.Seq, Type: n.Type, OrgID: n.OrgID, Again: w.Again, At: at, Duration: e.Duration, Error: l.veil.Redact(why),
	}
	if e.Response != nil {
		d.Status = e.Response.Status
		d.Response = l.veil.Clip(plain(e.Response.Body), answerKept)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	to := &l.taken
	if why != "" {
		to = &l.failed
	}
	if *to = append(*to, d); len(*to) > triesKept {
		*to = (*to)[1:]
	}
}

// list is what is kept, the oldest first.
func (l *tries) list() []message.DeliveryTry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(append([]message.DeliveryTry{}, l.taken[min(max(len(l.taken)+len(l.failed)-triesKept, 0), len(l.taken)):]...), l.failed...)
}

// plain is the beginning of an answer as text: no database of ours refuses it.
func plain(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), 4*answerKept)]), "\uFFFD")
	return strings.ReplaceAll(text, "\x00", "\uFFFD")
}
