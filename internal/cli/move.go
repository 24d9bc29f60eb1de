package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"patchbay/internal/app"
	"patchbay/internal/store"
)

type moveCommand struct {
	Data        string `required:"" placeholder:"DIR" env:"PATCHBAY_DATA" help:"Data directory of a server that is stopped."`
	DatabaseURL string `env:"PATCHBAY_DATABASE_URL" placeholder:"URL" help:"An empty PostgreSQL database, postgres://…, to copy the embedded one to."`
	KeyFile     string `placeholder:"FILE" env:"PATCHBAY_KEY_FILE" help:"The key of the installation, to copy files; otherwise patchbay.key in the directory."`
	storageFlags
	privateFlag
	JSON bool `help:"Print JSON for programs."`
}

func (m *moveCommand) Run(c *console) error {
	if m.DatabaseURL == "" && m.MediaURL == "" {
		return usage("name what to copy to: --database-url, --media-url, or both")
	}
	log := slog.New(slog.NewTextHandler(c.err, nil))
	var moved moved
	err := m.move(c, &moved, log)
	if setting := new(app.WrongSetting); errors.As(err, &setting) {
		return wrong{err}
	}
	if err != nil {
		return err
	}
	if m.JSON {
		return c.printJSON(moved)
	}
	if moved.Files != nil {
		fmt.Fprintf(c.out, "%d files are in the bucket and were read back. Start with --media-url; the directory of files is not needed any more.\n", *moved.Files)
	}
	if moved.Moved == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(moved.Tables)) {
		fmt.Fprintf(c.out, "%-28s %d\n", name, moved.Tables[name])
	}
	with := "and with its media directory or a copy as --media-dir"
	if moved.Files != nil {
		with = "and with --media-url"
	}
	fmt.Fprintf(c.out, "\nEvery row was read back and is as it was. The file is kept as %s.\n"+
		"Start the nodes with --database-url, with this directory's patchbay.key, %s.\n", moved.Kept, with)
	return nil
}

// moved is what a move has copied: the database, the files, or both.
type moved struct {
	*store.Moved
	Files *int `json:"files,omitempty"`
}

// move copies the files first: once the database has moved, the old one knows nothing any more.
func (m *moveCommand) move(c *console, done *moved, log *slog.Logger) error {
	if m.MediaURL != "" {
		n, err := app.MoveFiles(c.ctx, m.Data, m.KeyFile, m.storage(m.AllowPrivateEgress), log)
		if err != nil {
			return err
		}
		done.Files = &n
	}
	if m.DatabaseURL == "" {
		return nil
	}
	copied, err := app.Move(c.ctx, m.Data, m.DatabaseURL, log)
	done.Moved = copied
	return err
}
