-- 閉庁日
CREATE TABLE closing_day (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    day TEXT NOT NULL,
    open BOOLEAN NOT NULL
);

-- 一斉の依頼
CREATE TABLE campaign (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    detail TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('law', 'policy', 'courtesy')),
    due_rule TEXT NOT NULL,
    due_on TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    opened_by TEXT NOT NULL REFERENCES person(id),
    closed_ms BIGINT
);

-- やること
CREATE TABLE task (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source_noun TEXT NOT NULL,
    source_id TEXT NOT NULL,
    title TEXT NOT NULL,
    href TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('law', 'policy', 'courtesy')),
    due_rule TEXT NOT NULL,
    due_on TEXT NOT NULL,
    seat_key TEXT,
    person_id TEXT REFERENCES person(id),
    unit_id TEXT,
    campaign_id TEXT REFERENCES campaign(id),
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'cancelled')),
    opened_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    closed_by TEXT REFERENCES person(id),
    snoozed_until TEXT,
    delegated_to TEXT REFERENCES person(id),
    escalated_ms BIGINT,
    -- A legal deadline is neither put off nor counted in office days.
    CHECK (basis <> 'law' OR (snoozed_until IS NULL AND due_rule NOT LIKE 'business:%' AND due_rule NOT LIKE 'roll:%'))
);

-- 通知の文面
CREATE TABLE notice_template (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    code TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL
);

-- 適用範囲
CREATE TABLE scope (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    unit_id TEXT NOT NULL,
    matter TEXT,
    applies BOOLEAN NOT NULL,
    standard TEXT NOT NULL,
    reason TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

CREATE UNIQUE INDEX closing_day_day ON closing_day (day);
-- One open task per thing and addressee.
CREATE UNIQUE INDEX task_open ON task (kind, source_noun, source_id, (COALESCE(seat_key, person_id))) WHERE state = 'open';
CREATE INDEX task_seat ON task (seat_key, due_on, id) WHERE state = 'open';
CREATE INDEX task_person ON task (person_id, due_on, id) WHERE state = 'open';
CREATE INDEX task_delegated ON task (delegated_to, due_on, id) WHERE state = 'open';
CREATE INDEX task_campaign ON task (campaign_id, state);
CREATE INDEX task_due ON task (due_on, id);
CREATE UNIQUE INDEX notice_template_code ON notice_template (code);
CREATE INDEX scope_unit ON scope (unit_id);

-- Operational: which mail went to whom for what, so that a restart sends nothing twice.
CREATE TABLE notice_sent (
    person_id TEXT NOT NULL,
    -- `digest:2026-11-25`, `urgent:TASK:one` …
    topic TEXT NOT NULL,
    sent_ms BIGINT NOT NULL,
    PRIMARY KEY (person_id, topic)
);

-- Operational: secret addresses of calendar feeds; only a hash is kept. Deleting a row revokes the address.
CREATE TABLE feed (
    token_sha256 TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);
