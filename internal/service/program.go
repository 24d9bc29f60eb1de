package service

type values struct{}
type binding struct{}
type method struct{}
type verifier struct{}
type model struct{}

func (m *model) readsMessages() bool { return false }

// program is the compiled part of a Service.
type program struct {
	send, sendFile []method
	models         []*model
	verify         *verifier
}
