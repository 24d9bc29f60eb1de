package wire

import (
	"fmt"
	"sort"
	"strings"
)

// Curl is r as a command line for a POSIX shell, one option a line. A body that is not text is to be read from a file.
func Curl(r *Request) string {
	args := []string{"curl -X " + shellQuote(r.Method)}
	if strings.ContainsAny(r.URL, "[]{}") {
		args[0] += " --globoff"
	}
	if strings.Contains(r.URL, "/.") {
		args[0] += " --path-as-is"
	}
	args[0] += " " + shellQuote(r.URL)
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, value := range r.Header[name] {
			line := name + ": " + oneLine.Replace(value)
			if value == "" {
				line = name + ";" // how curl sends a header without a value
			}
			args = append(args, "-H "+shellQuote(line))
		}
	}
	if len(r.Body) == 0 && (r.Method == "GET" || r.Method == "DELETE") {
		return strings.Join(args, " \\\n  ")
	}
	if r.Header.Get("Content-Type") == "" {
		args = append(args, "-H 'Content-Type:'") // or curl says it is a form
	}
	if isReadable(r.Body) {
		args = append(args, "--data-raw "+shellQuote(string(r.Body)))
	} else {
		args = append(args, fmt.Sprintf("--data-binary @body.bin  # %d bytes that are not text", len(r.Body)))
	}
	return strings.Join(args, " \\\n  ")
}

// shellQuote is s as one word of a POSIX shell.
func shellQuote(s string) string {
	for i := range len(s) {
		if c := s[i]; !(c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || strings.IndexByte("-_./:@%+=,", c) >= 0) {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	if s == "" {
		return "''"
	}
	return s
}
