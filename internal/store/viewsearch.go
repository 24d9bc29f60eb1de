package store

import (
	"math"

	"patchbay/internal/conversation"
	"patchbay/internal/lookup"
	"patchbay/internal/message"
)

var qSeqsOfFound = sqlLists("messages that were found", `SELECT seq FROM messages WHERE seq IN NUMBERS $1 AND seq < $2`+viewFilter+`
	AND ($19 = '' OR conversation_id = $19)`+unresolved+viewOrder)

// searchMessages picks messages as pickMessages does, of those whose text has what is looked for: the index names them, and the texts decide.
// A page that had to look at too many ends early; next is where the following one goes on, and zero at the end.
func (s *Store) searchMessages(db engine, f message.Filter, before int64, want int) (seqs []int64, next int64, err error) {
	q := lookup.Parse(f.Text)
	if q.Empty() {
		return nil, 0, nil
	}
	sc, none, err := searchScope(db, conversation.Search{AccountID: f.AccountID, OrgID: f.OrgID, UserID: f.UserID})
	if err != nil || none {
		return nil, 0, err
	}
	sc.all = append(sc.all, q.Asked(searchTokens)...)
	c, err := s.candidates(db, sc, before)
	if err != nil {
		return nil, 0, err
	}
	until := int64(math.MaxInt64)
	if !f.Until.IsZero() {
		until = micros(f.Until)
	}
	for looked := 0; ; {
		some, err := c.next(searchLook * want)
		if err != nil {
			return nil, 0, err
		}
		if len(some) == 0 {
			if c.more() {
				next = c.before
			}
			return seqs, next, nil
		}
		matched, err := matching(db, q, some)
		if err != nil {
			return nil, 0, err
		}
		if len(matched) > 0 {
			if err := db.each(qSeqsOfFound, func(r *row) error { seqs = append(seqs, r.int()); return nil },
				seqList(matched), before, f.AccountID, f.OrgID, string(f.Direction), f.From, f.To, oneOf(f.Statuses), f.UserID, want-len(seqs), f.Number, f.ServiceID,
				f.IntegrationID, f.Writer, f.ErrorCode, string(f.Outcome), micros(f.Since), until, f.ConversationID, flag(f.Unresolved)); err != nil {
				return nil, 0, err
			}
		}
		if len(seqs) >= want {
			return seqs, seqs[len(seqs)-1], nil
		}
		if looked += len(some); looked >= searchMax {
			return seqs, some[len(some)-1], nil
		}
	}
}
