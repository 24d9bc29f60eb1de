package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// signs is the simulator's signature, written anew.
func signs(secret, stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	return hex.EncodeToString(mac.Sum(nil))
}

func stampAt(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }

// signed posts a callback with a signature and gives the answer's status.
func (g *gateway) signed(url, stamp, signature, body string) int {
	g.t.Helper()
	status, _, answer := g.callback("POST", url, map[string]string{
		"Content-Type": "application/json", "X-Simulator-Timestamp": stamp, "X-Simulator-Signature": signature}, body)
	if status == 404 && answer != "not found\n" || status == 200 && answer != asJSON {
		g.t.Errorf("answered %d %q", status, answer)
	}
	return status
}

func inText(id, to, text string) string {
	return fmt.Sprintf(`{"event":"message.received","id":%q,"from":"+15005550007","to":%q,"text":%q}`, id, to, text)
}

func TestOnlyASignedCallbackIsHeard(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "")
	props := func(secret string) map[string]string {
		return map[string]string{"Base URL": "https://carrier.example.com", "API key": "k", "Signing secret": secret}
	}
	acme := g.newTeam("acme", "simulator", props("secret-of-acme"), "+15550001001")
	g.newTeam("bravo", "simulator", props("secret-of-bravo"), "+15550002001")
	n := 0
	send := func(how, secret, to string, want int, change func(stamp, signature, body string) (string, string, string)) {
		t.Helper()
		n++
		body, stamp := inText(fmt.Sprint("SIM", n), to, how), stampAt(0)
		signature := signs(secret, stamp, body)
		if change != nil {
			stamp, signature, body = change(stamp, signature, body)
		}
		if got := g.signed(acme.webhook, stamp, signature, body); got != want {
			t.Errorf("%s: answered %d, want %d", how, got, want)
		}
	}
	const ours, other = "+15550001001", "+15550002001"
	send("well signed", "secret-of-acme", ours, 200, nil)
	send("for the other organization, well signed", "secret-of-bravo", other, 200, nil)
	send("naming a number of the other's", "secret-of-acme", other, 404, nil)
	send("with a stranger's secret", "x", ours, 404, nil)
	for how, change := range map[string]func(stamp, signature, body string) (string, string, string){
		"without a signature": func(s, g, b string) (string, string, string) { return s, "", b },
		"truncated":           func(s, g, b string) (string, string, string) { return s, g[:len(g)-2], b },
		"one byte":            func(s, g, b string) (string, string, string) { return s, g[:2], b },
		"half a byte":         func(s, g, b string) (string, string, string) { return s, g[:len(g)-1], b },
		"doubled":             func(s, g, b string) (string, string, string) { return s, g + g, b },
		"a list":              func(s, g, b string) (string, string, string) { return s, g + "," + g, b },
		"longer":              func(s, g, b string) (string, string, string) { return s, g + "00", b },
		"with its name":       func(s, g, b string) (string, string, string) { return s, "sha256=" + g, b },
		"as base64": func(s, g, b string) (string, string, string) {
			raw, _ := hex.DecodeString(g)
			return s, base64.StdEncoding.EncodeToString(raw), b
		},
		"all zero":          func(s, g, b string) (string, string, string) { return s, strings.Repeat("0", 64), b },
		"another time":      func(s, g, b string) (string, string, string) { return stampAt(time.Second * 2), g, b },
		"no time":           func(s, g, b string) (string, string, string) { return "", g, b },
		"white space added": func(s, g, b string) (string, string, string) { return s, g, b + " " },
		"another order of keys": func(s, g, b string) (string, string, string) {
			return s, g, `{"text":"x",` + strings.Replace(b, `,"text":"another order of keys"`, "", 1)[1:]
		},
		"another text": func(s, g, b string) (string, string, string) { return s, g, strings.Replace(b, "another", "other", 1) },
	} {
		send(how, "secret-of-acme", ours, 404, change)
	}
	// A right signature of a wrong time: old, of tomorrow, of no time at all.
	for how, stamp := range map[string]string{
		"old": stampAt(-6 * time.Minute), "of tomorrow": stampAt(6 * time.Minute), "of 1970": "0", "negative": "-1", "no number": "now",
		"in milliseconds": strconv.FormatInt(time.Now().UnixMilli(), 10), "too many digits": strings.Repeat("9", 30),
	} {
		send(how, "secret-of-acme", ours, 404, func(_, _, body string) (string, string, string) {
			return stamp, signs("secret-of-acme", stamp, body), body
		})
	}
	for how, d := range map[string]time.Duration{"nearly old": -4 * time.Minute, "a clock ahead": 4 * time.Minute} {
		send(how, "secret-of-acme", ours, 200, func(_, _, body string) (string, string, string) {
			return stampAt(d), signs("secret-of-acme", stampAt(d), body), body
		})
	}
	// Within its time the same request may come again, and is the same message.
	body, stamp := inText("SIM-again", ours, "replayed"), stampAt(0)
	for range 3 {
		if got := g.signed(acme.webhook, stamp, signs("secret-of-acme", stamp, body), body); got != 200 {
			t.Errorf("replayed within its time: %d", got)
		}
	}
	g.only(5, "/v1/messages?direction=inbound&limit=50")
	if kept := g.all("/v1/callbacks?limit=200"); len(kept) != 7 {
		t.Errorf("%d callbacks are kept; of those that are refused none may be", len(kept))
	}
	if got := g.all("/v1/messages?limit=50&orgid=" + acme.org); len(got) != 4 {
		t.Errorf("acme has %d messages", len(got))
	}
}

// A receipt speaks of a message of the integration whose secret signed it, whatever id it names.
func TestAReceiptReachesItsOwnIntegrationAlone(t *testing.T) {
	t.Parallel()
	p := newProvider(t, answerJSON(`{"id":"SAME"}`))
	g := newGateway(t, p.host())
	props := func(secret string) map[string]string {
		return map[string]string{"Base URL": p.URL, "API key": "k", "Signing secret": secret}
	}
	acme := g.newTeam("acme", "simulator", props("secret-of-acme"), "+15550001001")
	bravo := g.newTeam("bravo", "simulator", props("secret-of-bravo"), "+15550002001")
	ids := map[string]string{}
	for from, tm := range map[string]team{"+15550001001": acme, "+15550002001": bravo} {
		ids[from] = g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": from, "to": "+15550100001", "content": "x"}).str("id")
		g.await(ids[from], status("sent"))
	}
	body, stamp := `{"event":"message.status","id":"SAME","status":"delivered"}`, stampAt(0)
	if got := g.signed(acme.webhook, stamp, signs("secret-of-bravo", stamp, body), body); got != 200 {
		t.Errorf("answered %d", got)
	}
	g.await(ids["+15550002001"], status("delivered"))
	if m := g.call(200, "GET", "/v1/messages/"+ids["+15550001001"], nil).json; m["status"] != "sent" {
		t.Errorf("the other organization's message became %v", m["status"])
	}
}
