package exchange

import (
	"context"
	"net/http"
	"net/http/httptrace"
)

// storagePool is nobody's: integrations' ids are not empty behind it.
const storagePool = "storage\x00"

// Storage carries the requests of a client that signs them itself to the installation's own storage: by the guard's rules, and as they are.
// They may be repeated, unlike what moves messages.
func (d *Door) Storage() http.RoundTripper { return storage{d} }

type storage struct{ door *Door }

func (s storage) RoundTrip(req *http.Request) (*http.Response, error) {
	at := *req.URL
	pass, err := s.door.guard.admit(&at)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	p, giveBack := s.door.pools.take(storagePool)
	defer giveBack() // what is being read keeps its connection all the same
	phase := Unreached
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { phase = Wrote }})
	res, err := p.transport.RoundTrip(req.WithContext(context.WithValue(ctx, passKey{}, pass)))
	if err != nil {
		return nil, explain(req.Context(), err, at.Host, phase, false, pass.odd)
	}
	return res, nil
}
