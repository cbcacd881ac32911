-- 職員名簿
CREATE TABLE staff_source (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    population TEXT NOT NULL CHECK (population IN ('staff', 'contractor')),
    expected BIGINT NOT NULL,
    observed BIGINT,
    as_of TEXT,
    every_days BIGINT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

CREATE UNIQUE INDEX staff_source_key ON staff_source (number);
CREATE INDEX staff_source_by_number ON staff_source (number, id);
CREATE INDEX staff_source_in_unit ON staff_source (unit_id, number, id);
CREATE INDEX staff_source_in_population ON staff_source (population, number, id);
CREATE TABLE staff_source_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

-- 人事異動. Names nobody: who moves where lies in personnel_file until the day, and in person and assignment after it.
CREATE TABLE personnel_change (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    source TEXT NOT NULL,
    whole BOOLEAN NOT NULL,
    effective_ms BIGINT NOT NULL,
    readers TEXT NOT NULL,
    loaded_by TEXT NOT NULL REFERENCES person(id),
    state TEXT NOT NULL CHECK (state IN ('loaded', 'confirmed', 'applied', 'cancelled')),
    content_sha256 TEXT,
    confirmed_by TEXT REFERENCES person(id),
    confirmed_ms BIGINT,
    applied_ms BIGINT,
    summary TEXT,
    -- Two people, always.
    CHECK (confirmed_by IS NULL OR confirmed_by <> loaded_by)
);

CREATE INDEX personnel_change_due ON personnel_change (effective_ms) WHERE state = 'confirmed';

-- Operational: the list as read, what everybody was then, and how conflicts were answered (JSON). After the day it
-- keeps what everybody was before: the undo file.
CREATE TABLE personnel_file (
    id TEXT PRIMARY KEY,
    file_name TEXT NOT NULL,
    body TEXT NOT NULL
);

