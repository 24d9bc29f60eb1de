package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/service"
)

// Fault is one row of the table of what can be made to go wrong: by flag, by the text of a message, or for the next messages.
type Fault struct {
	Name     string
	Argument string // what stands after the equals sign; "" when nothing does, in brackets where it may be left out
	Says     string

	act func(s *script, argument string) error
}

// Faults is the table.
var Faults = []Fault{
	{"refuse", "[CODE]", "the provider refuses", outcome(refused)},
	{"busy", "[SECONDS]", "it is busy, with Retry-After", func(s *script, arg string) (err error) {
		if s.Outcome, s.After = busy, 1; arg != "" {
			s.After, err = positive(arg)
		}
		return err
	}},
	{"unclear", "[CODE]", "its answer does not say whether it took the message", outcome("unclear")},
	{"opted-out", "[CODE]", "it says that the contact wants no messages", outcome("opted_out")},
	{"auth-expired", "[CODE]", "it says that the credentials no longer hold", outcome("auth_expired")},
	{"entry", "N[:CODE]", "it answers so that the N-th answer of the file reads it: an error inside a 200, for one", func(s *script, arg string) (err error) {
		n, code, _ := strings.Cut(arg, ":")
		s.Code = code
		s.Entry, err = positive(n)
		return err
	}},
	{"slow", "DURATION", "it takes its time to answer", func(s *script, arg string) (err error) {
		s.Slow, err = time.ParseDuration(arg)
		return err
	}},
	{"hang", "", "it takes the message and never answers", plain(func(s *script) { s.Hang = true })},
	{"reset", "", "it ends the connection before it takes the message", plain(func(s *script) { s.Reset = true })},
	{"reset-after", "", "it takes the message and ends the connection without an answer", plain(func(s *script) { s.Cut = true })},
	{"cut", "", "it takes the message, and its answer ends in the middle", plain(func(s *script) { s.Half = true })},
	{"undelivered", "[CODE]", "the receipt says that it was not delivered", func(s *script, arg string) error {
		s.Receipt, s.Code = undelivered, arg
		return nil
	}},
	{"no-receipt", "", "no receipt comes", plain(func(s *script) { s.Receipt = "" })},
	{"early-receipt", "", "the receipt comes before the answer", plain(func(s *script) { s.Early = true })},
	{"late-receipt", "DURATION", "the receipt takes its time", func(s *script, arg string) (err error) {
		s.Wait, err = time.ParseDuration(arg)
		return err
	}},
	{"twice", "", "every receipt comes twice", plain(func(s *script) { s.Repeat = true })},
	{"out-of-order", "", "the last receipt comes first", plain(func(s *script) { s.Swapped = true })},
	{"unsigned", "", "callbacks prove nothing", plain(func(s *script) { s.Proof = service.Unsigned })},
	{"forged", "", "callbacks have a wrong proof", plain(func(s *script) { s.Proof = service.Forged })},
}

func outcome(word string) func(*script, string) error {
	return func(s *script, code string) error {
		s.Outcome, s.Code = word, code
		return nil
	}
}

func plain(act func(*script)) func(*script, string) error {
	return func(s *script, arg string) error {
		if arg != "" {
			return fmt.Errorf("it takes no argument")
		}
		act(s)
		return nil
	}
}

func positive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no number from 1 on", text)
	}
	return n, nil
}

// applyFaults writes NAME or NAME=ARGUMENT, each, into a script.
func applyFaults(s *script, faults []string) error {
	for _, text := range faults {
		name, arg, _ := strings.Cut(text, "=")
		i := slices.IndexFunc(Faults, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			names := make([]string, len(Faults))
			for j, f := range Faults {
				names[j] = f.Name
			}
			return fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(names, ", "))
		}
		if err := Faults[i].act(s, arg); err != nil {
			return fmt.Errorf("fault %s: %w", name, err)
		}
	}
	return nil
}

// CheckFaults says what is wrong with the spelling of faults.
func CheckFaults(faults []string) error { return applyFaults(&script{}, faults) }

// magicWord begins a text that names the faults of its own message: "simulate busy=2 twice".
const magicWord = "simulate "

// faultsIn are the faults that a text asks for. A text that only begins like one is a text.
func faultsIn(text string) []string {
	rest, asks := strings.CutPrefix(text, magicWord)
	faults := strings.Fields(rest)
	if !asks || CheckFaults(faults) != nil {
		return nil
	}
	return faults
}
