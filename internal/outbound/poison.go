package outbound

import (
	"strconv"

	"patchbay/internal/message"
)

// poisonAfter is how often a message may break whoever works with it before it is put aside: an accident happens once, poison each time.
const poisonAfter = 3

// breaks counts how often a part of a message broke its attempt. We know that from memory; a crash is counted by its attempts.
func (f *Flow) breaks(m *message.Message) int {
	key := m.ID + "/" + strconv.Itoa(m.Part)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.broken) >= maxBound {
		clear(f.broken)
	}
	f.broken[key]++
	n := f.broken[key]
	if n >= poisonAfter {
		delete(f.broken, key)
	}
	return n
}

// broke is what a panic means, the n-th. Before the request has left, the message is tried again while others go on; after that, nobody knows.
func (t *taught) broke(n int, left bool) {
	switch {
	case left:
		t.result = message.Result{Outcome: message.Maybe, ErrorCode: codeInternal, ErrorText: "an internal error hid what became of it"}
		if n >= poisonAfter {
			t.quarantine(t.result.ErrorText)
		}
	case n < poisonAfter:
		t.result = message.Result{Outcome: message.Unreached, ErrorCode: codeInternal, ErrorText: "an internal error kept it from being sent"}
		t.own = true
	default:
		t.result = message.Result{Outcome: message.Refused, ErrorCode: message.CodeQuarantined, ErrorText: "an internal error kept it from being sent, again and again"}
	}
}

// quarantine puts aside what may have been taken: nobody tries it again but a person.
func (t *taught) quarantine(why string) {
	t.idempotent = false
	t.result = message.Result{Outcome: message.Maybe, ErrorCode: message.CodeQuarantined, ErrorText: why}
}

// quarantined makes of a settlement that cannot be kept one that can: what the provider said is left out, and the message is put aside.
func quarantined(st *message.Settlement) {
	status := message.Failed
	if o := st.Attempt.Outcome; o == message.Accepted || o == message.Maybe || st.Again {
		status, st.Attempt.Outcome = message.Unclear, message.Maybe
	}
	*st = message.Settlement{
		LaneID: st.LaneID, Epoch: st.Epoch, MessageID: st.MessageID, Now: st.Now, Status: status, PaceAt: st.PaceAt, Pauses: st.Pauses,
		More: st.More, Repeated: st.Repeated, ErrorCode: message.CodeQuarantined, ErrorText: "what became of it could not be kept",
		Attempt: message.Attempt{N: st.Attempt.N, Part: st.Attempt.Part, At: st.Attempt.At, Duration: st.Attempt.Duration, Outcome: st.Attempt.Outcome,
			Again: st.Attempt.Again, ErrorCode: message.CodeQuarantined},
	}
}
