-- +goose Up
-- The index of searches is ours: of each block of messages and notes, which tokens are in which. It is built anew, a moment after the start.
CREATE TABLE search_blocks (
    id   INTEGER PRIMARY KEY, -- level, which messages, which tokens
    body BLOB NOT NULL
);
-- How far it has come, by level; 3: how far the index before it had come, of which no seq is given again; 4: counts its changes.
CREATE TABLE search_upto (
    level INTEGER PRIMARY KEY,
    seq   BIGINT NOT NULL
);
INSERT INTO search_upto (level, seq) SELECT 3, seq FROM search_mark;
INSERT INTO search_upto (level, seq) VALUES (0, 0), (1, 0), (2, 0), (4, 0);
CREATE TABLE search_redo (seq INTEGER PRIMARY KEY); -- what was changed or deleted since
DROP TRIGGER messages_gone;
DROP TRIGGER notes_gone;
DROP TABLE search_index;
DROP TABLE search_mark;
DROP TABLE search_again;
-- +goose StatementBegin
CREATE TRIGGER messages_gone AFTER DELETE ON messages BEGIN
    INSERT OR IGNORE INTO search_redo (seq) VALUES (OLD.seq);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notes_gone AFTER DELETE ON notes BEGIN
    INSERT OR IGNORE INTO search_redo (seq) VALUES (OLD.seq);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER messages_edited AFTER INSERT ON message_edits BEGIN
    INSERT OR IGNORE INTO search_redo (seq) VALUES (NEW.message);
END;
-- +goose StatementEnd
