-- +goose Up
-- What a service handed out to an integration. key names all that a token depends on: what has another key is worth nothing.
-- Whoever fetches one holds the row meanwhile, so that it is fetched once for all nodes.
CREATE TABLE credentials (
    integration_id TEXT NOT NULL,
    key            TEXT NOT NULL,
    account_id     TEXT NOT NULL,
    sealed         BLOB NOT NULL, -- empty: nothing yet
    created_at     BIGINT NOT NULL,
    changed_at     BIGINT NOT NULL,
    holder         TEXT NOT NULL,
    held_until     BIGINT NOT NULL,
    PRIMARY KEY (integration_id, key)
) WITHOUT ROWID;

-- A person who is at the provider to authorize an integration. The state that they come back with is kept as its hash.
CREATE TABLE authorizations (
    state          BLOB PRIMARY KEY,
    account_id     TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    key            TEXT NOT NULL,
    sealed         BLOB NOT NULL,
    expires_at     BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX authorizations_expiry ON authorizations (expires_at);
CREATE INDEX authorizations_integration ON authorizations (integration_id);
