-- 外部に預けた封印
CREATE TABLE outside_checkpoint (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root TEXT NOT NULL,
    place TEXT NOT NULL,
    confirmed_ms BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id)
);

-- 復元訓練
CREATE TABLE restore_test (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    tested_ms BIGINT NOT NULL,
    backup_sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    root TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('ok', 'failed'))
);

CREATE INDEX outside_checkpoint_confirmed ON outside_checkpoint (confirmed_ms);
CREATE INDEX restore_test_tested ON restore_test (tested_ms);
