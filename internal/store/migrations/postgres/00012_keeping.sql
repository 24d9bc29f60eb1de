-- +goose Up
-- Files that somebody uploaded to send them with a message. A message that takes one has a row of its own in media, with the same path.
CREATE TABLE uploads (
    id         TEXT COLLATE "C" PRIMARY KEY, -- begins with its time
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL, -- '': of a program that speaks for the account
    user_id    TEXT COLLATE "C" NOT NULL, -- whose key brought it
    media_type TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    size       BIGINT NOT NULL,
    path       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX uploads_account ON uploads (account_id, id);
CREATE INDEX uploads_created ON uploads (created_at);
CREATE INDEX uploads_path ON uploads (path);
