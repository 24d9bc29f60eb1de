package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

type explainCommand struct {
	File    string   `arg:"" help:"Service file."`
	Request string   `arg:"" help:"The provider's request: a body, or a whole HTTP request; - is standard input."`
	Set     []string `sep:"none" placeholder:"NAME=VALUE" help:"A property, for files that verify their callbacks; now=TIME for old signatures."`
	Number  []string `placeholder:"NUMBER" help:"Our numbers. Without any, every number is taken for ours."`
	URL     string   `name:"url" placeholder:"URL" help:"The webhook URL that the provider called, for signatures that cover it."`
	JSON    bool     `help:"Print JSON for programs."`
}

func (e *explainCommand) Run(c *console) error {
	if e.File == "-" && e.Request == "-" {
		return usage("only one of them can come from standard input")
	}
	s, err := c.load(e.File, e.JSON)
	if err != nil {
		return err
	}
	text, err := c.readFile(e.Request)
	if err != nil {
		return err
	}
	cb := &service.Callback{Now: time.Now(), Numbers: anyNumber{}}
	if len(e.Number) > 0 {
		list := make([]service.Number, len(e.Number))
		for i, n := range e.Number {
			if list[i].Value, err = phone.Parse(n, ""); err != nil {
				return usage("--number %s: %v", n, err)
			}
			list[i].Country = phone.Country(list[i].Value)
		}
		cb.Numbers = service.NewNumbers(list)
	}
	req, err := readRequest(text, e.address(s))
	if err != nil {
		return usage("%s: %v", e.Request, err)
	}
	cb.Request = *req
	if _, query, ok := strings.Cut(req.URL, "?"); ok {
		cb.Number = numberOf(query)
	}
	properties, told := newSample(s), false
	for _, pair := range e.Set {
		if now, ok := strings.CutPrefix(pair, "now="); ok {
			if cb.Now, err = time.Parse(time.RFC3339, now); err != nil {
				return usage("--set now: %v", err)
			}
			continue
		}
		if err := properties.set(pair); err != nil {
			return err
		}
		told = true
	}
	bound, err := s.Bind(properties.properties)
	if err != nil {
		return fmt.Errorf("%s: %w", e.File, err)
	}
	x := bound.Explain(cb)
	if e.JSON {
		if err := c.printJSON(x); err != nil {
			return err
		}
	} else {
		c.printExplanation(&x)
	}
	if x.Reading.Unmatched || told && !proven(x.Verify) {
		return failed(problems)
	}
	return nil
}

// proven reports whether the callback would be let in. Without the integration's secrets nothing can be proven, and that is no fault of the file.
func proven(verdict string) bool {
	return verdict == "verified" || verdict == "no verification in the file"
}

// address is the URL of a bare body: what would be called were the file enabled.
func (e *explainCommand) address(s *service.Service) string {
	if e.URL != "" {
		return e.URL
	}
	return "https://patchbay.example.com/services/" + s.ID + "/a0123456789abcdef0123456789abcdef"
}

var requestLine = regexp.MustCompile(`^[A-Z]+ \S+( HTTP/[0-9.]+)?\r?\n`)

// readRequest reads a whole HTTP request, or takes a bare body for one of the kind that it looks like.
func readRequest(text []byte, url string) (*wire.Request, error) {
	if requestLine.Match(bytes.TrimLeft(text, " \t\r\n")) {
		r, err := wire.ParseRequest(text)
		if err != nil {
			return nil, err
		}
		if r.Method == http.MethodGet || len(r.Body) == 0 {
			return r, nil
		}
		r.Body = trimLastLine(r)
		return r, nil
	}
	body := bytes.TrimSpace(text)
	kind := "application/x-www-form-urlencoded"
	switch {
	case len(body) == 0:
		return nil, fmt.Errorf("there is nothing in it")
	case body[0] == '{' || body[0] == '[':
		kind = "application/json"
	case body[0] == '<':
		kind = "application/xml"
	}
	return &wire.Request{Method: http.MethodPost, URL: url, Header: http.Header{"Content-Type": {kind}}, Body: body}, nil
}

// trimLastLine is the body without the line break that editors put at a file's end, unless Content-Length counts it.
func trimLastLine(r *wire.Request) []byte {
	if r.Header.Get("Content-Length") == fmt.Sprint(len(r.Body)) {
		return r.Body
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(r.Body, []byte("\n")), []byte("\r"))
}

func numberOf(query string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if v, ok := strings.CutPrefix(pair, "number="); ok {
			return v
		}
	}
	return ""
}

// anyNumber takes every number for ours: a file can be tried before there are numbers.
type anyNumber struct{}

func (anyNumber) Find(spelling string) (service.Number, bool) {
	value, err := phone.Parse(spelling, "US")
	if err != nil {
		return service.Number{}, false
	}
	return service.Number{Value: value, Country: phone.Country(value)}, true
}

func (c *console) printExplanation(x *service.Explanation) {
	fmt.Fprintf(c.out, "decoded   %s\n", x.Decoded)
	fmt.Fprintf(c.out, "verify    %s\n", x.Verify)
	fmt.Fprintf(c.out, "models, in the order in which they are tried:\n")
	for i, m := range x.Order {
		verdict := "took it"
		if !m.Took {
			verdict = m.Reason
			if verdict == "" {
				verdict = "not asked: another model took everything"
			}
		}
		fmt.Fprintf(c.out, "  %d. %s (%s; %d literals, %d variables): %s\n", i+1, m.Pointer, m.Type, m.Literals, m.Variables, verdict)
	}
	r := &x.Reading
	for _, ev := range r.Events {
		fmt.Fprintf(c.out, "event     %s\n", describe(&ev))
	}
	switch {
	case r.Empty:
		fmt.Fprintf(c.out, "nothing in it: answered, and not kept\n")
	case r.Unmatched:
		fmt.Fprintf(c.out, "unmatched %s\n", r.Reason)
	case len(r.Events) == 0:
		fmt.Fprintf(c.out, "no event in it\n")
	}
	if x.Nearest != "" {
		fmt.Fprintf(c.out, "nearest   %s\n", x.Nearest)
	}
	if x.Difference != "" {
		fmt.Fprintf(c.out, "differs   %s\n", x.Difference)
	}
	fmt.Fprintf(c.out, "reply     %d %s\n", x.Status, x.Reply)
}

// describe is an event in one line.
func describe(e *service.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", e.Type, e.Model)
	for _, f := range []struct{ name, value string }{
		{"from", e.From}, {"to", e.To}, {"messageid", e.MessageID}, {"id", e.ID}, {"word", e.Word}, {"error_code", e.ErrorCode},
		{"error_text", e.ErrorText}, {"note", e.Note},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, " %s=%q", f.name, f.value)
		}
	}
	if e.Content != "" {
		fmt.Fprintf(&b, " content=%q", e.Content)
	}
	for _, f := range e.Files {
		fmt.Fprintf(&b, " file=%q", f.URL+f.MediaID)
	}
	return b.String()
}
