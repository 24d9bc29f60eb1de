package studio

import (
	"time"

	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// Numbers is those that are ours. None stands for every number.
func Numbers(spelled []string) (service.NumberFinder, error) {
	if len(spelled) == 0 {
		return service.AnyNumber{}, nil
	}
	list := make([]service.Number, len(spelled))
	for i, n := range spelled {
		value, err := phone.Parse(n, "")
		if err != nil {
			return nil, err
		}
		list[i] = service.Number{Value: value, Country: phone.Country(value)}
	}
	return service.NewNumbers(list), nil
}

// Explain says why a request of the provider is read as it is. now is for old signatures; zero is this moment.
func Explain(sm *Sample, r *wire.Request, numbers service.NumberFinder, now time.Time) (service.Explanation, error) {
	bound, err := sm.Bind()
	if err != nil {
		return service.Explanation{}, err
	}
	if now.IsZero() {
		now = time.Now()
	}
	return bound.Explain(&service.Callback{Request: *r, Number: numberIn(r.URL), Now: now, Numbers: numbers}), nil
}

// Proven reports whether a callback would be let in. Without the integration's secrets nothing can be proven, and that is no fault of the file.
func Proven(verdict string) bool {
	return verdict == "verified" || verdict == "no verification in the file"
}

// Answer says what an answer of the provider to a method means, and why.
func Answer(sm *Sample, method string, r *wire.Response) (service.AnswerExplanation, error) {
	bound, err := sm.Bind()
	if err != nil {
		return service.AnswerExplanation{}, err
	}
	return bound.ExplainAnswer(method, sm.calling(), 0, r, sm.attempt.Now)
}
