package api

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/studio"
)

// diffView is what differs between two versions of a service, in canonical form.
type diffView struct {
	Old     string     `json:"old" doc:"The first version."`
	New     string     `json:"new" doc:"The second version."`
	Added   int        `json:"added" doc:"How many lines came."`
	Removed int        `json:"removed" doc:"How many lines went."`
	Unified string     `json:"unified" doc:"The difference as a unified diff. Empty: they say the same."`
	Hunks   []hunkView `json:"hunks" doc:"What differs, with the lines around it."`
}

type hunkView struct {
	Old   int        `json:"old" doc:"The first line of the first side, from 1."`
	New   int        `json:"new" doc:"The first line of the second side, from 1."`
	Lines []lineView `json:"lines" doc:"Its lines."`
}

type lineView struct {
	Op   string `json:"op" doc:"What became of the line." enum:"same,added,removed"`
	Text string `json:"text" doc:"The line."`
}

// diffVersions shows what came with the second version, and what went.
func (s *Server) diffVersions(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	id := clean(r.PathValue("service_id"))
	all, err := s.versionsOf(r.Context(), p.AccountID, id)
	if err != nil {
		return err
	}
	var files [2]jsontext.Value
	var names [2]string
	for i, version := range []string{clean(r.PathValue("version")), clean(r.PathValue("other"))} {
		v, err := s.versionIn(r.Context(), p.AccountID, id, version, all)
		if err != nil {
			return err
		}
		files[i], names[i] = v.File, v.Version
	}
	done, err := s.turn(r.Context())
	if err != nil {
		return err
	}
	defer done()
	d, err := studio.Compare(names[0], files[0], names[1], files[1])
	if err != nil {
		return err
	}
	out := diffView{Old: names[0], New: names[1], Added: d.Added, Removed: d.Removed, Unified: d.Unified, Hunks: []hunkView{}}
	for _, h := range d.Hunks {
		v := hunkView{Old: h.Old, New: h.New, Lines: make([]lineView, len(h.Lines))}
		for i, l := range h.Lines {
			v.Lines[i] = lineView{l.Op, l.Text}
		}
		out.Hunks = append(out.Hunks, v)
	}
	return send(w, http.StatusOK, out)
}
