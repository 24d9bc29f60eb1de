-- +goose Up
-- An integration by which nothing is sent until then, and why: a person paused it, its provider keeps failing, or the credentials were
-- refused. probe is the lane that tries whether a failing provider works again; 0: none does.
CREATE TABLE pauses (
    integration_id TEXT PRIMARY KEY,
    account_id     TEXT NOT NULL,
    org_id         TEXT NOT NULL,
    cause          TEXT NOT NULL CHECK (cause = 'person' OR cause = 'failing' OR cause = 'credentials'),
    reason         TEXT NOT NULL,
    by_whom        TEXT NOT NULL,    -- the API key that asked for it
    since          BIGINT NOT NULL,
    until_at       BIGINT NOT NULL,
    level          INTEGER NOT NULL, -- pauses in a row
    probe          BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX pauses_org ON pauses (org_id);

-- failover: the integration that gets what the number's own certainly did not take. former: the one before the number's last move.
ALTER TABLE numbers ADD COLUMN failover TEXT NOT NULL DEFAULT '';
ALTER TABLE numbers ADD COLUMN former TEXT NOT NULL DEFAULT '';
CREATE INDEX numbers_former ON numbers (former) WHERE former <> '';

-- How many messages or segments may be accepted in a day; 0: any number.
ALTER TABLE numbers ADD COLUMN daily_messages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN daily_segments BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN daily_messages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN daily_segments BIGINT NOT NULL DEFAULT 0;

-- What was accepted of a capped number or organization in a day, by the time it began.
CREATE TABLE daily_counts (
    owner    TEXT NOT NULL, -- the number's id, or the organization's
    day      BIGINT NOT NULL,
    org_id   TEXT NOT NULL,
    messages BIGINT NOT NULL,
    segments BIGINT NOT NULL,
    PRIMARY KEY (owner, day)
) WITHOUT ROWID;
CREATE INDEX daily_counts_day ON daily_counts (day);

-- By which integration an attempt went; empty: by the message's own.
ALTER TABLE attempts ADD COLUMN integration_id TEXT NOT NULL DEFAULT '';
