-- +goose Up
-- A password is kept as its argon2id hash; empty: whoever it is has none, and cannot sign in.
ALTER TABLE users ADD COLUMN admin INTEGER NOT NULL DEFAULT 0; -- administers the organization
ALTER TABLE users ADD COLUMN password TEXT NOT NULL DEFAULT '';
CREATE INDEX users_email ON users (lower(email)) WHERE email <> '';
CREATE INDEX organizations_named ON organizations (domain_key) WHERE deleted_at = 0 AND domain_key <> '';

-- Who administers the account itself, of no organization.
CREATE TABLE people (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    email      TEXT NOT NULL,
    name       TEXT NOT NULL,
    status     INTEGER NOT NULL,
    password   TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX people_email ON people (account_id, lower(email)) WHERE email <> '';
CREATE INDEX people_named ON people (lower(email)) WHERE email <> '';

-- The browsers that are signed in. org_id is empty for a person of the account.
CREATE TABLE signins (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL,
    person_id  TEXT NOT NULL,
    agent      TEXT NOT NULL, -- which browser, in a few words
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);
CREATE INDEX signins_person ON signins (person_id, id);
CREATE INDEX signins_used ON signins (used_at);

-- One-time links, one a person at most: whoever has one chooses the password.
CREATE TABLE invitations (
    person_id  TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX invitations_expiry ON invitations (expires_at);

-- Who changed what. It outlives what it tells of; was and became hold JSON objects of the members that differ, never a secret.
CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL, -- empty: the account's own
    at         BIGINT NOT NULL,
    by_kind    TEXT NOT NULL,
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    address    TEXT NOT NULL,
    what       TEXT NOT NULL,
    object_id  TEXT NOT NULL,
    name       TEXT NOT NULL, -- of the object, as it was called then
    was        TEXT NOT NULL,
    became     TEXT NOT NULL
);
CREATE INDEX audit_account ON audit (account_id, seq);
CREATE INDEX audit_org ON audit (org_id, seq);
CREATE INDEX audit_at ON audit (at);
