package api

import (
	"net/http"
	"strconv"
	"strings"

	"patchbay/internal/access"
	"patchbay/internal/message"
	"patchbay/internal/notify"
	"patchbay/internal/store"
)

// maxExported is how many messages one file has, the newest of those that are asked for.
const maxExported = 100_000

var exportedColumns = []string{
	"id", "created", "direction", "status", "orgid", "conversation", "user", "service", "from", "to", "content", "segments", "files",
	"error_code", "error_text", "messageids", "resend_of",
}

// exportMessages streams messages as a file, page by page.
func (s *Server) exportMessages(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	f, err := s.messageFilter(r, p)
	if err != nil {
		return err
	}
	left := maxExported
	return s.exportCSV(w, "messages.csv", exportedColumns, func(cursor string) (records [][]string, next string, err error) {
		rows, next, err := s.o.Store.Messages(r.Context(), f, store.Page{Limit: min(pageSizeMax, left), Cursor: cursor})
		for i := range rows {
			records = append(records, messageRecord(&rows[i]))
		}
		if left -= len(rows); left <= 0 {
			next = ""
		}
		return records, next, err
	})
}

func messageRecord(m *message.View) []string {
	v := notify.ViewOf(m, nil, false)
	code, why := "", ""
	if v.Error != nil {
		code, why = v.Error.Code, v.Error.Text
	}
	return []string{
		v.ID, stamp(v.Created), string(v.Direction), string(v.Status), v.OrgID, v.Conversation, v.User, guarded(v.Service), guarded(v.From), guarded(v.To),
		guarded(v.Content), strconv.Itoa(v.Segments), strconv.Itoa(len(v.Media)), guarded(code), guarded(why), guarded(strings.Join(v.MessageIDs, " ")), v.ResendOf,
	}
}
