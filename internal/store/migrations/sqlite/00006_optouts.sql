-- +goose Up
-- Contacts who want no messages: of one number or, with number_id '', of all of the organization's.
CREATE TABLE optouts (
    org_id     TEXT NOT NULL,
    contact    TEXT NOT NULL,
    number_id  TEXT NOT NULL,
    account_id TEXT NOT NULL,
    source     TEXT NOT NULL CHECK (source = 'keyword' OR source = 'provider' OR source = 'api' OR source = 'import'),
    since_at   BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact, number_id)
) WITHOUT ROWID;

-- Every change of the list, for the record.
CREATE TABLE optout_events (
    seq        INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL,
    contact    TEXT NOT NULL,
    number_id  TEXT NOT NULL,
    opted_out  INTEGER NOT NULL, -- 0: messages again
    source     TEXT NOT NULL,
    by_whom    TEXT NOT NULL, -- the API key that asked for it
    at         BIGINT NOT NULL
);
CREATE INDEX optout_events_org ON optout_events (org_id, seq);

-- Automatic answers, decided in the commit of what they answer. id is that of the message they become. Done ones stay a while: they
-- tell how often a contact was answered.
CREATE TABLE replies (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL,
    number_id  TEXT NOT NULL,
    contact    TEXT NOT NULL,
    user_id    TEXT NOT NULL, -- whose private conversation it belongs to
    kind       TEXT NOT NULL CHECK (kind = 'optout' OR kind = 'help' OR kind = 'reply'),
    content    TEXT NOT NULL,
    owed       INTEGER NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX replies_owed ON replies (at) WHERE owed = 1;
CREATE INDEX replies_at ON replies (at);
CREATE INDEX replies_contact ON replies (number_id, contact, at);

-- What made us write it: '' a person or a program, otherwise the kind of reply.
ALTER TABLE messages ADD COLUMN auto TEXT NOT NULL DEFAULT '';
