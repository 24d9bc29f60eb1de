-- +goose Up
-- How many lives of the program have begun to apply a callback that is pending, the last of them, and when it began: one that ends the
-- program each time is set aside.
ALTER TABLE callbacks ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE callbacks ADD COLUMN tried_by TEXT NOT NULL DEFAULT '';
ALTER TABLE callbacks ADD COLUMN tried_at BIGINT NOT NULL DEFAULT 0;
