package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/message"
)

// change is a step of a message's history as it is kept: one JSON object a line, appended in the UPDATE that makes it.
type change struct {
	Status message.Status `json:"s"`
	At     int64          `json:"t"`
	Code   string         `json:"c,omitempty"`
	Text   string         `json:"x,omitempty"`
	Late   bool           `json:"l,omitempty"`
	By     string         `json:"b,omitempty"` // the callback that said it
}

// said is a step that a callback, which the write is about, may have told.
func (t *tx) said(s message.Status, at time.Time, code, text string, late bool) string {
	if t.callback == "" {
		return historyLine(s, at, code, text, late)
	}
	return change{s, micros(at), code, text, late, t.callback}.line()
}

func historyLine(s message.Status, at time.Time, code, text string, late bool) string {
	if code == "" && text == "" && !late { // by far the most: a status is a word that needs no quoting
		return `{"s":"` + string(s) + `","t":` + strconv.FormatInt(micros(at), 10) + "}\n"
	}
	return change{s, micros(at), code, text, late, ""}.line()
}

func (c change) line() string {
	b, err := json.Marshal(c)
	if err != nil { // strings, a number and a boolean
		panic(err)
	}
	return string(b) + "\n"
}

func readHistory(text string) (list []message.Change, err error) {
	for line := range strings.Lines(text) {
		var c change
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		list = append(list, message.Change{Status: c.Status, At: fromMicros(c.At), Code: c.Code, Text: c.Text, Late: c.Late, Callback: c.By})
	}
	return list, nil
}

// hasHappened reports whether the history holds this change already: receipts come twice.
func hasHappened(history string, s message.Status, code string) (bool, error) {
	list, err := readHistory(history)
	for _, c := range list {
		if c.Status == s && c.Code == code {
			return true, nil
		}
	}
	return false, err
}

// refLines are provider ids as they are kept: one JSON string a line, so that any text is an id.
func refLines(refs []string) string {
	var b strings.Builder
	for _, r := range refs {
		j, err := json.Marshal(r)
		if err != nil { // a string
			panic(err)
		}
		b.Write(j)
		b.WriteByte('\n')
	}
	return b.String()
}

func readRefs(text string) (list []string, err error) {
	for line := range strings.Lines(text) {
		var r string
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("provider ids: %w", err)
		}
		list = append(list, r)
	}
	return list, nil
}

// textList is a list of texts in one column; ” is the empty one.
func textList(list []string) string {
	if len(list) == 0 {
		return ""
	}
	b, err := json.Marshal(list)
	if err != nil { // strings
		panic(err)
	}
	return string(b)
}

func readTextList(text string) (list []string, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &list)
	}
	return list, err
}
