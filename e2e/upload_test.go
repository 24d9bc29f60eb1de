package e2e

import (
	"slices"
	"strings"
	"testing"
)

// uploads are service files with every kind of mistake, and where each is wrong. The pointers are all that there are: no mistake hides another.
var uploads = []struct {
	name, file string
	pointers   []string
}{
	{"many mistakes at once", `{
		"id": "YourService", "properties": ["API key", "from", "API key"],
		"auth": {"type": "Bearre", "token": "$API key$"},
		"API": {
		  "SendMessage": {"request_method": "PSOT", "request_url": "https://a.example.com", "request_parameters": {"a": "$API kye$", "b": "$to$", "c": "$content|upsidedown$"}},
		  "SendFile": {"request_url": "ftp://a.example.com", "request_parameters": {"u": "$content$", "t": "$to$"}}},
		"Webhook": [{"event_type": "telepathy", "request_parameters": {"a": "$from$"}}, {"event_type": "message", "request_parameters": {"from": "$from$"}}]}`,
		[]string{"/properties/1", "/properties/2", "/auth/type", "/API/SendMessage/request_method", "/API/SendMessage/request_parameters/a",
			"/API/SendMessage/request_parameters/c", "/API/SendFile/request_url", "/Webhook/0/event_type", "/Webhook/1"}},
	{"not JSON", `{"id": "YourService",`, []string{""}},
	{"nothing", ` `, []string{""}},
	{"a list", `[]`, []string{""}},
	{"no id", `{"name": "x", "API": {}}`, []string{"/id"}},
	{"an id with a slash", `{"id": "a/b", "API": {}}`, []string{"/id"}},
	{"another id than the address's", baseFile("Other", "https://a.example.com"), []string{"/id"}},
	{"the same id in other letters", baseFile("yourservice", "https://a.example.com"), []string{"/id"}},
	{"deep", `{"id": "YourService", "API": {"SendMessage": {"request_url": "https://a.example.com", "request_parameters": ` + strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat(`}`, 5000) + `}}}`, []string{"/API/SendMessage/request_parameters" + strings.Repeat("/a", 62)}},
	{"deeper", strings.Repeat("[", 500_000), []string{strings.Repeat("/0", 64)}},
	{"ten megabytes", `{"id": "YourService", "name": "` + strings.Repeat("x", 10<<20) + `"}`, []string{"/"}},
	{"a response that names nothing", with(`"$messageid$"`, `"$messageId$"`), []string{"/API/SendMessage/response_map/data/id"}},
	{"a broken expression", with(`{"method": "$event_key$"`, `{"x": {"$match": "(a"}, "method": "$event_key$"`), []string{"/Webhook/0/request_parameters/x/$match"}},
	{"both auth and OAuth2", with(`"auth":`, `"OAuth2": {"client_id": "x"}, "auth":`), []string{"/OAuth2"}},
	{"a test that fails", with(`"Webhook": [`, `"tests": [{"name": "t", "properties": {"API key": "k"}, "send": {"from": "+15550001111", "to": "+15550002222", "content": "x"},
		"request": {"method": "PUT"}}, {"name": "u", "webhook": {"body": "{}"}, "events": [{"type": "message"}]}], "Webhook": [`),
		[]string{"/tests/0/request/method", "/tests/1/webhook", "/tests/1/events"}},

	// What a file from a stranger may not reach.
	{"file:", withURL("file:///etc/passwd"), []string{"/API/SendMessage/request_url", "/API/SendFile/request_url"}},
	{"gopher:", withURL("gopher://a.example.com/"), []string{"/API/SendMessage/request_url", "/API/SendFile/request_url"}},
	{"unix:", withURL("unix:/var/run/docker.sock"), []string{"/API/SendMessage/request_url", "/API/SendFile/request_url"}},
	{"no scheme", withURL("//a.example.com"), []string{"/API/SendMessage/request_url", "/API/SendFile/request_url"}},
	{"a host from a message", withURL("https://$content$"), []string{"/API/SendMessage/request_url", "/API/SendFile/request_url"}},
	{"a part of a host from a message", withURL("https://$to$.example.com"), []string{"/API/SendMessage/request_url", "/API/SendFile/request_url"}},
	{"a port from a message", withURL("https://a.example.com:$content$"), []string{"/API/SendMessage/request_url", "/API/SendFile/request_url"}},
	{"the environment", with(`"content": "$content$"`, `"content": "$env.HOME$"`), []string{"/API/SendMessage/request_parameters/content"}},
	{"a file of the server's", with(`"content": "$content$"`, `"content": "$file:/etc/passwd$"`), []string{"/API/SendMessage/request_parameters/content"}},
	{"another's secret", with(`"content": "$content$"`, `"content": "$secret.other$"`), []string{"/API/SendMessage/request_parameters/content"}},
	{"a header that is no header", with(`"request_method": "POST", "request_url"`, `"request_headers": {"X-A\r\nX-B": "x", "Host": "x", "Content-Length": "1", "Transfer-Encoding": "chunked", "Connection": "close"}, "request_method": "POST", "request_url"`),
		[]string{"/API/SendMessage/request_headers/X-A\r\nX-B", "/API/SendMessage/request_headers/Host", "/API/SendMessage/request_headers/Content-Length",
			"/API/SendMessage/request_headers/Transfer-Encoding", "/API/SendMessage/request_headers/Connection"}},
	{"a method of its own", with(`"request_method": "POST", "request_url"`, `"request_method": "CONNECT", "request_url"`), []string{"/API/SendMessage/request_method"}},
}

// with is the base file with its first such part replaced.
func with(old, now string) string {
	file := baseFile("YourService", "https://a.example.com")
	if !strings.Contains(file, old) {
		panic("the base file has no " + old)
	}
	return strings.Replace(file, old, now, 1)
}

func withURL(url string) string {
	return strings.ReplaceAll(baseFile("YourService", "https://a.example.com"), "https://a.example.com/webhook", url)
}

func TestAnInvalidFileIsRefusedWithEveryMistake(t *testing.T) {
	t.Parallel()
	g, p, tm := onBaseFile(t)
	running := g.call(200, "GET", "/v1/services/YourService", nil)
	for _, c := range uploads {
		a, err := g.try("PUT", "/v1/services/YourService", c.file)
		if err != nil || a.status != 422 {
			t.Errorf("%s: %v %d %s", c.name, err, a.status, a.body)
			continue
		}
		errors := list(a.json["errors"])
		if a.json["status"] != 422.0 || a.json["title"] == "" || a.json["detail"] == "" || a.json["code"] != "invalid" || len(errors) == 0 {
			t.Errorf("%s: %s", c.name, a.body)
		}
		var pointers []string
		for _, e := range errors {
			pointer, _ := e["pointer"].(string)
			message, _ := e["message"].(string)
			if pointer != "" && pointer[0] != '/' || len(message) < 5 {
				t.Errorf("%s: %q: %q does not say where or what", c.name, pointer, message)
			}
			if len(pointers) == 0 || pointers[len(pointers)-1] != pointer {
				pointers = append(pointers, pointer)
			}
		}
		if !slices.Equal(pointers, c.pointers) {
			t.Errorf("%s: problems at %q, want %q\n%s", c.name, pointers, c.pointers, a.body)
		}
	}
	status, header, _ := g.callback("PUT", g.url()+"/v1/services/YourService", map[string]string{"Authorization": "Bearer " + g.key}, "{")
	if status != 422 || header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("answered %d %q", status, header.Get("Content-Type"))
	}

	// The running version was not touched: same version, same file, and it works.
	if now := g.call(200, "GET", "/v1/services/YourService", nil); string(now.body) != string(running.body) {
		t.Errorf("the running file became %s", now.body)
	}
	id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": ourNumber, "to": theirs, "content": "x"}).str("id")
	g.await(id, func(m map[string]any) bool { return m["status"] == "sent" })
	if n := len(p.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
	g.says(tm.webhook, textFrom(theirs, ourNumber, `"x"`))
	g.only(1, "/v1/messages?direction=inbound&limit=50")

	// Nor is anything made of a file that never was valid.
	g.call(422, "PUT", "/v1/services/New", `{"id": "New", "API": {"SendMessage": {}}}`)
	g.call(404, "GET", "/v1/services/New", nil)
}
