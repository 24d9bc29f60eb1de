package e2e

import (
	"os"
	"strings"
	"testing"
)

// providers is what the fixtures do not say of themselves.
var providers = []provided{
	{name: "bandwidth", sign: basicAuth("callback_user", "callback_password"), blind: true},
	{name: "bird", sign: birdSigns},
	{name: "bulkvs", edit: map[string]string{`https://portal\\.bulkvs\\.com`: "http://HOST"}},
	{name: "clickatell", variants: map[string]map[string]string{"sms_rest": {"API": "REST"}, "sms_one_api": {"API": "One API"}}},
	{name: "clicksend", edit: map[string]string{`https://(?:[a-z0-9-]+\\.)*clicksend\\.com`: "http://HOST"}},
	{name: "commio", sign: commioSigns, optional: "Webhook secret",
		variants: map[string]map[string]string{"sms_v2": {"API version": "2"}, "mms_v2": {"API version": "2"}}},
	{name: "flowroute"},
	{name: "infobip"},
	{name: "inteliquent", sign: inteliquentSigns, blind: true},
	{name: "messagebird", sign: messageBirdSigns},
	{name: "plivo", sign: plivoSigns},
	{name: "questblue"},
	{name: "signalwire", sign: overForm("X-SignalWire-Signature", "signing_key"), properties: map[string]string{"Space URL": "https://example.signalwire.com"}},
	{name: "sinch", sign: sinchSigns, properties: map[string]string{"Base URL": "https://us.sms.api.sinch.com"}},
	{name: "skyetel"},
	{name: "telnyx", sign: telnyxSigns},
	{name: "twilio", sign: overForm("X-Twilio-Signature", "auth_token"), also: map[string]func(*fixtureRun){
		"only the documented form of a signature counts": onlyItsOwnForm,
		"a signature is over the configured public URL":  overThePublicURL,
		"form values are signed as they are":             overRawValues,
	}},
	{name: "voipms", variants: map[string]map[string]string{"mms_base64": {"Media": "data"}}},
	{name: "vonage_messages", sign: vonageSigns},
	{name: "vonage_sms", sign: vonageSignsParameters, optional: "Signature secret", mark: vonageSig, part: `"concat-part":"%d"`},
	{name: "voxtelesys"},
}

// Behind the URL that providers are given, the gateway listens elsewhere.
const publicURL = "https://gw.example.com"

// Every fixture runs through one gateway, each provider in an account of its own.
func TestProvidersAreServedThroughTheServer(t *testing.T) {
	t.Parallel()
	var runs []*fixtureRun
	var hosts, names []string
	for _, o := range providers {
		f := o.prepare(t)
		runs, hosts, names = append(runs, f), append(hosts, f.p.host()), append(names, f.name)
	}
	g := prepareGateway(t, strings.Join(hosts, ","))
	g.public = publicURL
	g.start()
	keys := g.accounts(names...)
	for i, f := range runs {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			own := *g
			own.t, own.key = t, keys[i]
			f.T, f.g = t, &own
			f.run()
		})
	}
}

// Nothing is skipped in silence: a fixture without a row is a provider that nobody has tried.
func TestEveryFixtureRunsThroughTheServer(t *testing.T) {
	entries, err := os.ReadDir("../internal/service/testdata/fixtures")
	if err != nil || len(entries) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".json")
		rows := 0
		for _, o := range providers {
			if o.name == name {
				rows++
			}
		}
		if rows != 1 {
			t.Errorf("%s has %d rows in providers, want 1", name, rows)
		}
	}
}
