package outbound

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
)

func TestTheBaseFileSendsExactlyWhatItSays(t *testing.T) {
	r := newRig(t, base)
	r.run()
	v := r.reaches(r.send(r.text("+61855555555", "Hello there!")), message.Sent)
	asks := r.provider.got()
	if len(asks) != 1 {
		t.Fatalf("the provider got %d requests, want 1", len(asks))
	}
	want := `{"from":"+61123456789","to":"+61855555555","extension":"101","domain":"acme","content":"Hello there!"}`
	if asks[0].Body != want {
		t.Errorf("got body  %s\nwant body %s", asks[0].Body, want)
	}
	if got := asks[0].Header.Get("Authorization"); got != "Bearer "+apiKey {
		t.Errorf("got Authorization %q", got)
	}
	if !slices.Equal(v.MessageIDs, []string{"p1"}) {
		t.Errorf("provider ids: got %q, want p1", v.MessageIDs)
	}
	if len(v.History) < 3 || v.History[0].Status != message.Queued || v.History[len(v.History)-1].Status != message.Sent {
		t.Errorf("history: %+v", v.History)
	}
}

func TestEveryTextArrivesAsItWasWritten(t *testing.T) {
	r := newRig(t, base)
	r.run()
	for _, c := range []struct{ text, want string }{
		{"yes", "yes"}, {"0123", "0123"}, {"~", "~"}, {"Hi: there", "Hi: there"}, {"$to$", "$to$"}, {"{{to}}", "{{to}}"},
		{"$API key$", "$API key$"}, {`"`, `\"`}, {`\`, `\\`}, {"é", "é"}, {"😀", "😀"}, {"€", "€"},
		{strings.Repeat("x", 1600), strings.Repeat("x", 1600)}, {"a\x00b", "a\uFFFDb"}, {"a\xffb", "a\uFFFDb"},
		{`","to":"+1900`, `\",\"to\":\"+1900`},
	} {
		n := len(r.provider.got())
		r.reaches(r.send(r.text("+61855555555", c.text)), message.Sent)
		if got := r.provider.got()[n].Body; !strings.HasSuffix(got, `"content":"`+c.want+`"}`) {
			t.Errorf("%.40q arrived as %.200s", c.text, got)
		}
	}
}

func TestTheFiveOutcomesAreToldApart(t *testing.T) {
	bomb := func() string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.Copy(z, io.LimitReader(zeros{}, 64<<20))
		z.Close()
		return b.String()
	}()
	early := strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 3)
	for _, c := range []struct {
		name    string
		reply   func(http.ResponseWriter, *http.Request, ask)
		outcome message.Outcome
		status  message.Status
		ids     []string
	}{
		{"200 with an id", says(200, `{"data":{"id":12345678901234567890}}`), message.Accepted, message.Sent, []string{"12345678901234567890"}},
		{"200 without an id", says(200, `{"ok":true}`), message.Accepted, message.Sent, nil},
		{"200 with HTML", says(200, "<html>hi"), message.Accepted, message.Sent, nil},
		{"204", says(204, ""), message.Accepted, message.Sent, nil},
		{"1xx before the answer", raw(false, early+"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"+`{"data":{"id":"e1"}}`), message.Accepted, message.Sent, []string{"e1"}},
		{"400", says(400, "no"), message.Refused, message.Failed, nil},
		{"404", says(404, "no"), message.Refused, message.Failed, nil},
		{"401", says(401, "no"), message.Refused, message.Failed, nil},
		{"redirect", says(307, "", "Location", "/elsewhere"), message.Refused, message.Failed, nil},
		{"502", says(502, ""), message.Maybe, message.Unclear, nil},
		{"504", says(504, ""), message.Maybe, message.Unclear, nil},
		{"reset before the head", raw(true, ""), message.Maybe, message.Unclear, nil},
		{"closed before the head", raw(false, ""), message.Maybe, message.Unclear, nil},
		{"reset within the head", raw(true, "HTTP/1.1 200 OK\r\nContent-"), message.Maybe, message.Unclear, nil},
		{"closed within the body", raw(false, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":"), message.Maybe, message.Unclear, nil},
		{"no HTTP at all", raw(false, "220 mail.example ESMTP\r\n"), message.Maybe, message.Unclear, nil},
		{"gzip bomb", says(200, bomb, "Content-Encoding", "gzip"), message.Maybe, message.Unclear, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, base)
			r.provider.answer(c.reply)
			r.run()
			v := r.reaches(r.send(r.text("+61855555555", "hi")), c.status)
			if got := outcomesOf(v); !slices.Equal(got, []message.Outcome{c.outcome}) {
				t.Errorf("outcomes: got %v, want %v", got, c.outcome)
			}
			if !slices.Equal(v.MessageIDs, c.ids) {
				t.Errorf("provider ids: got %q, want %q", v.MessageIDs, c.ids)
			}
			if got := len(r.provider.got()); got != len(v.Attempts) {
				t.Errorf("the provider got %d requests in %d attempts", got, len(v.Attempts))
			}
			if c.status == message.Failed || c.status == message.Unclear {
				if v.ErrorText == "" {
					t.Error("nothing says why")
				}
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestBusyIsTriedAgainUntilTaken(t *testing.T) {
	for _, status := range []int{408, 425, 429, 500, 503, 599} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, base)
			r.provider.answer(inTurn(says(status, "later"), says(status, "later"), takes))
			r.run()
			v := r.reaches(r.send(r.text("+61855555555", "hi")), message.Sent)
			if got, want := outcomesOf(v), []message.Outcome{message.Busy, message.Busy, message.Accepted}; !slices.Equal(got, want) {
				t.Errorf("outcomes: got %v, want %v", got, want)
			}
			if got := len(r.provider.got()); got != 3 {
				t.Errorf("the provider got %d requests in 3 attempts", got)
			}
			if v.ErrorCode != "" || v.ErrorText != "" {
				t.Errorf("a sent message carries the error %q %q", v.ErrorCode, v.ErrorText)
			}
			for _, a := range v.Attempts {
				if a.Again {
					t.Errorf("attempt %d is marked as a repetition, but a busy provider has taken nothing", a.N)
				}
			}
		})
	}
}

func TestAClosedPortIsUnreachedAndTheMessageWaits(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	l.Close()
	for name, url := range map[string]string{"closed": closed, "blocked": "http://10.0.0.1:9", "no such name": "https://provider.invalid"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, strings.ReplaceAll(base, "PROVIDER", url), func(o *Options) {
				o.Random = func() float64 { return 0.999 } // a second before the next
			})
			r.run()
			id := r.send(r.text("+61855555555", "hi"))
			v := r.tried(id, 1)
			if v.Status != message.Sending || v.Attempts[0].Outcome != message.Unreached {
				t.Errorf("got %s after %s, want sending after unreached", v.Status, v.Attempts[0].Outcome)
			}
			if strings.Contains(v.Attempts[0].ErrorText, "10.0.0.1:9") && strings.Contains(v.Attempts[0].ErrorText, "private") {
				t.Errorf("a tenant is told too much: %q", v.Attempts[0].ErrorText)
			}
		})
	}
}

func TestASlowProviderIsUnclearAfterItsTime(t *testing.T) {
	r := newRig(t, limited(`{"timeout": "1s"}`))
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	r.provider.answer(func(http.ResponseWriter, *http.Request, ask) { <-release })
	r.run()
	v := r.reaches(r.send(r.text("+61855555555", "hi")), message.Unclear)
	if a := v.Attempts[0]; a.Outcome != message.Maybe || a.Duration < time.Second || a.Duration > 5*time.Second {
		t.Errorf("outcome %s after %v, want unclear after 1s", a.Outcome, a.Duration)
	}
	if got := len(r.provider.got()); got != 1 {
		t.Errorf("the provider got %d requests in 1 attempt", got)
	}
}

func TestAKeptConnectionThatBreaksIsNotTriedTwice(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(inTurn(takes, raw(false, ""), takes))
	r.run()
	r.reaches(r.send(r.text("+61855555555", "one")), message.Sent)
	v := r.reaches(r.send(r.text("+61855555555", "two")), message.Unclear)
	if got := len(r.provider.got()); got != 2 || len(v.Attempts) != 1 {
		t.Errorf("the provider got %d requests in 2 attempts", got)
	}
}

func TestAnUnclearMessageHoldsUpNothing(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(inTurn(raw(true, ""), takes))
	first := r.send(r.text("+61855555555", "one"))
	second := r.send(r.text("+61855555555", "two"))
	r.run()
	r.reaches(second, message.Sent)
	r.reaches(first, message.Unclear)
}

func TestAnIdempotentMethodTriesAnUnclearAttemptAgainAndMarksIt(t *testing.T) {
	r := newRig(t, idempotent)
	r.provider.answer(inTurn(raw(true, ""), says(503, ""), takes))
	r.run()
	id := r.send(r.text("+61855555555", "hi"))
	v := r.reaches(id, message.Sent)
	if got, want := outcomesOf(v), []message.Outcome{message.Maybe, message.Busy, message.Accepted}; !slices.Equal(got, want) {
		t.Fatalf("outcomes: got %v, want %v", got, want)
	}
	for i, want := range []bool{false, true, true} {
		if v.Attempts[i].Again != want {
			t.Errorf("attempt %d is marked as a repetition: %v, want %v", i+1, v.Attempts[i].Again, want)
		}
	}
	for _, a := range r.provider.got() {
		if !strings.Contains(a.Body, `"ref":"`+id+`"`) {
			t.Errorf("attempt %d goes without our id: %s", a.N, a.Body)
		}
	}
}

func TestFilesAreSentOneByOneAndNoneTwice(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(inTurn(takes, says(503, ""), takes))
	r.run()
	d := r.text("+61855555555", "")
	d.URLs = []string{"https://example.com/1.jpg", "https://example.com/2.jpg", "https://example.com/3.jpg"}
	v := r.reaches(r.send(d), message.Sent)
	var files []string
	for _, a := range r.provider.got() {
		_, after, _ := strings.Cut(a.Body, `"media_url":"https://example.com/`)
		files = append(files, after[:1])
	}
	if got := strings.Join(files, ""); got != "1223" {
		t.Errorf("files went out as %s, want 1223: the second was busy once", got)
	}
	if !slices.Equal(v.MessageIDs, []string{"p1", "p3", "p4"}) {
		t.Errorf("provider ids: got %q", v.MessageIDs)
	}
}

func TestARefusedPartFailsTheMessageAndSendsNoFurther(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(inTurn(takes, says(400, ""), takes))
	r.run()
	d := r.text("+61855555555", "")
	d.URLs = []string{"https://example.com/1.jpg", "https://example.com/2.jpg", "https://example.com/3.jpg"}
	id := r.send(d)
	v := r.reaches(id, message.Failed)
	if len(v.Attempts) != 2 || v.Attempts[0].Part != 0 || v.Attempts[0].Outcome != message.Accepted || v.Attempts[1].Part != 1 || v.Attempts[1].Outcome != message.Refused {
		t.Errorf("attempts %+v, want one for each of two parts", v.Attempts)
	}
	r.reaches(r.send(r.text("+61855555556", "next")), message.Sent)
	if got := len(r.provider.got()); got != 3 {
		t.Errorf("the provider got %d requests, want 3: two files and the next message", got)
	}
}

func TestNoSecretIsKeptInClear(t *testing.T) {
	r := newRig(t, base)
	r.provider.answer(func(w http.ResponseWriter, req *http.Request, _ ask) {
		w.WriteHeader(400) // a provider that repeats what it was told
		io.WriteString(w, `{"error": "bad key `+apiKey+`", "seen": "`+req.Header.Get("Authorization")+`"}`)
	})
	r.run()
	v := r.reaches(r.send(r.text("+61855555555", "hi")), message.Failed)
	a := v.Attempts[0]
	if !strings.Contains(a.Request, "/messages") || !strings.Contains(a.Response, "bad key") {
		t.Errorf("the attempt does not show what was said:\n%s\n%s", a.Request, a.Response)
	}
	if shown := fmt.Sprintf("%+v", v); strings.Contains(shown, apiKey) {
		t.Errorf("the message shows the secret:\n%s", shown)
	}
	r.stop()
	if strings.Contains(r.log.String(), apiKey) {
		t.Error("the log shows the secret")
	}
	if strings.Contains(r.log.String(), "+61855555555") {
		t.Error("the log shows a whole number")
	}
	for name, data := range r.files() {
		if bytes.Contains(data, []byte(apiKey)) {
			t.Errorf("%s holds the secret in clear", name)
		}
	}
}
