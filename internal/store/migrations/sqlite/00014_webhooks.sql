-- +goose Up
-- A webhook's secret before the last rotation, sealed, and until when signatures are made with it, too. Since when, and why, it is told nothing
-- any more. What it is told once more: after which notification and up to which.
ALTER TABLE webhooks ADD COLUMN old_secret BLOB NOT NULL DEFAULT x'';
ALTER TABLE webhooks ADD COLUMN old_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN paused_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN paused_why TEXT NOT NULL DEFAULT '';
ALTER TABLE webhooks ADD COLUMN again_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN again_to BIGINT NOT NULL DEFAULT 0; -- 0: nothing

-- Requests to webhooks, the newest of each.
CREATE TABLE deliveries (
    seq          INTEGER PRIMARY KEY,
    account_id   TEXT NOT NULL,
    org_id       TEXT NOT NULL, -- the notification's
    webhook_id   TEXT NOT NULL,
    notification BIGINT NOT NULL,
    type         TEXT NOT NULL,
    again        INTEGER NOT NULL, -- it was told once more because somebody asked
    at           BIGINT NOT NULL,
    duration     BIGINT NOT NULL, -- microseconds
    status       INTEGER NOT NULL, -- of the answer; 0: there was none
    error        TEXT NOT NULL,
    response     TEXT NOT NULL     -- the first of it
);
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, seq);
CREATE INDEX deliveries_org ON deliveries (account_id, org_id, seq);
