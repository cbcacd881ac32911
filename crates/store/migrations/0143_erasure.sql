-- 履歴の消去
CREATE TABLE erasure (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    register TEXT NOT NULL,
    row_id TEXT NOT NULL,
    versions BIGINT NOT NULL,
    decision_id TEXT NOT NULL REFERENCES decision(id),
    erased_ms BIGINT NOT NULL
);
