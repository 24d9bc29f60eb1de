package outbound

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

var outcomes = []message.Outcome{message.Accepted, message.Refused, message.Busy, message.Unreached, message.Maybe, "", "nonsense"}

func TestADecisionKeepsTheInvariantsWhateverTheAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.UnixMicro(rapid.Int64Range(1e15, 4e15).Draw(t, "now"))
		parts := rapid.IntRange(1, 4).Draw(t, "parts")
		s := message.Send{
			LaneID: "lane", Epoch: 7, N: rapid.IntRange(1, 500).Draw(t, "n"), At: now.Add(-time.Second),
			Again: rapid.Bool().Draw(t, "repeats an unclear one"),
			Tries: rapid.IntRange(0, 400).Draw(t, "tries"), Pauses: rapid.IntRange(0, 400).Draw(t, "pauses"),
			Message: message.Message{
				ID: "m", Status: message.Sending, Parts: parts, Part: rapid.IntRange(0, parts-1).Draw(t, "part"),
				Expires: now.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(24*time.Hour)).Draw(t, "left"))),
			},
		}
		ids := rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "ids")
		in := taught{
			result: message.Result{
				Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome"), MessageIDs: slices.Clone(ids),
				ErrorCode: rapid.String().Draw(t, "code"), ErrorText: rapid.String().Draw(t, "text"),
				RetryAfter: time.Duration(rapid.Int64().Draw(t, "retry after")),
			},
			status:     rapid.SampledFrom([]int{0, 200, 400, 408, 429, 500, 503}).Draw(t, "http"),
			idempotent: rapid.Bool().Draw(t, "idempotent"),
			renew:      rapid.Bool().Draw(t, "the token may be another"),
			pace:       lane.Pace(rapid.Float64Range(0, 100).Draw(t, "pace")).Every(),
		}
		random := rapid.Float64Range(0, 0.999).Draw(t, "random")
		got := decide(s, in, now, func() float64 { return random })
		again := got.Status == message.Sending && !got.PartTaken // the same part will be sent once more

		if got.Status != message.Sending && !message.Sending.MayBecome(got.Status) {
			t.Errorf("status went from sending to %q", got.Status)
		}
		if !slices.Contains(outcomes[:5], got.Attempt.Outcome) {
			t.Errorf("outcome %q is not one of the five", got.Attempt.Outcome)
		}
		if len(ids) > 0 && again {
			t.Error("an answer that named the message is followed by another try")
		}
		if got.Attempt.Outcome == message.Maybe && again && !in.idempotent {
			t.Error("what may have been taken is sent again, to a provider that does not deduplicate")
		}
		if got.Attempt.Outcome == message.Maybe && again && !got.Again {
			t.Error("a repetition of an unclear attempt is not marked")
		}
		if again && s.Again && !got.Again {
			t.Error("the mark of a repetition was lost over a busy answer")
		}
		if got.PartTaken != (got.Attempt.Outcome == message.Accepted) {
			t.Errorf("part taken: %v, with outcome %q", got.PartTaken, got.Attempt.Outcome)
		}
		if again && !now.Before(s.Message.Expires) {
			t.Error("another try is planned after the message's time")
		}
		if again && (got.RetryAt.Before(now) || got.RetryAt.After(now.Add(lane.MaxRetryAfter))) {
			t.Errorf("the next try is %v from now", got.RetryAt.Sub(now))
		}
		if asked := in.result.RetryAfter; again && got.Attempt.Outcome == message.Busy && asked <= lane.MaxRetryAfter && got.RetryAt.Before(now.Add(asked)) {
			t.Errorf("the next try is %v from now, the provider asked for %v", got.RetryAt.Sub(now), asked)
		}
		if got.PartTaken && !got.RetryAt.IsZero() {
			t.Error("the next part waits for nothing")
		}
		pauses := got.Attempt.Outcome == message.Unreached || got.Attempt.Outcome == message.Busy && (in.status == 429 || in.status == 503)
		renewed := got.Attempt.Outcome == message.Refused && in.renew
		if again && renewed && (got.Aside || !got.RetryAt.Equal(now)) {
			t.Error("a refused token makes somebody wait")
		}
		if got.Attempt.Outcome == message.Refused && again && !in.renew {
			t.Error("what was refused is tried again")
		}
		if again && !renewed && got.Aside == pauses {
			t.Errorf("outcome %q, http %d: only the contact waits: %v", got.Attempt.Outcome, in.status, got.Aside)
		}
		if in.pace > 0 && got.PaceAt.Before(s.At) {
			t.Error("the pace was forgotten")
		}
		if got.Status == message.Sent && (got.ErrorCode != "" || got.ErrorText != "") {
			t.Error("a sent message carries an error")
		}
	})
}

func TestEachOutcomeHasItsConsequence(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	half := func() float64 { return 0.5 }
	send := func(change func(*message.Send)) message.Send {
		s := message.Send{N: 1, At: now.Add(-time.Second), Message: message.Message{Status: message.Sending, Parts: 1, Expires: now.Add(24 * time.Hour)}}
		if change != nil {
			change(&s)
		}
		return s
	}
	result := func(o message.Outcome) message.Result { return message.Result{Outcome: o} }
	type want struct {
		status  message.Status
		retryIn time.Duration
		aside   bool
		again   bool
		pauses  int
		code    string
	}
	for _, c := range []struct {
		name string
		send message.Send
		in   taught
		want want
	}{
		{"accepted", send(func(s *message.Send) { s.Pauses = 3 }), taught{result: result(message.Accepted), status: 200}, want{status: message.Sent}},
		{"accepted, more parts to come", send(func(s *message.Send) { s.Message.Parts = 3; s.Message.Part = 1 }),
			taught{result: result(message.Accepted), status: 200}, want{status: message.Sending}},
		{"refused", send(nil), taught{result: message.Result{Outcome: message.Refused, ErrorCode: "21610"}, status: 400},
			want{status: message.Failed, code: "21610"}},
		{"refused for its token", send(func(s *message.Send) { s.Pauses = 3; s.Again = true }),
			taught{result: message.Result{Outcome: message.Refused, ErrorCode: "http_401", AuthFailed: true}, status: 401, renew: true},
			want{status: message.Sending, again: true}},
		{"refused for its token, after its time", send(func(s *message.Send) { s.Message.Expires = now }),
			taught{result: message.Result{Outcome: message.Refused, ErrorCode: "http_401", AuthFailed: true}, status: 401, renew: true},
			want{status: message.Failed, code: "http_401"}},
		{"429 pauses the lane for as long as it says", send(nil),
			taught{result: message.Result{Outcome: message.Busy, RetryAfter: 2 * time.Minute}, status: 429},
			want{status: message.Sending, retryIn: 2 * time.Minute, pauses: 1}},
		{"503 without a word backs off", send(func(s *message.Send) { s.Tries, s.Pauses = 2, 2 }),
			taught{result: result(message.Busy), status: 503}, want{status: message.Sending, retryIn: 2 * time.Second, pauses: 3}},
		{"500 puts the contact aside", send(func(s *message.Send) { s.Tries = 1; s.Pauses = 4 }),
			taught{result: result(message.Busy), status: 500}, want{status: message.Sending, retryIn: time.Second, aside: true}},
		{"busy in a body of 200 puts the contact aside", send(nil),
			taught{result: result(message.Busy), status: 200}, want{status: message.Sending, retryIn: 500 * time.Millisecond, aside: true}},
		{"an absurd Retry-After is capped", send(nil),
			taught{result: message.Result{Outcome: message.Busy, RetryAfter: 1e9 * time.Second}, status: 503},
			want{status: message.Sending, retryIn: time.Hour, pauses: 1}},
		{"unreached pauses the lane", send(nil), taught{result: result(message.Unreached)},
			want{status: message.Sending, retryIn: 500 * time.Millisecond, pauses: 1}},
		{"unreached for the tenth time waits minutes", send(func(s *message.Send) { s.Tries, s.Pauses = 9, 9 }),
			taught{result: result(message.Unreached)}, want{status: message.Sending, retryIn: 150 * time.Second, pauses: 10}},
		{"unclear holds up nothing", send(func(s *message.Send) { s.Pauses = 2 }), taught{result: result(message.Maybe)},
			want{status: message.Unclear, pauses: 2}},
		{"unclear of an idempotent method is tried again", send(nil), taught{result: result(message.Maybe), idempotent: true},
			want{status: message.Sending, retryIn: 500 * time.Millisecond, aside: true, again: true}},
		{"busy with an id is refused", send(nil),
			taught{result: message.Result{Outcome: message.Busy, MessageIDs: []string{"m1"}, ErrorCode: "7"}, status: 503},
			want{status: message.Failed, code: "7"}},
		{"unreached after its time expires", send(func(s *message.Send) { s.Message.Expires = now }), taught{result: result(message.Unreached)},
			want{status: message.Expired, code: codeExpired}},
		{"unclear of an idempotent method after its time stays unclear", send(func(s *message.Send) { s.Message.Expires = now }),
			taught{result: result(message.Maybe), idempotent: true}, want{status: message.Unclear}},
	} {
		got := decide(c.send, c.in, now, half)
		var retryIn time.Duration
		if !got.RetryAt.IsZero() {
			retryIn = got.RetryAt.Sub(now)
		}
		if have := (want{got.Status, retryIn, got.Aside, got.Again, got.Pauses, got.ErrorCode}); have != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, have, c.want)
		}
	}
}

func TestThePaceCountsFromTheBeginningOfTheAttempt(t *testing.T) {
	now := time.Now()
	s := message.Send{At: now.Add(-300 * time.Millisecond), Message: message.Message{Parts: 1, Expires: now.Add(time.Hour)}}
	got := decide(s, taught{result: message.Result{Outcome: message.Accepted}, pace: 500 * time.Millisecond}, now, func() float64 { return 0 })
	if want := s.At.Add(500 * time.Millisecond); !got.PaceAt.Equal(want) {
		t.Errorf("the next may begin at %v, want %v", got.PaceAt, want)
	}
}

func TestAPaceInSegmentsCountsThoseOfTheMessage(t *testing.T) {
	for _, c := range []struct {
		limits   service.Limits
		segments int
		part     int
		want     time.Duration
	}{
		{service.Limits{}, 3, 0, 0},
		{service.Limits{MessagesPerSecond: 2}, 3, 0, 500 * time.Millisecond},
		{service.Limits{SegmentsPerSecond: 1}, 1, 0, time.Second},
		{service.Limits{SegmentsPerSecond: 1}, 3, 0, 3 * time.Second},
		{service.Limits{SegmentsPerSecond: 1}, 3, 1, time.Second}, // its text has left with the first part
		{service.Limits{SegmentsPerSecond: 1}, 0, 0, time.Second}, // files alone
		{service.Limits{SegmentsPerSecond: 10, MessagesPerSecond: 2}, 3, 0, 500 * time.Millisecond},
		{service.Limits{SegmentsPerSecond: 10, Concurrency: 4}, 2, 0, 800 * time.Millisecond},
	} {
		if got := paceOf(c.limits, &message.Message{Segments: c.segments, Part: c.part}); got != c.want {
			t.Errorf("%+v, %d segments, part %d: %v, want %v", c.limits, c.segments, c.part, got, c.want)
		}
	}
}

func TestWhatIsKeptIsText(t *testing.T) {
	s := message.Send{Message: message.Message{Parts: 1, Expires: time.Now().Add(time.Hour)}}
	in := taught{answer: "a\x00b\xff", request: "\xff", result: message.Result{Outcome: message.Refused, ErrorText: "n\x00", ErrorCode: "\xfe", MessageIDs: []string{"ok", "i\x00d"}}}
	got := decide(s, in, time.Now(), func() float64 { return 0 })
	for name, have := range map[string][2]string{
		"response":   {got.Attempt.Response, "a\uFFFDb\uFFFD"},
		"request":    {got.Attempt.Request, "\uFFFD"},
		"error text": {got.ErrorText, "n\uFFFD"},
		"error code": {got.ErrorCode, "\uFFFD"},
		"id":         {got.MessageIDs[1], "i\uFFFDd"},
	} {
		if have[0] != have[1] {
			t.Errorf("%s: got %q, want %q", name, have[0], have[1])
		}
	}
}
