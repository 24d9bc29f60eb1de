package inbound

import (
	"context"
	"crypto/subtle"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"patchbay/internal/directory"
	"patchbay/internal/service"
)

// Directory is who may be called. The store answers from memory; Generation rises with every write to it.
type Directory interface {
	Generation() uint64
	IntegrationsOfService(ctx context.Context, accountID, serviceID string) ([]directory.Integration, error)
	NumbersOfIntegration(ctx context.Context, accountID, integrationID string) ([]directory.Number, error)
	FormerNumbers(ctx context.Context, accountID, integrationID string) ([]directory.Number, error)
}

// Shelf gives the service of an account by its id; version "" is the current one.
type Shelf interface {
	Get(ctx context.Context, accountID, serviceID, version string) (*service.Service, error)
}

// source is what stands behind one webhook URL: a service, the integrations that are switched on, and their numbers.
type source struct {
	generation uint64
	account    string
	service    *service.Service
	members    []*member
	open       audience // of the URL without a key
	locked     bool     // a member has one
	byID       map[string]*member
	numbers    *service.Numbers            // of all members
	rows       map[string]directory.Number // by value, which is unique within an account
}

// audience is the integrations that one URL speaks to; those with equal property values stand together, for one check serves them all.
type audience struct {
	ids    map[string]bool
	groups [][]*member
}

// member is one integration of a source.
type member struct {
	directory.Integration
	secrets string   // equal when all property values are: such integrations verify together
	veils   []veiled // its secrets, which are not kept
	bound   func() (*service.Bound, error)
}

// sources remembers them until the directory or the service file changes.
type sources struct {
	directory Directory
	shelf     Shelf

	away func(error) bool // whether the database is, and what is known has to do

	mu    sync.Mutex
	known map[sourceKey]*source
}

type sourceKey struct{ account, service string }

// maxSources bounds what is remembered; past it everything is forgotten, which costs a few look-ups.
const maxSources = 10_000

var errNobody = errors.New("no integration of that service is on")

func (s *sources) get(ctx context.Context, accountID, serviceID string) (*source, error) {
	key := sourceKey{accountID, serviceID}
	s.mu.Lock()
	last := s.known[key]
	s.mu.Unlock()
	if last != nil && s.away(nil) {
		return last, nil
	}
	src, err := s.look(ctx, key, last)
	if err != nil && last != nil && s.away(err) {
		// Who it is for and by what secrets it proves itself is as it was when we last knew. What it does is decided when the database is back.
		return last, nil
	}
	return src, err
}

func (s *sources) look(ctx context.Context, key sourceKey, src *source) (*source, error) {
	accountID := key.account
	generation := s.directory.Generation() // before the look-ups: a write meanwhile makes what we remember stale, never fresh
	svc, err := s.shelf.Get(ctx, accountID, key.service, "")
	if err != nil {
		return nil, err
	}
	if src != nil && src.generation == generation && src.service == svc {
		return src, nil
	}
	src, err = s.load(ctx, accountID, svc)
	if err != nil {
		return nil, err
	}
	src.generation = generation
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxSources {
		clear(s.known)
	}
	s.known[key] = src
	return src, nil
}

func (s *sources) load(ctx context.Context, accountID string, svc *service.Service) (*source, error) {
	integrations, err := s.directory.IntegrationsOfService(ctx, accountID, svc.ID)
	if err != nil {
		return nil, err
	}
	src := &source{account: accountID, service: svc, byID: map[string]*member{}, rows: map[string]directory.Number{}}
	var numbers []service.Number
	for _, in := range integrations {
		if !in.Enabled {
			continue
		}
		m := &member{
			Integration: in,
			secrets:     fingerprint(in.Properties),
			veils:       veils(svc, &in),
			bound:       sync.OnceValues(func() (*service.Bound, error) { return svc.Bind(in.Properties) }),
		}
		src.members = append(src.members, m)
		src.byID[in.ID] = m
		src.locked = src.locked || in.Key != ""
		rows, err := s.directory.NumbersOfIntegration(ctx, accountID, in.ID)
		if err != nil {
			return nil, err
		}
		for _, n := range rows {
			src.rows[n.Value] = n
			numbers = append(numbers, service.Number{Value: n.Value, Country: n.Country, Integration: in.ID})
		}
	}
	if len(src.members) == 0 {
		return nil, errNobody
	}
	for _, m := range src.members {
		rows, err := s.directory.FormerNumbers(ctx, accountID, m.ID)
		if err != nil {
			return nil, err
		}
		for _, n := range rows {
			if _, taken := src.rows[n.Value]; taken {
				continue
			}
			// It has moved to another integration of its organization, and its old provider may not have heard of that yet.
			n.IntegrationID = m.ID
			src.rows[n.Value] = n
			numbers = append(numbers, service.Number{Value: n.Value, Country: n.Country, Integration: m.ID})
		}
	}
	src.open = audienceOf(slices.DeleteFunc(slices.Clone(src.members), func(m *member) bool { return m.Key != "" }))
	src.numbers = service.NewNumbers(numbers)
	return src, nil
}

// audienceOf groups members by their secrets, in order.
func audienceOf(members []*member) audience {
	a := audience{ids: make(map[string]bool, len(members))}
	place := map[string]int{}
	for _, m := range members {
		a.ids[m.ID] = true
		at, seen := place[m.secrets]
		if !seen {
			at = len(a.groups)
			place[m.secrets] = at
			a.groups = append(a.groups, nil)
		}
		a.groups[at] = append(a.groups[at], m)
	}
	return a
}

// keyed is the audience of a URL with this key, or none. An integration that has a key is reached by it alone.
func (src *source) keyed(pathKey, queryKey string) audience {
	if pathKey == "" && (queryKey == "" || !src.locked) {
		return src.open
	}
	var members []*member
	for _, m := range src.members {
		switch {
		case m.Key == "" && pathKey == "": // ?key= may be a parameter of the provider's own
			members = append(members, m)
		case m.Key != "" && (sameKey(m.Key, pathKey) || sameKey(m.Key, queryKey)):
			members = append(members, m)
		}
	}
	return audienceOf(members)
}

func sameKey(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func fingerprint(properties map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		b.WriteString(name)
		b.WriteByte(0)
		b.WriteString(properties[name])
		b.WriteByte(0)
	}
	return b.String()
}
