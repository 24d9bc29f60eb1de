package store

import "sync"

// cacheMax bounds each kind of what is remembered; past it everything is forgotten and remembered anew.
const cacheMax = 50_000

// cache remembers what every message looks up: keys, numbers, integrations, users, organizations. Any change of the
// directory empties it.
type cache struct {
	mu         sync.RWMutex
	generation uint64 // of the directory
	drops      uint64
	kept       map[any]any
}

// Each look-up is a type of its own, so that no two meet in the map.
type (
	keyByHash       [32]byte
	signInByHash    [32]byte
	personByID      struct{ account, id string }
	numberByID      struct{ account, id string }
	numberByValue   struct{ account, value string }
	integrationByID struct{ account, id string }
	integrationOf   struct{ account, org, service string }
	userByID        struct{ account, id string }
	userByExtension struct{ account, org, extension string }
	organizationBy  struct{ account, id, domain string }
	numbersOf       struct{ account, integration string }
	formerNumbersOf struct{ account, integration string }
	integrationsOf  struct{ account, service string }
)

// forget is called after each commit that changed the directory, before its writers are told.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.kept = nil
}

func (c *cache) look(k any) (v any, found bool, changes uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, found = c.kept[k]
	return v, found, c.generation + c.drops
}

// keep remembers v unless something changed since it was read.
func (c *cache) keep(k, v any, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation+c.drops != changes {
		return
	}
	if c.kept == nil || len(c.kept) >= cacheMax {
		c.kept = map[any]any{}
	}
	c.kept[k] = v
}

// drop forgets one thing, which has changed without anything else having to be forgotten: the directory is as it was.
func (c *cache) drop(k any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, k)
	c.drops++ // whoever has read it and not kept it yet has read the old one
}

// cached gives a copy of what load reads, from memory when it was read before. load returns nil for what is not there,
// and that is remembered too: a stranger's requests must not become queries.
func cached[T any, K comparable](c *cache, k K, load func() (*T, error)) (*T, error) {
	v, found, changes := c.look(k)
	if !found {
		t, err := load()
		if err != nil {
			return nil, err
		}
		c.keep(k, t, changes)
		v = t
	}
	t := v.(*T)
	if t == nil {
		return nil, nil
	}
	own := *t // callers may change what they get; what its slices and maps hold they must not
	return &own, nil
}
