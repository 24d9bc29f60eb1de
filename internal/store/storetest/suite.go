package storetest

import "testing"

// Run runs the suite on an engine.
func Run(t *testing.T, e Engine) {
	for _, c := range []struct {
		claim string
		test  func(*testing.T, Engine)
	}{
		{"an accepted message is sent and settled", testSendAndSettle},
	} {
		t.Run(c.claim, func(t *testing.T) { c.test(t, e) })
	}
}

func testSendAndSettle(t *testing.T, e Engine) {
	w := NewWorld(t, e.Open(t))
	id := w.Send(number(1), "hello")
	w.WantStatus(id, "queued")
	c := w.ClaimOne()
	w.WantStatus(id, "sending")
	w.Settle(Ends(c, "accepted", "sent", "p1"))
	w.WantStatus(id, "sent")
	t.Logf("%+v", w.View(id))
	w.Conserved()
}
