package studio

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"patchbay/internal/fault"
	"patchbay/internal/phone"
	"patchbay/internal/service"
)

// Sample is a message to try a file with: something in every variable, so that no place stays empty by accident.
type Sample struct {
	service    *service.Service
	sending    service.Sending
	attempt    service.Attempt
	messageID  string // the provider's, for GetStatus
	cursor     string // for Receive
	properties map[string]string
}

// NewSample is a sample for one method of a file.
func NewSample(s *service.Service, method string) *Sample {
	now := time.Now().UTC()
	sm := &Sample{
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
	s.FillForms(sm.properties)
	for _, p := range s.Properties {
		switch {
		case sm.properties[p.Name] != "":
		case p.Optional || p.Default != "":
		case len(p.Choices) > 0:
			sm.properties[p.Name] = p.Choices[0]
		case strings.Contains(strings.ToLower(p.Name), "url"):
			sm.properties[p.Name] = "https://api.example.com"
		default:
			sm.properties[p.Name] = "your-" + strings.ReplaceAll(strings.ToLower(p.Name), " ", "-")
		}
	}
	if method == "SendFile" || method == service.UploadFile {
		sm.sending.Files = []service.File{{URL: "https://files.example.com/picture.jpg", Name: "picture.jpg", MediaType: "image/jpeg"}}
		sm.sending.Text = ""
	}
	return sm
}

// Set gives a property or a variable a value. A property hides a variable of the same name, as it does in the file.
func (sm *Sample) Set(name, value string) error {
	for _, p := range sm.service.Properties {
		if p.Name == name {
			sm.properties[name] = value
			return nil
		}
	}
	return sm.SetVariable(name, value)
}

// SetProperty gives a property a value. One that the file does not have means nothing, as in an integration.
func (sm *Sample) SetProperty(name, value string) { sm.properties[name] = value }

// SetVariable gives a variable a value.
func (sm *Sample) SetVariable(name, value string) error {
	set, ok := sendingVariables[name]
	if !ok {
		names := slices.Sorted(maps.Keys(sendingVariables))
		for _, p := range sm.service.Properties {
			names = append(names, p.Name)
		}
		return fault.New(fault.Invalid, name, "no variable or property of that name; there are %s", strings.Join(names, ", "))
	}
	if err := set(sm, value); err != nil {
		return fault.New(fault.Invalid, name, "%v", err)
	}
	return nil
}

// Bind is the file with the sample's properties.
func (sm *Sample) Bind() (*service.Bound, error) { return sm.service.Bind(sm.properties) }

// sendingVariables is what Set may name, and what it does.
var sendingVariables = map[string]func(*Sample, string) error{
	"id":              text(func(s *Sample) *string { return &s.sending.ID }),
	"from":            text(func(s *Sample) *string { return &s.sending.From }),
	"to":              text(func(s *Sample) *string { return &s.sending.To }),
	"content":         setContent,
	"text":            text(func(s *Sample) *string { return &s.sending.Text }),
	"url":             setURLs,
	"urls":            setURLs,
	"messageid":       text(func(s *Sample) *string { return &s.messageID }),
	"cursor":          text(func(s *Sample) *string { return &s.cursor }),
	"extension":       text(func(s *Sample) *string { return &s.sending.Extension }),
	"username":        text(func(s *Sample) *string { return &s.sending.Username }),
	"domain":          text(func(s *Sample) *string { return &s.sending.Domain }),
	"orgid":           text(func(s *Sample) *string { return &s.sending.OrgID }),
	"webhook_url":     text(func(s *Sample) *string { return &s.sending.WebhookURL }),
	"country":         text(func(s *Sample) *string { return &s.sending.Country }),
	"outbound_format": text(func(s *Sample) *string { return &s.sending.OutboundFormat }),
	"uuid":            text(func(s *Sample) *string { return &s.attempt.UUID }),
	"now":             moment(func(s *Sample) *time.Time { return &s.attempt.Now }),
	"created":         moment(func(s *Sample) *time.Time { return &s.sending.Created }),
}

func text(at func(*Sample) *string) func(*Sample, string) error {
	return func(s *Sample, v string) error {
		*at(s) = v
		return nil
	}
}

func moment(at func(*Sample) *time.Time) func(*Sample, string) error {
	return func(s *Sample, v string) error {
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return fmt.Errorf("%q is not a time like 2026-01-31T12:00:00Z", v)
		}
		*at(s) = t
		return nil
	}
}

// setContent sets what $content$ is: the text, and in SendFile the file's address.
func setContent(s *Sample, v string) error {
	if len(s.sending.Files) > 0 {
		return setURLs(s, v)
	}
	s.sending.Text = v
	return nil
}

func setURLs(s *Sample, v string) error {
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
func (sm *Sample) finish() *service.Sending {
	enc, segments, _ := phone.Segments(sm.sending.Text)
	sm.sending.Encoding, sm.sending.Segments = enc, segments
	return &sm.sending
}
