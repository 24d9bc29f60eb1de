package lane

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panic makes of what was recovered an error that may be logged: where it happened and, only when the runtime itself says
// so, what. Other panics may carry anything, a message's text too.
func Panic(recovered any) error {
	if err, ok := recovered.(runtime.Error); ok {
		return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
	}
	return fmt.Errorf("panic with a %T\n%s", recovered, debug.Stack())
}
