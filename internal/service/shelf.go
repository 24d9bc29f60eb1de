package service

import (
	"context"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"
	"time"

	"patchbay/internal/fault"
)

// Sources is where an account's own service files are kept. version "" is the current one; fault.NotFound when there is none.
type Sources interface {
	ServiceSource(ctx context.Context, accountID, serviceID, version string) (source []byte, ver string, err error)
}

// currentFor is how long another node's change of a current version may go unseen here.
const currentFor = time.Second

// maxKept bounds the compiled services and the current versions that a Shelf remembers.
const maxKept = 4096

// Shelf resolves service ids to compiled services: the built-in catalogue, hidden file by file by an account's own.
type Shelf struct {
	catalogue map[string]*Service // by lower-case id
	byVersion map[string]*Service // the catalogue again
	own       Sources

	mu       sync.Mutex
	compiled map[shelfKey]*Service // by account and version
	current  map[shelfKey]seen     // by account and lower-case id
	changes  uint64                // of Forget, so that what was read before a write is not remembered after it
}

type shelfKey struct{ account, name string }

type seen struct {
	service *Service // nil: the account has no file of its own
	until   time.Time
}

// NewShelf compiles the catalogue (every *.json of it) and fails on the first file with an error.
func NewShelf(catalogue fs.FS, own Sources) (*Shelf, error) {
	s := &Shelf{
		catalogue: map[string]*Service{}, byVersion: map[string]*Service{}, own: own,
		compiled: map[shelfKey]*Service{}, current: map[shelfKey]seen{},
	}
	names, err := fs.Glob(catalogue, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list the catalogue: %w", err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(catalogue, name)
		if err != nil {
			return nil, fmt.Errorf("read the catalogue: %w", err)
		}
		svc, problems := Parse(data)
		if err := problems.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		id := strings.ToLower(svc.ID)
		if other := s.catalogue[id]; other != nil {
			return nil, fmt.Errorf("%s: the id %q is taken by another file of the catalogue", name, svc.ID)
		}
		s.catalogue[id], s.byVersion[svc.Version] = svc, svc
	}
	return s, nil
}

// Get is the service of that id for that account; version "" is the current one.
func (s *Shelf) Get(ctx context.Context, accountID, serviceID, version string) (*Service, error) {
	if version != "" {
		return s.exactly(ctx, accountID, serviceID, version)
	}
	key := shelfKey{accountID, strings.ToLower(serviceID)}
	now := time.Now()
	s.mu.Lock()
	entry, ok := s.current[key]
	changes := s.changes
	s.mu.Unlock()
	if !ok || now.After(entry.until) {
		svc, err := s.load(ctx, accountID, serviceID, "")
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return nil, err
		}
		entry = seen{service: svc, until: now.Add(currentFor)}
		s.mu.Lock()
		if len(s.current) >= maxKept {
			clear(s.current)
		}
		if s.changes == changes {
			s.current[key] = entry
		}
		s.mu.Unlock()
	}
	if entry.service != nil {
		return entry.service, nil
	}
	if svc := s.catalogue[key.name]; svc != nil {
		return svc, nil
	}
	return nil, noService(serviceID)
}

func noService(id string) error {
	return fault.New(fault.NotFound, "service", "there is no service %q: upload its file, or pick one of the catalogue", id)
}

func (s *Shelf) exactly(ctx context.Context, accountID, serviceID, version string) (*Service, error) {
	if svc := s.byVersion[version]; svc != nil && strings.EqualFold(svc.ID, serviceID) {
		return svc, nil
	}
	s.mu.Lock()
	svc := s.compiled[shelfKey{accountID, version}]
	s.mu.Unlock()
	if svc != nil && strings.EqualFold(svc.ID, serviceID) {
		return svc, nil
	}
	svc, err := s.load(ctx, accountID, serviceID, version)
	if fault.CodeOf(err) == fault.NotFound && err != nil {
		// A version of the catalogue that this build no longer carries: its successor is the closest there is.
		if svc := s.catalogue[strings.ToLower(serviceID)]; svc != nil {
			return svc, nil
		}
		return nil, noService(serviceID)
	}
	return svc, err
}

// load compiles what the account keeps.
func (s *Shelf) load(ctx context.Context, accountID, serviceID, version string) (*Service, error) {
	if s.own == nil || accountID == "" {
		return nil, noService(serviceID)
	}
	source, ver, err := s.own.ServiceSource(ctx, accountID, serviceID, version)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	svc := s.compiled[shelfKey{accountID, ver}]
	s.mu.Unlock()
	if svc != nil && strings.EqualFold(svc.ID, serviceID) {
		return svc, nil
	}
	svc, problems := Parse(source)
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("service %s, version %s: %w", serviceID, ver, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.compiled) >= maxKept {
		clear(s.compiled)
	}
	s.compiled[shelfKey{accountID, ver}] = svc
	return svc, nil
}

// Catalogue is the built-in services, by id.
func (s *Shelf) Catalogue() []*Service {
	out := make([]*Service, 0, len(s.catalogue))
	for _, svc := range s.catalogue {
		out = append(out, svc)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Forget drops what is known about the current version of an account's file: call it after a write.
func (s *Shelf) Forget(accountID, serviceID string) {
	s.mu.Lock()
	s.changes++
	delete(s.current, shelfKey{accountID, strings.ToLower(serviceID)})
	s.mu.Unlock()
}
