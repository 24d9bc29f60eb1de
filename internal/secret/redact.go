package secret

import "strings"

// MinRedacted is the shortest value, in bytes, that is taken out of texts. Shorter ones (a PIN of three digits, a flag) stand in
// every second text by chance; taking them out would tear records apart and show what they are by where they are missing.
const MinRedacted = 4

// Redactor takes secrets out of texts by their value, in every form they travel in: as they are; in base64, also inside a longer
// plain text such as Basic's user:password; in hex; escaped for URLs, JSON, XML and Go's quotes.
// Making one is work, using one is little: make one per set of secrets and keep it. A nil Redactor changes nothing.
type Redactor struct {
	needles []needle
	longest int
}

// NewRedactor knows the values.
func NewRedactor(values ...string) *Redactor {
	r := &Redactor{needles: needlesOf(values)}
	for _, n := range r.needles {
		r.longest = max(r.longest, len(n.text))
	}
	return r
}

// Redact replaces every secret in text with •••.
func (r *Redactor) Redact(text string) string { return r.Clip(text, len(text)) }

// Clip is Redact of the first n bytes of text. A secret that begins before the edge and ends behind it is taken out whole.
func (r *Redactor) Clip(text string, n int) string {
	n = min(n, len(text))
	if r == nil || len(r.needles) == 0 {
		return text[:n]
	}
	window := text[:min(len(text), n+r.longest)]
	var few [64]int
	next := few[:0] // where each needle stands next, at or after done
	for _, nd := range r.needles {
		next = append(next, strings.Index(window, nd.text))
	}
	var out strings.Builder
	done := 0
	for {
		best := -1
		for i, at := range next {
			if at >= 0 && at < n && (best < 0 || at < next[best] || at == next[best] && len(r.needles[i].text) > len(r.needles[best].text)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		from, to := r.needles[best].reach(window, next[best])
		out.WriteString(window[done:max(from, done)])
		out.WriteString(Mask)
		done = to
		for i, at := range next {
			if at >= 0 && at < done {
				if next[i] = strings.Index(window[done:], r.needles[i].text); next[i] >= 0 {
					next[i] += done
				}
			}
		}
	}
	if done == 0 {
		return text[:n]
	}
	if done < n {
		out.WriteString(window[done:n])
	}
	return out.String()
}

// Tail masks the beginning of a secret at the very end of text: for what was cut off by somebody else.
func (r *Redactor) Tail(text string) string {
	if r == nil {
		return text
	}
	cut := 0
	for _, nd := range r.needles {
		for k := min(len(nd.text)-1, len(text)); k >= MinRedacted && k > cut; k-- {
			if strings.HasSuffix(text, nd.text[:k]) {
				cut = k
			}
		}
	}
	if cut == 0 {
		return text
	}
	return text[:len(text)-cut] + Mask
}
