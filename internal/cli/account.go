package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"patchbay/internal/app"
)

type accountCommand struct {
	Link   accountLinkCommand   `cmd:"" help:"Make a one-time sign-in link for somebody who administers an account. On the embedded database the server must not be running."`
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

type accountLinkCommand struct {
	Email       string `arg:"" optional:"" help:"Whom it is for, known or new; empty: the only person, or the first one, who says it then."`
	Account     string `placeholder:"ID" help:"Which account; empty: the only one."`
	Data        string `default:"./patchbay-data" env:"PATCHBAY_DATA" placeholder:"DIR" help:"Data directory (${default})."`
	DatabaseURL string `env:"PATCHBAY_DATABASE_URL" placeholder:"URL" help:"The PostgreSQL of servers that may be running; empty: the embedded database in the data directory."`
	PublicURL   string `default:"http://127.0.0.1:8080" env:"PATCHBAY_PUBLIC_URL" placeholder:"URL" help:"How a browser reaches the server (${default})."`
	JSON        bool   `help:"Print JSON for programs."`
}

func (a *accountLinkCommand) Run(c *console) error {
	made, err := app.MakeLink(c.ctx, app.Link{
		DataDir: a.Data, DatabaseURL: a.DatabaseURL, PublicURL: a.PublicURL, Account: a.Account, Email: a.Email, Log: slog.New(slog.NewTextHandler(c.err, nil)),
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return c.printJSON(made)
	}
	who := made.Email
	if who == "" {
		who = "whoever opens it"
	}
	fmt.Fprintf(c.out, "A sign-in link for %s, good once and until %s:\n\n    %s\n", who, made.Expires.Format("2006-01-02 15:04 MST"), made.URL)
	return nil
}

type verifyCommand struct {
	Data        string `placeholder:"DIR" env:"PATCHBAY_DATA" help:"Data directory; a running server does not mind."`
	DatabaseURL string `env:"PATCHBAY_DATABASE_URL" placeholder:"URL" help:"Instead of it: the PostgreSQL of servers that may be running."`
	storageFlags
	privateFlag
	JSON bool `help:"Print JSON for programs."`
}

func (v *verifyCommand) Run(c *console) error {
	if v.Data == "" && v.DatabaseURL == "" {
		return usage("name the data directory with --data, or the database with --database-url")
	}
	r, err := app.Installation{DataDir: v.Data, DatabaseURL: v.DatabaseURL, Media: v.storage(v.AllowPrivateEgress)}.Verify(c.ctx)
	if setting := new(app.WrongSetting); errors.As(err, &setting) {
		return wrong{err}
	}
	if err != nil {
		return err
	}
	if v.JSON {
		if err := c.printJSON(r); err != nil {
			return err
		}
	} else {
		c.printCounts(r.Counts)
		for _, p := range r.Problems {
			fmt.Fprintf(c.out, "wrong: %s\n", p)
		}
		for _, n := range r.Notes {
			fmt.Fprintf(c.out, "note: %s\n", n)
		}
	}
	if len(r.Problems) > 0 {
		return failed(problems)
	}
	return nil
}
