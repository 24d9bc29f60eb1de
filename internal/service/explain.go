package service

// Explanation says why a callback was read as it was.
type Explanation struct {
	Decoded    string         `json:"decoded"`              // how the body was decoded, or why it could not be
	Order      []ModelVerdict `json:"order"`                // the models in the order in which they are tried
	Nearest    string         `json:"nearest,omitempty"`    // pointer of the model that came nearest
	Difference string         `json:"difference,omitempty"` // the first thing in which it differs
	Verify     string         `json:"verify"`               // "verified", "no verification in the file", or why not
	Reading    Reading        `json:"reading"`
	Status     int            `json:"status"` // of our reply
	Reply      string         `json:"reply"`  // its body
}

// ModelVerdict is one model's part in an Explanation.
type ModelVerdict struct {
	Pointer   string `json:"pointer"`
	Type      string `json:"type"`      // event_type, or the events table in short
	Literals  int    `json:"literals"`  // required literals
	Variables int    `json:"variables"` // required variables
	Took      bool   `json:"took"`
	Reason    string `json:"reason,omitempty"` // why it did not take the callback
}

// Explain reads cb and says why, model by model.
func (b *Bound) Explain(cb *Callback) Explanation { return Explanation{} }
