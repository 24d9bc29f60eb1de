package cli

import "runtime"

const heapFloorSize = 24 << 20

// raiseHeapFloor keeps a block that the collector counts as live and nobody touches, so that it takes no memory. Live data is a
// few MiB, and without a floor the collector would run each time that as much again was allocated: dozens of times a second
// under load. With it the heap grows by this much more before a collection; in a large installation, where live data
// outweighs it, nothing changes, and GOGC and GOMEMLIMIT still hold. The floor stands until lower is called.
func raiseHeapFloor() (lower func()) {
	floor := make([]byte, heapFloorSize)
	return func() { runtime.KeepAlive(floor) }
}
