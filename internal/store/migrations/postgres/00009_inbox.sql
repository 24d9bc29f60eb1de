-- +goose NO TRANSACTION
-- +goose Up
-- Indexes of large tables are built beside those who write, which no transaction may hold; so every step can be taken again.

-- Who of a group has taken a conversation on: a mark, and no right. joined: the conversation that this one has become part of; its
-- closed is 2, and it is in no list.
ALTER TABLE conversations ADD COLUMN IF NOT EXISTS claimed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN IF NOT EXISTS claimed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN IF NOT EXISTS joined TEXT COLLATE "C" NOT NULL DEFAULT '';
-- The order in which they are listed, with all that a list is filtered by.
DROP INDEX IF EXISTS conversations_latest;
CREATE INDEX CONCURRENTLY conversations_latest ON conversations (org_id, closed, last_at, id, number_id, user_id, claimed_by);
DROP INDEX IF EXISTS conversations_contact;
CREATE INDEX CONCURRENTLY conversations_contact ON conversations (org_id, contact);
DROP INDEX IF EXISTS conversations_claimed;
CREATE INDEX CONCURRENTLY conversations_claimed ON conversations (claimed_by) WHERE claimed_by <> '';

-- How far a user has read: what came later is new to them.
CREATE TABLE IF NOT EXISTS conversation_reads (
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id         TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
);
-- What came before a user was assigned is not new to them: the last message of that moment.
ALTER TABLE number_users ADD COLUMN IF NOT EXISTS since BIGINT NOT NULL DEFAULT 0;
UPDATE number_users SET since = (SELECT COALESCE(MAX(seq), 0) FROM messages) WHERE since = 0;
-- kept: history that a program brought, which is new to nobody.
ALTER TABLE messages ADD COLUMN IF NOT EXISTS kept INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET kept = 1 WHERE direction = 'inbound' AND kept = 0 AND history LIKE '{"s":"read"%';
DROP INDEX IF EXISTS messages_new;
CREATE INDEX CONCURRENTLY messages_new ON messages (conversation_id, seq) WHERE direction = 'inbound' AND kept = 0;

-- What users tell each other beside a conversation. It never leaves. seq is of the messages' own count, and gives it its place among them.
CREATE TABLE IF NOT EXISTS notes (
    seq             BIGINT PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    account_id      TEXT COLLATE "C" NOT NULL,
    org_id          TEXT COLLATE "C" NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id         TEXT COLLATE "C" NOT NULL,
    content         TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS notes_conversation ON notes (conversation_id, seq);

-- The words of messages and notes, as hashes of what may be looked for in them, under the message's seq. It follows a moment after the
-- message (up to search_mark), and goes in the same commit.
CREATE TABLE IF NOT EXISTS search_index (
    seq    BIGINT PRIMARY KEY,
    tokens INTEGER[] NOT NULL
);
CREATE INDEX IF NOT EXISTS search_index_tokens ON search_index USING gin (tokens);
CREATE TABLE IF NOT EXISTS search_mark (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL
);
INSERT INTO search_mark VALUES (1, 0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS search_again (seq BIGINT PRIMARY KEY); -- what was changed since
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION forget_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_index WHERE seq = OLD.seq;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE OR REPLACE TRIGGER messages_gone AFTER DELETE ON messages FOR EACH ROW EXECUTE FUNCTION forget_search();
CREATE OR REPLACE TRIGGER notes_gone AFTER DELETE ON notes FOR EACH ROW EXECUTE FUNCTION forget_search();
-- A contact's name and numbers as they are looked for; '': not written yet.
ALTER TABLE contacts ADD COLUMN IF NOT EXISTS find TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS contacts_unfound ON contacts (id) WHERE find = '';
