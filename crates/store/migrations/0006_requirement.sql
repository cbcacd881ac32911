-- 要求
CREATE TABLE requirement (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    catalogue_id TEXT,
    sort_key TEXT NOT NULL,
    counted BOOLEAN NOT NULL,
    clause_label TEXT NOT NULL,
    clause_id TEXT REFERENCES clause(id),
    standard_clause_id TEXT REFERENCES clause(id),
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    role TEXT NOT NULL,
    occasion TEXT NOT NULL,
    evidence_kind TEXT NOT NULL,
    check_kind TEXT NOT NULL CHECK (check_kind IN ('machine', 'record', 'attestation')),
    stage TEXT NOT NULL CHECK (stage IN ('rule', 'operation', 'independent')),
    freshness_days BIGINT NOT NULL,
    event_triggered BOOLEAN NOT NULL,
    edition TEXT NOT NULL,
    confidence TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('adopted', 'modified', 'rejected', 'undecided')),
    reason TEXT,
    rejected_until TEXT,
    decision_id TEXT REFERENCES decision(id)
);

-- 証拠
CREATE TABLE evidence (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    requirement_id TEXT NOT NULL REFERENCES requirement(id),
    unit_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('record', 'attestation', 'zero')),
    title TEXT NOT NULL,
    detail TEXT,
    answer TEXT CHECK (answer IN ('yes', 'no')),
    observed_ms BIGINT NOT NULL,
    filed_ms BIGINT NOT NULL,
    period_from TEXT,
    period_to TEXT,
    fresh_until_ms BIGINT NOT NULL,
    source TEXT NOT NULL,
    file_name TEXT,
    object_id TEXT,
    sha256 TEXT,
    filed_by TEXT NOT NULL REFERENCES person(id),
    seat TEXT NOT NULL
);

-- 例外措置
CREATE TABLE exception (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    requirement_id TEXT NOT NULL REFERENCES requirement(id),
    reason TEXT NOT NULL,
    substitute TEXT NOT NULL,
    residual_risk TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'granted', 'refused')),
    decision_id TEXT REFERENCES decision(id)
);

-- 判定
CREATE TABLE verdict (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    check_id TEXT NOT NULL,
    check_version BIGINT NOT NULL,
    requirement_id TEXT NOT NULL REFERENCES requirement(id),
    scope TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT,
    state TEXT NOT NULL CHECK (state IN ('broken', 'unproven', 'stale', 'excepted', 'holds', 'na')),
    reason TEXT NOT NULL,
    expected_count BIGINT NOT NULL,
    observed_count BIGINT NOT NULL,
    violating_count BIGINT NOT NULL,
    samples TEXT NOT NULL,
    evidence_ids TEXT NOT NULL,
    source TEXT NOT NULL,
    source_ms BIGINT,
    next_change_ms BIGINT
);

CREATE UNIQUE INDEX requirement_catalogue ON requirement (catalogue_id);
CREATE INDEX requirement_clause ON requirement (clause_id);
CREATE INDEX requirement_sort ON requirement (sort_key);
CREATE INDEX evidence_requirement ON evidence (requirement_id, observed_ms, id);
CREATE INDEX exception_requirement ON exception (requirement_id);
-- A check gives one answer at a time.
CREATE UNIQUE INDEX verdict_current ON verdict (requirement_id, scope, check_id) WHERE to_ms IS NULL;
CREATE INDEX verdict_history ON verdict (requirement_id, scope, from_ms);
CREATE INDEX verdict_scope ON verdict (scope, from_ms);
