package store

import (
	"cmp"
	"slices"
	"sync"

	"patchbay/internal/lookup"
)

const (
	sampleTexts = 1000 // the newest, by which is known what is common
	askedTokens = 4    // of a query, for which an index is asked: it reads all that it has of each
)

var qSample = sqlText("sample of texts", `SELECT content FROM messages WHERE kind = '' ORDER BY seq DESC LIMIT $1`)

// sample knows which tokens are common. What it does not know is rare, or new; a search finds the same with any of them.
type sample struct {
	mu     sync.Mutex
	of     int64 // taken when so many texts were indexed
	common map[lookup.Token]int
}

// rarest are the tokens that are in the fewest texts, and find the query soonest.
func (s *sample) rarest(db engine, list []lookup.Token) ([]lookup.Token, error) {
	if len(list) <= askedTokens {
		return list, nil
	}
	common, err := s.take(db)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b lookup.Token) int { return cmp.Or(cmp.Compare(common[a], common[b]), cmp.Compare(a, b)) })
	return list[:askedTokens], nil
}

// take counts the tokens of some texts, anew when there are twice as many as the last time.
func (s *sample) take(db engine) (map[lookup.Token]int, error) {
	mark, err := count(db, qSearchMark)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.common != nil && mark < 2*s.of {
		return s.common, nil
	}
	common := map[lookup.Token]int{}
	if err := db.each(qSample, func(r *row) error {
		for _, t := range lookup.Tokens(r.text()) {
			common[t]++
		}
		return nil
	}, sampleTexts); err != nil {
		return nil, err
	}
	s.common, s.of = common, max(mark, 1)
	return common, nil
}
