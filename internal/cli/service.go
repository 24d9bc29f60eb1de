package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"patchbay/internal/service"
	"patchbay/internal/studio"
)

// serviceCommand is the tools for service files. Each is what the server itself does with the file.
type serviceCommand struct {
	Lint     lintCommand     `cmd:"" help:"Say everything that is wrong in service files, and how to mend it."`
	Test     testCommand     `cmd:"" help:"Run the tests that service files carry."`
	Fmt      fmtCommand      `cmd:"" help:"Write service files in their canonical form: strict JSON, two spaces."`
	Render   renderCommand   `cmd:"" help:"Show the requests that a message becomes, as HTTP and as curl, secrets masked."`
	Explain  explainCommand  `cmd:"" help:"Say why a provider's request is read as it is, or by no model."`
	Simulate simulateCommand `cmd:"" help:"Be the provider of a service file: take what it sends, answer, call back signed, and fail on demand."`
	New      newCommand      `cmd:"" help:"Write a service file to start from, which passes its own tests."`
	Infer    inferCommand    `cmd:"" help:"Draft Webhook models from callbacks that a provider has made, with the reason for each choice."`
	Schema   schemaCommand   `cmd:"" help:"Print the JSON Schema of a service file, for editors; a server has it at /service.schema.json."`
}

// files is what lint, test and fmt have in common.
type files struct {
	Files []string `arg:"" name:"file" help:"Service files; - is standard input."`
	JSON  bool     `help:"Print JSON for programs."`
}

// readFile reads a file or, for "-", standard input. A file that is not there is a mistake on the command line.
func (c *console) readFile(name string) ([]byte, error) {
	if name == "-" {
		b, err := io.ReadAll(io.LimitReader(c.in, service.MaxSize+1))
		if err != nil {
			return nil, usage("standard input: %v", err)
		}
		return b, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, wrong{err}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, service.MaxSize+1)) // one byte more than is allowed, so that lint can say so
	if err != nil {
		return nil, wrong{err}
	}
	return b, nil
}

// printJSON prints v as programs read it and people can too.
func (c *console) printJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// linted is one file's findings, as --json prints them.
type linted struct {
	File     string               `json:"file"`
	OK       bool                 `json:"ok"`
	Problems []service.Finding    `json:"problems"`
	Tests    []service.TestResult `json:"tests,omitempty"`
	Coverage *service.Coverage    `json:"coverage,omitempty"`
}

func (c *console) printProblems(file string, ps []service.Finding) {
	for _, p := range ps {
		kind := ""
		if p.Warning {
			kind = "warning: "
		}
		at := p.Pointer
		if at == "" {
			at = "/"
		}
		fmt.Fprintf(c.out, "%s: %s: %s%s\n", file, at, kind, p.Message)
	}
}

type lintCommand struct{ files }

func (l *lintCommand) Run(c *console) error {
	return l.each(c, func(file string, data []byte) linted {
		found := studio.Lint(data)
		return linted{File: file, OK: found.Service != nil, Problems: found.Problems}
	}, func(r linted) {
		c.printProblems(r.File, r.Problems)
		if r.OK && len(r.Problems) == 0 {
			fmt.Fprintf(c.out, "%s: fine\n", r.File)
		}
	})
}

type testCommand struct {
	files
	Cover       bool `help:"Name every part of the file (variant, entry, model, meaning of a table) that no test touches."`
	MinCoverage int  `placeholder:"PERCENT" help:"Fail when the tests touch less of a file than this."`
}

func (t *testCommand) Run(c *console) error {
	if t.MinCoverage < 0 || t.MinCoverage > 100 {
		return usage("--min-coverage %d: a share is from 0 to 100 percent", t.MinCoverage)
	}
	return t.each(c, func(file string, data []byte) linted {
		found, _ := studio.Test(context.Background(), data) // nothing ends it
		r := linted{File: file, OK: found.Passed(), Problems: found.Problems}
		if found.Service != nil {
			r.Tests, r.Coverage = found.Tests, &found.Coverage
			r.OK = r.OK && found.Coverage.Percent() >= t.MinCoverage
		}
		return r
	}, func(r linted) {
		c.printProblems(r.File, r.Problems)
		passed := 0
		for i := range r.Tests {
			if r.Tests[i].Passed() {
				passed++
				continue
			}
			c.printFailures(r.File, &r.Tests[i])
		}
		if r.Coverage == nil {
			return
		}
		low := r.Coverage.Percent() < t.MinCoverage
		if t.Cover || low {
			for _, m := range r.Coverage.Missed {
				fmt.Fprintf(c.out, "%s: %s: %s\n", r.File, m.Pointer, m.What)
			}
		}
		if len(r.Tests) == 0 {
			fmt.Fprintf(c.out, "%s: no tests in the file\n", r.File)
		} else {
			fmt.Fprintf(c.out, "%s: %d of %d tests passed, %d of %d parts covered\n", r.File, passed, len(r.Tests), r.Coverage.Covered, r.Coverage.Parts)
		}
		if low {
			fmt.Fprintf(c.out, "%s: %d%% is covered, and %d%% was asked for\n", r.File, r.Coverage.Percent(), t.MinCoverage)
		}
	})
}

func (c *console) printFailures(file string, t *service.TestResult) {
	for _, f := range t.Failures {
		at := f.Pointer
		if at == "" {
			at = t.Pointer
		}
		fmt.Fprintf(c.out, "%s: %s: test %q", file, at, t.Name)
		if f.Message != "" {
			fmt.Fprintf(c.out, ": %s", f.Message)
		}
		fmt.Fprintln(c.out)
		if f.Want != "" || f.Got != "" {
			fmt.Fprintf(c.out, "    want %s\n    got  %s\n", f.Want, f.Got)
		}
	}
}

// each looks at every file in turn and ends with 1 when one of them is not fine.
func (f *files) each(c *console, look func(file string, data []byte) linted, show func(linted)) error {
	results := make([]linted, 0, len(f.Files))
	ok := true
	for _, name := range f.Files {
		data, err := c.readFile(name)
		if err != nil {
			return err
		}
		r := look(name, data)
		ok = ok && r.OK
		results = append(results, r)
		if !f.JSON {
			show(r)
		}
	}
	if f.JSON {
		if err := c.printJSON(results); err != nil {
			return err
		}
	}
	if !ok {
		return failed(problems)
	}
	return nil
}

type fmtCommand struct {
	files
	Check bool `help:"Change nothing; exit 1 when a file is not in its canonical form."`
}

// formatted is one file's result, as --json prints it.
type formatted struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"`
	Error   string `json:"error,omitempty"`
}

func (f *fmtCommand) Run(c *console) error {
	results := make([]formatted, 0, len(f.Files))
	exit := fine
	for _, name := range f.Files {
		data, err := c.readFile(name)
		if err != nil {
			return err
		}
		r := formatted{File: name}
		out, err := service.Format(data)
		switch {
		case err != nil:
			r.Error, exit = err.Error(), problems
		case name == "-" && !f.Check && !f.JSON:
			if _, err := c.out.Write(out); err != nil {
				return err
			}
			continue
		default:
			r.Changed = !bytes.Equal(data, out)
			if r.Changed && f.Check {
				exit = problems
			}
			if r.Changed && !f.Check && name != "-" {
				if err := rewrite(name, out); err != nil {
					return err
				}
			}
		}
		results = append(results, r)
		if f.JSON {
			continue
		}
		switch {
		case r.Error != "":
			fmt.Fprintf(c.out, "%s: %s\n", name, r.Error)
		case r.Changed:
			fmt.Fprintln(c.out, name)
		}
	}
	if f.JSON {
		if err := c.printJSON(results); err != nil {
			return err
		}
	}
	if exit != fine {
		return failed(exit)
	}
	return nil
}

// rewrite puts new content in a file's place at once, so that a crash leaves the old or the new and never half of it.
func rewrite(name string, content []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	tmp := name + ".new"
	if err := os.WriteFile(tmp, content, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
