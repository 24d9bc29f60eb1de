package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"patchbay/internal/app"
)

// settingsFile is settings that the environment does not have, by the names that they would have there. Unlike it, a file can be read again.
type settingsFile struct {
	name  string
	lines map[string]settingsLine
	used  map[string]bool // those that neither the command line nor the environment has
}

type settingsLine struct {
	n     int
	value string
}

// readSettings reads NAME=value lines, as systemd's EnvironmentFile has them. known are the names that there are.
func readSettings(file string, known []string) (*settingsFile, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	s := &settingsFile{name: file, lines: map[string]settingsLine{}, used: map[string]bool{}}
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		switch {
		case !ok || name == "":
			return nil, fmt.Errorf("%s:%d: this is no setting: write it like PATCHBAY_LOG_LEVEL=debug, and # before what is none", file, n)
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("%s:%d: there is no setting %s%s", file, n, name, orRather(name, known))
		case s.lines[name].n != 0:
			return nil, fmt.Errorf("%s:%d: %s is in line %d already: take one of them out", file, n, name, s.lines[name].n)
		}
		s.lines[name] = settingsLine{n, unquoted(strings.TrimSpace(value))}
	}
	return s, nil
}

// orRather names the setting that was probably meant.
func orRather(name string, known []string) string {
	for _, k := range known {
		if strings.EqualFold("PATCHBAY_"+strings.ReplaceAll(strings.TrimLeft(name, "-"), "-", "_"), k) || strings.EqualFold(name, k) {
			return ": write " + k
		}
	}
	return "; patchbay serve --help lists what there is"
}

// unquoted takes off the quotation marks that a shell and systemd would take off.
func unquoted(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// Validate has nothing to look at: names were looked at when the file was read, values are when they are parsed.
func (s *settingsFile) Validate(*kong.Application) error { return nil }

// Resolve gives a flag the file's value, unless the environment has one. What the command line says is not asked about.
func (s *settingsFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if os.Getenv(name) != "" {
			return nil, nil
		}
		if line := s.lines[name]; line.value != "" {
			s.used[name] = true
			return line.value, nil
		}
	}
	return nil, nil
}

// only is the file with one of its lines.
func (s *settingsFile) only(name string) *settingsFile {
	return &settingsFile{s.name, map[string]settingsLine{name: s.lines[name]}, map[string]bool{}}
}

// at puts the place in the file before an error about a setting of it.
func (s *settingsFile) at(name string, err error) error {
	return fmt.Errorf("%s:%d: %s: %w", s.name, s.lines[name].n, name, err)
}

// blame puts the file and line before a mistake that a setting of the file is.
func (s *settingsFile) blame(err error) error {
	mistake := new(app.WrongSetting)
	if s == nil || !errors.As(err, &mistake) {
		return err
	}
	name := mistake.Name
	if flag, ok := strings.CutPrefix(name, "--"); ok {
		name = "PATCHBAY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	}
	if !s.used[name] {
		return err
	}
	return &app.WrongSetting{Name: fmt.Sprintf("%s:%d: %s", s.name, s.lines[name].n, name), Err: mistake.Err}
}
