// Package web holds the pages that people see, the portal and the inbox, as `make web` built them. It is committed, so that Go alone builds the program.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files is the built pages: index.html, and what it loads.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the directory is embedded
	}
	return sub
}
