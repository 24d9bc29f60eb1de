package inbound

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

const (
	confirmAtOnce  = 4 // addresses called side by side
	confirmTimeout = 15 * time.Second
	confirmLease   = time.Minute // longer than a call takes
)

// confirmWaits is how long to wait after each try, and so how many there are.
var confirmWaits = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}

// confirmation is the address that an event wants called, for one of the integrations that the callback is for.
func confirmation(row *message.Callback, ev *service.Event, m *member) message.Confirmation {
	return message.Confirmation{
		ID: message.NewID(), AccountID: row.AccountID, OrgID: m.OrgID, IntegrationID: m.ID,
		ServiceID: row.ServiceID, ServiceVersion: row.ServiceVersion, URL: ev.Confirm,
	}
}

// confirmAll calls addresses that providers named, until ctx ends.
func (f *Flow) confirmAll(ctx context.Context) {
	if f.door == nil {
		return
	}
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		list, err := f.store.ClaimConfirmations(ctx, time.Now(), confirmLease, confirmAtOnce)
		if err != nil && ctx.Err() == nil {
			f.log.Error("addresses to confirm not read", "why", err)
		}
		var calls sync.WaitGroup
		for _, c := range list {
			calls.Go(func() { f.contain("confirm", func() { f.confirm(ctx, c) }) })
		}
		calls.Wait()
		if len(list) == confirmAtOnce {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-f.confirms:
		case <-tick.C:
		}
	}
}

// confirm calls one address once. What comes back is of no interest but for its status, and no credentials go there.
func (f *Flow) confirm(ctx context.Context, c message.Confirmation) {
	log := f.log.With("service", c.ServiceID, "integration", c.IntegrationID, "host", hostOf(c.URL), "try", c.Tries)
	reason, again := "every try was cut off", false
	if c.Tries <= len(confirmWaits)+1 {
		x := f.door.Do(ctx, &wire.Request{Method: http.MethodGet, URL: c.URL}, exchange.Options{Timeout: confirmTimeout, Pool: c.IntegrationID})
		if ctx.Err() != nil {
			return // we are closing; its lease ends
		}
		reason, again = judge(&x)
	}
	retryAt := time.Time{}
	if again && c.Tries <= len(confirmWaits) {
		retryAt = time.Now().Add(confirmWaits[max(c.Tries-1, 0)])
	}
	if err := f.store.SettleConfirmation(ctx, c, reason, retryAt); err != nil {
		log.Error("confirmation not settled", "why", err)
		return
	}
	switch {
	case reason == "":
		log.Info("webhook URL confirmed")
	case retryAt.IsZero():
		log.Error("webhook URL not confirmed", "why", reason)
	default:
		log.Warn("webhook URL not confirmed yet", "why", reason, "next", retryAt)
	}
}

// judge is why a call has confirmed nothing, if so, and whether another may.
func judge(x *exchange.Exchange) (reason string, again bool) {
	if x.Phase != exchange.Answered {
		return x.Err.Error(), !exchange.IsBlocked(x.Err)
	}
	status := x.Response.Status
	if status/100 == 2 {
		return "", false
	}
	return fmt.Sprintf("the provider answered %d", status), status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Hostname()
	}
	return ""
}
