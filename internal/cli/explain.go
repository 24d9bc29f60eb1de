package cli

import (
	"fmt"
	"strings"
	"time"

	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/studio"
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
	for _, n := range e.Number {
		if _, err := phone.Parse(n, ""); err != nil {
			return usage("--number %s: %v", n, err)
		}
	}
	numbers, err := studio.Numbers(e.Number)
	if err != nil {
		return err
	}
	req, err := studio.ReadRequest(text, e.address(s))
	if err != nil {
		return usage("%s: %v", e.Request, err)
	}
	sample, told, now := studio.NewSample(s, "SendMessage"), false, time.Time{}
	for _, pair := range e.Set {
		if text, ok := strings.CutPrefix(pair, "now="); ok {
			if now, err = time.Parse(time.RFC3339, text); err != nil {
				return usage("--set now: %v", err)
			}
			continue
		}
		if err := set(sample, pair); err != nil {
			return err
		}
		told = true
	}
	x, err := studio.Explain(sample, req, numbers, now)
	if err != nil {
		return fmt.Errorf("%s: %w", e.File, err)
	}
	if e.JSON {
		if err := c.printJSON(x); err != nil {
			return err
		}
	} else {
		c.printExplanation(&x)
	}
	if x.Reading.Unmatched || told && !studio.Proven(x.Verify) {
		return failed(problems)
	}
	return nil
}

// address is the URL of a bare body: what would be called were the file enabled.
func (e *explainCommand) address(s *service.Service) string {
	if e.URL != "" {
		return e.URL
	}
	return studio.WebhookURL(s.ID)
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
