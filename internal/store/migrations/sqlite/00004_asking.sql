-- +goose Up
-- Why an integration needs its operator: a row for each thing that is not as it should be.
CREATE TABLE attention (
    integration_id TEXT NOT NULL,
    about          TEXT NOT NULL,
    account_id     TEXT NOT NULL,
    org_id         TEXT NOT NULL,
    reason         TEXT NOT NULL,
    since          BIGINT NOT NULL,
    PRIMARY KEY (integration_id, about)
) WITHOUT ROWID;
CREATE INDEX attention_org ON attention (org_id);

-- Whose provider is asked, for messages or for receipts, and how far that has come. next_at is when; while somebody asks (held), when
-- whoever it is may be given up for dead.
CREATE TABLE polls (
    integration_id TEXT NOT NULL,
    what           TEXT NOT NULL CHECK (what = 'messages' OR what = 'receipts'),
    account_id     TEXT NOT NULL,
    org_id         TEXT NOT NULL,
    next_at        BIGINT NOT NULL,
    held           INTEGER NOT NULL,
    epoch          BIGINT NOT NULL,
    failures       INTEGER NOT NULL, -- in a row
    cursor         TEXT NOT NULL,    -- the provider's
    digest         TEXT NOT NULL,    -- of what its last answer said
    PRIMARY KEY (integration_id, what)
) WITHOUT ROWID;
CREATE INDEX polls_due ON polls (next_at);

-- The messages whose receipts are asked for.
CREATE TABLE awaited (
    message        BIGINT PRIMARY KEY,
    integration_id TEXT NOT NULL,
    due_at         BIGINT NOT NULL,
    tries          INTEGER NOT NULL,
    until_at       BIGINT NOT NULL
);
CREATE INDEX awaited_due ON awaited (integration_id, due_at);
