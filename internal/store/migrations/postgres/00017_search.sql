-- +goose Up
-- The index of searches is ours: of each block of messages and notes, which tokens are in which. It is built anew, a moment after the start.
-- Programs of before go on with search_index, search_mark and search_again, which go with the next version.
CREATE TABLE search_blocks (
    id   BIGINT PRIMARY KEY, -- level, which messages, which tokens
    body BYTEA NOT NULL
);
ALTER TABLE search_blocks ALTER COLUMN body SET STORAGE EXTERNAL; -- it is packed already
-- How far it has come, by level; 3: how far the index before it had come; 4: counts its changes.
CREATE TABLE search_upto (
    level INTEGER PRIMARY KEY,
    seq   BIGINT NOT NULL
);
INSERT INTO search_upto (level, seq) SELECT 3, seq FROM search_mark;
INSERT INTO search_upto (level, seq) VALUES (0, 0), (1, 0), (2, 0), (4, 0);
CREATE TABLE search_redo (seq BIGINT PRIMARY KEY); -- what was changed or deleted since
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION forget_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_index WHERE seq = OLD.seq;
    INSERT INTO search_redo (seq) VALUES (OLD.seq) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION search_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_again (seq) VALUES (NEW.message) ON CONFLICT DO NOTHING;
    INSERT INTO search_redo (seq) VALUES (NEW.message) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER messages_edited AFTER INSERT ON message_edits FOR EACH ROW EXECUTE FUNCTION search_anew();
