package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The canaries: each is written differently in every escape.
const (
	canaryKey      = `c4n"ary\api/key+=&<1>%`
	canarySigning  = `c4n"ary\sign/key+=&<2>%`
	canaryOld      = `c4n"ary\old/key+=&<3>%`
	canaryAccount  = `c4nary-bootstrap/key+=&<4>%`
	canaryPassword = `c4n"ary\password+=&<5>%`
	canaryToken    = `c4nary-token-of-a-webhook-URL`
	canaryWrong    = `c4n"ary\wrong/place+=&<6>%`
)

// secretFile says its key in every place of a request, and hears the signing secret in a header or in the query.
func secretFile(id, host string) string {
	return `{"id": "` + id + `", "name": "x", "class": "sms", "properties": ["API key", "Signing secret"], "auth": {"type": "Bearer", "token": "$API key$"},
	"API": {"SendMessage": {
	  "request_method": "POST", "request_url": "` + host + `/send/$API key$?key=$API key$", "request_headers": {"X-Key": "$API key$", "X-Basic": "Basic $API key|base64$"},
	  "request_parameters": {"to": "$to$", "text": "$content$", "key": "$API key$", "hash": "$API key|hex$", "from": "$from$"},
	  "response_map": {"id": "$messageid$"},
	  "responses": [{"status": ["4xx", "5xx"], "body": {"error": {"code": "$error_code$", "message": "$error_text?$"}}}]}},
	"Webhook": {"verify": {"any": [{"header": {"X-Token": "$Signing secret$"}}, {"query": {"token": "$Signing secret$"}}]},
	  "events": [
	   {"event_type": "message", "request_parameters": {"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}},
	   {"event_type": "messageFailed", "request_parameters": {"failed": "$messageid$", "code": "$error_code$", "why": "$error_text$"}}]}}`
}

// gossip is a provider that says its sender's secrets back in every way it can, by what the text asks for.
func gossip(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	for _, say := range spoken(canaryKey) {
		w.Header().Add("X-Echo", say)
	}
	w.Header().Set("Set-Cookie", "key="+url.QueryEscape(canaryKey))
	w.Header().Set("Www-Authenticate", "Bearer "+canaryKey)
	fail := func(status int, code string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"echo": string(body), "error": map[string]string{
			"code": code, "message": "wrong key " + strings.Join(spoken(canaryKey), " or ") + " and " + canarySigning}})
	}
	switch text := string(body); {
	case strings.Contains(text, "please refuse"):
		fail(400, "wrong "+canaryKey)
	case strings.Contains(text, "please deny"):
		fail(401, "20003")
	case strings.Contains(text, "please wait"):
		fail(503, canaryKey)
	case strings.Contains(text, "please redirect"):
		w.Header().Set("Location", "https://elsewhere.example/?key="+url.QueryEscape(canaryKey))
		w.WriteHeader(302)
	case strings.Contains(text, "please break"):
		c, rw, err := w.(http.Hijacker).Hijack()
		if err == nil {
			fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"you said\":%q, \"again\":\"%s", canaryKey, canaryKey[:10])
			_ = rw.Flush()
			c.Close()
		}
	default:
		fmt.Fprintf(w, `{"id": "M%x", "key": %q, "echo": %q}`, len(body), canaryKey, body)
	}
}

// spoken is a text in every form in which one travels.
func spoken(s string) []string {
	js, _ := json.Marshal(s)
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	inHex := hex.EncodeToString([]byte(s))
	out := []string{s, string(js[1 : len(js)-1]), strings.Trim(plain.String(), "\"\n"), url.QueryEscape(s), url.PathEscape(s),
		strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), inHex, strings.ToUpper(inHex), strings.Trim(fmt.Sprintf("%q", s), `"`)}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		for _, before := range []string{"", "u:", "us:"} {
			out = append(out, enc.EncodeToString([]byte(before+s)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// forms is what to look for: base64 only as far as it is the same wherever the text begins in a longer one.
func forms(s string) (out []string) {
	for _, f := range spoken(s) {
		if _, err := base64.StdEncoding.DecodeString(f); err == nil && f != s {
			continue
		}
		out = append(out, f)
	}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before, drop := range []int{0, 2, 3} {
			b := enc.EncodeToString([]byte("___"[:before] + s))
			out = append(out, b[drop:(before+len(s))*8/6])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestNoSecretLeavesItsPlace(t *testing.T) {
	t.Parallel()
	p := newProvider(t, gossip)
	program := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Error(w, r.URL.RawQuery, http.StatusInternalServerError)
		}
	})
	nobody := freeAddr(t)
	g := prepareGateway(t, p.host()+","+program.host()+","+nobody, "--log-level", "debug")
	g.key = canaryAccount
	g.start()

	canaries := map[string]string{"the API key": canaryKey, "the signing secret": canarySigning, "the former key": canaryOld,
		"the account's key": canaryAccount, "a user's password": canaryPassword, "a value in a wrong place": canaryWrong}
	for what, path := range map[string]string{"a webhook's secret": "/up", "another webhook's secret": "/down?token=" + canaryToken} {
		secret := g.call(201, "POST", "/v1/webhooks", map[string]any{"url": program.URL + path}).str("secret")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		canaries[what], canaries[what+", decoded"] = strings.TrimPrefix(secret, "whsec_"), string(raw)
	}
	keyMade := g.call(200, "POST", "/v1/keys", map[string]any{"name": "another", "role": "account"}).str("key")
	canaries["a key that was made"] = keyMade

	var teams []team
	for i, host := range []string{p.URL, "http://" + nobody, "http://10.1.2.3", "https://canary.invalid"} {
		id := fmt.Sprint("Secret", i)
		g.call(200, "PUT", "/v1/services/"+id, secretFile(id, host))
		teams = append(teams, g.newTeam("org"+fmt.Sprint(i), id, map[string]string{"API key": canaryOld, "Signing secret": canarySigning}, "+1555000100"+fmt.Sprint(i)))
		g.call(200, "PUT", "/v1/organizations/"+teams[i].org+"/integrations/"+id, map[string]any{"properties": map[string]string{"API key": canaryKey}})
	}
	tm := teams[0]

	// Sends that go well and wrong in every way.
	ends := map[string]string{"please take": "sent", "please refuse": "failed", "please deny": "failed", "please redirect": "failed", "please break": "unclear", "please wait": "sending"}
	var ids []string
	for n, text := range slices.Sorted(maps.Keys(ends)) {
		g.call(200, "POST", "/v1/organizations/"+tm.org+"/integrations/Secret0/resume", nil) // what went wrong before pauses it
		id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0],
			"to": fmt.Sprint("+1555777000", n), "content": text + " b0dy-of-a-message"}).str("id")
		m := g.await(id, func(m map[string]any) bool { return m["status"] == ends[text] && len(ended(m)) > 0 })
		ids = append(ids, id)
		if text == "please wait" {
			continue
		}
		if attempt := ended(m)[0]; !strings.Contains(attempt["request"].(string), "b0dy-of-a-message") {
			t.Errorf("%s: the attempt does not show the request: %v", text, attempt)
		}
	}
	if r := p.requests()[0]; r.header.Get("X-Key") != canaryKey || r.header.Get("Authorization") != "Bearer "+canaryKey {
		t.Fatalf("the provider was told %v", r.header) // or this test proves nothing
	}
	for i, other := range teams[1:] {
		id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": other.org, "from": other.numbers[0], "to": fmt.Sprint("+1555777001", i), "content": "b0dy-of-a-message"}).str("id")
		g.await(id, func(m map[string]any) bool { return len(ended(m)) > 0 && ended(m)[0]["outcome"] == "unreached" })
		ids = append(ids, id)
	}

	// Callbacks, right and wrong, that carry the secret as their provider's way of proving itself.
	inward := func(token, query, kind, body string) int {
		status, _, _ := g.callback("POST", tm.webhook+query, map[string]string{"Content-Type": kind, "X-Token": token,
			"Authorization": "Bearer " + canaryAccount, "Cookie": "key=" + url.QueryEscape(canaryKey)}, body)
		return status
	}
	text := `{"id":"I1","from":"+15557770020","to":"+15550001000","text":"b0dy-of-a-message","key":` + quoted(canaryKey) + `}`
	query := "?token=" + url.QueryEscape(canarySigning)
	for _, c := range []struct {
		token, query, kind, body string
		want                     int
	}{
		{canarySigning, "", "application/json", text, 200},
		{"", query, "application/json", strings.Replace(text, "I1", "I2", 1), 200},
		{canarySigning, "", "application/json", `{"failed":"I9","code":` + quoted(canaryKey) + `,"why":` + quoted("of "+canaryKey) + `}`, 200},
		{canarySigning, "", "application/json", `{"nobody reads":` + quoted(canarySigning+canaryKey), 200},
		{canarySigning, "?also=" + url.QueryEscape(canaryKey), "application/x-www-form-urlencoded", "key=" + url.QueryEscape(canaryKey) + "&sign=" + url.QueryEscape(canarySigning), 200},
		{canarySigning, "", "text/plain", canaryKey + " " + base64.StdEncoding.EncodeToString([]byte("user:"+canaryKey)), 200},
		{canarySigning, "", "application/json", `{"id":"I3","from":"+15557770020","to":"+15559990000","text":"b0dy-of-a-message"}`, 200},
		{canarySigning + "x", "", "application/json", text, 404},
		{"", "?token=" + url.QueryEscape(canarySigning) + "x", "application/json", text, 404},
	} {
		if got := inward(c.token, c.query, c.kind, c.body); got != c.want {
			t.Errorf("a callback with %.30s was answered %d, want %d", c.body, got, c.want)
		}
	}
	g.callback("POST", g.url()+"/services/Secret0/a"+url.PathEscape(canaryKey)+"/"+url.PathEscape(canarySigning)+query, nil, text)

	// Calls of ours that go wrong with a secret in them.
	var said bytes.Buffer // everything that the API answers
	wrong := func(method, path string, body any, header ...string) {
		t.Helper()
		a, err := g.try(method, path, body, header...)
		if err != nil || a.status/100 != 4 {
			t.Errorf("%s %s: %v %d %s", method, path, err, a.status, a.body)
		}
		said.Write(a.body)
	}
	at := "/v1/organizations/" + tm.org + "/integrations/Secret0"
	wrong("PUT", at, map[string]any{"properties": map[string]any{"API kye": canaryWrong}})
	wrong("PUT", at, map[string]any{"properties": map[string]any{"API key": []string{canaryWrong}}})
	wrong("PUT", at, `{"properties": {"API key": `+quoted(canaryWrong))
	wrong("PUT", at, `{"properties": {"API key": `+quoted(canaryWrong)+` `+quoted(canaryWrong)+`}}`)
	wrong("PUT", at, map[string]any{"properties": map[string]any{"Signing secret": ""}})
	wrong("PUT", "/v1/services/Secret0", strings.Replace(secretFile("Secret0", p.URL), `"POST"`, `"PSOT"`, 1))
	wrong("GET", "/v1/messages?limit=50&key="+url.QueryEscape(canaryWrong), nil, "Authorization", "Bearer "+canaryWrong)
	wrong("GET", "/v1/nothing/"+url.PathEscape(canaryWrong)+"?key="+url.QueryEscape(canaryWrong), nil)
	wrong("POST", "/api", map[string]any{"method": "createUser", "params": map[string]any{"orgid": tm.org, "password": canaryWrong}})
	g.call(200, "POST", "/api", map[string]any{"method": "createUser", "params": map[string]any{"orgid": tm.org, "extension": "900", "name": "x", "password": canaryPassword}})
	wrong("POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": tm.numbers[0], "to": "15557770099999999999", "content": "b0dy-of-a-message"})

	// Whatever can be read.
	paths := []string{at, "/v1/organizations/" + tm.org + "/integrations", "/v1/organizations/" + tm.org + "/users", "/v1/organizations/" + tm.org + "/numbers",
		"/v1/organizations", "/v1/services", "/v1/services/Secret0", "/v1/messages?limit=200", "/v1/callbacks?limit=200", "/v1/callbacks?unmatched=true", "/v1/webhooks",
		"/v1/keys", "/v1/conversations", "/metrics"}
	for _, id := range ids {
		paths = append(paths, "/v1/messages/"+id)
	}
	for _, c := range g.all("/v1/callbacks?limit=200") {
		paths = append(paths, "/v1/callbacks/"+c["id"].(string))
	}
	for _, path := range paths {
		said.Write(g.call(200, "GET", path, nil).body)
	}
	g.until("a webhook meets its end", func() bool { // the one that fails and the one that does not
		up, down := false, false
		for _, r := range program.requests() {
			up, down = up || r.path == "/up" && strings.Contains(r.body, `"failed"`), down || r.path == "/down"
		}
		return up && down
	})
	for _, r := range program.requests() {
		said.WriteString(r.body)
		for _, values := range r.header {
			said.WriteString(strings.Join(values, " "))
		}
	}

	// The running directory, and the one that is left behind.
	g.kill()
	running := everyFile(t, g.dir)
	g.start()
	if err := g.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	after := everyFile(t, g.dir)
	log := []byte(g.said())
	for what, canary := range canaries {
		for _, form := range forms(canary) {
			for where, b := range map[string][]byte{"an answer or a notification": said.Bytes(), "the log": log} {
				if i := bytes.Index(b, []byte(form)); i >= 0 {
					t.Errorf("%s as %q is in %s: …%s…", what, form, where, b[max(0, i-200):min(len(b), i+len(form)+40)])
				}
			}
			for _, files := range []map[string][]byte{running, after} {
				for name, b := range files {
					if i := bytes.Index(b, []byte(form)); i >= 0 {
						t.Errorf("%s as %q is in %s: …%q…", what, form, name, b[max(0, i-200):min(len(b), i+len(form)+40)])
					}
				}
			}
		}
	}
	for what, private := range map[string]string{"a message's text": "b0dy-of-a-message", "a contact": "1555777", "a number of ours": "1555000100", "a webhook's token": canaryToken} {
		if i := bytes.Index(log, []byte(private)); i >= 0 {
			t.Errorf("%s is in the log: …%s…", what, log[max(0, i-200):min(len(log), i+60)])
		}
	}
	if len(log) < 2000 || len(running) < 3 || said.Len() < 20_000 {
		t.Errorf("%d bytes of log, %d files and %d bytes of answers are too little to prove anything", len(log), len(running), said.Len())
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func everyFile(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A secret that is not said again keeps its value; what is read can never be written back as one.
func TestASecretIsWrittenAndNeverRead(t *testing.T) {
	t.Parallel()
	g, p, tm := onBaseFile(t)
	at := "/v1/organizations/" + tm.org + "/integrations/YourService"
	send := func() string {
		n := len(p.requests())
		id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": ourNumber, "to": theirs, "content": "x"}).str("id")
		g.await(id, status("sent"))
		return p.requests()[n].header.Get("Authorization")
	}
	g.call(200, "PUT", at, map[string]any{"properties": map[string]string{"API key": "first-secret"}})
	g.call(200, "PUT", at, map[string]any{"enabled": true})
	g.call(200, "PUT", at, map[string]any{"properties": map[string]string{}})
	if got := send(); got != "Bearer first-secret" {
		t.Errorf("sent with %q", got)
	}
	read := g.call(200, "GET", at, nil)
	g.call(422, "PUT", at, map[string]any{"properties": read.json["properties"]})
	g.kill()
	g.start()
	if got := send(); got != "Bearer first-secret" {
		t.Errorf("after a restart sent with %q", got)
	}
	g.call(200, "PUT", at, map[string]any{"properties": map[string]string{"API key": "second-secret"}})
	if got := send(); got != "Bearer second-secret" {
		t.Errorf("sent with %q", got)
	}
}

// Whatever strangers put into a request, a line of the log is a line, and a terminal is not told what to do.
func TestALogLineIsOneLine(t *testing.T) {
	t.Parallel()
	g, _, tm := onBaseFile(t, "--log-level", "debug")
	const evil = "x\r\ntime=2000 level=ERROR msg=forged\x1b[31m\x07\u202e\u2028\x00"
	for _, path := range []string{"/services/" + url.PathEscape(evil) + "/a1", "/services/YourService/a" + url.PathEscape(evil), "/" + url.PathEscape(evil), "/v1/messages/" + url.PathEscape(evil)} {
		g.try("POST", path, textFrom(theirs, ourNumber, `"x"`))
	}
	g.says(tm.webhook, `{"method":"message","params":{"from":`+quoted(evil)+`,"to":"`+ourNumber+`","content":`+quoted(evil)+`}}`)
	g.says(tm.webhook, `{"method":`+quoted(evil)+`}`)
	g.try("POST", "/v1/organizations", map[string]any{"name": evil, "domain": evil})
	g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": ourNumber, "to": theirs, "content": evil}, "Idempotency-Key", "fine")
	g.try("PUT", "/v1/services/YourService", `{"id":`+quoted(evil)+`}`)
	g.speak(t, "GET /"+strings.Repeat("\x1b[31m", 3)+" HTTP/1.1\r\nHost: \x1b[31m\r\n\r\n", 5e9, true)
	g.kill()
	whole := regexp.MustCompile(`^(time=\S+ level=[A-Z]+ msg=.*|Patchbay serves http://\S+)$`)
	_, log, _ := strings.Cut(g.said(), "\n\ntime=") // before it stands the way in to an empty database, which is for eyes
	for line := range strings.Lines("time=" + log) {
		if line = strings.TrimSuffix(line, "\n"); !whole.MatchString(line) || strings.ContainsAny(line, "\x1b\x07\r\x00\u202e\u2028") {
			t.Errorf("the log has the line %q", line)
		}
	}
}
