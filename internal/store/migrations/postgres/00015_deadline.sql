-- +goose NO TRANSACTION
-- +goose Up
DROP INDEX IF EXISTS messages_deadline;
CREATE INDEX CONCURRENTLY messages_deadline ON messages (deadline) WHERE deadline > 0 AND waiting > 0;
