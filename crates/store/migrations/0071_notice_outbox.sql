-- Operational: mails that have not left yet. A row goes when the relay has taken the mail; its id is the Message-ID, so
-- that a copy sent after a crash is recognised as one.
CREATE TABLE notice_outbox (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    -- Why the relay will never take it; such a row stays until somebody looks.
    refused TEXT
);

CREATE INDEX notice_outbox_next ON notice_outbox (next_ms, id) WHERE refused IS NULL;
