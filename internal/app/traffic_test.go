package app_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// table is a file as a spreadsheet would show it, without its first line.
func (a answer) table(t *testing.T) (rows []map[string]string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("no file: %v\n%s", err, a.body)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// traffic is a world with messages of every fate: texts refused with a code, taken and delivered, and some that came in.
func traffic(t *testing.T) (*world, *provider, *team) {
	t.Helper()
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	return w, p, tm
}

func TestMessagesAreFoundByWhatBecameOfThem(t *testing.T) {
	w, p, tm := traffic(t)
	refuse := false
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if refuse {
			w.WriteHeader(400)
			return
		}
		fmt.Fprint(w, `{"data":{"id":"p1"}}`)
	})
	send := func(to, text string) string {
		id := w.account.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.user, "from": tm.number, "to": to, "content": text}).str("id")
		w.account.until("/v1/messages/"+id, func(a answer) bool { return a.str("status") == "sent" || a.str("status") == "failed" })
		return id
	}
	sent := send("+15550100001", "=1+1")
	refuse = true
	failed := send("+15550100002", "second")
	w.post(tm.webhook, "application/json", `{"method":"message","params":{"from":"+15550100003","to":"+15550001001","content":"in, \"quoted\"\n$to$"}}`)
	inbound := w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")[0]["id"].(string)
	code := w.account.call(200, "GET", "/v1/messages/"+failed, nil).json["error"].(map[string]any)["code"].(string)
	integration := ""
	today := time.Now().UTC().Format(time.DateOnly)
	for query, want := range map[string][]string{
		"":                                   {inbound, failed, sent},
		"status=sent,failed":                 {failed, sent},
		"status=sent&status=received":        {inbound, sent},
		"status=failed":                      {failed},
		"status=failed,unclear":              {failed},
		"number=%2B15550001001":              {inbound, failed, sent},
		"number=%2B15550100001":              {},
		"service=ACME":                       {inbound, failed, sent},
		"service=nobody":                     {},
		"integration=nobody" + integration:   {},
		"user=" + tm.user:                    {failed, sent},
		"user=" + tm.idle:                    {},
		"code=" + url.QueryEscape(code):      {failed},
		"code=nothing":                       {},
		"outcome=refused":                    {failed},
		"outcome=accepted":                   {sent},
		"since=" + today:                     {inbound, failed, sent},
		"until=" + today:                     {inbound, failed, sent},
		"until=2020-01-01":                   {},
		"since=2099-01-01T00:00:00Z":         {},
		"orgid=" + tm.org + "&status=failed": {failed},
	} {
		var got []string
		for _, row := range w.account.call(200, "GET", "/v1/messages?"+query, nil).list("data") {
			got = append(got, row["id"].(string))
		}
		if !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
		rows := w.account.call(200, "GET", "/v1/messages.csv?"+query, nil).table(t)
		if len(rows) != len(want) {
			t.Errorf("%q: a file of %d lines, want %d", query, len(rows), len(want))
		}
	}
	for _, query := range []string{"status=lost", "status=sent,lost", "outcome=good", "since=yesterday", "until=2026-13-01", "direction=up"} {
		w.account.refused(422, "invalid", "GET", "/v1/messages?"+query, nil)
		w.account.refused(422, "invalid", "GET", "/v1/messages.csv?"+query, nil)
	}
	rows := w.account.call(200, "GET", "/v1/messages.csv", nil).table(t)
	if rows[2]["content"] != "'=1+1" || rows[0]["content"] != "in, \"quoted\"\n$to$" || rows[1]["error_code"] != code || rows[2]["messageids"] != "p1" || rows[2]["user"] != tm.user {
		t.Errorf("the file says %v", rows)
	}
	if got := w.anotherAccount().call(200, "GET", "/v1/messages.csv", nil).table(t); len(got) != 0 {
		t.Errorf("another account exports %v", got)
	}
	if got := tm.keys["user"].call(200, "GET", "/v1/messages.csv", nil).table(t); len(got) == 0 {
		t.Error("a user exports nothing of their own")
	}
}

func TestAMessageTellsWhichCallbackSaidWhat(t *testing.T) {
	w, p, tm := traffic(t)
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"data":{"id":"p1"}}`)
	})
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.user, "from": tm.number, "to": "+15550100001", "content": "hi"}).str("id")
	w.account.until("/v1/messages/"+id, hasStatus("sent"))
	w.post(tm.webhook, "application/json", `{"method":"delivered","params":{"messageid":"p1"}}`)
	w.post(tm.webhook, "application/json", `{"method":"message","params":{"from":"+15550100003","to":"+15550001001","content":"hello"}}`)
	history := w.account.until("/v1/messages/"+id, hasStatus("delivered")).list("history")
	last := history[len(history)-1]
	callback, _ := last["callback"].(string)
	if history[0]["callback"] != nil || callback == "" {
		t.Fatalf("history %v", history)
	}
	read := w.account.call(200, "GET", "/v1/callbacks/"+callback, nil)
	if !strings.Contains(read.str("body"), "delivered") || !strings.Contains(fmt.Sprint(read.json["read"]), "/Webhook/") {
		t.Errorf("the callback is %s", read.body)
	}
	in := w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")[0]
	if first := in["history"].([]any)[0].(map[string]any); first["callback"] == nil || first["callback"] == callback {
		t.Errorf("what came in came by %v", first)
	}
}

func TestUsageIsExactAndStatsShowTheDays(t *testing.T) {
	w, p, tm := traffic(t)
	refuse := false
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if refuse {
			w.WriteHeader(400)
		}
		fmt.Fprint(w, `{"data":{"id":"p1"}}`)
	})
	segments := 0
	for i, text := range append(nasty, "ü😀"+strings.Repeat("x", 200)) {
		refuse = i == 0
		id := w.account.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.user, "from": tm.number, "to": "+15550100001", "content": text}).str("id")
		a := w.account.until("/v1/messages/"+id, func(a answer) bool { return a.str("status") == "sent" || a.str("status") == "failed" })
		segments += int(a.json["segments"].(float64))
	}
	w.post(tm.webhook, "application/json", `{"method":"message","params":{"from":"+15550100003","to":"+15550001001","content":"`+strings.Repeat("a", 161)+`"}}`)
	w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 })
	sent := float64(len(nasty) + 1)
	month := time.Now().UTC().Format("2006-01")
	for _, by := range []*caller{w.account, tm.keys["organization"]} {
		a := by.call(200, "GET", "/v1/usage?month="+month, nil)
		rows := a.list("data")
		if len(rows) != 1 || a.str("month") != month || rows[0]["number"] != tm.number || rows[0]["orgid"] != tm.org || rows[0]["service"] != "acme" {
			t.Fatalf("usage %s", a.body)
		}
		out, in := rows[0]["out"].(map[string]any), rows[0]["in"].(map[string]any)
		if out["messages"] != sent || out["texts"] != sent || out["segments"] != float64(segments) || rows[0]["failed"].(map[string]any)["messages"] != 1.0 {
			t.Errorf("sent %v segments in %v texts, and usage is %s", segments, sent, a.body)
		}
		if in["messages"] != 1.0 || in["segments"] != 2.0 {
			t.Errorf("received %v", in)
		}
		stats := by.call(200, "GET", "/v1/stats?number="+url.QueryEscape(tm.number), nil)
		days := stats.list("days")
		if len(days) != 30 || days[29]["day"] != stats.str("to") {
			t.Fatalf("stats %s", stats.body)
		}
		if today := days[29]; today["out"] != sent && days[28]["out"] != sent || len(stats.list("failures")) != 1 || stats.list("failures")[0]["messages"] != 1.0 {
			t.Errorf("stats %s", stats.body)
		}
	}
	rows := w.account.call(200, "GET", "/v1/usage.csv?month="+month, nil).table(t)
	if len(rows) != 1 || rows[0]["out_segments"] != fmt.Sprint(segments) || rows[0]["number"] != tm.number || rows[0]["domain"] != "a" {
		t.Errorf("the file says %v", rows)
	}
	if a := w.account.call(200, "GET", "/v1/usage?month=2020-01", nil); len(a.list("data")) != 0 {
		t.Errorf("another month: %s", a.body)
	}
	if a := w.anotherAccount().call(200, "GET", "/v1/usage", nil); len(a.list("data")) != 0 {
		t.Errorf("another account: %s", a.body)
	}
	for _, path := range []string{"/v1/usage?month=2026", "/v1/stats?from=x", "/v1/stats?from=2026-02-02&to=2026-02-01", "/v1/stats?from=2020-01-01&to=2026-01-01", "/v1/stats?by=hour"} {
		w.account.refused(422, "invalid", "GET", path, nil)
	}
	a := w.account.call(200, "GET", "/v1/organizations?include=counts", nil)
	counts, _ := a.list("data")[0]["counts"].(map[string]any)
	if counts["users"] != 2.0 || counts["numbers"] != 1.0 || counts["today"].(map[string]any)["failed"] == nil {
		t.Errorf("at a glance: %s", a.body)
	}
	if a := w.account.call(200, "GET", "/v1/organizations", nil); a.list("data")[0]["counts"] != nil {
		t.Errorf("unasked: %s", a.body)
	}
}

func TestWhatDidNotGetThroughIsSentAgainInBulkAndOnce(t *testing.T) {
	w, p, tm := traffic(t)
	refuse := true
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if refuse {
			w.WriteHeader(400)
			return
		}
		fmt.Fprint(w, `{"data":{"id":"p1"}}`)
	})
	old := map[string]bool{}
	for i, text := range nasty {
		to := fmt.Sprintf("+155501000%02d", i%3)
		id := w.account.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.user, "from": tm.number, "to": to, "content": text}).str("id")
		w.account.until("/v1/messages/"+id, hasStatus("failed"))
		old[id] = true
	}
	admin := tm.keys["organization"]
	if rows := admin.call(200, "GET", "/v1/dead-letters?limit=200", nil).list("data"); len(rows) != len(nasty) {
		t.Fatalf("%d dead letters, want %d", len(rows), len(nasty))
	}
	for _, body := range []map[string]any{{}, {"ids": []string{}}, {"ids": []string{"a"}, "all": true}} {
		admin.refused(422, "invalid", "POST", "/v1/dead-letters/retry", body)
	}
	refuse = false
	a := admin.call(200, "POST", "/v1/dead-letters/retry?to=%2B15550100000", map[string]any{"all": true})
	first := a.list("sent")
	if a.json["done"] != float64((len(nasty)+2)/3) || len(first) != (len(nasty)+2)/3 || len(a.list("failed")) != 0 {
		t.Fatalf("retried %s", a.body)
	}
	a = admin.call(200, "POST", "/v1/dead-letters/retry", map[string]any{"all": true})
	second := a.list("sent")
	if len(first)+len(second) != len(nasty) {
		t.Fatalf("retried %d and then %s", len(first), a.body)
	}
	for _, s := range append(first, second...) {
		m := w.account.until("/v1/messages/"+s["id"].(string), hasStatus("sent"))
		if m.str("resend_of") != s["resend_of"] || !old[m.str("resend_of")] {
			t.Errorf("it is of %v", m.str("resend_of"))
		}
		delete(old, m.str("resend_of"))
	}
	if len(old) != 0 {
		t.Errorf("not sent again: %v", old)
	}
	if a := admin.call(200, "POST", "/v1/dead-letters/retry", map[string]any{"all": true}); a.json["done"] != 0.0 {
		t.Errorf("sent twice: %s", a.body)
	}
	a = admin.call(200, "POST", "/v1/dead-letters/retry", map[string]any{"ids": []string{first[0]["resend_of"].(string), first[0]["id"].(string), "nobody"}})
	if refusals := a.list("failed"); len(refusals) != 2 || refusals[0]["code"] != "conflict" || refusals[1]["code"] != "not_found" || a.list("sent")[0]["id"] != first[0]["id"] {
		t.Errorf("by ids, one that was retried before: %s", a.body)
	}
	w.anotherAccount().call(200, "POST", "/v1/dead-letters/retry", map[string]any{"all": true})
	if n := len(p.requests()); n != 2*len(nasty) {
		t.Errorf("the provider got %d requests, want %d", n, 2*len(nasty))
	}
	w.anotherAccount().refused(404, "not_found", "POST", "/v1/dead-letters/retry?orgid="+tm.org, map[string]any{"ids": []string{"nobody"}})
	log := w.account.call(200, "GET", "/v1/audit?what=dead-letter", nil).list("data")
	if len(log) != 3 || log[0]["what"] != "dead-letter.retry" {
		t.Errorf("on record: %v", log)
	}
}
