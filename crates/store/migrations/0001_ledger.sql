-- The ledger and the history of every record. Class: ledger (written only by store::Tx and the sequencer).

-- One canonical entry per row version (specs/ledger.md). idx is NULL until the sequencer has put the entry into
-- the log: the outbox is the table itself.
CREATE TABLE ledger_entry (
    id TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    idx BIGINT UNIQUE,
    body TEXT NOT NULL
);

CREATE INDEX ledger_entry_pending ON ledger_entry (at_ms, version, id) WHERE idx IS NULL;

-- The one row that says how many entries have an index. Updated by compare-and-set.
CREATE TABLE ledger_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL
);

INSERT INTO ledger_head (id, size) VALUES (1, 0);

-- What a row was, version by version. Legal deletion blanks payload and salt; the entry stays.
CREATE TABLE row_version (
    noun TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    recorded_ms BIGINT NOT NULL,
    entry_id TEXT NOT NULL REFERENCES ledger_entry(id),
    payload TEXT,
    salt TEXT,
    PRIMARY KEY (noun, id, version)
);
