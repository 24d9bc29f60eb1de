package exchange

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"
)

// errBlocked is what the guard says inside; the outside hears what it hears when nobody answers.
var errBlocked = errors.New("address is not allowed")

// guard decides which addresses may be reached. It judges the address that the socket is about to connect to, after the name was
// resolved, so a name that changes between look and leap gains nothing.
type guard struct {
	ranges *ssrf.Guardian

	mu     sync.RWMutex
	plain  bool             // any public address by plain http and on any port
	listed list             // by the operator
	fixed  list             // by the program itself, whatever the operator lists
	own    []netip.AddrPort // what we listen on; an unspecified address stands for all of this machine
	locals func() ([]net.Addr, error)
}

// list is the internal addresses that may be reached.
type list struct {
	names map[string]bool         // "host:port", as requests name them
	addrs map[netip.AddrPort]bool // "ip:port", whatever name leads there
}

func newList() list { return list{names: map[string]bool{}, addrs: map[netip.AddrPort]bool{}} }

func newGuard(plain bool) *guard {
	return &guard{
		ranges: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork()),
		plain:  plain,
		listed: newList(),
		fixed:  newList(),
		locals: net.InterfaceAddrs,
	}
}

// allow lists one address for good.
func (g *guard) allow(hostport string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fixed.add(hostport)
}

// decide replaces what the operator decided.
func (g *guard) decide(listed list, plain bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listed, g.plain = listed, plain
}

// add refuses what is no host:port.
func (l list) add(hostport string) error {
	host, port, err := net.SplitHostPort(strings.TrimSpace(hostport))
	n, numErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numErr != nil || n == 0 || host == "" || strings.ContainsAny(host, "/@ *") {
		return fmt.Errorf("%q is not an address: write host:port, such as 10.0.0.5:8080 or sms.internal:443", hostport)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		l.addrs[netip.AddrPortFrom(ip.Unmap().WithZone(""), uint16(n))] = true
		return nil
	}
	name, err := asciiName(host)
	if err != nil {
		return fmt.Errorf("%q is not an address: %w", hostport, err)
	}
	l.names[net.JoinHostPort(name, port)] = true
	return nil
}

// refuseOwn adds an address that we listen on.
func (g *guard) refuseOwn(addr net.Addr) {
	if ap, err := netip.ParseAddrPort(addr.String()); err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.own = append(g.own, netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port()))
	}
}

// pass is what admit found out about a request, carried to the socket in the context.
type pass struct {
	listed bool // the operator listed this host:port by name
	odd    bool // plain http or an unusual port: only a listed address will do
}

type passKey struct{}

// admit judges a URL before anything is resolved, and puts its host into the one form that is looked at from here on.
func (g *guard) admit(u *url.URL) (pass, error) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return pass{}, refuse("only http and https addresses can be reached")
	case u.User != nil:
		return pass{}, refuse("an address must not carry a user name; use the file's auth")
	case u.Opaque != "" || u.Host == "":
		return pass{}, refuse("the address has no host")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return pass{}, refuse("the address has no valid port")
	}
	name, err := asciiName(u.Hostname())
	if err != nil {
		return pass{}, refuse("the address has no valid host")
	}
	if u.Port() == "" {
		u.Host = name
		if strings.Contains(name, ":") {
			u.Host = "[" + name + "]"
		}
	} else {
		u.Host = net.JoinHostPort(name, port)
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return pass{
		listed: g.listed.names[net.JoinHostPort(name, port)] || g.fixed.names[net.JoinHostPort(name, port)],
		odd:    !g.plain && (u.Scheme == "http" || port != "443" && port != "8443"),
	}, nil
}

// control is the dialer's last question, with the address resolved. It decides alone.
func (g *guard) control(ctx context.Context, network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return errBlocked
	}
	ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	p, _ := ctx.Value(passKey{}).(pass)
	g.mu.RLock()
	defer g.mu.RUnlock()
	switch {
	case g.isOwn(ap):
		return errBlocked
	case p.listed || g.listed.addrs[ap] || g.fixed.addrs[ap]:
		return nil
	case p.odd || ap.Addr().Zone() != "" || g.ranges.SafeAddr(ap.Addr()) != nil:
		return errBlocked
	}
	return nil
}

// isOwn reports whether ap leads back to ourselves.
func (g *guard) isOwn(ap netip.AddrPort) bool {
	for _, own := range g.own {
		if own.Port() != ap.Port() {
			continue
		}
		if own.Addr() == ap.Addr() {
			return true
		}
		if own.Addr().IsUnspecified() && g.isLocal(ap.Addr()) {
			return true
		}
	}
	return false
}

func (g *guard) isLocal(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
	addrs, err := g.locals()
	if err != nil {
		return true // we cannot tell, so no
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap().WithZone("") == ip.WithZone("") {
			return true
		}
	}
	return false
}

// asciiName puts a host into one form: lower case, no dot at the end, IDN as ASCII, an IP address in its own short form.
// Names that only some resolvers take for an address (127.1, 0x7f.1, 2130706433) are refused, so no resolver is asked about them.
func asciiName(host string) (string, error) {
	host = strings.TrimSuffix(host, ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", errors.New("an address with a zone")
		}
		return ip.Unmap().String(), nil
	}
	name, err := idna.Lookup.ToASCII(host)
	if err != nil && !isPlainName(host) {
		return "", errors.New("not a host name")
	}
	if err != nil {
		name = strings.ToLower(host) // underscores and the like: not IDN's business
	}
	name = strings.TrimSuffix(name, ".")
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().String(), nil // ①②⑦.⓪.⓪.① has become 127.0.0.1
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if name == "" || !isPlainName(name) || endsInNumber(last) {
		return "", errors.New("not a host name")
	}
	return name, nil
}

// endsInNumber is the WHATWG URL standard's question: a host whose last label is a number is an IPv4 address or nothing.
func endsInNumber(label string) bool {
	if hex, ok := strings.CutPrefix(strings.ToLower(label), "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

func isPlainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 253
}
