-- 特定通信台帳 (record)
CREATE TABLE specific_flow (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    system_id TEXT,
    from_end TEXT NOT NULL,
    to_end TEXT NOT NULL,
    service TEXT NOT NULL,
    must_work BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    extra TEXT
);

CREATE UNIQUE INDEX specific_flow_key ON specific_flow (number);
CREATE INDEX specific_flow_number ON specific_flow (number, id);
CREATE INDEX specific_flow_name ON specific_flow (name, id);
CREATE INDEX specific_flow_valid_to ON specific_flow (valid_to, id);
CREATE INDEX specific_flow_by_unit_id ON specific_flow (unit_id, number, id);

-- What searches of 特定通信 look at. Derived.
CREATE TABLE specific_flow_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);
