-- 立会人
CREATE TABLE ledger_witness (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    confirmed_ms BIGINT NOT NULL,
    ended_ms BIGINT
);

-- 立会人の連署
CREATE TABLE cosignature (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    key TEXT NOT NULL,
    size BIGINT NOT NULL,
    root TEXT NOT NULL,
    signed_ms BIGINT NOT NULL,
    note TEXT NOT NULL
);

CREATE INDEX cosignature_key ON cosignature (key, size);
CREATE INDEX cosignature_signed ON cosignature (signed_ms);

-- 外へ出した封印
CREATE TABLE checkpoint_copy (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    keeper TEXT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('folder', 'mail', 'witness')),
    size BIGINT NOT NULL,
    root TEXT NOT NULL,
    left_ms BIGINT NOT NULL
);

CREATE INDEX checkpoint_copy_keeper ON checkpoint_copy (keeper, left_ms);

-- Where [keepers] of sekisho.toml sends checkpoints, and how it went. Operational: the settings are the truth.
CREATE TABLE keeper (
    name TEXT PRIMARY KEY,
    way TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    tried_ms BIGINT,
    left_ms BIGINT,
    size BIGINT,
    fault TEXT
);
