package exchange

import (
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/wire"
)

func TestASecretOfOneRequestIsRecordedNowhere(t *testing.T) {
	const token = "t0k3n-canary/+"
	for _, caller := range [][]string{nil, {"other-secret"}} {
		s := raw(t, once("HTTP/1.1 401 no "+token+"\r\nX-Echo: "+token+"\r\nContent-Length: 14\r\n\r\n"+token))
		req := &wire.Request{
			Method: "POST", URL: "http://" + s.addr + "/send?t=t0k3n-canary%2F%2B", Body: []byte(`{"t":"` + token + `"}`),
			Header: http.Header{"X-Session": {token}}, Secrets: []string{token},
		}
		x := to(t, s).Do(t.Context(), req, Options{Secrets: caller})
		if x.Err != nil {
			t.Fatal(x.Err)
		}
		if all := x.Request + x.Answer; strings.Contains(all, "canary") || strings.Count(all, "•••") < 6 {
			t.Errorf("the record shows it:\n%s\n%s", x.Request, x.Answer)
		}
	}
	s := raw(t, once("HTTP/1.1 200 OK\r\n\r\n")) // a later request without it is another matter
	if x := to(t, s).Do(t.Context(), &wire.Request{Method: "GET", URL: "http://" + s.addr + "/" + "t0k3n-canary"}, Options{}); !strings.Contains(x.Request, "t0k3n-canary") {
		t.Errorf("got %s", x.Request)
	}
}
