package cli

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"patchbay/internal/service"
	"patchbay/internal/simulator"
)

type simulateCommand struct {
	File     string   `arg:"" help:"Service file; - is standard input."`
	Listen   string   `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where to be the provider (${default})."`
	Callback string   `placeholder:"URL" help:"Our webhook URL; empty: the one that a message names, where the file passes it."`
	Set      []string `sep:"none" placeholder:"NAME=VALUE" help:"A property; those that are left out are made up, and printed."`
	Country  string   `default:"US" help:"In which national numbers are read and written (${default})."`
	Fault    []string `sep:"none" placeholder:"NAME[=…]" help:"What goes wrong with every message: one of the list below."`
	Tries    int      `placeholder:"N" help:"Only the first N tries of a message go wrong."`
	Write    string   `placeholder:"FILE" help:"Write the service file with this provider's address in it, to upload."`
}

// Help is the table of faults, below the flags.
func (simulateCommand) Help() string {
	var b strings.Builder
	b.WriteString("Faults, for --fault, or in a text that begins with \"simulate \" (\"simulate busy=2 twice\"):\n\n")
	for _, f := range simulator.Faults {
		name := f.Name
		switch {
		case strings.HasPrefix(f.Argument, "["):
			name += "[=" + f.Argument[1:]
		case f.Argument != "":
			name += "=" + f.Argument
		}
		fmt.Fprintf(&b, "  %-23s %s\n", name, f.Says)
	}
	b.WriteString("\nNumbers that behave in known ways, as in the sandbox:\n\n")
	for _, m := range simulator.Magics {
		fmt.Fprintf(&b, "  %-23s %s\n", m.Number, m.Says)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (s *simulateCommand) Run(c *console) error {
	svc, err := c.load(s.File, false)
	if err != nil {
		return err
	}
	properties := map[string]string{}
	for _, pair := range s.Set {
		name, value, found := strings.Cut(pair, "=")
		if !found {
			return usage("--set %q: write it as name=value", pair)
		}
		if !slices.ContainsFunc(svc.Properties, func(p service.Property) bool { return p.Name == name }) {
			return usage("--set %q: the file has no property of that name", name)
		}
		properties[name] = value
	}
	if err := simulator.CheckFaults(s.Fault); err != nil {
		return usage("--fault: %v", err)
	}
	p, err := simulator.Imitate(c.ctx, simulator.Imitation{
		Listen: s.Listen, Service: svc, Properties: properties, Callback: s.Callback, Country: strings.ToUpper(s.Country), Faults: s.Fault,
		Tries: s.Tries, Console: c.out,
	})
	if err != nil {
		return err
	}
	if s.Write != "" {
		if err := os.WriteFile(s.Write, p.File(), 0o644); err != nil {
			_ = p.Close() // why the file cannot be written is the better error
			return err
		}
	}
	s.introduce(c, svc, p)
	<-c.ctx.Done()
	return p.Close()
}

// introduce says how to meet the provider, and what it cannot do.
func (s *simulateCommand) introduce(c *console, svc *service.Service, p *simulator.Provider) {
	fmt.Fprintf(c.out, "%s is imitated at %s\n\n", svc.Name, p.URL())
	fmt.Fprintf(c.out, "  Its service file   %s/_simulate/file: the same, with this address in it; upload that one\n", p.URL())
	fmt.Fprintf(c.out, "  The server         must be allowed to come here: PATCHBAY_ALLOW_PRIVATE_EGRESS=%s\n", p.Addr())
	if s.Callback == "" {
		fmt.Fprintf(c.out, "  The webhook URL    is the one that a message names; another: POST /_simulate/callback {\"url\": \"…\"}\n")
	}
	fmt.Fprintf(c.out, "  Its contacts       POST /_simulate/message {\"from\", \"to\", \"text\", \"picture\"}\n\n")
	if values := p.Values(); len(values) > 0 {
		fmt.Fprintf(c.out, "Enable it with these properties:\n\n")
		for _, name := range slices.Sorted(maps.Keys(values)) {
			fmt.Fprintf(c.out, "  %s = %s\n", name, values[name])
		}
		fmt.Fprintln(c.out)
	}
	for _, gap := range p.Gaps() {
		fmt.Fprintf(c.out, "%s: %s\n", gap.Pointer, gap.Message)
	}
}
