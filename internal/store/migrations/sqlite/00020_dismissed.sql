-- +goose Up
ALTER TABLE messages ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0; -- of those that did not get through: somebody said that it stays so
