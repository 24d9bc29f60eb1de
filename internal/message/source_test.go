package message

import "testing"

func TestAFileOriginIsReadAsItWasWritten(t *testing.T) {
	for _, o := range []FileOrigin{
		{}, {URL: "https://x/a"}, {URL: "https://x/a", Provider: true}, {MediaID: "m1", Provider: true}, {MediaID: "https://x/a", Provider: true},
		{MediaID: "provider:x", Provider: true}, {URL: "data:,hello", Provider: true},
	} {
		if got := ParseFileOrigin(o.String()); got != o {
			t.Errorf("%+v: got %+v from %q", o, got, o.String())
		}
	}
}

func TestNobodyElseSpeaksForTheProvider(t *testing.T) {
	for _, url := range []string{"provider:https://x/a", "mediaid:1"} {
		if got := ParseFileOrigin(FileOrigin{URL: url}.String()); got != (FileOrigin{}) {
			t.Errorf("%s passes for %+v", url, got)
		}
	}
}
