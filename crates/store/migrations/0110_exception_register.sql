-- 例外措置 as a register: a number, the section that asked, and what its list needs.
ALTER TABLE exception ADD COLUMN number TEXT;
ALTER TABLE exception ADD COLUMN unit_id TEXT;

CREATE UNIQUE INDEX exception_key ON exception (number);
CREATE INDEX exception_valid_to ON exception (valid_to, id);
CREATE INDEX exception_valid_from ON exception (valid_from, id);
CREATE INDEX exception_by_unit_id ON exception (unit_id, valid_to, id);
CREATE INDEX exception_by_state ON exception (state, valid_to, id);

-- What searches of 例外措置 look at. Derived.
CREATE TABLE exception_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);
