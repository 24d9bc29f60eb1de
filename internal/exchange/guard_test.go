package exchange

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"patchbay/internal/wire"
)

// internal is one address at least of every range that is nobody's business.
var internal = strings.Fields(`
	127.0.0.1 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 169.254.169.254
	100.64.0.1 100.127.255.255 0.0.0.0 0.1.2.3 192.0.0.1 192.0.0.171 192.88.99.1 198.18.0.1 198.19.255.255 224.0.0.1 239.255.255.255
	240.0.0.1 255.255.255.255 192.0.2.1 198.51.100.1 203.0.113.1
	::1 :: fe80::1 febf::1 fc00::1 fdff::1 ff02::1 ffff::1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1:: 2002:808:808::
	2001::1 2001:0:808:808::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::127.0.0.1 5f00::1 2001:db8::1 3fff::1 100::1 fec0::1`)

var public = strings.Fields("8.8.8.8 1.1.1.1 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 198.17.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1")

func TestInternalAddressesAreRefusedAtTheSocket(t *testing.T) {
	g := newGuard(true)
	for _, ip := range internal {
		if ip == "::ffff:8.8.8.8" {
			continue // mapped: judged as the IPv4 address it is, below
		}
		for _, port := range []string{"80", "443", "8443", "22"} {
			if err := g.control(t.Context(), "tcp4", net.JoinHostPort(ip, port), nil); err == nil {
				t.Errorf("%s port %s: allowed", ip, port)
			}
		}
	}
	for _, ip := range append(public, "::ffff:8.8.8.8") {
		if err := g.control(t.Context(), "tcp6", net.JoinHostPort(ip, "443"), nil); err != nil {
			t.Errorf("%s: refused", ip)
		}
	}
	for _, bad := range []string{"", "x", "8.8.8.8", "8.8.8.8:x", "/run/sock"} {
		if g.control(t.Context(), "tcp4", bad, nil) == nil {
			t.Errorf("%q: allowed", bad)
		}
	}
	for _, network := range []string{"unix", "udp4", "tcp", "ip4"} {
		if g.control(t.Context(), network, "8.8.8.8:443", nil) == nil {
			t.Errorf("network %s: allowed", network)
		}
	}
	if g.control(t.Context(), "tcp6", "[2606:4700::1%eth0]:443", nil) == nil {
		t.Error("an address with a zone: allowed")
	}
}

// FuzzControl: nothing but what netip calls global unicast outside private ranges ever passes.
func FuzzControl(f *testing.F) {
	for _, ip := range append(internal, public...) {
		f.Add(ip)
	}
	g := newGuard(true)
	f.Fuzz(func(t *testing.T, ip string) {
		if g.control(context.Background(), "tcp6", net.JoinHostPort(ip, "443"), nil) != nil {
			return
		}
		a, err := netip.ParseAddr(ip)
		if a = a.Unmap(); err != nil || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
			t.Errorf("%q passed", ip)
		}
	})
}

// canary listens on loopback and counts who comes.
func canary(t *testing.T) (port string, hits func() int) {
	s := raw(t, func(c net.Conn, _ int) { _ = c.Close() })
	_, port, _ = net.SplitHostPort(s.addr)
	return port, s.conns
}

func TestNoSpellingReachesAnInternalAddress(t *testing.T) {
	port, hits := canary(t)
	d := door(t, Config{AllowPlain: true})
	for _, u := range []string{
		"http://127.0.0.1:%", "http://127.1:%", "http://127.0.1:%", "http://0x7f.1:%", "http://0x7f000001:%", "http://2130706433:%",
		"http://017700000001:%", "http://0177.0.0.1:%", "http://127.0.0.1.:%", "http://localhost:%", "http://localhost.:%", "http://LOCALHOST:%",
		"http://[::1]:%", "http://[::ffff:127.0.0.1]:%", "http://[0:0:0:0:0:ffff:7f00:1]:%", "http://[::ffff:169.254.169.254]:%", "http://[::]:%", "http://0:%",
		"http://0.0.0.0:%", "http://①②⑦.⓪.⓪.①:%", "http://127。0。0。1:%", "http://user@127.0.0.1:%", "http://example.com@127.0.0.1:%",
		"http://127.0.0.1:%@example.com", "http://127.0.0.1%2f:%", "http://127.0.0.1\\:%", "http://127.0.0.1\t:%", "http:///127.0.0.1:%",
		"http://[::1%25lo]:%", "http://127.0.0.1:%#@example.com", "http:127.0.0.1:%", "//127.0.0.1:%/", "http://loc\u00adalhost:%", "https://127.0.0.1:%",
		"HTTP://127.0.0.1:%", "http://ⓛocalhost:%", "http://127.0.0.1:0%", "http://127.0.0.1:+%",
		"file:///etc/passwd", "gopher://127.0.0.1:%/", "ftp://127.0.0.1:%/", "unix:///run/x.sock", "dict://127.0.0.1:%/", "data:text/plain,x", "", "http://", "%",
	} {
		u := strings.Replace(u, "%", port, 1)
		if strings.HasPrefix(u, "http://[::1"+port) {
			u = "http://[::1%25lo]:" + port
		}
		x := d.Do(t.Context(), &wire.Request{Method: "GET", URL: u}, Options{})
		if x.Phase != Unreached || x.Err == nil || !IsBlocked(x.Err) {
			t.Errorf("%s: %v, %v (blocked: %v); want unreached and blocked", u, x.Phase, x.Err, IsBlocked(x.Err))
		}
	}
	if n := hits(); n != 0 {
		t.Errorf("%d connections reached the internal address", n)
	}
}

func TestProxyVariablesDoNotLeadAroundTheGuard(t *testing.T) {
	port, hits := canary(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:"+port)
	}
	d := door(t, Config{AllowPlain: true})
	for _, u := range []string{"http://10.0.0.1/", "https://192.168.0.1/"} {
		if x := d.Do(t.Context(), &wire.Request{Method: "GET", URL: u}, Options{}); !IsBlocked(x.Err) {
			t.Errorf("%s: %v, want blocked", u, x.Err)
		}
	}
	if n := hits(); n != 0 {
		t.Errorf("%d connections went to the proxy", n)
	}
}

func TestANameThatLeadsInsideIsRefusedWhenItIsDialled(t *testing.T) {
	port, hits := canary(t)
	d := door(t, Config{AllowPlain: true})
	d.pools.dial.net.Resolver = names(t, map[string][]string{
		"rebind.test.": {"127.0.0.1"}, "six.test.": {"::1"}, "both.test.": {"::1", "127.0.0.1", "169.254.169.254"},
	})
	for _, host := range []string{"rebind.test", "six.test", "both.test"} {
		for _, scheme := range []string{"http", "https"} {
			x := d.Do(t.Context(), &wire.Request{Method: "GET", URL: scheme + "://" + host + ":" + port}, Options{})
			if x.Phase != Unreached || !IsBlocked(x.Err) {
				t.Errorf("%s %s: %v, %v", scheme, host, x.Phase, x.Err)
			}
		}
	}
	if n := hits(); n != 0 {
		t.Errorf("%d connections reached the internal address", n)
	}
}

func TestTheOperatorMayListAnInternalAddress(t *testing.T) {
	s := raw(t, answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	_, port, _ := net.SplitHostPort(s.addr)
	resolver := names(t, map[string][]string{"sms.internal.": {"127.0.0.1"}, "other.internal.": {"127.0.0.1"}})
	for _, c := range []struct {
		listed, host string
		want         bool
	}{
		{"127.0.0.1:" + port, "127.0.0.1", true},
		{"127.0.0.1:" + port, "other.internal", true}, // by the address that it resolves to
		{"sms.internal:" + port, "sms.internal", true},
		{"SMS.internal.:" + port, "sms.internal", true},
		{"sms.internal:" + port, "other.internal", false},
		{"sms.internal:" + port, "127.0.0.1", false},
		{"127.0.0.1:1", "127.0.0.1", false}, // another port
		{"127.0.0.2:" + port, "127.0.0.1", false},
		{"[::ffff:127.0.0.1]:" + port, "127.0.0.1", true},
	} {
		d := door(t, Config{AllowPrivate: []string{c.listed}})
		d.pools.dial.net.Resolver = resolver
		x := d.Do(t.Context(), &wire.Request{Method: "GET", URL: "http://" + c.host + ":" + port}, Options{})
		if (x.Err == nil) != c.want {
			t.Errorf("listed %s, asked for %s: %v", c.listed, c.host, x.Err)
		}
	}
	for _, bad := range []string{"", "10.0.0.1", "10.0.0.0/8:80", ":80", "host:", "host:0", "host:99999", "http://host:80", "*:80", "user@host:80"} {
		if _, err := NewDoor(Config{AllowPrivate: []string{bad}}); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
}

func TestOurOwnAddressIsRefusedByAnyName(t *testing.T) {
	port, hits := canary(t)
	for _, own := range []string{"127.0.0.1:", "0.0.0.0:", "[::]:"} {
		d := door(t, Config{AllowPlain: true, AllowPrivate: []string{"127.0.0.1:" + port, "localhost:" + port, "gateway.test:" + port}})
		d.pools.dial.net.Resolver = names(t, map[string][]string{"gateway.test.": {"127.0.0.1"}, "localhost.": {"127.0.0.1"}})
		addr, err := net.ResolveTCPAddr("tcp", own+port)
		if err != nil {
			t.Fatal(err)
		}
		d.RefuseOwn(addr)
		for _, host := range []string{"127.0.0.1", "localhost", "gateway.test"} {
			if x := d.Do(t.Context(), &wire.Request{Method: "GET", URL: "http://" + host + ":" + port}, Options{}); !IsBlocked(x.Err) {
				t.Errorf("we listen on %s, asked for %s: %v", own, host, x.Err)
			}
		}
	}
	if n := hits(); n != 0 {
		t.Errorf("%d connections to ourselves", n)
	}
	g := newGuard(true)
	g.locals = func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("8.8.4.4"), Mask: net.CIDRMask(24, 32)}}, nil
	}
	g.refuseOwn(&net.TCPAddr{IP: net.IPv4zero, Port: 8080})
	if g.control(t.Context(), "tcp4", "8.8.4.4:8080", nil) == nil {
		t.Error("our own public address: allowed")
	}
	if g.control(t.Context(), "tcp4", "8.8.4.4:8081", nil) != nil {
		t.Error("another port of this machine's public address: refused")
	}
}

func TestPlainHTTPAndUnusualPortsNeedTheOperator(t *testing.T) {
	for _, c := range []struct {
		plain bool
		url   string
		odd   bool
	}{
		{false, "https://8.8.8.8/", false}, {false, "https://8.8.8.8:8443/", false}, {false, "https://8.8.8.8:25/", true}, {false, "http://8.8.8.8/", true},
		{true, "http://8.8.8.8/", false}, {true, "https://8.8.8.8:13013/", false},
	} {
		g := newGuard(c.plain)
		req, p, err := prepare(t.Context(), g, &wire.Request{Method: "GET", URL: c.url})
		if err != nil || p.odd != c.odd {
			t.Errorf("plain %v, %s: odd %v, %v; want odd %v", c.plain, c.url, p.odd, err, c.odd)
			continue
		}
		if got := g.control(req.Context(), "tcp4", "8.8.8.8:443", nil) != nil; got != c.odd {
			t.Errorf("plain %v, %s: refused %v", c.plain, c.url, got)
		}
	}
}

func TestATenantCannotTellInternalPortsApart(t *testing.T) {
	open, _ := canary(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, shut, _ := net.SplitHostPort(closed.Addr().String())
	_ = closed.Close()
	for _, plain := range []bool{true, false} {
		d := door(t, Config{AllowPlain: plain, AllowPrivate: []string{"listed.test:" + shut}})
		d.pools.dial.net.Resolver = names(t, map[string][]string{"a.test.": {"127.0.0.1"}, "listed.test.": {"127.0.0.1"}})
		said := map[string]string{}
		for _, target := range []string{"http://a.test:" + open, "http://a.test:" + shut, "http://nobody.test:" + open} {
			x := d.Do(t.Context(), &wire.Request{Method: "POST", URL: target}, Options{})
			text := strings.NewReplacer(open, "PORT", shut, "PORT", "nobody.test", "a.test").Replace(x.Err.Error())
			if strings.Contains(text, "127.0.0.1") || strings.Contains(text, "refused") || x.Answer != "" {
				t.Errorf("%s: says %q and shows %q", target, text, x.Answer)
			}
			said[text] = target
		}
		if plain && len(said) != 1 {
			t.Errorf("open, closed and unknown are told apart: %v", said)
		}
		x := d.Do(t.Context(), &wire.Request{Method: "POST", URL: "http://listed.test:" + shut}, Options{})
		if plain && x.Err.Error() != "could not connect to listed.test:"+shut {
			t.Errorf("nobody listens: %v", x.Err)
		}
	}
}

// names is a resolver that knows only these names.
func names(t *testing.T, known map[string][]string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe() // not a PacketConn: DNS over a stream, with lengths
		go serveNames(theirs, known)
		return ours, nil
	}}
}

func serveNames(c net.Conn, known map[string][]string) {
	defer c.Close()
	for {
		head := make([]byte, 2)
		if _, err := readFull(c, head); err != nil {
			return
		}
		query := make([]byte, int(head[0])<<8|int(head[1]))
		if _, err := readFull(c, query); err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(query) != nil || len(m.Questions) != 1 {
			return
		}
		m.Response, m.Additionals = true, nil
		ips, ok := known[strings.ToLower(m.Questions[0].Name.String())]
		if !ok {
			m.RCode = dnsmessage.RCodeNameError
		}
		for _, s := range ips {
			ip := netip.MustParseAddr(s)
			h := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET}
			if ip.Is4() && m.Questions[0].Type == dnsmessage.TypeA {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
			}
			if ip.Is6() && m.Questions[0].Type == dnsmessage.TypeAAAA {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
			}
		}
		out, err := m.Pack()
		if err != nil {
			return
		}
		if _, err := c.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...)); err != nil {
			return
		}
	}
}
