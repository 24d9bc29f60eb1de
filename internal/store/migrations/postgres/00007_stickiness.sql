-- +goose Up
-- When the user of a private conversation wrote last in it: a reply within the number's session timeout is theirs.
ALTER TABLE conversations ADD COLUMN last_out_at BIGINT NOT NULL DEFAULT 0;
