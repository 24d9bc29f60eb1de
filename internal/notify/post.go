package notify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/wire"
)

// tell tells one notification; why is empty when it was taken, and answered says whether anybody was there.
func (d *Deliverer) tell(ctx context.Context, w *message.Delivery, sign signer, log *tries, n *message.Notification) (why string, answered bool) {
	requests, err := bodies(n, w.Format, w.Token, d.link)
	if err != nil {
		return err.Error(), true
	}
	for i, b := range requests {
		if why, answered = d.post(ctx, w, sign, log, n, notificationID(n.Seq, i), b); why != "" {
			d.counters.Failed.Add(1)
			return why, answered
		}
	}
	d.counters.Delivered.Add(1)
	return "", true
}

func (d *Deliverer) post(ctx context.Context, w *message.Delivery, sign signer, log *tries, n *message.Notification, id string, body []byte) (why string, answered bool) {
	h := http.Header{"Content-Type": {"application/json"}}
	at := time.Now()
	sign.headers(h, id, at, body)
	if w.Again {
		h.Set(replayHeader, "true")
	}
	e := d.door.Do(ctx, &wire.Request{Method: http.MethodPost, URL: w.URL, Header: h, Body: body}, exchange.Options{
		Timeout: deliverFor, MaxBody: answerLimit, Pool: "webhook/" + w.WebhookID,
	})
	defer func() {
		if ctx.Err() == nil { // else we were stopped, which says nothing of the program
			log.add(w, n, at, &e, why)
		}
	}()
	if e.Response == nil {
		return fmt.Sprintf("no answer: %v", e.Err), false
	}
	if e.Response.Status/100 != 2 {
		return fmt.Sprintf("answered %d", e.Response.Status), true
	}
	return "", true
}

// replayHeader marks what was told before and is told once more because somebody asked.
const replayHeader = "Webhook-Replay"

// notificationID is the webhook-id: the same whenever this notification is told, so that a program can tell a repetition.
func notificationID(seq int64, part int) string {
	if part == 0 {
		return fmt.Sprintf("ntf_%d", seq)
	}
	return fmt.Sprintf("ntf_%d_%d", seq, part)
}
