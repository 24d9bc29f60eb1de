package e2e

import (
	"maps"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// signsAsTheFixture: our own signing gives what the fixture has, so that what is signed anew is signed as the provider does.
func (f *fixtureRun) signsAsTheFixture() {
	signed := 0
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		if c.Verify == nil || !c.Verify.Valid || c.Verify.Public != "" {
			continue
		}
		public, err := url.Parse(f.PublicURL)
		if err != nil {
			f.Fatal(err)
		}
		r := c.Request
		r.URL, r.Headers = public.Scheme+"://"+public.Host+c.Request.PathQuery, maps.Clone(c.Request.Headers)
		f.sign(f.Config, &r, time.Time{})
		theirs := c.Request
		theirs.URL = public.Scheme + "://" + public.Host + c.Request.PathQuery
		if !reflect.DeepEqual(r, theirs) {
			f.Errorf("%s: signed anew\n%v, and the fixture has\n%v", c.Name, r, theirs)
		}
		signed++
	}
	if signed == 0 && f.Config[publicHalf] == "" {
		f.Error("the fixture has no signature to compare with")
	}
}

// refusesForgery: what is not signed with our secret is answered as an address that is not there, and does nothing.
func (f *fixtureRun) refusesForgery(r wireRequest, c webhookCase) {
	f.Helper()
	before := len(f.g.all("/v1/callbacks?limit=200"))
	_, _, nothing := f.g.callback(r.Method, f.g.url()+"/services/"+f.name+"/a0123456789abcdef0123456789abcdef", r.Headers, r.Body)
	config := maps.Clone(f.Config)
	config[c.Verify.secret()] = "not " + config[c.Verify.secret()]
	other := r
	other.Headers = maps.Clone(r.Headers)
	f.sign(config, &other, time.Now())
	bare := r
	bare.Headers = map[string]string{"Content-Type": r.Headers["Content-Type"]}
	if f.mark != nil {
		bare.URL, bare.Body = f.mark.ReplaceAllString(r.URL, "${1}"), f.mark.ReplaceAllString(r.Body, "${1}")
	}
	forged := map[string]wireRequest{"with another secret": other, "not at all": bare}
	if !f.blind {
		forged["for other content"] = withMore(r)
		stale := c.Request
		stale.URL = f.at(stale)
		forged["as in the fixture, for another address or at another time"] = stale
	}
	for how, r := range forged {
		if status, _, body := f.g.callback(r.Method, r.URL, r.Headers, r.Body); status != 404 || body != nothing {
			f.Errorf("signed %s it is answered %d %q, want 404 %q", how, status, body, nothing)
		}
	}
	if after := len(f.g.all("/v1/callbacks?limit=200")); after != before {
		f.Errorf("%d forged callbacks are kept", after-before)
	}
}

// withMore is a request with one member more.
func withMore(r wireRequest) wireRequest {
	rest, object := strings.CutPrefix(r.Body, "{")
	switch {
	case r.Body == "":
		r.URL += "&more=1"
	case object:
		r.Body = `{"more":1,` + rest
	default:
		r.Body += "&more=1"
	}
	return r
}
