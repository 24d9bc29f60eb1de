-- +goose Up
-- A part of a long text waits until all of its text are here, or for a minute; then it leaves its content to the message and stays for a
-- while, to be known when it comes again. id is that of the message that it would be alone.
CREATE TABLE parts (
    id              TEXT COLLATE "C" PRIMARY KEY,
    account_id      TEXT COLLATE "C" NOT NULL,
    org_id          TEXT COLLATE "C" NOT NULL,
    integration_id  TEXT COLLATE "C" NOT NULL,
    number_id       TEXT COLLATE "C" NOT NULL,
    contact         TEXT COLLATE "C" NOT NULL,
    ref             TEXT COLLATE "C" NOT NULL,
    total           INTEGER NOT NULL CHECK (total BETWEEN 2 AND 255),
    part            INTEGER NOT NULL CHECK (part BETWEEN 1 AND total),
    waiting         INTEGER NOT NULL,
    due_at          BIGINT NOT NULL, -- of the whole text: when it is delivered as it is
    provider_id     TEXT COLLATE "C" NOT NULL,
    digest          BYTEA NOT NULL,   -- of the content
    private_to      TEXT NOT NULL,
    "to"            TEXT NOT NULL,
    service_id      TEXT COLLATE "C" NOT NULL,
    service_version TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    content         TEXT NOT NULL
);
CREATE INDEX parts_text ON parts (number_id, contact, ref, total, integration_id);
CREATE INDEX parts_waiting ON parts (due_at) WHERE waiting = 1;
CREATE INDEX parts_done ON parts (due_at) WHERE waiting = 0;
CREATE UNIQUE INDEX parts_provider_id ON parts (integration_id, number_id, provider_id, part) WHERE provider_id <> '';

-- An address that a provider wants called. One that was called for an integration is not called again.
CREATE TABLE confirmations (
    id              TEXT COLLATE "C" PRIMARY KEY,
    account_id      TEXT COLLATE "C" NOT NULL,
    org_id          TEXT COLLATE "C" NOT NULL,
    integration_id  TEXT COLLATE "C" NOT NULL,
    service_id      TEXT COLLATE "C" NOT NULL,
    service_version TEXT NOT NULL,
    url             TEXT COLLATE "C" NOT NULL,
    state           TEXT NOT NULL CHECK (state = 'pending' OR state = 'done' OR state = 'failed'),
    reason          TEXT NOT NULL,
    tries           INTEGER NOT NULL,
    due_at          BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    UNIQUE (integration_id, url)
);
CREATE INDEX confirmations_due ON confirmations (due_at) WHERE state = 'pending';
CREATE INDEX confirmations_done ON confirmations (created_at) WHERE state <> 'pending';
