package service

import (
	"errors"

	"patchbay/internal/wire"
)

// Peek finds out whom a callback names, with bounded work and believing nothing: the caller picks the integration whose secret must verify.
func (s *Service) Peek(cb *Callback) Peek { return Peek{} }

// Handshake answers a provider's check of our URL, or nil when cb is none. It comes before Verify.
func (b *Bound) Handshake(cb *Callback) *wire.Response { return nil }

// Verify is nil when the callback proves its sender, or the file asks for no proof; otherwise why not, for our log alone.
func (b *Bound) Verify(cb *Callback) error { return errors.New("not built yet") }

// Read reads a verified callback: 0..n events.
func (b *Bound) Read(cb *Callback) Reading { return Reading{} }

// Reply is what this provider expects to hear, once the callback is kept.
func (b *Bound) Reply(cb *Callback, r *Reading) *wire.Response { return &wire.Response{Status: 200} }
