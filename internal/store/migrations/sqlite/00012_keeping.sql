-- +goose Up
-- Files that somebody uploaded to send them with a message. A message that takes one has a row of its own in media, with the same path.
CREATE TABLE uploads (
    id         TEXT PRIMARY KEY, -- begins with its time
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL, -- '': of a program that speaks for the account
    user_id    TEXT NOT NULL, -- whose key brought it
    media_type TEXT NOT NULL,
    name       TEXT NOT NULL,
    size       BIGINT NOT NULL,
    path       TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX uploads_account ON uploads (account_id, id);
CREATE INDEX uploads_created ON uploads (created_at);
CREATE INDEX uploads_path ON uploads (path);
