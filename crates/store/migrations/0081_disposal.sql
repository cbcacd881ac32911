-- 廃棄: asked for, decided, done with proof; and files kept with a row.

-- 廃棄 (record)
CREATE TABLE disposal (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    register TEXT NOT NULL,
    row_id TEXT NOT NULL,
    title TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('overwrite', 'crypto', 'degauss', 'physical', 'shred', 'return')),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'granted', 'refused', 'done')),
    requested_ms BIGINT NOT NULL,
    decision_id TEXT REFERENCES decision(id),
    done_on TEXT,
    done_by TEXT,
    witness TEXT,
    proof_name TEXT,
    proof_object TEXT,
    proof_sha256 TEXT,
    keys_destroyed BIGINT,
    -- Nothing is gone without a decision, a day and a proof.
    CHECK (state <> 'done' OR (decision_id IS NOT NULL AND done_on IS NOT NULL AND proof_object IS NOT NULL))
);

CREATE INDEX disposal_row ON disposal (register, row_id, requested_ms);
CREATE INDEX disposal_state ON disposal (state, unit_id, requested_ms);

-- 行に付けたファイル (record)
CREATE TABLE attachment (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    register TEXT NOT NULL,
    row_id TEXT NOT NULL,
    name TEXT NOT NULL,
    object_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    added_by TEXT NOT NULL REFERENCES person(id),
    added_ms BIGINT NOT NULL,
    destroyed_ms BIGINT
);

CREATE INDEX attachment_row ON attachment (register, row_id, added_ms);

-- What is due: by day, and media nobody needs any more.
CREATE INDEX asset_dispose_on ON asset (dispose_on, id);
