package outbound

import "context"

// Recover settles the attempts that a former life of this process began and never ended. Call it before Run.
func (f *Flow) Recover(ctx context.Context) error { return nil }
