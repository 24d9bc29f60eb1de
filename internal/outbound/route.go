package outbound

import (
	"context"
	"hash/fnv"
	"maps"
	"strconv"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/service"
)

// route is the way to a provider: an integration, and its service with the integration's property values in it.
type route struct {
	integration *directory.Integration
	bound       *service.Bound
	secrets     []string // the same slice each time, as the exchange wants it
	veil        *secret.Redactor
}

// boundKey names one compiled way to a provider. Messages finish on the version of the file that they were accepted under.
type boundKey struct{ integrationID, version string }

type boundEntry struct {
	properties map[string]string
	key        string
	bound      *service.Bound
	secrets    []string
	veil       *secret.Redactor
}

// maxBound bounds the cache. Entries are cheap to make again.
const maxBound = 10_000

// route finds the way; version "" is the current one of the service file. A fault says why there is none at present.
func (f *Flow) route(ctx context.Context, accountID, integrationID, version string) (*route, error) {
	in, err := f.o.Store.Integration(ctx, accountID, integrationID)
	if err != nil {
		return nil, err
	}
	if in == nil {
		return nil, fault.New(fault.NotFound, "integration", "its integration was removed")
	}
	if !in.Enabled {
		return nil, fault.New(fault.Conflict, "integration", "its integration is switched off")
	}
	svc, err := f.o.Shelf.Get(ctx, accountID, in.ServiceID, version)
	if version != "" && fault.CodeOf(err) == fault.NotFound {
		// A version of the catalogue that left with an older program: the one that took its place is better than none.
		svc, err = f.o.Shelf.Get(ctx, accountID, in.ServiceID, "")
	}
	if err != nil {
		return nil, err
	}
	if !svc.Sends() {
		return nil, fault.New(fault.Conflict, "service", "the service %q describes no way to send", svc.ID)
	}
	e, err := f.bind(in, svc)
	if err != nil {
		return nil, err
	}
	return &route{integration: in, bound: e.bound, secrets: e.secrets, veil: e.veil}, nil
}

// bind puts the integration's values into the service, once for as long as neither changes.
func (f *Flow) bind(in *directory.Integration, svc *service.Service) (boundEntry, error) {
	key := boundKey{in.ID, svc.Version}
	f.mu.Lock()
	e, ok := f.bound[key]
	f.mu.Unlock()
	if ok && e.bound.Service == svc && e.key == in.Key && maps.Equal(e.properties, in.Properties) {
		return e, nil
	}
	b, err := svc.Bind(in.Properties)
	if err != nil {
		return boundEntry{}, err
	}
	secrets := b.Secrets()
	if in.Key != "" { // whoever reads it in a recorded request could forge callbacks
		secrets = append(secrets[:len(secrets):len(secrets)], in.Key)
	}
	e = boundEntry{properties: maps.Clone(in.Properties), key: in.Key, bound: b, secrets: secrets, veil: secret.NewRedactor(secrets...)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.bound) >= maxBound {
		clear(f.bound)
	}
	f.bound[key] = e
	return e, nil
}

// sending is the message as the service file's patterns see it.
func (f *Flow) sending(ctx context.Context, m *message.Message, n *directory.Number, r *route) (*service.Sending, error) {
	s := &service.Sending{
		ID: m.ID, From: m.From, To: m.To, Text: m.Content, OrgID: m.OrgID,
		WebhookURL: f.webhookURL(r), Segments: m.Segments, Encoding: m.Encoding, Created: m.Created,
	}
	for _, u := range m.URLs {
		s.Files = append(s.Files, service.File{URL: u})
	}
	if n != nil { // one that was removed while the message waited leaves E.164
		s.Country, s.OutboundFormat = n.Country, n.OutboundFormat
	}
	o, err := found(f.o.Store.Organization(ctx, m.AccountID, m.OrgID))
	if err != nil {
		return nil, err
	}
	if o != nil {
		s.Domain = o.Domain
	}
	if m.UserID == "" {
		return s, nil
	}
	u, err := found(f.o.Store.User(ctx, m.AccountID, m.UserID))
	if err != nil {
		return nil, err
	}
	if u != nil {
		s.Extension, s.Username = u.Extension, u.Name
	}
	return s, nil
}

// found makes nil of what was removed while a message waited: the message still goes out.
func found[T any](v *T, err error) (*T, error) {
	if fault.CodeOf(err) == fault.NotFound {
		return nil, nil
	}
	return v, err
}

// webhookURL is where the provider reaches us about this integration.
func (f *Flow) webhookURL(r *route) string {
	u := f.o.PublicURL + "/services/" + r.bound.ID + "/a" + r.integration.AccountID
	if r.integration.Key != "" {
		u += "/" + r.integration.Key
	}
	return u
}

// laneKey is the ordered queue that a message joins: its number's, or the integration's where the provider counts all
// numbers together, so that one lane keeps the pace for all. A concurrency above one splits the queue by contact: what
// people see in order is a conversation.
func laneKey(m *message.Message, l service.Limits) string {
	key := m.IntegrationID
	if !(l.PerIntegration && (l.MessagesPerSecond > 0 || l.SegmentsPerSecond > 0)) {
		key += "/" + m.NumberID
	}
	if l.Concurrency > 1 {
		h := fnv.New32a()
		h.Write([]byte(m.NumberID))
		h.Write([]byte{0})
		h.Write([]byte(m.To))
		key += "/" + strconv.Itoa(int(h.Sum32()%uint32(l.Concurrency)))
	}
	return key
}

// paceOf is how long one lane of a service keeps to itself after it has begun to send a message: its share, when several lanes share the
// provider's limit. A pace in segments counts those of the message.
func paceOf(l service.Limits, m *message.Message) time.Duration {
	share := float64(max(l.Concurrency, 1))
	segments := 1
	if m.Part == 0 {
		segments = max(m.Segments, 1)
	}
	return max(lane.Pace(l.MessagesPerSecond/share).Every(), lane.Pace(l.SegmentsPerSecond/(share*float64(segments))).Every())
}
