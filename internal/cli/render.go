package cli

import (
	"fmt"
	"strings"

	"patchbay/internal/service"
	"patchbay/internal/studio"
)

type renderCommand struct {
	File   string   `arg:"" help:"Service file; - is standard input."`
	Method string   `default:"SendMessage" enum:"SendMessage,SendFile,UploadFile,GetStatus,Receive,CheckCredentials,SetWebhook,Login" help:"The method of API: SendMessage (a text), SendFile, UploadFile, GetStatus, Receive, CheckCredentials, SetWebhook or Login."`
	Set    []string `sep:"none" placeholder:"NAME=VALUE" help:"A variable (from, to, content, url, extension, domain, messageid, cursor, …) or a property."`
	JSON   bool     `help:"Print JSON for programs."`
}

func (r *renderCommand) Run(c *console) error {
	s, err := c.load(r.File, r.JSON)
	if err != nil {
		return err
	}
	sample := studio.NewSample(s, r.Method)
	for _, pair := range r.Set {
		if err := set(sample, pair); err != nil {
			return err
		}
	}
	out, err := studio.Render(sample, r.Method)
	if err != nil {
		return fmt.Errorf("%s: %w", r.File, err)
	}
	if r.JSON {
		return c.printJSON(out)
	}
	for i, one := range out {
		if i > 0 {
			fmt.Fprintln(c.out)
		}
		fmt.Fprintf(c.out, "%s\n\n%s\n", strings.TrimRight(one.HTTP, "\n"), one.Curl)
	}
	return nil
}

// set takes one --set.
func set(sample *studio.Sample, pair string) error {
	name, value, found := strings.Cut(pair, "=")
	if !found {
		return usage("--set %q: write it as name=value", pair)
	}
	if err := sample.Set(name, value); err != nil {
		return usage("--set %v", err)
	}
	return nil
}

// load reads and compiles one file, and prints what is wrong with it. With --json the findings are JSON too.
func (c *console) load(name string, asJSON bool) (*service.Service, error) {
	data, err := c.readFile(name)
	if err != nil {
		return nil, err
	}
	found := studio.Lint(data)
	if found.Service != nil {
		return found.Service, nil
	}
	if asJSON {
		if err := c.printJSON([]linted{{File: name, Problems: found.Problems}}); err != nil {
			return nil, err
		}
	} else {
		c.printProblems(name, found.Problems)
	}
	return nil, failed(problems)
}
