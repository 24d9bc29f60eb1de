package service

import "errors"

// Format is the file in its canonical form: strict JSON, members in their order, two spaces of indent. It needs to be JSON, not to be right.
func Format(data []byte) ([]byte, error) { return nil, errors.New("not built yet") }
