-- +goose Up
-- The same tables as SQLite's. Times are microseconds since 1970, booleans 0 or 1. Empty text stands for "none", so that no
-- column is NULL. Ids and keys are compared byte by byte (COLLATE "C"), whatever the language of the database: lists go on
-- from an id.
--
-- Nodes of this version and of the next one share a database while they are exchanged one by one, and may be exchanged back.
-- So a migration only adds: tables, columns with a default, indexes (on a large table CONCURRENTLY, in a file of its own with
-- goose's annotation NO TRANSACTION). What nothing uses any more goes a version later. A migration that older programs cannot
-- live with says so: UPDATE meta SET value = '<its number>' WHERE key = 'oldest program'.

CREATE TABLE meta (
    key   TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);
INSERT INTO meta (key, value) VALUES ('oldest program', '1'); -- the lowest schema version whose programs live with this one

-- How often what nodes remember has been changed, so that each knows when to forget. One row.
CREATE TABLE changes (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    directory BIGINT NOT NULL,
    webhooks  BIGINT NOT NULL
);
INSERT INTO changes VALUES (1, 0, 0);

CREATE TABLE accounts (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE keys (
    id         TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    hash       BYTEA NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role = 'account' OR role = 'organization' OR role = 'user'),
    org_id     TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    name       TEXT NOT NULL,
    hint       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX keys_account ON keys (account_id, id);

CREATE TABLE organizations (
    id         TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    name       TEXT NOT NULL,
    domain     TEXT NOT NULL,
    domain_key TEXT COLLATE "C" NOT NULL, -- the domain as it is compared
    region     TEXT NOT NULL,
    status     BIGINT NOT NULL,
    params     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL DEFAULT 0 -- gone for everybody; what it had is being removed
);
CREATE UNIQUE INDEX organizations_domain ON organizations (account_id, domain_key) WHERE deleted_at = 0 AND domain_key <> '';
CREATE INDEX organizations_account ON organizations (account_id, id);

CREATE TABLE users (
    id         TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    extension  TEXT COLLATE "C" NOT NULL,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    status     BIGINT NOT NULL,
    extra      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_extension ON users (org_id, extension) WHERE extension <> '';
CREATE INDEX users_org ON users (org_id, id);

-- Versions outlive their service: a message finishes on the version that it was accepted under.
CREATE TABLE service_versions (
    account_id TEXT COLLATE "C" NOT NULL,
    service_id TEXT COLLATE "C" NOT NULL,
    version    TEXT COLLATE "C" NOT NULL,
    source     BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, service_id, version)
);
CREATE TABLE services (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    service_id TEXT COLLATE "C" NOT NULL,
    version    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, service_id)
);

CREATE TABLE integrations (
    id         TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    service_id TEXT COLLATE "C" NOT NULL,
    enabled    INTEGER NOT NULL,
    sealed     BYTEA NOT NULL, -- the property values and the key of the webhook URL
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL DEFAULT 0, -- its queued messages are held; enabling the service again revives it
    UNIQUE (org_id, service_id)
);
CREATE INDEX integrations_service ON integrations (account_id, service_id);

CREATE TABLE numbers (
    id              TEXT COLLATE "C" PRIMARY KEY,
    account_id      TEXT COLLATE "C" NOT NULL,
    org_id          TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    integration_id  TEXT COLLATE "C" NOT NULL REFERENCES integrations (id),
    service_id      TEXT COLLATE "C" NOT NULL,
    value           TEXT COLLATE "C" NOT NULL,
    name            TEXT NOT NULL,
    country         TEXT NOT NULL,
    inbound_format  TEXT NOT NULL,
    outbound_format TEXT NOT NULL,
    send_name       INTEGER NOT NULL,
    session_timeout BIGINT NOT NULL, -- microseconds
    header          TEXT NOT NULL,
    footer          TEXT NOT NULL,
    settings        TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    UNIQUE (account_id, value)
);
CREATE INDEX numbers_org ON numbers (org_id, id);
CREATE INDEX numbers_integration ON numbers (integration_id, id);

CREATE TABLE number_users (
    number_id TEXT COLLATE "C" NOT NULL REFERENCES numbers (id),
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    PRIMARY KEY (number_id, user_id)
);
CREATE INDEX number_users_user ON number_users (user_id);

-- The tables below are written for every message: no foreign keys, and only the indexes that a question needs.

CREATE TABLE conversations (
    id         TEXT COLLATE "C" PRIMARY KEY, -- begins with its time
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL,
    number_id  TEXT COLLATE "C" NOT NULL,
    contact    TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL, -- whose private one; '': the group's
    closed     INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    last_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX conversations_open ON conversations (number_id, contact, user_id) WHERE closed = 0;
CREATE INDEX conversations_org ON conversations (org_id, id);

-- Ordered, paced work for one destination. in_flight is what its holder works on: a message's seq, or 1 for a delivery. An
-- open attempt is a lane in flight: it begins with this small row, and reaches the message's with its end.
CREATE TABLE lanes (
    seq            BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    kind           TEXT COLLATE "C" NOT NULL CHECK (kind = 'send' OR kind = 'deliver'),
    key            TEXT COLLATE "C" NOT NULL,
    account_id     TEXT COLLATE "C" NOT NULL,
    org_id         TEXT COLLATE "C" NOT NULL,
    integration_id TEXT COLLATE "C" NOT NULL,
    pending        BIGINT NOT NULL CHECK (pending >= 0), -- messages that have not ended, the one in flight included
    accepted       BIGINT NOT NULL,                      -- ever
    held           INTEGER NOT NULL,                     -- its integration is off: nothing moves
    next_at        BIGINT NOT NULL,                      -- when to look at it; while it is leased: when the lease ends
    free_at        BIGINT NOT NULL,                      -- pace and pauses: no attempt before
    epoch          BIGINT NOT NULL,
    in_flight      BIGINT NOT NULL,
    attempt_at     BIGINT NOT NULL,                      -- when what is in flight began
    asides         BIGINT NOT NULL CHECK (asides >= 0),  -- contacts put aside
    turn           INTEGER NOT NULL,                     -- whose turn it is: 0 contacts put aside, 1 the others
    pauses         INTEGER NOT NULL,                     -- in a row
    UNIQUE (kind, key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
CREATE INDEX lanes_due ON lanes (kind, next_at) WHERE pending > 0 AND held = 0;
CREATE INDEX lanes_integration ON lanes (integration_id);
CREATE INDEX lanes_in_flight ON lanes (seq) WHERE in_flight <> 0;

-- A contact whose messages wait until then, in order, while the lane goes on.
CREATE TABLE asides (
    lane     BIGINT NOT NULL,
    contact  TEXT COLLATE "C" NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (lane, contact)
);
CREATE INDEX asides_due ON asides (lane, until_at);

-- waiting: 0 nothing to do, 1 in its lane's queue, 2 behind a contact put aside.
CREATE TABLE messages (
    seq             BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    account_id      TEXT COLLATE "C" NOT NULL,
    org_id          TEXT COLLATE "C" NOT NULL,
    direction       TEXT COLLATE "C" NOT NULL CHECK (direction = 'outbound' OR direction = 'inbound'),
    status          TEXT COLLATE "C" NOT NULL,
    rank            INTEGER NOT NULL,
    waiting         INTEGER NOT NULL CHECK (waiting BETWEEN 0 AND 2),
    lane            BIGINT NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL,
    private_to      TEXT COLLATE "C" NOT NULL, -- whose private conversation it is in
    number_id       TEXT COLLATE "C" NOT NULL,
    integration_id  TEXT COLLATE "C" NOT NULL,
    service_id      TEXT COLLATE "C" NOT NULL,
    service_version TEXT NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    "from"          TEXT COLLATE "C" NOT NULL,
    "to"            TEXT COLLATE "C" NOT NULL,
    urls            TEXT NOT NULL, -- JSON list, or ''
    error_code      TEXT NOT NULL,
    error_text      TEXT NOT NULL,
    encoding        TEXT NOT NULL,
    segments        INTEGER NOT NULL,
    parts           INTEGER NOT NULL,
    part            INTEGER NOT NULL,
    attempts        INTEGER NOT NULL, -- ended ones
    tries           INTEGER NOT NULL, -- attempts at this part that ended in "come again"
    again           INTEGER NOT NULL, -- the attempt repeats an unclear one
    resend_of       TEXT NOT NULL,
    provider_id     TEXT COLLATE "C" NOT NULL, -- inbound: by which it is told from others
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    refs            TEXT NOT NULL, -- the provider's ids, one JSON string a line
    content         TEXT NOT NULL,
    history         TEXT NOT NULL, -- one JSON object a line
    CHECK (CASE status
        WHEN 'queued'    THEN rank = 0 AND direction = 'outbound'
        WHEN 'sending'   THEN rank = 1 AND direction = 'outbound'
        WHEN 'unclear'   THEN rank = 2 AND direction = 'outbound' AND waiting = 0
        WHEN 'sent'      THEN rank = 3 AND direction = 'outbound'
        WHEN 'failed'    THEN rank = 4 AND direction = 'outbound'
        WHEN 'expired'   THEN rank = 4 AND direction = 'outbound' AND waiting = 0
        WHEN 'cancelled' THEN rank = 4 AND direction = 'outbound' AND waiting = 0
        WHEN 'delivered' THEN rank = 5 AND direction = 'outbound'
        WHEN 'received'  THEN rank = 0 AND direction = 'inbound' AND waiting = 0
        WHEN 'read'      THEN rank = 6
        ELSE 0 = 1 END)
);
CREATE INDEX messages_org ON messages (org_id, seq);
CREATE INDEX messages_conversation ON messages (conversation_id, seq);
CREATE INDEX messages_waiting ON messages (lane, seq) WHERE waiting = 1;
CREATE INDEX messages_aside ON messages (lane, "to", seq) WHERE waiting = 2;
CREATE UNIQUE INDEX messages_provider_id ON messages (integration_id, provider_id, number_id) WHERE provider_id <> '';

-- key: the message's seq shifted left by 20, and the attempt's number.
CREATE TABLE attempts (
    key        BIGINT PRIMARY KEY,
    part       INTEGER NOT NULL,
    at         BIGINT NOT NULL,
    duration   BIGINT NOT NULL, -- microseconds
    outcome    TEXT NOT NULL CHECK (outcome = 'accepted' OR outcome = 'refused' OR outcome = 'busy' OR outcome = 'unreached' OR outcome = 'unclear'),
    again      INTEGER NOT NULL,
    error_code TEXT NOT NULL,
    error_text TEXT NOT NULL,
    request    TEXT NOT NULL,
    response   TEXT NOT NULL
);

-- The provider's ids of what it took, and what its receipts said of each.
CREATE TABLE message_refs (
    integration_id TEXT COLLATE "C" NOT NULL,
    ref            TEXT COLLATE "C" NOT NULL,
    message        BIGINT NOT NULL,
    status         TEXT COLLATE "C" NOT NULL,
    rank           INTEGER NOT NULL,
    PRIMARY KEY (integration_id, ref, message)
);

-- Receipts of ids that we do not know yet: a receipt can overtake the answer to our own request. A receipt that may be
-- of several integrations has a row for each, of one parcel.
CREATE TABLE receipts (
    seq            BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    parcel         TEXT COLLATE "C" NOT NULL,
    integration_id TEXT COLLATE "C" NOT NULL,
    ref            TEXT COLLATE "C" NOT NULL,
    status         TEXT COLLATE "C" NOT NULL,
    error_code     TEXT NOT NULL,
    error_text     TEXT NOT NULL,
    at             BIGINT NOT NULL,
    parked_at      BIGINT NOT NULL
);
CREATE INDEX receipts_ref ON receipts (integration_id, ref);
CREATE INDEX receipts_parcel ON receipts (parcel);

CREATE TABLE idempotency (
    seq        BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    UNIQUE (account_id, key)
);

CREATE TABLE callbacks (
    seq             BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    account_id      TEXT COLLATE "C" NOT NULL,
    service_id      TEXT COLLATE "C" NOT NULL,
    service_version TEXT NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state = 'pending' OR state = 'done' OR state = 'unmatched'),
    reason          TEXT NOT NULL,
    at              BIGINT NOT NULL,
    method          TEXT NOT NULL,
    url             TEXT NOT NULL,
    number          TEXT NOT NULL,
    integrations    TEXT NOT NULL, -- JSON list
    header          TEXT NOT NULL, -- JSON
    events          BYTEA NOT NULL,
    body            BYTEA NOT NULL
);
CREATE INDEX callbacks_account ON callbacks (account_id, seq);
CREATE INDEX callbacks_pending ON callbacks (seq) WHERE state = 'pending';
CREATE INDEX callbacks_unmatched ON callbacks (account_id, seq) WHERE state = 'unmatched';

CREATE TABLE notifications (
    seq        BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL,
    number_id  TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    type       TEXT COLLATE "C" NOT NULL,
    message    BIGINT NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    data       TEXT NOT NULL
);
CREATE INDEX notifications_account ON notifications (account_id, seq);

CREATE TABLE webhooks (
    id            TEXT COLLATE "C" PRIMARY KEY,
    account_id    TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    org_id        TEXT COLLATE "C" NOT NULL,
    url           TEXT NOT NULL,
    types         TEXT NOT NULL, -- JSON list
    format        TEXT NOT NULL,
    secret        BYTEA NOT NULL, -- sealed
    lane          BIGINT NOT NULL,
    cursor        BIGINT NOT NULL, -- the last notification done with
    failures      INTEGER NOT NULL,
    failing_since BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX webhooks_account ON webhooks (account_id, id);
CREATE INDEX webhooks_lane ON webhooks (lane);

CREATE TABLE dead_letters (
    seq          BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    account_id   TEXT COLLATE "C" NOT NULL,
    webhook_id   TEXT COLLATE "C" NOT NULL,
    notification BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    reason       TEXT NOT NULL
);
CREATE INDEX dead_letters_webhook ON dead_letters (webhook_id, seq);

CREATE TABLE media (
    id         TEXT COLLATE "C" PRIMARY KEY,
    message    BIGINT NOT NULL,
    n          INTEGER NOT NULL,
    source_url TEXT NOT NULL,
    media_type TEXT NOT NULL,
    name       TEXT NOT NULL,
    size       BIGINT NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state = 'pending' OR state = 'stored' OR state = 'failed' OR state = 'blocked'),
    reason     TEXT NOT NULL,
    path       TEXT COLLATE "C" NOT NULL,
    tries      INTEGER NOT NULL,
    due_at     BIGINT NOT NULL
);
CREATE INDEX media_message ON media (message, n);
CREATE INDEX media_pending ON media (due_at) WHERE state = 'pending';
