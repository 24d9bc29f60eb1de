-- +goose Up
-- Whom an organization knows. info is the JSON object that a program gave.
CREATE TABLE contacts (
    id         TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    info       TEXT COLLATE "C" NOT NULL,
    blocked_at BIGINT NOT NULL, -- 0: not blocked
    blocked_by TEXT COLLATE "C" NOT NULL,   -- the API key that asked for it
    about      TEXT COLLATE "C" NOT NULL,   -- why, in the words of whoever blocked
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX contacts_org ON contacts (org_id, id);

-- By what messages are a contact's: numbers as they are kept, and what programs call their contacts.
CREATE TABLE contact_addresses (
    org_id     TEXT COLLATE "C" NOT NULL,
    address    TEXT COLLATE "C" NOT NULL,
    contact_id TEXT COLLATE "C" NOT NULL,
    blocked    INTEGER NOT NULL, -- as its contact, asked for by every message that comes in
    PRIMARY KEY (org_id, address, contact_id)
);
CREATE INDEX contact_addresses_contact ON contact_addresses (contact_id);

-- What was made of a message's text later. The text that travelled stays with the message.
CREATE TABLE message_edits (
    message BIGINT NOT NULL,
    n       INTEGER NOT NULL,
    at      BIGINT NOT NULL,
    deleted INTEGER NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (message, n)
);
ALTER TABLE messages ADD COLUMN edits INTEGER NOT NULL DEFAULT 0; -- how many there are
ALTER TABLE messages ADD COLUMN kind TEXT NOT NULL DEFAULT '';    -- '' texts and files; 'call': content is a JSON object

-- Members that programs store and read back; they mean nothing here.
ALTER TABLE organizations ADD COLUMN extra TEXT NOT NULL DEFAULT '';

-- What the receivers of old find in a notification's body: sealed, or empty.
ALTER TABLE webhooks ADD COLUMN token BYTEA NOT NULL DEFAULT '';
