package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"mime/multipart"
	"os"
	"slices"
	"strings"
	"testing"
)

// documented is a line of the Messaging API's documentation: a request, and perhaps others with what they are answered.
type documented struct {
	Group, Name string
	Request     map[string]any
	Examples    []struct {
		Name              string
		Request, Response map[string]any
	}
}

func readDocumented(t *testing.T) []documented {
	t.Helper()
	text, err := os.ReadFile("testdata/messaging-api.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []documented
	if err := json.Unmarshal(text, &list); err != nil || len(list) == 0 {
		t.Fatal(err, len(list))
	}
	return list
}

// notOurs are documented members that our answers do not have, and why.
var notOurs = map[string]string{
	"updateUser - active user/password": "a password is told once, to whoever gives it, and never made up",
}

// Every documented request, with ids of ours in the place of the examples', is answered with what the documentation shows.
func TestEveryDocumentedRequestIsAnsweredAsDocumented(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	played := 0
	for _, d := range readDocumented(t) {
		if d.Request["method"] == nil || d.Request["api_key"] != nil {
			continue // a notification: ours to send
		}
		played++
		t.Run(d.Name, func(t *testing.T) { w.play(t, d.Name, played, d.Request, nil) })
		for _, e := range d.Examples {
			played++
			if e.Request == nil {
				e.Request = d.Request
			}
			if d.Name == "getChats" {
				continue // its example shows another method's request and answer
			}
			t.Run(d.Name+" - "+e.Name, func(t *testing.T) { w.play(t, e.Name, played, e.Request, e.Response) })
		}
	}
	if played < 70 {
		t.Errorf("only %d requests were played", played)
	}
}

// play makes one documented request about an organization of its own.
func (w *world) play(t *testing.T, name string, n int, request, response map[string]any) {
	s := w.newScene(t, n)
	var a answer
	if form, ok := request["multipart"].(map[string]any); ok {
		body, kind := s.form(form)
		a = s.c.try("POST", "/api", body, "Content-Type", kind)
	} else {
		params, _ := request["params"].(map[string]any)
		a = s.c.try("POST", "/api", map[string]any{"method": request["method"], "params": s.translate(request["method"].(string), params)})
	}
	result, ok := a.json["result"]
	if a.status != 200 || !ok || a.json["error"] != nil {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	if response == nil {
		return
	}
	for _, path := range missing(response["result"], result, "") {
		if notOurs[name+path] == "" {
			t.Errorf("the answer has no %s: %s", path, a.body)
		}
	}
}

// missing are the members of what is documented that an answer lacks, the first of each list standing for all.
func missing(want, got any, at string) (paths []string) {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{at}
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			v, there := have[name]
			if !there {
				paths = append(paths, at+"/"+name)
				continue
			}
			if name != "params" && name != "info" && name != "devs" && name != "usinfo" { // what programs keep here, and what we know nothing of
				paths = append(paths, missing(want[name], v, at+"/"+name)...)
			}
		}
	case []any:
		have, ok := got.([]any)
		if !ok {
			return []string{at + " as a list"}
		}
		if len(want) > 0 && len(have) > 0 {
			paths = missing(want[0], have[0], at)
		}
		if len(want) > 0 && len(have) == 0 && at == "" {
			paths = append(paths, "element")
		}
	}
	return paths
}

// scene is an organization with everything that a documented request can be about.
type scene struct {
	*team
	t                        *testing.T
	c                        *caller
	name                     string
	session, received, sent  string
	contacts                 []string
	spare                    string // an extension that nobody has
	freeNumber, phoneOfGuest string
}

func (w *world) newScene(t *testing.T, n int) *scene {
	t.Helper()
	c := &caller{w: &world{T: t, app: w.app, log: w.log}, key: w.account.key}
	s := &scene{c: c, t: t, name: fmt.Sprintf("scene%d", n), spare: "511", freeNumber: fmt.Sprintf("+1555000%04d", 2000+n), phoneOfGuest: "+15550100001"}
	s.team = c.newTeam(s.name, "acme", fmt.Sprintf("+1555000%04d", 3000+n), map[string]string{"API key": "k"})
	list, _ := c.rpc("importContacts", map[string]any{"orgid": s.org, "list": []any{
		map[string]any{"name": "Art Venere", "info": map[string]any{"phone": []any{"8566368749"}, "organization": "x", "email": []any{"a@example.com"}}},
		map[string]any{"name": "Eve", "info": map[string]any{"phone": []any{"5468894507"}}},
	}}).([]any)
	for _, one := range list {
		s.contacts = append(s.contacts, field(one, "id"))
	}
	c.rpc("setContactBlocked", map[string]any{"orgid": s.org, "phone": "5550100009", "blocked": true, "about": "x"})
	in := c.rpc("message", map[string]any{"orgid": s.org, "from": s.phoneOfGuest, "to": s.number, "content": "hello"})
	s.session, s.received = field(in, "sessionid"), field(in, "messageid")
	c.rpc("message", map[string]any{"orgid": s.org, "senderid": "crm-17", "userid": s.user, "content": "from a program"})
	s.sent = field(c.rpc("message", map[string]any{"orgid": s.org, "userid": s.user, "to": "crm-17", "content": "and back"}), "messageid")
	return s
}

// translate puts the scene's ids into the place of the documentation's.
func (s *scene) translate(method string, params map[string]any) map[string]any {
	out := maps.Clone(params)
	set := func(name string, value any) {
		if _, there := out[name]; there {
			out[name] = value
		}
	}
	set("orgid", s.org)
	if out["orgid"] == nil && method != "createOrganization" {
		set("domain", s.name)
	}
	set("userid", s.user)
	set("from", s.phoneOfGuest)
	set("sessionid", s.session)
	set("messageid", s.received)
	if method == "delivered" {
		set("messageid", s.sent)
	}
	set("tonumber", s.number)
	set("senderid", "crm-17")
	set("sendername", "Eve")
	if out["senderinfo"] != nil {
		out["senderinfo"] = map[string]any{"phone": "+15550100007", "email": "e@example.com"}
	}
	if out["sessionid"] != nil && out["to"] != nil {
		out["to"] = s.number
	} else {
		set("to", "101")
	}
	switch {
	case method == "createOrganization":
		set("domain", fmt.Sprintf("%s-%v", s.name, out["domain"]))
	case strings.HasSuffix(method, "Organization") || method == "setOrganizationStatus":
		set("id", s.org)
	case strings.HasSuffix(method, "User") || method == "setUserStatus":
		set("id", s.user)
		if out["extension"] == "501" {
			out["extension"] = s.spare
		}
	case method == "deleteUsers":
		set("users", []string{s.idle, "12345905605404400000"})
	case method == "deleteContacts":
		set("list", s.contacts)
	case method == "updateContacts":
		first := maps.Clone(out["list"].([]any)[0].(map[string]any))
		first["id"] = s.contacts[0]
		out["list"] = []any{first}
	case method == "setContactBlocked":
		set("id", s.contacts[0])
	case method == "createSMSTrunk":
		set("number", s.freeNumber)
		set("service", "ACME")
		set("users", []string{s.user, s.idle})
	case method == "updateSMSTrunk":
		set("id", s.numberID)
		set("number", strings.TrimPrefix(s.number, "+"))
		set("users", []string{s.user, s.idle})
	case method == "deleteSMSTrunk":
		set("id", s.numberID)
	case strings.HasSuffix(method, "Optout"):
		set("numbers", []string{"5550100002", "5550100003"})
	case method == "getChats":
		set("number", s.number)
	}
	return out
}

// form is a documented upload.
func (s *scene) form(fields map[string]any) (body, contentType string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	values := map[string]any{}
	for name, v := range fields {
		if name != "file" {
			values[name] = v
		}
	}
	for name, v := range s.translate("message", values) {
		_ = m.WriteField(name, fmt.Sprint(v)) // a buffer takes everything
	}
	part, err := m.CreateFormFile("file", "picture.png")
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = part.Write(onePixel(s.t))
	_ = m.Close()
	return b.String(), m.FormDataContentType()
}

func onePixel(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
