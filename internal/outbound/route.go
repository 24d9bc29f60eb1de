package outbound

import "patchbay/internal/service"

type boundKey struct{ integrationID, version string }

type boundEntry struct {
	properties map[string]string
	bound      *service.Bound
}
