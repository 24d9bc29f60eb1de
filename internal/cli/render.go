package cli

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"patchbay/internal/phone"
	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

type renderCommand struct {
	File   string   `arg:"" help:"Service file; - is standard input."`
	Method string   `default:"SendMessage" enum:"SendMessage,SendFile,UploadFile,GetStatus,Receive,CheckCredentials,SetWebhook,Login" help:"The method of API: SendMessage (a text), SendFile, UploadFile, GetStatus, Receive, CheckCredentials, SetWebhook or Login."`
	Set    []string `sep:"none" placeholder:"NAME=VALUE" help:"A variable (from, to, content, url, extension, domain, messageid, cursor, …) or a property."`
	JSON   bool     `help:"Print JSON for programs."`
}

// rendered is one request, as --json prints it.
type rendered struct {
	Part    int               `json:"part"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	HTTP    string            `json:"http"`
	Curl    string            `json:"curl"`
}

func (r *renderCommand) Run(c *console) error {
	s, err := c.load(r.File, r.JSON)
	if err != nil {
		return err
	}
	sample := newSample(s)
	if r.Method == "SendFile" || r.Method == service.UploadFile {
		sample.sending.Files = []service.File{{URL: "https://files.example.com/picture.jpg", Name: "picture.jpg", MediaType: "image/jpeg"}}
		sample.sending.Text = ""
	}
	for _, pair := range r.Set {
		if err := sample.set(pair); err != nil {
			return err
		}
	}
	bound, err := s.Bind(sample.properties)
	if err != nil {
		return fmt.Errorf("%s: %w", r.File, err)
	}
	reqs, err := sample.requests(bound, r.Method)
	if err != nil {
		return fmt.Errorf("%s: %w", r.File, err)
	}
	var out []rendered
	for i, req := range reqs {
		out = append(out, show(i, req, secret.NewRedactor(append(bound.Secrets(), req.Secrets...)...)))
	}
	if r.JSON {
		return c.printJSON(out)
	}
	for i, one := range out {
		if i > 0 {
			fmt.Fprintln(c.out)
		}
		fmt.Fprintf(c.out, "%s\n\n%s\n", strings.TrimRight(one.HTTP, "\n"), one.Curl)
	}
	return nil
}

// requests is what the sample becomes: those of a message, uploads first, or the one of a call.
func (sm *sample) requests(b *service.Bound, method string) (list []*wire.Request, err error) {
	m := sm.finish()
	add := func(r *wire.Request, e error) {
		if err = e; e == nil {
			list = append(list, r)
		}
	}
	if method != "SendMessage" && method != "SendFile" {
		for i := range m.Files {
			m.Files[i].Data = sampleFile
		}
		add(b.Call(method, service.Calling{Sending: *m, MessageID: sm.messageID, Cursor: sm.cursor}, sm.attempt))
		return list, err
	}
	parts, err := b.Parts(m)
	for part := 0; err == nil && part < parts; part++ {
		w := b.Wants(m, part)
		for i := w.Lo; err == nil && i < w.Hi; i++ {
			m.Files[i].Data = sampleFile
			if w.Upload {
				add(b.Call(service.UploadFile, m.Upload(i), sm.attempt))
				m.Files[i].MediaID = fmt.Sprintf("media-%d", i+1)
			}
		}
		if err == nil {
			add(b.Request(m, part, sm.attempt))
		}
	}
	return list, err
}

// sampleFile stands for what is in a file.
var sampleFile = []byte("what is in the file")

// load reads and compiles one file, and prints what is wrong with it. With --json the findings are JSON too.
func (c *console) load(name string, asJSON bool) (*service.Service, error) {
	data, err := c.readFile(name)
	if err != nil {
		return nil, err
	}
	s, found := service.Parse(data)
	if s != nil {
		return s, nil
	}
	if asJSON {
		if err := c.printJSON([]linted{{File: name, Problems: orNone(found)}}); err != nil {
			return nil, err
		}
	} else {
		c.printProblems(name, found)
	}
	return nil, failed(problems)
}

// sample is a message to try a file with: something in every variable, so that no place stays empty by accident.
type sample struct {
	service    *service.Service
	sending    service.Sending
	attempt    service.Attempt
	messageID  string // the provider's, for GetStatus
	cursor     string // for Receive
	properties map[string]string
}

func newSample(s *service.Service) *sample {
	now := time.Now().UTC()
	sm := &sample{
		service: s,
		sending: service.Sending{
			ID: uuid.Must(uuid.NewV7()).String(), From: "+15550001111", To: "+15550002222", Text: "Hello there!",
			Extension: "101", Username: "Sam", Domain: "acme", OrgID: "17000000000001234567",
			WebhookURL: "https://patchbay.example.com/services/" + s.ID + "/a0123456789abcdef0123456789abcdef",
			Country:    "US", Created: now,
		},
		attempt:    service.Attempt{Now: now, UUID: uuid.NewString(), Token: "the-token"},
		messageID:  "provider-id-1",
		properties: map[string]string{},
	}
	for _, p := range s.Properties {
		switch {
		case p.Optional || p.Default != "":
		case len(p.Choices) > 0:
			sm.properties[p.Name] = p.Choices[0]
		case strings.Contains(strings.ToLower(p.Name), "url"):
			sm.properties[p.Name] = "https://api.example.com"
		default:
			sm.properties[p.Name] = "your-" + strings.ReplaceAll(strings.ToLower(p.Name), " ", "-")
		}
	}
	return sm
}

// set takes one --set. A property hides a variable of the same name, as it does in the file.
func (sm *sample) set(pair string) error {
	name, value, found := strings.Cut(pair, "=")
	if !found {
		return usage("--set %q: write it as name=value", pair)
	}
	for _, p := range sm.service.Properties {
		if p.Name == name {
			sm.properties[name] = value
			return nil
		}
	}
	set, ok := sendingVariables[name]
	if !ok {
		names := slices.Sorted(maps.Keys(sendingVariables))
		for _, p := range sm.service.Properties {
			names = append(names, p.Name)
		}
		return usage("--set %q: no variable or property of that name; there are %s", name, strings.Join(names, ", "))
	}
	if err := set(sm, value); err != nil {
		return usage("--set %s: %v", name, err)
	}
	return nil
}

// sendingVariables is what --set may name, and what it does.
var sendingVariables = map[string]func(*sample, string) error{
	"id":              text(func(s *sample) *string { return &s.sending.ID }),
	"from":            text(func(s *sample) *string { return &s.sending.From }),
	"to":              text(func(s *sample) *string { return &s.sending.To }),
	"content":         setContent,
	"text":            text(func(s *sample) *string { return &s.sending.Text }),
	"url":             setURLs,
	"urls":            setURLs,
	"messageid":       text(func(s *sample) *string { return &s.messageID }),
	"cursor":          text(func(s *sample) *string { return &s.cursor }),
	"extension":       text(func(s *sample) *string { return &s.sending.Extension }),
	"username":        text(func(s *sample) *string { return &s.sending.Username }),
	"domain":          text(func(s *sample) *string { return &s.sending.Domain }),
	"orgid":           text(func(s *sample) *string { return &s.sending.OrgID }),
	"webhook_url":     text(func(s *sample) *string { return &s.sending.WebhookURL }),
	"country":         text(func(s *sample) *string { return &s.sending.Country }),
	"outbound_format": text(func(s *sample) *string { return &s.sending.OutboundFormat }),
	"uuid":            text(func(s *sample) *string { return &s.attempt.UUID }),
	"now":             moment(func(s *sample) *time.Time { return &s.attempt.Now }),
	"created":         moment(func(s *sample) *time.Time { return &s.sending.Created }),
}

func text(at func(*sample) *string) func(*sample, string) error {
	return func(s *sample, v string) error {
		*at(s) = v
		return nil
	}
}

func moment(at func(*sample) *time.Time) func(*sample, string) error {
	return func(s *sample, v string) error {
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return fmt.Errorf("%q is not a time like 2026-01-31T12:00:00Z", v)
		}
		*at(s) = t
		return nil
	}
}

// setContent sets what $content$ is: the text, and in SendFile the file's address.
func setContent(s *sample, v string) error {
	if len(s.sending.Files) > 0 {
		return setURLs(s, v)
	}
	s.sending.Text = v
	return nil
}

func setURLs(s *sample, v string) error {
	s.sending.Files = nil
	for one := range strings.SplitSeq(v, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("%q is not an http or https address", one)
		}
		s.sending.Files = append(s.sending.Files, service.File{URL: u.String(), Name: u.Path[strings.LastIndex(u.Path, "/")+1:]})
	}
	return nil
}

// finish adds what follows from the text.
func (sm *sample) finish() *service.Sending {
	enc, segments, _ := phone.Segments(sm.sending.Text)
	sm.sending.Encoding, sm.sending.Segments = enc, segments
	return &sm.sending
}

// show is a request with its secrets taken out, by their value.
func show(part int, r *wire.Request, secrets *secret.Redactor) rendered {
	masked := &wire.Request{Method: r.Method, URL: secrets.Redact(r.URL), Header: http.Header{}, Body: r.Body}
	if utf8.Valid(r.Body) {
		masked.Body = []byte(secrets.Redact(string(r.Body)))
	}
	out := rendered{Part: part, Method: r.Method, URL: masked.URL, Headers: map[string]string{}}
	for name, values := range r.Header {
		for _, v := range values {
			masked.Header.Add(name, secrets.Redact(v))
		}
		out.Headers[name] = strings.Join(masked.Header[name], ", ")
	}
	if utf8.Valid(masked.Body) {
		out.Body = string(masked.Body)
	} else {
		out.Body = fmt.Sprintf("(%d bytes that are not text)", len(masked.Body))
	}
	out.HTTP, out.Curl = wire.DumpRequest(masked, 0, nil), wire.Curl(masked)
	return out
}
