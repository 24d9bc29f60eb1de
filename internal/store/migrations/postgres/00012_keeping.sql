-- +goose Up
-- Files that somebody uploaded to send them with a message. A message that takes one has a row of its own in media, with the same path.
CREATE TABLE uploads (
    id         TEXT COLLATE "C" PRIMARY KEY, -- begins with its time
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL, -- '': of a program that speaks for the account
    user_id    TEXT COLLATE "C" NOT NULL, -- whose key brought it
    media_type TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    size       BIGINT NOT NULL,
    path       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX uploads_account ON uploads (account_id, id);
CREATE INDEX uploads_created ON uploads (created_at);
CREATE INDEX uploads_path ON uploads (path);

-- Whether files lose what they tell of where and when they were made: 0 as the organization says, 1 yes, 2 no. Of an organization: 1 yes.
ALTER TABLE numbers ADD COLUMN strip_metadata INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN strip_metadata INTEGER NOT NULL DEFAULT 0;

-- How long a message of this number may be tried, in microseconds; 0: the server's default.
ALTER TABLE numbers ADD COLUMN validity BIGINT NOT NULL DEFAULT 0;
-- When it expires, of a message that has a validity of its own; 0: the others, which expire in the order of their lanes.
ALTER TABLE messages ADD COLUMN deadline BIGINT NOT NULL DEFAULT 0;

-- How many days things are kept: of an organization 0 as the account says and -1 for ever, of an account 0 for ever.
ALTER TABLE accounts ADD COLUMN messages_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN media_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN callbacks_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN messages_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN media_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN callbacks_days INTEGER NOT NULL DEFAULT 0;
-- How far a sweep has come that need not begin anew each time.
CREATE TABLE sweeps (
    name TEXT COLLATE "C" PRIMARY KEY,
    seq  BIGINT NOT NULL
);
-- What the lane accepted and is not there any more: accepted = the sum over all statuses + removed.
ALTER TABLE lanes ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;

-- Contacts who are being erased, and how far that has come. Their addresses are forgotten with the last step.
CREATE TABLE erasures (
    id         TEXT COLLATE "C" PRIMARY KEY, -- begins with its time
    account_id TEXT COLLATE "C" NOT NULL,
    org_id     TEXT COLLATE "C" NOT NULL,
    addresses  TEXT COLLATE "C" NOT NULL, -- JSON list; '': it is done
    callbacks  BIGINT NOT NULL, -- looked through up to here
    until_seq  BIGINT NOT NULL, -- and to be looked through up to there
    messages   BIGINT NOT NULL, -- that were removed
    created_at BIGINT NOT NULL,
    done_at    BIGINT NOT NULL
);
CREATE INDEX erasures_open ON erasures (id) WHERE done_at = 0;
CREATE INDEX erasures_org ON erasures (org_id, id);
