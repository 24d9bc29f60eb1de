package message

import "strings"

// FileOrigin is where a file of an inbound message is. A provider that proved itself may name what only its customers can fetch, so the
// integration's credentials may go there; what anybody else names (a program that speaks for a contact) is fetched without any.
type FileOrigin struct {
	URL      string
	MediaID  string // where the provider names the file by an id in place of an address
	Provider bool   // it was named in a verified callback
}

const (
	providerOrigin = "provider:"
	mediaIDOrigin  = "mediaid:"
)

// String is the origin as Media.SourceURL keeps it.
func (o FileOrigin) String() string {
	switch {
	case o.URL == "" && o.MediaID != "":
		return mediaIDOrigin + o.MediaID
	case o.Provider && o.URL != "":
		return providerOrigin + o.URL
	case strings.HasPrefix(o.URL, providerOrigin) || strings.HasPrefix(o.URL, mediaIDOrigin):
		return "" // it is no address, and must not pass for what a provider said
	}
	return o.URL
}

// ParseFileOrigin reads what String wrote. An address that nobody vouched for stands for itself.
func ParseFileOrigin(s string) FileOrigin {
	if id, ok := strings.CutPrefix(s, mediaIDOrigin); ok {
		return FileOrigin{MediaID: id, Provider: true}
	}
	if url, ok := strings.CutPrefix(s, providerOrigin); ok {
		return FileOrigin{URL: url, Provider: true}
	}
	return FileOrigin{URL: s}
}
