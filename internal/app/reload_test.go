package app_test

import (
	"reflect"
	"testing"

	"patchbay/internal/access"
	"patchbay/internal/app"
)

func TestReloadedSettingsCountFromTheNextRequestOnOrNotAtAll(t *testing.T) {
	p, dir := newProvider(t), t.TempDir()
	w := startWith(t, app.Options{DataDir: dir})
	settings := func(change func(*app.Options)) app.Options {
		o := app.Options{DataDir: dir, Listen: "127.0.0.1:0", BootstrapKey: bootstrapKey}
		change(&o)
		return o
	}
	reload := func(want []app.Change, change func(*app.Options)) {
		t.Helper()
		if got, err := w.app.Reload(settings(change)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
	seenFrom := func() string {
		t.Helper()
		(&caller{w: w, key: bootstrapKey, from: "127.0.3.1"}).call(201, "POST", "/v1/people", map[string]any{"email": access.NewToken() + "@example.com"}, "X-Forwarded-For", "203.0.113.9")
		return w.account.call(200, "GET", "/v1/audit?limit=1", nil).list("data")[0]["address"].(string)
	}
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	send := func() string {
		t.Helper()
		return "/v1/messages/" + w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"}).str("id")
	}
	unreached := func(a answer) bool {
		tries := a.list("attempts")
		return len(tries) > 0 && tries[0]["outcome"] == "unreached"
	}

	first := send()
	w.account.until(first, unreached)
	if got := seenFrom(); got != "127.0.3.1" {
		t.Errorf("before, a request comes from %s", got)
	}
	for _, wrong := range []func(*app.Options){
		func(o *app.Options) { o.AllowPrivateEgress = []string{"nobody"} },
		func(o *app.Options) { o.PublicURL = "sms.example.com" },
		func(o *app.Options) { o.TrustedProxies = append(o.TrustedProxies, "300.0.0.1") },
	} {
		changes, err := w.app.Reload(settings(func(o *app.Options) {
			o.TrustedProxies = []string{"127.0.3.0/24"}
			o.AllowPrivateEgress = []string{p.host()}
			wrong(o)
		}))
		if err == nil || changes != nil {
			t.Errorf("settings that cannot be change %v, %v", changes, err)
		}
	}
	if got := seenFrom(); got != "127.0.3.1" {
		t.Errorf("after a reload that was refused, a request comes from %s", got)
	}

	both := []app.Change{{Name: "--trusted-proxies", Now: true}, {Name: "PATCHBAY_ALLOW_PRIVATE_EGRESS", Now: true}}
	reload(both, func(o *app.Options) {
		o.TrustedProxies, o.AllowPrivateEgress = []string{"127.0.3.0/24"}, []string{p.host()}
	})
	w.account.until(first, hasStatus("sent"))
	if got := seenFrom(); got != "203.0.113.9" {
		t.Errorf("behind a proxy of ours, a request comes from %s", got)
	}
	// The connection that is kept from the last request is no way around the new list.
	reload(both, func(*app.Options) {})
	before := len(p.requests())
	w.account.until(send(), unreached)
	if got := len(p.requests()); got != before {
		t.Errorf("the provider was reached %d times more", got-before)
	}
	reload([]app.Change{{Name: "--listen"}, {Name: "--public-url"}, {Name: "--spool-max", Now: true}}, func(o *app.Options) {
		o.Listen, o.PublicURL, o.SpoolMax = "127.0.0.1:1", "https://sms.example.com/", 1<<20
	})
}
