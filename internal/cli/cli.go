// Package cli is the command line: the server, and the tools for service files that need no server.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes that scripts rely on.
const (
	fine     = 0
	problems = 1 // in the file, or in what was asked of a server
	misuse   = 2 // of the command line
)

// grammar is every command and flag; help, environment names and parsing come from it.
type grammar struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Account accountCommand `cmd:"" help:"Accounts of this server's database."`
	Service serviceCommand `cmd:"" help:"Check and try service files; needs no server."`
	Move    moveCommand    `cmd:"" help:"Copy a stopped server's embedded database into an empty PostgreSQL, and read it back."`
	Backup  backupCommand  `cmd:"" help:"Write a running server's embedded database and files into one sealed file, and read it back."`
	Restore restoreCommand `cmd:"" help:"Bring a backup into an empty data directory. Nothing is sent from there before somebody resumes it."`
	Verify  verifyCommand  `cmd:"" help:"Count every message by direction and status, and look for what is damaged, lost or belongs to nobody."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// console is where a command reads and writes. Tests bring their own.
type console struct {
	in       io.Reader
	out, err io.Writer
	ctx      context.Context // ends with SIGINT or SIGTERM
}

// failed ends a command with an exit code other than 0; what there is to say has been said.
type failed int

func (f failed) Error() string { return fmt.Sprintf("exit %d", int(f)) }

// wrong is a mistake on the command line.
type wrong struct{ error }

// usage makes a wrong.
func usage(format string, args ...any) error { return wrong{fmt.Errorf(format, args...)} }

// Run carries out one command line and returns its exit code.
func Run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends us at once
	forgetEmptySettings()
	return run(args, &console{in: os.Stdin, out: os.Stdout, err: os.Stderr, ctx: ctx})
}

// forgetEmptySettings: a variable that is set to nothing, as compose files do, is one that is not set.
func forgetEmptySettings() {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); value == "" && strings.HasPrefix(name, "PATCHBAY_") {
			_ = os.Unsetenv(name) // fails only for a name that cannot be
		}
	}
}

func run(args []string, c *console) (code int) {
	// kong ends the program itself after --help; here it only says so.
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(exited)
			if !ok {
				panic(v)
			}
			code = int(e)
		}
	}()

	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parse(args, c)
	if err != nil {
		fmt.Fprintf(c.err, "patchbay: %v\n", err)
		asked := "patchbay"
		if parse := new(kong.ParseError); errors.As(err, &parse) {
			command, _, _ := strings.Cut(parse.Context.Command(), "<") // its arguments
			asked = strings.TrimSpace(asked + " " + command)
		}
		fmt.Fprintf(c.err, "See: %s --help\n", asked)
		return misuse
	}
	err = command.Run(c)
	var exit failed
	var misused wrong
	switch {
	case err == nil:
		return fine
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &misused):
		fmt.Fprintf(c.err, "patchbay: %v\n", err)
		return misuse
	}
	fmt.Fprintf(c.err, "patchbay: %v\n", err)
	return problems
}

// exited is what kong's own end of the program becomes, after --help.
type exited int

// parse reads a command line, and the file of settings that it names.
func parse(args []string, c *console) (*kong.Context, error) {
	command, g, known, err := parseWith(args, c, nil)
	if err != nil || command.Command() != "serve" {
		return command, err
	}
	if g.Serve.args = args; g.Serve.Settings == "" {
		return command, nil
	}
	file, err := readSettings(g.Serve.Settings, known)
	if err != nil {
		return nil, err
	}
	if command, g, _, err = parseWith(args, c, file); err == nil {
		g.Serve.args, g.Serve.file = args, file
		return command, nil
	}
	for _, name := range known { // which line is it?
		if _, _, _, wrong := parseWith(args, c, file.only(name)); wrong != nil {
			return nil, file.at(name, wrong)
		}
	}
	return nil, err
}

// parseWith also gives the settings that a file may have.
func parseWith(args []string, c *console, file *settingsFile) (command *kong.Context, g *grammar, known []string, err error) {
	g = &grammar{}
	options := []kong.Option{
		kong.Name("patchbay"),
		kong.Description("Patchbay plugs any SMS/MMS provider into a team's phone numbers with one JSON file."),
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	}
	if file != nil {
		options = append(options, kong.Resolvers(file))
	}
	parser, err := kong.New(g, options...)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, node := range parser.Model.Children {
		for _, flag := range node.Flags {
			if node.Name == "serve" && flag.Name != "settings" {
				known = append(known, flag.Envs...)
			}
		}
	}
	command, err = parser.Parse(args)
	return command, g, known, err
}

type versionCommand struct{}

func (versionCommand) Run(c *console) error {
	fmt.Fprintln(c.out, "patchbay", version())
	return nil
}

// version is what the build knows of itself: a module version, or the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}
