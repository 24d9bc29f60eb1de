-- +goose Up
-- A sweep asks of each old file whether a row still has it.
CREATE INDEX media_path ON media (path) WHERE path <> '';
