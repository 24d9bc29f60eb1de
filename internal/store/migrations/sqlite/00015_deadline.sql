-- +goose Up
CREATE INDEX messages_deadline ON messages (deadline) WHERE deadline > 0 AND waiting > 0;
