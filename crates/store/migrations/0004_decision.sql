-- 申請・決裁
CREATE TABLE decision (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT,
    kind TEXT NOT NULL,
    subject_noun TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_sha256 TEXT NOT NULL,
    title TEXT NOT NULL,
    reason TEXT NOT NULL,
    clause_label TEXT,
    applicant_id TEXT NOT NULL REFERENCES person(id),
    applicant_seat TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'returned', 'withdrawn', 'expired', 'voided')),
    requested_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    closed_ms BIGINT,
    external TEXT
);

-- 決裁の段階
CREATE TABLE decision_step (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    decision_id TEXT NOT NULL REFERENCES decision(id),
    ordinal BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('approve', 'concur', 'after')),
    role TEXT,
    position_id TEXT REFERENCES position(id),
    unit_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'approved', 'returned', 'closed')),
    actor_id TEXT REFERENCES person(id),
    actor_seat TEXT,
    acted_ms BIGINT,
    comment TEXT,
    proof TEXT
);

-- One open decision per subject: nothing is decided twice.
CREATE UNIQUE INDEX decision_open ON decision (subject_noun, subject_id) WHERE state = 'pending';
CREATE UNIQUE INDEX decision_number ON decision (number);
CREATE INDEX decision_state ON decision (state, requested_ms);
CREATE UNIQUE INDEX decision_step_order ON decision_step (decision_id, ordinal);
CREATE INDEX decision_step_state ON decision_step (state);
