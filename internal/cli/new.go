package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"patchbay/internal/service"
)

type newCommand struct {
	ID          string   `name:"id" required:"" placeholder:"ID" help:"Of the service: letters, digits, dots, dashes and underscores. It becomes part of the webhook URL."`
	Name        string   `placeholder:"NAME" help:"What people see; the id unless said otherwise."`
	URL         string   `name:"url" default:"https://api.example.com/messages" placeholder:"URL" help:"Where a message is sent to. A $$property$$ may stand in it."`
	Method      string   `default:"POST" help:"The HTTP method."`
	ContentType string   `default:"application/json" placeholder:"TYPE" help:"Of the request: a JSON, form, multipart or XML type."`
	Auth        string   `default:"bearer" enum:"bearer,basic,none" help:"How a request proves who sends it: bearer, basic or none."`
	Property    []string `sep:"none" placeholder:"NAME" help:"What an integration fills in: the credentials of --auth first, in its order; the rest become parameters."`
	Force       bool     `help:"Write over a file that is there."`
	JSON        bool     `help:"Print JSON for programs."`
	File        string   `arg:"" optional:"" help:"The file to write; ID.json unless said otherwise. - prints it."`
}

// begun is what was written, as --json prints it.
type begun struct {
	File  string   `json:"file"`
	ID    string   `json:"id"`
	Tests int      `json:"tests"`
	Next  []string `json:"next"`
}

func (n *newCommand) Run(c *console) error {
	d := service.Draft{ID: n.ID, Name: n.Name, URL: n.URL, Method: n.Method, ContentType: n.ContentType, Auth: n.Auth, Properties: n.Property}
	content, found := d.File()
	if found.Err() != nil {
		if n.JSON {
			if err := c.printJSON([]linted{{File: n.File, Problems: unplaced(found)}}); err != nil {
				return err
			}
		} else {
			for _, p := range found {
				fmt.Fprintf(c.err, "patchbay: %s\n", p)
			}
		}
		return failed(misuse)
	}
	name := n.File
	if name == "" {
		name = n.ID + ".json"
	}
	if name == "-" {
		_, err := c.out.Write(content)
		return err
	}
	if err := begin(name, content, n.Force); err != nil {
		return err
	}
	s, _ := service.Parse(content)
	out := begun{File: name, ID: n.ID, Tests: len(service.RunTests(s))}
	for _, step := range [][2]string{
		{"render " + name, "the request: make API what the provider documents"},
		{"infer callbacks/ --number OURS --models", "drafts Webhook from callbacks that the provider has made"},
		{"lint " + name, "what is wrong; nothing proves yet that callbacks are the provider's"},
		{"test " + name + " --cover", "what no test proves yet"},
	} {
		out.Next = append(out.Next, fmt.Sprintf("patchbay service %-40s # %s", step[0], step[1]))
	}
	if n.JSON {
		return c.printJSON(out)
	}
	fmt.Fprintf(c.out, "%s: written; its %d tests pass\n\nNext:\n", name, out.Tests)
	for _, line := range out.Next {
		fmt.Fprintf(c.out, "  %s\n", line)
	}
	return nil
}

// begin writes a new file. One that is there stays as it is, unless force.
func begin(name string, content []byte, force bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return usage("%s is there already; choose another name, or --force to write over it", name)
	case err != nil:
		return wrong{err}
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// unplaced is problems of what is no text.
func unplaced(ps service.Problems) []service.Finding {
	out := make([]service.Finding, len(ps))
	for i, p := range ps {
		out[i].Problem = p
	}
	return out
}
