package outbound

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"patchbay/internal/media"
	"patchbay/internal/message"
)

// inside is base with a provider that wants files inside the request.
var inside = strings.Replace(base, `"media_url": "$content$"`, `"type": "$mimetype$", "data": "$file|base64$"`, 1)

// uploading is base with a provider that wants files beforehand.
var uploading = strings.Replace(strings.Replace(base, `"media_url": "$content$"`, `"media": "$mediaid$"`, 1),
	`"SendMessage":`, `"UploadFile": {"request_url": "PROVIDER/uploads", "request_method": "PUT", "request_parameters": "$file$", "response_map": {"id": "$mediaid$"},
		"responses": [{"status": 402, "body": {"why": "$error_text$"}, "outcome": "refused"}]},
	"SendMessage":`, 1)

// fileHost is where the files of messages lie.
func fileHost(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// withFiles is a rig whose flow gets files from host.
func withFiles(t *testing.T, file string, host *httptest.Server) *rig {
	r := newRig(t, file, func(*Options) {})
	dir, err := media.OpenDir(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	if err := r.door.Allow(host.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	r.Flow.o.Files = media.NewOutgoing(r.store, r.door, dir, media.NewLinks([][]byte{[]byte("k")}), "https://patchbay.example")
	return r
}

func (r *rig) file(url string) Draft {
	d := r.text("+61455555555", "")
	d.URLs = []string{url}
	return d
}

func TestTheBytesOfAFileGoInsideTheRequest(t *testing.T) {
	host := fileHost(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "GIF89a\x01\x00\x01\x00") })
	r := withFiles(t, inside, host)
	r.run()
	r.reaches(r.send(r.file(host.URL+"/a?key=1")), message.Sent)
	if got := r.provider.got(); len(got) != 1 || !strings.Contains(got[0].Body, `"type":"image/gif","data":"R0lGODlhAQABAA=="`) {
		t.Errorf("got %+v", got)
	}
}

func TestAFileThatIsGoneFailsTheMessageAndSaysSo(t *testing.T) {
	host := fileHost(t, http.NotFound)
	r := withFiles(t, inside, host)
	r.run()
	v := r.reaches(r.send(r.file(host.URL+"/cat.gif")), message.Failed)
	if v.ErrorCode != "file" || v.ErrorText != "the file "+host.URL+"/cat.gif cannot be sent: its address answered 404" {
		t.Errorf("got %s: %s", v.ErrorCode, v.ErrorText)
	}
	if got := r.provider.got(); len(got) > 0 {
		t.Errorf("the provider was asked all the same: %+v", got)
	}
}

func TestAFileThatIsNotThereYetHoldsUpItsContactAlone(t *testing.T) {
	var up atomic.Bool
	host := fileHost(t, func(w http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "GIF89a")
	})
	r := withFiles(t, inside, host)
	r.run()
	id := r.send(r.file(host.URL + "/cat.gif"))
	if v := r.tried(id, 1); v.Attempts[0].Outcome != message.Unreached || v.Attempts[0].ErrorCode != "file" {
		t.Errorf("got %+v", v.Attempts[0])
	}
	r.reaches(r.send(r.text("+61466666666", "somebody else")), message.Sent)
	if v := r.view(id); v.Status != message.Sending {
		t.Errorf("the file's message is %s meanwhile", v.Status)
	}
	up.Store(true)
	r.reaches(id, message.Sent)
}

func TestAFileIsUploadedBeforeItsMessage(t *testing.T) {
	host := fileHost(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "GIF89a") })
	r := withFiles(t, uploading, host)
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, a ask) {
		if req.URL.Path == "/uploads" {
			fmt.Fprintf(w, `{"id": "up %d", "key": %q}`, a.N, apiKey)
			return
		}
		takes(w, req, a)
	})
	r.run()
	v := r.reaches(r.send(r.file(host.URL+"/cat.gif")), message.Sent)
	got := r.provider.got()
	if len(got) != 2 || got[0].Body != "GIF89a" || got[0].Header.Get("Content-Type") != "image/gif" || !strings.Contains(got[1].Body, `"media":"up 1"`) {
		t.Fatalf("got %+v", got)
	}
	a := v.Attempts[0]
	if len(v.Attempts) != 1 || !strings.Contains(a.Request, "PUT /uploads") || !strings.Contains(a.Request, "POST /files") || !strings.Contains(a.Response, `"up 1"`) {
		t.Errorf("the attempt: %+v", v.Attempts)
	}
	if strings.Contains(a.Request+a.Response, apiKey) {
		t.Error("the key stands in the record of the attempt")
	}
}

func TestAnUploadThatIsNotDecidedIsMadeAgain(t *testing.T) {
	host := fileHost(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "GIF89a") })
	r := withFiles(t, uploading, host)
	r.provider.answer(inTurn(raw(true, ""), says(503, ""), says(200, `{"thanks": true}`), says(200, `{"id": "up"}`), takes))
	r.run()
	v := r.reaches(r.send(r.file(host.URL+"/cat.gif")), message.Sent)
	want := []message.Outcome{message.Unreached, message.Busy, message.Unreached, message.Accepted}
	if got := outcomesOf(v); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := r.provider.got(); len(got) != 5 || !strings.Contains(got[4].Body, `"media":"up"`) {
		t.Errorf("got %d requests: %+v", len(got), got)
	}
	for _, a := range v.Attempts {
		if a.Again {
			t.Error("an attempt counts as a repetition, and nobody had the message before")
		}
	}
}

func TestAnUploadThatIsRefusedEndsTheMessage(t *testing.T) {
	host := fileHost(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "GIF89a") })
	r := withFiles(t, uploading, host)
	r.provider.answer(says(402, `{"why": "no money, says `+apiKey+`"}`))
	r.run()
	v := r.reaches(r.send(r.file(host.URL+"/cat.gif")), message.Failed)
	if v.ErrorCode != "http_402" || !strings.HasPrefix(v.ErrorText, "the file was not uploaded: no money") || strings.Contains(v.ErrorText, apiKey) {
		t.Errorf("got %s: %s", v.ErrorCode, v.ErrorText)
	}
	if len(r.provider.got()) != 1 {
		t.Error("the message was sent without its file")
	}
}
