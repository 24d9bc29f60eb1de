package service
type names struct{}
