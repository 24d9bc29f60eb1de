package simulator

import "time"

// Magic is a number that behaves in a known way, so that every outcome can be seen without a provider.
type Magic struct {
	Number string        `json:"number"`
	Name   string        `json:"name"`
	Says   string        `json:"says"` // what happens to a text sent to it
	act    func(*script) // nil: taken and delivered
}

// script is what happens to one text.
type script struct {
	Try     int // how often this reference was offered, from 1
	Status  int // answer; 0 means 200
	Code    string
	Reason  string
	After   string        // Retry-After
	Cut     bool          // taken, then the connection ends without an answer
	Receipt string        // last receipt; "" means none
	Wait    time.Duration // before the last receipt
	Early   bool          // the receipt comes before the answer
	Reply   string        // a text back
	Twice   bool          // the reply is delivered twice under one id
	Picture bool          // the reply carries a picture
}

// Magics are the numbers of the table in the README; every other number is a handset that just works.
var Magics = []Magic{
	{"+15005550001", "Delivered", "is taken and delivered", nil},
	{"+15005550002", "Undelivered", "is taken; the receipt says undelivered", func(s *script) {
		s.Receipt, s.Code, s.Reason = "undelivered", "30003", "Unreachable destination handset"
	}},
	{"+15005550003", "Busy", "is turned away twice with 429, then taken", func(s *script) {
		if s.Try <= 2 {
			s.Status, s.Code, s.Reason, s.After = 429, "20429", "Too many requests", "1"
		}
	}},
	{"+15005550004", "Refused", "is refused for good", func(s *script) {
		s.Status, s.Code, s.Reason = 400, "21211", "Not a valid phone number"
	}},
	{"+15005550005", "Unclear", "is taken, but the answer never comes", func(s *script) { s.Cut, s.Receipt = true, "" }},
	{"+15005550006", "Slow receipt", "is delivered after ten seconds", func(s *script) { s.Wait = 10 * time.Second }},
	{"+15005550007", "Echo twice", "is answered; the answer is delivered twice", func(s *script) { s.Reply, s.Twice = "Got it!", true }},
	{"+15005550008", "Picture back", "is answered with a picture", func(s *script) { s.Reply, s.Picture = "Here is a picture", true }},
	{"+15005550009", "Early receipt", "has its receipt before the answer", func(s *script) { s.Early = true }},
}

func scriptFor(to string, try int) script {
	s := script{Try: try, Receipt: "delivered", Wait: 400 * time.Millisecond}
	for _, m := range Magics {
		if m.Number == to && m.act != nil {
			m.act(&s)
		}
	}
	return s
}
