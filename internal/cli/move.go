package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"patchbay/internal/app"
)

type moveCommand struct {
	Data        string `required:"" placeholder:"DIR" env:"PATCHBAY_DATA" help:"Data directory of a server that is stopped."`
	DatabaseURL string `required:"" env:"PATCHBAY_DATABASE_URL" placeholder:"URL" help:"An empty PostgreSQL database, postgres://…"`
	JSON        bool   `help:"Print JSON for programs."`
}

func (m *moveCommand) Run(c *console) error {
	moved, err := app.Move(c.ctx, m.Data, m.DatabaseURL, slog.New(slog.NewTextHandler(c.err, nil)))
	if setting := new(app.WrongSetting); errors.As(err, &setting) {
		return wrong{err}
	}
	if err != nil {
		return err
	}
	if m.JSON {
		return c.printJSON(moved)
	}
	for _, name := range slices.Sorted(maps.Keys(moved.Tables)) {
		fmt.Fprintf(c.out, "%-28s %d\n", name, moved.Tables[name])
	}
	fmt.Fprintf(c.out, "\nEvery row was read back and is as it was. The file is kept as %s.\n"+
		"Start the nodes with --database-url, with this directory's patchbay.key, and with its media directory or a copy as --media-dir.\n", moved.Kept)
	return nil
}
