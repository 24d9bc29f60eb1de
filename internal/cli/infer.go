package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"patchbay/internal/infer"
	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/studio"
)

type inferCommand struct {
	Captured []string `arg:"" name:"callback" help:"What a provider sent: bodies or whole HTTP requests, folders of them; - is standard input."`
	ID       string   `name:"id" default:"draft" placeholder:"ID" help:"Of the service file."`
	Name     string   `placeholder:"NAME" help:"What people see; the id unless said otherwise."`
	Number   []string `placeholder:"NUMBER" help:"Our numbers: they tell the two sides of a message apart better than names do."`
	Models   bool     `help:"Print the Webhook models alone, to put into a file that is there."`
	JSON     bool     `help:"Print JSON for programs, with the reasons in it."`
}

// inferred is a draft, as --json prints it.
type inferred struct {
	File json.RawMessage `json:"file"`
	infer.Result
}

func (i *inferCommand) Run(c *console) error {
	o := infer.Options{ID: i.ID, Name: i.Name}
	for _, n := range i.Number {
		value, err := phone.Parse(n, "")
		if err != nil {
			return usage("--number %s: %v", n, err)
		}
		o.Numbers = append(o.Numbers, value)
	}
	captures, err := c.captures(i.Captured)
	if err != nil {
		return err
	}
	r := infer.Infer(captures, o)
	switch {
	case i.JSON:
		err = c.printJSON(inferred{File: r.File, Result: r})
	case i.Models:
		err = c.printModels(r.File)
	default:
		_, err = c.out.Write(r.File)
	}
	if err != nil {
		return err
	}
	if !i.JSON {
		c.printReasons(&r)
	}
	if len(r.Unread) > 0 || len(r.Models) == 0 {
		return failed(problems)
	}
	return nil
}

// captures reads every file, and every file of every folder.
func (c *console) captures(names []string) ([]infer.Capture, error) {
	var out []infer.Capture
	read := func(name string) error {
		text, err := c.readFile(name)
		if err != nil {
			return err
		}
		if len(text) > service.MaxSize {
			return usage("%s is larger than any callback", name)
		}
		req, err := studio.ReadRequest(text, studio.WebhookURL("draft"))
		if err != nil {
			return usage("%s: %v", name, err)
		}
		out = append(out, infer.Capture{Name: filepath.Base(name), Request: *req})
		return nil
	}
	for _, name := range names {
		if info, err := os.Stat(name); name == "-" || err != nil || !info.IsDir() {
			if err := read(name); err != nil {
				return nil, err
			}
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, wrong{err}
		}
		for _, e := range entries { // in the order of their names
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
				if err := read(filepath.Join(name, e.Name())); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, usage("there is no callback in %s", strings.Join(names, ", "))
	}
	return out, nil
}

// printModels prints the Webhook of a file.
func (c *console) printModels(file []byte) error {
	models, err := studio.Models(file)
	if err != nil {
		return err
	}
	_, err = c.out.Write(models)
	return err
}

// printReasons goes where it does not get into the file.
func (c *console) printReasons(r *infer.Result) {
	w := io.Writer(c.err)
	for _, m := range r.Models {
		fmt.Fprintf(w, "%s: a %s, from %s\n", m.Pointer, m.Tells, strings.Join(m.Captures, ", "))
		for _, ch := range m.Choices {
			fmt.Fprintf(w, "  %s became %s: %s\n", ch.Pointer, ch.Became, ch.Reason)
		}
		if len(m.LeftOut) > 0 {
			fmt.Fprintf(w, "  left out: %s\n", strings.Join(m.LeftOut, " "))
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	for _, u := range r.Unread {
		fmt.Fprintf(w, "%s: not read: %s\n", u.Capture, u.Reason)
	}
}
