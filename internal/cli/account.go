package cli

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"patchbay/internal/app"
)

type accountCommand struct {
	Create accountCreateCommand `cmd:"" help:"Make an account and print its API key, once. On the embedded database the server must not be running."`
}

type accountCreateCommand struct {
	Name        string `arg:"" help:"What to call it."`
	Data        string `default:"./patchbay-data" env:"PATCHBAY_DATA" placeholder:"DIR" help:"Data directory (${default})."`
	DatabaseURL string `env:"PATCHBAY_DATABASE_URL" placeholder:"URL" help:"The PostgreSQL of servers that may be running; empty: the embedded database in the data directory."`
	JSON        bool   `help:"Print JSON for programs."`
}

func (a *accountCreateCommand) Run(c *console) error {
	if strings.TrimSpace(a.Name) == "" {
		return usage("an account needs a name")
	}
	id, key, err := app.CreateAccount(c.ctx, a.Data, a.DatabaseURL, a.Name, slog.New(slog.NewTextHandler(c.err, nil)))
	if err != nil {
		return err
	}
	if a.JSON {
		return c.printJSON(struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			Key  string `json:"key"`
		}{id, a.Name, key})
	}
	fmt.Fprintf(c.out, "Account %s (%s). Its API key, shown this once:\n\n    %s\n", a.Name, id, key)
	return nil
}

type verifyCommand struct {
	Data        string `placeholder:"DIR" env:"PATCHBAY_DATA" help:"Data directory; a running server does not mind."`
	DatabaseURL string `env:"PATCHBAY_DATABASE_URL" placeholder:"URL" help:"Instead of it: the PostgreSQL of servers that may be running."`
	JSON        bool   `help:"Print JSON for programs."`
}

func (v *verifyCommand) Run(c *console) error {
	if v.Data == "" && v.DatabaseURL == "" {
		return usage("name the data directory with --data, or the database with --database-url")
	}
	r, err := app.Verify(c.ctx, v.Data, v.DatabaseURL)
	if err != nil {
		return err
	}
	if v.JSON {
		if err := c.printJSON(r); err != nil {
			return err
		}
	} else {
		for _, name := range slices.Sorted(maps.Keys(r.Counts)) {
			fmt.Fprintf(c.out, "%-28s %d\n", name, r.Counts[name])
		}
		for _, p := range r.Problems {
			fmt.Fprintf(c.out, "wrong: %s\n", p)
		}
	}
	if len(r.Problems) > 0 {
		return failed(problems)
	}
	return nil
}
