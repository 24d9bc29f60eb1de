package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/store"
)

// WrongSetting is a setting that cannot be, as opposed to one that finds no room here: the command line was used wrongly.
type WrongSetting struct {
	Name string // as a person wrote it
	Err  error
}

func (w *WrongSetting) Error() string { return fmt.Sprintf("%s: %v", w.Name, w.Err) }
func (w *WrongSetting) Unwrap() error { return w.Err }

// settle completes the settings and refuses what cannot be. proxies are read from them.
func (o *Options) settle() (proxies []netip.Prefix, err error) {
	o.defaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	return o.proxies()
}

// check names what cannot be before anything is made: a first key that is printed by a start that fails is easily lost.
func (o *Options) check() error {
	for _, a := range []struct{ name, value string }{{"--listen", o.Listen}, {"--metrics-listen", o.MetricsListen}} {
		if _, _, err := net.SplitHostPort(a.value); err != nil && a.value != "" {
			return &WrongSetting{a.name, fmt.Errorf("%q is not an address: write host:port, such as 127.0.0.1:8080", a.value)}
		}
	}
	if o.Media.URL != "" {
		if _, err := o.Media.bucket(); err != nil {
			return err
		}
		if o.MediaDir != "" {
			return &WrongSetting{"--media-dir", errors.New("and --media-url name two places for files: choose one")}
		}
	}
	if o.DatabaseURL != "" {
		if err := store.CheckURL(o.DatabaseURL); err != nil {
			return &WrongSetting{"--database-url", err}
		}
	} else if o.MediaDir != "" {
		return &WrongSetting{"--media-dir", errors.New("is for a database that several nodes share; with the embedded one, files lie in the data directory")}
	}
	if o.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(o.PublicURL, "?#") {
		return &WrongSetting{"--public-url", fmt.Errorf("%q is not the address by which the outside reaches us: write it like https://sms.example.com", o.PublicURL)}
	}
	return nil
}

// egress is what service files and webhooks may reach inside our own network. The storage of files is not among it: only we go there.
func (o *Options) egress() []string {
	b, err := o.Media.bucket()
	if o.Media.URL == "" || err != nil {
		return o.AllowPrivateEgress
	}
	return slices.DeleteFunc(slices.Clone(o.AllowPrivateEgress), func(at string) bool { return strings.EqualFold(strings.TrimSpace(at), b.Endpoint()) })
}

// proxies are the networks whose word about where a request comes from is believed.
func (o *Options) proxies() (list []netip.Prefix, err error) {
	for _, text := range o.TrustedProxies {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if a, e := netip.ParseAddr(text); err != nil && e == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, &WrongSetting{"--trusted-proxies", fmt.Errorf("%q is neither an address nor a network: write 10.0.0.1 or 10.0.0.0/8", text)}
		}
		list = append(list, p.Masked())
	}
	return list, nil
}
