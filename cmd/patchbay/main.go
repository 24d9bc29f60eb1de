// Command patchbay plugs any SMS/MMS provider into a team's phone numbers with one JSON file.
package main

import (
	"os"

	"patchbay/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:])) }
