package inbound

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"patchbay/internal/conversation"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// maxFiles is how many files of one message are kept.
const maxFiles = 10

// maxPart is how long a part of a text may be. A phone's has 160 characters; what is longer is no part, and a message of its own.
const maxPart = 4 << 10

// inline is a file that came inside a callback: whose it is, and its bytes.
type inline struct {
	arrival, media int
	data           []byte
}

// arrivals is one message for each number of ours that was called.
func (h *heard) arrivals(row *message.Callback, ev *service.Event) (out []message.Arrival, files []inline) {
	called := map[string]bool{}
	for _, spelling := range append([]string{ev.To}, ev.AlsoTo...) {
		found, ok := h.Find(spelling)
		if !ok || called[found.Value] {
			continue
		}
		called[found.Value] = true
		number := h.src.rows[found.Value]
		from, content := clean(ev.From), clean(ev.Content)
		arrival := message.Arrival{
			Message: message.Message{
				ID: h.messageID(row.ID, from, number.ID, content), AccountID: row.AccountID, OrgID: number.OrgID, Direction: message.Inbound,
				NumberID: number.ID, IntegrationID: number.IntegrationID,
				ServiceID: row.ServiceID, ServiceVersion: h.src.service.Version,
				From: from, To: number.Value, Content: content,
				Status: message.Received, Created: row.At,
			},
			ConversationUser: conversation.Receiver(&number),
			SessionTimeout:   number.SessionTimeout,
			ProviderID:       ev.MessageID,
			Window:           h.src.service.DedupeWindow,
		}
		if len(ev.Files) == 0 && len(content) <= maxPart {
			arrival.Part = message.TextPart{Ref: clean(ev.PartRef), N: ev.Part, Of: ev.Parts}
		}
		for i := range ev.Files {
			m, data := file(&ev.Files[i], i)
			m.MessageID = arrival.Message.ID
			if data != nil && m.State == message.MediaPending {
				files = append(files, inline{len(out), i, data})
			}
			arrival.Media = append(arrival.Media, m)
		}
		out = append(out, arrival)
	}
	return out, files
}

// messageID is the same whenever this callback is read to say this: replayed, or applied twice by a crash, it makes no second message.
// Like every message's id it begins with the time.
func (h *heard) messageID(callback, from, number, content string) string {
	id, err := uuid.Parse(callback)
	if err != nil {
		return message.NewID()
	}
	said := strings.Join([]string{callback, from, number, content}, "\x00")
	if h.said == nil {
		h.said = map[string]int{}
	}
	h.said[said]++
	sum := sha256.Sum256([]byte(said + "\x00" + strconv.Itoa(h.said[said])))
	copy(id[6:], sum[:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// file is one file of a message as a row to fetch, and its bytes when it came inside the callback.
func file(f *service.File, i int) (message.Media, []byte) {
	m := message.Media{ID: message.NewID(), N: i, Name: clean(f.Name), MediaType: f.MediaType, State: message.MediaPending}
	data := f.Data
	if data == nil && strings.HasPrefix(f.URL, "data:") {
		m.MediaType, data = dataURI(f.URL)
		if data == nil {
			m.State, m.Reason = message.MediaFailed, "its data: address cannot be decoded"
		}
	} else if data == nil {
		m.SourceURL = message.FileOrigin{URL: f.URL, MediaID: clean(f.MediaID), Provider: true}.String()
		if m.SourceURL == "" {
			m.State, m.Reason = message.MediaFailed, "the provider names the file without an address"
		}
	}
	if i >= maxFiles {
		m.State, m.Reason = message.MediaBlocked, fmt.Sprintf("a message keeps %d files", maxFiles)
	}
	return m, data
}

// dataURI decodes an RFC 2397 address. nil: it is none.
func dataURI(s string) (mediaType string, data []byte) {
	head, body, ok := strings.Cut(strings.TrimPrefix(s, "data:"), ",")
	if !ok {
		return "", nil
	}
	mediaType, isBase64 := strings.CutSuffix(head, ";base64")
	text, err := url.PathUnescape(body)
	if err != nil {
		return "", nil
	}
	if !isBase64 {
		return mediaType, []byte(text)
	}
	data, err = base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", nil
	}
	return mediaType, data
}

// clean is the text without what a database may refuse: filters such as base64 and hex can bring in bytes that the door never saw.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
