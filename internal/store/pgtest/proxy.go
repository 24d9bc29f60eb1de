package pgtest

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Proxy stands between a node and the server, and can cut the line at a point that a test names.
type Proxy struct {
	dir    string
	server string
	l      net.Listener

	mu    sync.Mutex
	cut   *cut
	conns map[net.Conn]bool
	away  bool
}

// cut ends all connections when some text comes by.
type cut struct {
	toServer bool
	text     []byte
	done     chan struct{}
}

// NewProxy starts a proxy before the server.
func (c *Cluster) NewProxy(t testing.TB) *Proxy {
	t.Helper()
	dir, err := os.MkdirTemp(shortTemp(), "px")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{dir: dir, server: c.Socket(), l: l, conns: map[net.Conn]bool{}}
	go p.run()
	t.Cleanup(func() {
		l.Close()
		p.Sever()
		os.RemoveAll(dir)
	})
	return p
}

// URL is how to reach a database through the proxy.
func (p *Proxy) URL(database string) string { return URL(p.dir, database) }

// CutAt ends all connections when the text comes by on its way to the server, which does not get it any more, or from it. The channel is
// closed when that has happened.
func (p *Proxy) CutAt(text string, toServer bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = &cut{toServer, []byte(text), make(chan struct{})}
	return p.cut.done
}

// Sever ends all connections; new ones are taken.
func (p *Proxy) Sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sever()
}

func (p *Proxy) sever() {
	for c := range p.conns {
		c.Close()
	}
	clear(p.conns)
}

// Away ends all connections and takes no new ones until it is told false.
func (p *Proxy) Away(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away = away; away {
		p.sever()
	}
}

func (p *Proxy) run() {
	for {
		client, err := p.l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", p.server)
		p.mu.Lock()
		if err != nil || p.away {
			client.Close()
			if err == nil {
				server.Close()
			}
			p.mu.Unlock()
			continue
		}
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		go p.pass(server, client, true)
		go p.pass(client, server, false)
	}
}

func (p *Proxy) pass(to, from net.Conn, toServer bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.cuts(buf[:n], toServer) {
			return
		}
		if _, e := to.Write(buf[:n]); e != nil || err != nil && err != io.EOF {
			return
		}
		if err == io.EOF {
			return
		}
	}
}

func (p *Proxy) cuts(b []byte, toServer bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil || p.cut.toServer != toServer || !bytes.Contains(b, p.cut.text) {
		return false
	}
	close(p.cut.done)
	p.cut = nil
	p.sever()
	return true
}
