package cli

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"patchbay/internal/app"
)

type backupCommand struct {
	Data    string `required:"" placeholder:"DIR" env:"PATCHBAY_DATA" help:"Data directory; its server may be running."`
	KeyFile string `placeholder:"FILE" env:"PATCHBAY_KEY_FILE" help:"The key that seals the backup; otherwise the directory's own."`
	JSON    bool   `help:"Print JSON for programs."`
	To      string `arg:"" name:"file" help:"The backup, which must not be there yet."`
}

func (b *backupCommand) Run(c *console) error {
	m, err := app.Backup(c.ctx, b.Data, b.KeyFile, b.To)
	if err != nil {
		return err
	}
	if b.JSON {
		return c.printJSON(m)
	}
	c.printCounts(m.Counts)
	if m.Bucket {
		fmt.Fprintln(c.out, "\nFiles are kept in a bucket and are not in the backup: keep versions of the bucket, or a copy of it, for as long.")
	}
	fmt.Fprintf(c.out, "\n%s holds the database and %d files as of %s, sealed with the server's key, and was read back.\n"+
		"The key is not in it: keep a copy of the key file in another place.\n", b.To, m.Files, m.Made.Format("2006-01-02 15:04:05 MST"))
	return nil
}

type restoreCommand struct {
	Data    string `required:"" placeholder:"DIR" env:"PATCHBAY_DATA" help:"Data directory to make; it must hold no database."`
	KeyFile string `placeholder:"FILE" env:"PATCHBAY_KEY_FILE" help:"The key that the backup was sealed with; otherwise patchbay.key in the directory."`
	JSON    bool   `help:"Print JSON for programs."`
	From    string `arg:"" name:"file" help:"The backup."`
}

func (r *restoreCommand) Run(c *console) error {
	back, err := app.Restore(c.ctx, r.From, r.Data, r.KeyFile, slog.New(slog.NewTextHandler(c.err, nil)))
	if err != nil {
		return err
	}
	if r.JSON {
		return c.printJSON(back)
	}
	c.printCounts(back.Counts)
	fmt.Fprintf(c.out, "\n%s is as it was at %s, with %d files. Nothing is sent yet (integrations that are paused: %d): what is queued may have been sent\n"+
		"after the backup was made. Start the server, look at what is queued and unclear, and resume each integration.\n",
		r.Data, back.Made.Format("2006-01-02 15:04:05 MST"), back.Files, back.Paused)
	if back.Bucket {
		fmt.Fprintln(c.out, "Files are kept in a bucket. Give the bucket itself only to the installation that takes the old one's place: a server removes what its database\n"+
			"does not know. Another one gets a copy of the bucket.")
	}
	return nil
}

// printCounts prints a number of everything, a line each.
func (c *console) printCounts(counts map[string]int64) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(c.out, "%-28s %d\n", name, counts[name])
	}
}
