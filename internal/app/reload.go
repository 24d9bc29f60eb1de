package app

import (
	"reflect"
	"slices"
	"strings"
)

// Change is a setting that differs from the one in force.
type Change struct {
	Name string // as a person writes it
	Now  bool   // it is in force; otherwise from the next start on
}

// atStart are the settings that only a start reads: what is open, and whatever was given out under it, stays as it is.
var atStart = []struct {
	name  string
	value func(*Options) any
}{
	{"--listen", func(o *Options) any { return o.Listen }},
	{"--metrics-listen", func(o *Options) any { return o.MetricsListen }},
	{"--data", func(o *Options) any { return o.DataDir }},
	{"--database-url", func(o *Options) any { return o.DatabaseURL }},
	{"--key-file", func(o *Options) any { return o.KeyFile }},
	{"--media-dir", func(o *Options) any { return o.MediaDir }},
	{"--media-url", func(o *Options) any { m := o.Media; m.Private = nil; return m }},
	{"PATCHBAY_ALLOW_PRIVATE_EGRESS for --media-url", func(o *Options) any { return o.Media.listed() }},
	{"--spool-dir", func(o *Options) any { return o.SpoolDir }},
	{"--public-url", func(o *Options) any { return strings.TrimRight(o.PublicURL, "/") }},
	{"--sandbox", func(o *Options) any { return o.Sandbox }},
}

// Reload takes other settings while requests are served. Each request sees the old ones or the new ones. A mistake changes nothing.
func (a *App) Reload(o Options) (changes []Change, err error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	proxies, err := o.settle()
	if err != nil {
		return nil, err
	}
	decide, err := a.door.Decide(o.egress(), o.AllowPlainEgress)
	if err != nil {
		return nil, &WrongSetting{"PATCHBAY_ALLOW_PRIVATE_EGRESS", err}
	}

	// Nothing can go wrong from here on.
	old := &a.o
	for _, s := range atStart {
		if !reflect.DeepEqual(s.value(old), s.value(&o)) {
			changes = append(changes, Change{Name: s.name})
		}
	}
	if !slices.Equal(old.TrustedProxies, o.TrustedProxies) {
		a.faces.Trust(proxies)
		old.TrustedProxies = o.TrustedProxies
		changes = append(changes, Change{"--trusted-proxies", true})
	}
	if old.SpoolMax != o.SpoolMax {
		a.spool.Limit(o.SpoolMax)
		old.SpoolMax = o.SpoolMax
		changes = append(changes, Change{"--spool-max", true})
	}
	private, plain := !slices.Equal(old.AllowPrivateEgress, o.AllowPrivateEgress), old.AllowPlainEgress != o.AllowPlainEgress
	if private || plain {
		decide()
		old.AllowPrivateEgress, old.AllowPlainEgress = o.AllowPrivateEgress, o.AllowPlainEgress
	}
	if private {
		changes = append(changes, Change{"PATCHBAY_ALLOW_PRIVATE_EGRESS", true})
	}
	if plain {
		changes = append(changes, Change{"--allow-plain-egress", true})
	}
	return changes, nil
}
