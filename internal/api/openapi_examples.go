package api

import (
	_ "embed"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Example is a call as the document shows it. All of them in their order are a story, which a test plays on a running program: every request
// is made, and the answer must have the status and the members that are shown. With -update the test writes new members into the answers.
//
// A new route needs one: write the operation, what the request has, and the status; of the answer, at most what later examples refer to, like an
// id. Then make examples, and make generate.
type Example struct {
	Operation string            `json:"operation"`
	Step      bool              `json:"step,omitzero"`    // it is played and not shown: others need it
	Before    string            `json:"before,omitempty"` // what the test lets happen first
	By        string            `json:"by,omitempty"`     // key (also when empty), link, nobody, browser
	Path      map[string]string `json:"path,omitempty"`
	Query     map[string]string `json:"query,omitempty"`
	Header    map[string]string `json:"header,omitempty"`
	Kind      string            `json:"kind,omitempty"` // of a body that is not JSON; the body is a string then
	Body      jsontext.Value    `json:"body,omitzero"`
	Until     []string          `json:"until,omitempty"` // the request is repeated until a member of the answer has a value
	Status    int               `json:"status"`
	Answer    jsontext.Value    `json:"answer,omitzero"`
}

//go:embed openapi_examples.json
var examplesText []byte

// Examples are all of them, in the order in which they work.
func Examples() (list []Example, err error) {
	if err := json.Unmarshal(examplesText, &list); err != nil {
		return nil, fmt.Errorf("api: examples: %w", err)
	}
	return list, nil
}

// illustrate puts an operation's examples where its document has places for them. The first of a kind counts.
func illustrate(o *documentOperation, examples []Example) error {
	for _, e := range examples {
		if e.Operation != o.OperationID || e.Step {
			continue
		}
		for _, p := range o.Parameters {
			if text := map[string]map[string]string{"path": e.Path, "query": e.Query, "header": e.Header}[p.In][p.Name]; text != "" && p.Example == "" {
				p.Example = text
			}
		}
		if err := o.illustrateRequest(&e); err != nil {
			return err
		}
		r, ok := o.Responses.get(fmt.Sprint(e.Status))
		if !ok {
			return fmt.Errorf("an example has the status %d, and the row has not", e.Status)
		}
		if m, ok := r.Content.get(jsonKind); ok && m.Example == nil {
			m.Example = e.Answer
		}
	}
	return nil
}

func (o *documentOperation) illustrateRequest(e *Example) error {
	if e.Body == nil {
		return nil
	}
	if o.RequestBody == nil {
		return fmt.Errorf("an example has a body, and the row has none")
	}
	kind := jsonKind
	if e.Kind != "" {
		kind = e.Kind
	}
	m, ok := o.RequestBody.Content.get(kind)
	if !ok {
		if m, ok = o.RequestBody.Content.get(anyKind); !ok {
			return fmt.Errorf("an example is %s, and the row has no such body", kind)
		}
	}
	if m.Example == nil {
		m.Example = e.Body
	}
	return nil
}

// Text is the example as it is kept.
func (e *Example) Text() ([]byte, error) { return json.Marshal(e, json.Deterministic(true)) }
