package simulator

import (
	"time"

	"patchbay/internal/service"
)

// Magic is a number that behaves in a known way, so that every outcome can be seen without a provider.
type Magic struct {
	Number string        `json:"number"`
	Name   string        `json:"name"`
	Says   string        `json:"says"` // what happens to a text sent to it
	act    func(*script) // nil: taken and delivered
}

// script is what happens to one text.
type script struct {
	Try int // how often this reference was offered, from 1

	// The answer.
	Outcome string        // "" is taken; refused, busy, unclear, opted_out, auth_expired
	Entry   int           // of the file's answers, from 1: this one, whatever it says
	Code    string        // of an error
	Reason  string        // in words
	After   int           // Retry-After, in seconds
	Slow    time.Duration // before anything is answered
	Hang    bool          // no answer, while the connection stays
	Reset   bool          // the connection ends before anything is taken
	Cut     bool          // taken, then the connection ends without an answer
	Half    bool          // taken, and the answer ends in its middle

	// What comes after it was taken.
	Receipt string        // last receipt; "" means none
	Wait    time.Duration // before the last receipt
	Early   bool          // the receipt comes before the answer
	Repeat  bool          // every receipt comes twice
	Swapped bool          // the last receipt comes first
	Proof   service.Proof // of all callbacks
	Reply   string        // a text back
	Twice   bool          // the reply is delivered twice under one id
	Picture bool          // the reply carries a picture
}

// The outcomes and receipts that scripts name most.
const (
	refused     = "refused"
	busy        = "busy"
	delivered   = "delivered"
	undelivered = "undelivered"
)

// Magics are the numbers of the table in the README; every other number is a handset that just works.
var Magics = []Magic{
	{"+15005550001", "Delivered", "is taken and delivered", nil},
	{"+15005550002", "Undelivered", "is taken; the receipt says undelivered", func(s *script) {
		s.Receipt, s.Code, s.Reason = undelivered, "30003", "Unreachable destination handset"
	}},
	{"+15005550003", "Busy", "is turned away twice with 429, then taken", func(s *script) {
		if s.Try <= 2 {
			s.Outcome, s.Code, s.Reason, s.After = busy, "20429", "Too many requests", 1
		}
	}},
	{"+15005550004", "Refused", "is refused for good", func(s *script) {
		s.Outcome, s.Code, s.Reason = refused, "21211", "Not a valid phone number"
	}},
	{"+15005550005", "Unclear", "is taken, but the answer never comes", func(s *script) { s.Cut, s.Receipt = true, "" }},
	{"+15005550006", "Slow receipt", "is delivered after ten seconds", func(s *script) { s.Wait = 10 * time.Second }},
	{"+15005550007", "Echo twice", "is answered; the answer is delivered twice", func(s *script) { s.Reply, s.Twice = "Got it!", true }},
	{"+15005550008", "Picture back", "is answered with a picture", func(s *script) { s.Reply, s.Picture = "Here is a picture", true }},
	{"+15005550009", "Early receipt", "has its receipt before the answer", func(s *script) { s.Early = true }},
}

// scriptFor is what a number does. wait is how long a receipt usually takes.
func scriptFor(to string, try int, wait time.Duration) script {
	s := script{Try: try, Receipt: delivered, Wait: wait}
	for _, m := range Magics {
		if m.Number == to && m.act != nil {
			m.act(&s)
		}
	}
	return s
}
