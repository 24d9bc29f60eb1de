package exchange

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// hands are the standard library's ways out. Servers, and types that only describe a request, are not among them.
var hands = map[string]map[string]bool{
	"net/http": set("Client", "DefaultClient", "Transport", "DefaultTransport", "Get", "Head", "Post", "PostForm", "NewFileTransport", "ProxyFromEnvironment"),
	"net": set("Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "Resolver", "DefaultResolver",
		"LookupHost", "LookupIP", "LookupAddr", "LookupCNAME", "LookupMX", "LookupTXT", "LookupNS", "LookupSRV", "ResolveTCPAddr", "ResolveUDPAddr", "ResolveIPAddr"),
	"crypto/tls":                 set("Dial", "DialWithDialer", "Dialer", "Client"),
	"net/http/httputil":          set("ReverseProxy", "NewSingleHostReverseProxy", "NewClientConn"),
	"net/smtp":                   nil, // nil: the whole package
	"net/rpc":                    nil,
	"net/rpc/jsonrpc":            nil,
	"os/exec":                    nil,
	"golang.org/x/net/websocket": nil,
	"golang.org/x/net/http2":     nil,
	"golang.org/x/net/proxy":     nil,
}

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// exempt stand outside the gateway: they play its neighbours, a database for tests among them.
var exempt = []string{"internal/exchange/", "internal/simulator/", "internal/store/pgtest/", "bench/", "e2e/", "web/", "testdata/"}

func TestThereIsOneDoorToTheNetwork(t *testing.T) {
	const root = "../.."
	looked := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		for _, e := range exempt {
			if strings.HasPrefix(name, e) || strings.Contains(name, "/"+e) {
				return nil
			}
		}
		looked++
		for _, found := range waysOut(t, path, nil) {
			t.Errorf("%s: %s: everything that leaves goes through exchange.Door", name, found)
		}
		return nil
	})
	if err != nil || looked < 10 {
		t.Errorf("looked at %d files: %v", looked, err)
	}
}

func TestTheSearchForOtherDoorsFindsThem(t *testing.T) {
	src := `package x
import ("net/http"; other "net"; "os/exec"; . "crypto/tls")
var c http.Client
func f() { http.Get("x"); other.Dial("tcp", "x"); var _ = http.Request{}; var _ other.Conn }`
	got := strings.Join(waysOut(t, "x.go", src), " ")
	if want := "os/exec crypto/tls(.) net/http.Client net/http.Get net.Dial"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// waysOut lists what a file uses of hands.
func waysOut(t *testing.T, path string, src any) (found []string) {
	f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		t.Logf("%s does not parse: %v", path, err) // the compiler's business
		return nil
	}
	names := map[string]string{}
	for _, i := range f.Imports {
		pkg, _ := strconv.Unquote(i.Path.Value)
		banned, known := hands[pkg]
		switch {
		case !known:
		case banned == nil:
			found = append(found, pkg)
		case i.Name != nil && i.Name.Name == ".":
			found = append(found, pkg+"(.)")
		case i.Name != nil:
			names[i.Name.Name] = pkg
		default:
			names[pkg[strings.LastIndexByte(pkg, '/')+1:]] = pkg
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && names[x.Name] != "" && hands[names[x.Name]][sel.Sel.Name] {
				found = append(found, names[x.Name]+"."+sel.Sel.Name)
			}
		}
		return true
	})
	return found
}
