package api

import (
	"context"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/directory"
)

// capView is how much may be accepted in a day, from midnight UTC on. A member that is 0 or absent limits nothing.
type capView struct {
	Messages int64     `json:"messages,omitzero" doc:"So many messages. Left out: any number."`
	Segments int64     `json:"segments,omitzero" doc:"So many segments. Left out: any number."`
	Used     *usedView `json:"used,omitempty" doc:"What was accepted today, since there was a cap. In the answer for one number or organization alone."`
}

type usedView struct {
	Messages int64 `json:"messages" doc:"Messages."`
	Segments int64 `json:"segments" doc:"Segments; files without a text are one."`
}

type capInput struct {
	Messages int64 `json:"messages" doc:"So many messages." min:"0" max:"1000000000"`
	Segments int64 `json:"segments" doc:"So many segments." min:"0" max:"1000000000"`
}

// viewCap shows a cap without what was used of it.
func viewCap(c directory.Cap) *capView {
	if c == (directory.Cap{}) {
		return nil
	}
	return &capView{Messages: c.Messages, Segments: c.Segments}
}

// addUsed says how much of a cap was used today.
func (s *Server) addUsed(ctx context.Context, v *capView, owner string) error {
	if v == nil {
		return nil
	}
	used, err := s.o.Store.DailyCount(ctx, owner, time.Now())
	v.Used = &usedView{used.Messages, used.Segments}
	return err
}

// capMax keeps a cap far from where sums end.
const capMax = 1_000_000_000

// applyCap puts a cap as a caller writes it onto one; null takes it away.
func applyCap(c *directory.Cap, given jsontext.Value, ps *problemList) {
	if given == nil {
		return
	}
	var in capInput
	if given.Kind() == 'n' {
		*c = directory.Cap{}
		return
	}
	if unmarshal(given.Clone(), &in) != nil || in.Messages < 0 || in.Segments < 0 || in.Messages+in.Segments == 0 || in.Messages > capMax || in.Segments > capMax {
		ps.add("/daily_cap", `must be an object like {"messages": 1000} or {"segments": 2000}, or null for none`)
		return
	}
	*c = directory.Cap{Messages: in.Messages, Segments: in.Segments}
}
