-- +goose Up
-- What was sent and received, by day: counted in the commit that keeps the message, so that it outlives it. A message belongs to the day
-- on which it was kept, in days since 1970 (UTC), whatever becomes of it later. failed: failed, expired and cancelled; delivered: read too.
CREATE TABLE IF NOT EXISTS usage_days (
    account_id      TEXT NOT NULL,
    org_id          TEXT NOT NULL,
    day             BIGINT NOT NULL,
    number_id       TEXT NOT NULL,
    integration_id  TEXT NOT NULL,
    direction       TEXT NOT NULL,
    number          TEXT NOT NULL,
    service_id      TEXT NOT NULL,
    messages        BIGINT NOT NULL,
    texts           BIGINT NOT NULL,
    segments        BIGINT NOT NULL,
    files           BIGINT NOT NULL,
    failed          BIGINT NOT NULL,
    failed_segments BIGINT NOT NULL,
    failed_files    BIGINT NOT NULL,
    delivered       BIGINT NOT NULL,
    PRIMARY KEY (org_id, day, number_id, integration_id, direction)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS usage_days_account ON usage_days (account_id, day);

-- Why messages of a day failed.
CREATE TABLE IF NOT EXISTS usage_failures (
    account_id     TEXT NOT NULL,
    org_id         TEXT NOT NULL,
    day            BIGINT NOT NULL,
    number_id      TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    code           TEXT NOT NULL,
    number         TEXT NOT NULL,
    service_id     TEXT NOT NULL,
    messages       BIGINT NOT NULL,
    PRIMARY KEY (org_id, day, number_id, integration_id, code)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS usage_failures_account ON usage_failures (account_id, day);
CREATE INDEX IF NOT EXISTS usage_failures_day ON usage_failures (day);

-- Messages that somebody should look at are few, and are asked for by themselves; and which message was sent again.
CREATE INDEX messages_troubled ON messages (org_id, seq) WHERE rank = 2 OR rank = 4;
CREATE INDEX messages_resent ON messages (resend_of) WHERE resend_of <> '';

-- What is here already. Of what came in, nobody has counted the segments: they are estimated.
INSERT INTO usage_days SELECT account_id, org_id, day, number_id, integration_id, direction, MAX(number), MAX(service_id), COUNT(*), SUM(texts),
    SUM(segments), SUM(files), SUM(failed), SUM(failed * segments), SUM(failed * files), SUM(delivered)
FROM (SELECT account_id, org_id, created_at / 86400000000 AS day, number_id, integration_id, direction, service_id,
        CASE WHEN direction = 'outbound' THEN "from" ELSE "to" END AS number,
        CASE WHEN content <> '' THEN 1 ELSE 0 END AS texts,
        CASE WHEN segments > 0 OR content = '' THEN segments WHEN length(content) <= 160 THEN 1 ELSE (length(content) + 152) / 153 END AS segments,
        CASE WHEN direction = 'outbound' THEN CASE WHEN urls = '' THEN 0 ELSE json_array_length(urls) END ELSE (SELECT COUNT(*) FROM media WHERE media.message = messages.seq) END AS files,
        CASE WHEN status = 'failed' OR status = 'expired' OR status = 'cancelled' THEN 1 ELSE 0 END AS failed,
        CASE WHEN direction = 'outbound' AND rank >= 5 THEN 1 ELSE 0 END AS delivered
    FROM messages WHERE integration_id <> '' AND (direction = 'outbound' AND lane <> 0 OR direction = 'inbound' AND kept = 0)) AS m
GROUP BY account_id, org_id, day, number_id, integration_id, direction;
INSERT INTO usage_failures SELECT account_id, org_id, created_at / 86400000000, number_id, integration_id, substr(error_code, 1, 64),
    MAX("from"), MAX(service_id), COUNT(*)
FROM messages WHERE integration_id <> '' AND lane <> 0 AND (status = 'failed' OR status = 'expired')
GROUP BY account_id, org_id, created_at / 86400000000, number_id, integration_id, substr(error_code, 1, 64);
