package cli

// heapFloor is counted as live by the collector and never touched, so it takes no memory. Live data is a few MiB, and without a
// floor the collector would run each time that as much again was allocated: dozens of times a second under load. With it the
// heap grows by this much more before a collection, and in a large installation, where live data outweighs it, nothing changes.
// GOGC and GOMEMLIMIT still hold.
var heapFloor []byte

const heapFloorSize = 24 << 20

func raiseHeapFloor() { heapFloor = make([]byte, heapFloorSize) }
