package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// The cookie of a sign-in. Browsers keep one of the first name only from https, for this host alone. On the machine itself, by plain http, they
// would drop it, so there it has another name and no Secure; it counts nowhere else.
const (
	cookieName  = "__Host-patchbay"
	cookieLocal = "patchbay-local"
)

// crossing refuses what another site's page has a browser send here. Keys need none of this: no browser adds one by itself.
func crossing(publicURL string) (*http.CrossOriginProtection, error) {
	c := http.NewCrossOriginProtection()
	u, err := url.Parse(publicURL)
	if err == nil {
		err = c.AddTrustedOrigin(u.Scheme + "://" + u.Host) // a proxy may ask for us under another name
	}
	if err != nil {
		return nil, fmt.Errorf("api: public URL: %w", err)
	}
	return c, nil
}

var errCrossOrigin = fault.New(fault.Forbidden, "", "another site's page asked for this; open Patchbay itself")

// sameOrigin is for routes without a credential that change something.
func (s *Server) sameOrigin(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
		if s.crossing.Check(r) != nil {
			return errCrossOrigin
		}
		return h(w, r, p)
	}
}

// isLocal reports whether a browser on this machine asks us by plain http. Behind a proxy the browser's own word tells, where it sends one.
func (s *Server) isLocal(r *http.Request) bool {
	if a, err := netip.ParseAddr(peer(r)); err != nil || !a.Unmap().IsLoopback() || r.TLS != nil || !isLoopback(r.Host) {
		return false
	}
	if o := r.Header.Get("Origin"); o != "" {
		u, err := url.Parse(o)
		return err == nil && u.Scheme == "http" && isLoopback(u.Host)
	}
	return !s.overTLS
}

func isLoopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback() || strings.EqualFold(host, "localhost")
}

// keepsCookies refuses to sign in where the browser would drop the cookie: by plain http from afar.
func (s *Server) keepsCookies(r *http.Request) error {
	u, err := url.Parse(r.Header.Get("Origin"))
	if err == nil && u.Scheme == "http" && !isLoopback(u.Host) {
		return fault.New(fault.Forbidden, "", "sign in over https; by plain http it is possible on the server's own machine alone")
	}
	return nil
}

// setCookie gives the browser its sign-in.
func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	c := &http.Cookie{Name: cookieName, Value: token, Path: "/", MaxAge: int(directory.SignInLife / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if s.isLocal(r) {
		c.Name, c.Secure = cookieLocal, false
	}
	http.SetCookie(w, c)
}

// clearCookie takes it away again.
func (s *Server) clearCookie(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	if s.isLocal(r) {
		http.SetCookie(w, &http.Cookie{Name: cookieLocal, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
}

// cookie is what the request says of a sign-in, or nothing. The local name counts on this machine alone: any page there could have set it.
func (s *Server) cookie(r *http.Request) (token string) {
	if c, err := r.Cookie(cookieName); err == nil {
		return c.Value
	}
	if c, err := r.Cookie(cookieLocal); err == nil && s.isLocal(r) {
		return c.Value
	}
	return ""
}

// agentOf is a browser in a few words, by which a person recognises it.
func agentOf(r *http.Request) string {
	text := clean(r.UserAgent())
	first := func(of ...[2]string) string {
		for _, o := range of {
			if strings.Contains(text, o[0]) {
				return o[1]
			}
		}
		return ""
	}
	// Most browsers claim to be others too; the telling word comes first here.
	browser := first([2]string{"Edg", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"}, [2]string{"FxiOS", "Firefox"},
		[2]string{"Chrome/", "Chrome"}, [2]string{"CriOS", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := first([2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Android", "Android"}, [2]string{"Windows", "Windows"},
		[2]string{"Mac OS X", "macOS"}, [2]string{"CrOS", "ChromeOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	}
	text, _, _ = strings.Cut(text, " ")
	return shortened(text, 40)
}

// shortened is at most so many characters of a text.
func shortened(text string, most int) string {
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
