-- +goose Up
-- Who of a group has taken a conversation on: a mark, and no right. joined: the conversation that this one has become part of; its
-- closed is 2, and it is in no list.
ALTER TABLE conversations ADD COLUMN claimed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN claimed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN joined TEXT NOT NULL DEFAULT '';
-- The order in which they are listed, with all that a list is filtered by.
CREATE INDEX conversations_latest ON conversations (org_id, closed, last_at, id, number_id, user_id, claimed_by);
CREATE INDEX conversations_contact ON conversations (org_id, contact);
CREATE INDEX conversations_claimed ON conversations (claimed_by) WHERE claimed_by <> '';

-- How far a user has read: what came later is new to them.
CREATE TABLE conversation_reads (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL,
    seq             BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) WITHOUT ROWID;
-- What came before a user was assigned is not new to them: the last message of that moment.
ALTER TABLE number_users ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
UPDATE number_users SET since = (SELECT COALESCE(MAX(seq), 0) FROM messages);
-- kept: history that a program brought, which is new to nobody.
ALTER TABLE messages ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET kept = 1 WHERE direction = 'inbound' AND history LIKE '{"s":"read"%';
CREATE INDEX messages_new ON messages (conversation_id, seq) WHERE direction = 'inbound' AND kept = 0;

-- What users tell each other beside a conversation. It never leaves. seq is of the messages' own count, and gives it its place among them.
CREATE TABLE notes (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    account_id      TEXT NOT NULL,
    org_id          TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL,
    content         TEXT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX notes_conversation ON notes (conversation_id, seq);

-- The words of messages and notes, as hashes of what may be looked for in them, under the message's seq. It follows a moment after the
-- message (up to search_mark), and goes in the same commit.
CREATE VIRTUAL TABLE search_index USING fts5 (tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');
-- Its parts are merged a little with each batch, and never many at once: whoever sends would wait for that.
INSERT INTO search_index (search_index, rank) VALUES ('automerge', 0);
INSERT INTO search_index (search_index, rank) VALUES ('crisismerge', 1000);
CREATE TABLE search_mark (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL
);
INSERT INTO search_mark VALUES (1, 0);
CREATE TABLE search_again (seq INTEGER PRIMARY KEY); -- what was changed since
-- +goose StatementBegin
CREATE TRIGGER messages_gone AFTER DELETE ON messages BEGIN
    DELETE FROM search_index WHERE rowid = OLD.seq;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notes_gone AFTER DELETE ON notes BEGIN
    DELETE FROM search_index WHERE rowid = OLD.seq;
END;
-- +goose StatementEnd
-- A contact's name and numbers as they are looked for; '': not written yet.
ALTER TABLE contacts ADD COLUMN find TEXT NOT NULL DEFAULT '';
CREATE INDEX contacts_unfound ON contacts (id) WHERE find = '';
