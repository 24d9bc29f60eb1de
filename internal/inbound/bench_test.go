package inbound

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
)

// BenchmarkReceive is a callback verified, read, kept and applied, durably, at 64 in flight.
func BenchmarkReceive(b *testing.B) {
	g := newGate(b)
	account := g.account("one")
	g.put(account, acme)
	tn := g.enable(account, "a.example", "acme", map[string]string{"Secret": "acme-canary-5f2c91"})
	for i := range 90 {
		tn.number(fmt.Sprintf("+1555000%04d", i), "US", 1)
	}
	b.ReportAllocs()
	b.SetParallelism(32)
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			if a := g.flow.Receive(b.Context(), tn.signed(in("m"+strconv.FormatInt(i, 10), "+15552223333", fmt.Sprintf("+1555000%04d", i%90), "hello"))); a.Status != 200 {
				b.Fatal(a.Status)
			}
		}
	})
}
