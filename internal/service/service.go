// Package service is one provider as one file describes it: load, lint and test the file; build its requests, read its responses,
// verify, read and answer its callbacks. It reaches no network, no disk and no clock: whoever calls passes those in.
package service

import (
	"time"
)

// Service is one compiled service file. It is immutable and safe for any number of goroutines.
type Service struct {
	ID            string
	Name          string
	Logo          string
	Class         string
	Documentation string   // where the provider describes its API
	Setup         []string // what an operator does at the provider, step by step
	Version       string   // of the content: the same bytes give the same version
	Properties    []Property
	Limits        Limits
	DedupeWindow  time.Duration // 0: deliveries without an id are all messages
	Source        []byte        // the file as strict JSON

	program
}

// Property is a value that an integration fills in.
type Property struct {
	Name     string   `json:"name" doc:"What the service file calls it."`
	Optional bool     `json:"optional,omitempty" doc:"An integration works without a value."`
	Secret   bool     `json:"secret" doc:"Whoever types it wants it hidden."`
	Default  string   `json:"default,omitempty" doc:"The value where none is given."`
	Choices  []string `json:"choices,omitempty" doc:"The values that there are. Left out: any text."`
	Help     string   `json:"help,omitempty" doc:"What it is and where the provider shows it."`
}

// Limits is what the provider allows. Zero says nothing.
type Limits struct {
	MessagesPerSecond float64
	SegmentsPerSecond float64
	PerIntegration    bool // the pace counts all numbers of the integration together; otherwise each number
	Concurrency       int
	Timeout           time.Duration
	MaxLength         int // characters of a text
	MediaMaxBytes     int64
	MediaMaxCount     int
	MediaTypes        []string
}

// Sends reports whether the file describes how to send at all.
func (s *Service) Sends() bool { return len(s.send) > 0 || len(s.sendFile) > 0 }

// Receives reports whether the file has a way in which messages come.
func (s *Service) Receives() bool {
	if s.Has(Receive) {
		return true
	}
	for _, m := range s.models {
		if m.readsMessages() {
			return true
		}
	}
	return false
}

// Verifies reports whether callbacks carry a proof of their sender.
func (s *Service) Verifies() bool { return s.verify != nil }
