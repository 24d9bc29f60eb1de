// Package services is the built-in catalogue: one service file per provider. An account's own file hides the one of the same id.
package services

import "embed"

// Files is every service file of the catalogue.
//
//go:embed *.json
var Files embed.FS
