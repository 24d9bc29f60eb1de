package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// used is what the days count, and recounted the same from the messages themselves.
type used struct {
	message.Usage
	failures map[string]int64
}

func (w *World) used() map[string]used {
	f := message.UsageFilter{AccountID: w.Acct, From: time.Unix(0, 0), To: time.Now().AddDate(100, 0, 0)}
	list, err := w.Usage(w.Ctx, f)
	w.must(err)
	out := map[string]used{}
	for _, u := range list {
		f.OrgID, f.Number, f.ServiceID = u.OrgID, u.Number, u.ServiceID
		failures, err := w.Failures(w.Ctx, f, 1000)
		w.must(err)
		one := used{u, map[string]int64{}}
		for _, fail := range failures {
			one.failures[fail.Code] = fail.Messages
		}
		out[u.OrgID+" "+u.Number+" "+u.ServiceID] = one
	}
	return out
}

func (w *World) recounted() map[string]used {
	out := map[string]used{}
	for cursor := ""; ; {
		views, next, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct}, store.Page{Limit: 200, Cursor: cursor})
		w.must(err)
		for _, v := range views {
			first := v.History[0].Status
			if v.IntegrationID == "" || first != message.Queued && first != message.Received {
				continue // no provider's
			}
			number, segments, files := v.From, int64(v.Segments), int64(len(v.URLs))
			if v.Direction == message.Inbound {
				_, n, _ := phone.Segments(v.Content)
				number, segments, files = v.To, int64(n), int64(len(v.Media))
			}
			key := v.OrgID + " " + number + " " + v.ServiceID
			u, ok := out[key]
			if !ok {
				u = used{message.Usage{OrgID: v.OrgID, Number: number, ServiceID: v.ServiceID}, map[string]int64{}}
			}
			c := message.Counted{Messages: 1, Segments: segments, Files: files}
			failed := c
			if v.Content != "" {
				c.Texts = 1
			}
			add := func(to *message.Counted, c message.Counted) {
				*to = message.Counted{Messages: to.Messages + c.Messages, Texts: to.Texts + c.Texts, Segments: to.Segments + c.Segments, Files: to.Files + c.Files}
			}
			if v.Direction == message.Inbound {
				add(&u.In, c)
			} else {
				add(&u.Out, c)
			}
			switch v.Status {
			case message.Failed, message.Expired:
				u.failures[v.ErrorCode]++
				add(&u.Failed, failed)
			case message.Cancelled:
				add(&u.Failed, failed)
			case message.Delivered:
				u.Delivered++
			case message.Read:
				if v.Direction == message.Outbound {
					u.Delivered++
				}
			}
			out[key] = u
		}
		if cursor = next; next == "" {
			return out
		}
	}
}

// usageConserved: what the days count is what the messages are.
func (w *World) usageConserved() {
	w.t.Helper()
	if w.retained {
		return
	}
	if got, want := fmt.Sprint(w.used()), fmt.Sprint(w.recounted()); got != want {
		w.t.Errorf("the days count\n%s\nand the messages are\n%s", got, want)
	}
}

// Retain drops what is old, of which the days go on counting.
func (w *World) Retain(ctx context.Context, now time.Time) error {
	w.retained = true
	before := fmt.Sprint(w.used())
	err := w.Store.Retain(ctx, now)
	if after := fmt.Sprint(w.used()); after != before {
		w.t.Errorf("retention changes what the days count:\n%s\n%s", before, after)
	}
	return err
}

func countsUsage(t *testing.T, w *World) {
	a := w.Outbound(w.Num, number(1), "one of two files")
	a.Message.URLs, a.Message.Segments = []string{"https://a.example.com/1", "https://a.example.com/2"}, 3
	_, err := w.Accept(w.Ctx, a)
	w.must(err)
	w.Settle(Ends(w.ClaimOne(), message.Accepted, message.Sent, "p1"))
	failing := w.Send(number(2), "")
	s := Ends(w.ClaimOne(), message.Refused, message.Failed)
	s.ErrorCode, s.ErrorText = "30003", "unreachable"
	w.Settle(s)
	unclear := w.Send(number(3), "é😀")
	w.Settle(Ends(w.ClaimOne(), message.Maybe, message.Unclear))
	cancelled := w.Send(number(4), "x")
	w.must(w.CancelMessage(w.Ctx, w.Acct, cancelled, time.Now()))
	w.must(w.ReceiveCallback(w.Ctx, &message.Callback{AccountID: w.Acct, State: message.CallbackDone}, message.Applied{Arrivals: []message.Arrival{
		w.Arrival(number(5), "$to$ 0123", "i1"), w.Arrival(number(5), "$to$ 0123", "i1"), w.Arrival(number(6), "", "i2"),
	}}))
	w.usageConserved()
	if got := w.failuresOf(); got != "map[30003:1]" {
		t.Errorf("failures %s", got)
	}
	w.must(w.DismissMessage(w.Ctx, w.Acct, unclear, time.Now()))
	w.Receipt(message.Receipt{ID: failing, Status: message.Delivered, At: time.Now()}) // late, and all the same
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Delivered, At: time.Now()})
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Delivered, At: time.Now()})
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Read, At: time.Now()})
	w.usageConserved()
	if got := w.failuresOf(); got != "map[dismissed:1]" {
		t.Errorf("failures %s", got)
	}
	days, err := w.Days(w.Ctx, message.UsageFilter{AccountID: w.Acct, OrgID: w.Org.ID, From: time.Now().AddDate(0, 0, -1), To: time.Now()})
	w.must(err)
	if n := len(days); n == 0 || n > 2 {
		t.Fatalf("%d days", n)
	}
	var in, out, failed, delivered int64
	for _, d := range days {
		in, out, failed, delivered = in+d.In, out+d.Out, failed+d.Failed, delivered+d.Delivered
	}
	if in != 2 || out != 4 || failed != 2 || delivered != 2 {
		t.Errorf("days %+v", days)
	}
	for _, f := range []message.UsageFilter{
		{AccountID: "another"}, {AccountID: w.Acct, OrgID: "another"}, {AccountID: w.Acct, Number: "+1"}, {AccountID: w.Acct, ServiceID: "x"},
		{AccountID: w.Acct, IntegrationID: "x"},
	} {
		f.From, f.To = time.Now().AddDate(0, 0, -1), time.Now()
		if list, err := w.Usage(w.Ctx, f); err != nil || len(list) != 0 {
			t.Errorf("%+v: %v, %v", f, list, err)
		}
	}
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	if got := w.used(); len(got) != 0 {
		t.Errorf("an organization that is gone has %v", got)
	}
}

func (w *World) failuresOf() string {
	for _, u := range w.used() {
		return fmt.Sprint(u.failures)
	}
	return ""
}
