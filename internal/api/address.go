package api

import (
	"net/http"
	"net/netip"
	"strings"
)

// address is where a request comes from: the other end of the connection or, when that is a proxy of ours, the last address in
// X-Forwarded-For that is none. What stands further left is whatever the sender wrote.
func (s *Server) address(r *http.Request) netip.Addr {
	at, err := netip.ParseAddr(peer(r))
	if err != nil {
		return netip.Addr{}
	}
	at = at.Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.isProxy(at); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // some proxies write a port or a word; nothing left of it is worth more
		}
		at = hop.Unmap().WithZone("")
	}
	return at
}

func (s *Server) isProxy(a netip.Addr) bool {
	for _, p := range *s.proxies.Load() {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// neighbourhood is what one customer of a provider has: an address, or the half of an IPv6 address that a network gets.
func neighbourhood(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
