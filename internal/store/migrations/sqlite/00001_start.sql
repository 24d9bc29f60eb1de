-- +goose Up
-- A check of several words is written with OR: for IN, SQLite builds a table of them at every insert.
-- Times are microseconds since 1970, booleans 0 or 1. Empty text stands for "none", so that no column is NULL.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE accounts (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE keys (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    hash       BLOB NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role = 'account' OR role = 'organization' OR role = 'user'),
    org_id     TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    name       TEXT NOT NULL,
    hint       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX keys_account ON keys (account_id, id);

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    name       TEXT NOT NULL,
    domain     TEXT NOT NULL,
    domain_key TEXT NOT NULL, -- the domain as it is compared
    region     TEXT NOT NULL,
    status     INTEGER NOT NULL,
    params     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL DEFAULT 0 -- gone for everybody; what it had is being removed
);
CREATE UNIQUE INDEX organizations_domain ON organizations (account_id, domain_key) WHERE deleted_at = 0 AND domain_key <> '';
CREATE INDEX organizations_account ON organizations (account_id, id);

CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL REFERENCES organizations (id),
    extension  TEXT NOT NULL,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    status     INTEGER NOT NULL,
    extra      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_extension ON users (org_id, extension) WHERE extension <> '';
CREATE INDEX users_org ON users (org_id, id);

-- Versions outlive their service: a message finishes on the version that it was accepted under.
CREATE TABLE service_versions (
    account_id TEXT NOT NULL,
    service_id TEXT NOT NULL,
    version    TEXT NOT NULL,
    source     BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, service_id, version)
);
CREATE TABLE services (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    service_id TEXT NOT NULL,
    version    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, service_id)
) WITHOUT ROWID;

CREATE TABLE integrations (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL REFERENCES organizations (id),
    service_id TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    sealed     BLOB NOT NULL, -- the property values and the key of the webhook URL
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL DEFAULT 0, -- its queued messages are held; enabling the service again revives it
    UNIQUE (org_id, service_id)
);
CREATE INDEX integrations_service ON integrations (account_id, service_id);

CREATE TABLE numbers (
    id              TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL,
    org_id          TEXT NOT NULL REFERENCES organizations (id),
    integration_id  TEXT NOT NULL REFERENCES integrations (id),
    service_id      TEXT NOT NULL,
    value           TEXT NOT NULL,
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
    number_id TEXT NOT NULL REFERENCES numbers (id),
    user_id   TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (number_id, user_id)
) WITHOUT ROWID;
CREATE INDEX number_users_user ON number_users (user_id);

-- The tables below are written for every message: no foreign keys, and only the indexes that a question needs.

CREATE TABLE conversations (
    id         TEXT PRIMARY KEY, -- begins with its time
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL,
    number_id  TEXT NOT NULL,
    contact    TEXT NOT NULL,
    user_id    TEXT NOT NULL, -- whose private one; '': the group's
    closed     INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    last_at    BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX conversations_open ON conversations (number_id, contact, user_id) WHERE closed = 0;
CREATE INDEX conversations_org ON conversations (org_id, id);

-- Ordered, paced work for one destination. in_flight is what its holder works on: a message's seq, or 1 for a delivery. An
-- open attempt is a lane in flight: it begins with this small row, and reaches the message's with its end.
CREATE TABLE lanes (
    seq            INTEGER PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind = 'send' OR kind = 'deliver'),
    key            TEXT NOT NULL,
    account_id     TEXT NOT NULL,
    org_id         TEXT NOT NULL,
    integration_id TEXT NOT NULL,
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
);
CREATE INDEX lanes_due ON lanes (kind, next_at) WHERE pending > 0 AND held = 0;
CREATE INDEX lanes_integration ON lanes (integration_id);
CREATE INDEX lanes_in_flight ON lanes (seq) WHERE in_flight <> 0;

-- A contact whose messages wait until then, in order, while the lane goes on.
CREATE TABLE asides (
    lane     BIGINT NOT NULL,
    contact  TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (lane, contact)
) WITHOUT ROWID;
CREATE INDEX asides_due ON asides (lane, until_at);

-- waiting: 0 nothing to do, 1 in its lane's queue, 2 behind a contact put aside.
CREATE TABLE messages (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    account_id      TEXT NOT NULL,
    org_id          TEXT NOT NULL,
    direction       TEXT NOT NULL CHECK (direction = 'outbound' OR direction = 'inbound'),
    status          TEXT NOT NULL,
    rank            INTEGER NOT NULL,
    waiting         INTEGER NOT NULL CHECK (waiting BETWEEN 0 AND 2),
    lane            BIGINT NOT NULL,
    conversation_id TEXT NOT NULL,
    private_to      TEXT NOT NULL, -- whose private conversation it is in
    number_id       TEXT NOT NULL,
    integration_id  TEXT NOT NULL,
    service_id      TEXT NOT NULL,
    service_version TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    "from"          TEXT NOT NULL,
    "to"            TEXT NOT NULL,
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
    provider_id     TEXT NOT NULL, -- inbound: by which it is told from others
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
    key        INTEGER PRIMARY KEY,
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
    integration_id TEXT NOT NULL,
    ref            TEXT NOT NULL,
    message        BIGINT NOT NULL,
    status         TEXT NOT NULL,
    rank           INTEGER NOT NULL,
    PRIMARY KEY (integration_id, ref, message)
) WITHOUT ROWID;

-- Receipts of ids that we do not know yet: a receipt can overtake the answer to our own request. A receipt that may be
-- of several integrations has a row for each, of one parcel.
CREATE TABLE receipts (
    seq            INTEGER PRIMARY KEY,
    parcel         TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    ref            TEXT NOT NULL,
    status         TEXT NOT NULL,
    error_code     TEXT NOT NULL,
    error_text     TEXT NOT NULL,
    at             BIGINT NOT NULL,
    parked_at      BIGINT NOT NULL
);
CREATE INDEX receipts_ref ON receipts (integration_id, ref);
CREATE INDEX receipts_parcel ON receipts (parcel);

CREATE TABLE idempotency (
    seq        INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    key        TEXT NOT NULL,
    hash       BLOB NOT NULL,
    message_id TEXT NOT NULL,
    at         BIGINT NOT NULL,
    UNIQUE (account_id, key)
);

CREATE TABLE callbacks (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    account_id      TEXT NOT NULL,
    service_id      TEXT NOT NULL,
    service_version TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state = 'pending' OR state = 'done' OR state = 'unmatched'),
    reason          TEXT NOT NULL,
    at              BIGINT NOT NULL,
    method          TEXT NOT NULL,
    url             TEXT NOT NULL,
    number          TEXT NOT NULL,
    integrations    TEXT NOT NULL, -- JSON list
    header          TEXT NOT NULL, -- JSON
    events          BLOB NOT NULL,
    body            BLOB NOT NULL
);
CREATE INDEX callbacks_account ON callbacks (account_id, seq);
CREATE INDEX callbacks_pending ON callbacks (seq) WHERE state = 'pending';
CREATE INDEX callbacks_unmatched ON callbacks (account_id, seq) WHERE state = 'unmatched';

CREATE TABLE notifications (
    seq        INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    org_id     TEXT NOT NULL,
    number_id  TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    type       TEXT NOT NULL,
    message    BIGINT NOT NULL,
    status     TEXT NOT NULL,
    at         BIGINT NOT NULL,
    data       TEXT NOT NULL
);
CREATE INDEX notifications_account ON notifications (account_id, seq);

CREATE TABLE webhooks (
    id            TEXT PRIMARY KEY,
    account_id    TEXT NOT NULL REFERENCES accounts (id),
    org_id        TEXT NOT NULL,
    url           TEXT NOT NULL,
    types         TEXT NOT NULL, -- JSON list
    format        TEXT NOT NULL,
    secret        BLOB NOT NULL, -- sealed
    lane          BIGINT NOT NULL,
    cursor        BIGINT NOT NULL, -- the last notification done with
    failures      INTEGER NOT NULL,
    failing_since BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX webhooks_account ON webhooks (account_id, id);
CREATE INDEX webhooks_lane ON webhooks (lane);

CREATE TABLE dead_letters (
    seq          INTEGER PRIMARY KEY,
    account_id   TEXT NOT NULL,
    webhook_id   TEXT NOT NULL,
    notification BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    reason       TEXT NOT NULL
);
CREATE INDEX dead_letters_webhook ON dead_letters (webhook_id, seq);

CREATE TABLE media (
    id         TEXT PRIMARY KEY,
    message    BIGINT NOT NULL,
    n          INTEGER NOT NULL,
    source_url TEXT NOT NULL,
    media_type TEXT NOT NULL,
    name       TEXT NOT NULL,
    size       BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state = 'pending' OR state = 'stored' OR state = 'failed' OR state = 'blocked'),
    reason     TEXT NOT NULL,
    path       TEXT NOT NULL,
    tries      INTEGER NOT NULL,
    due_at     BIGINT NOT NULL
);
CREATE INDEX media_message ON media (message, n);
CREATE INDEX media_pending ON media (due_at) WHERE state = 'pending';
