-- ネットワークの分離: 提出, 判定, 項目 (record)

CREATE TABLE network_snapshot (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    read_ms BIGINT NOT NULL,
    filed_ms BIGINT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('manual', 'folder')),
    filed_by TEXT REFERENCES person(id),
    seat TEXT,
    devices BIGINT NOT NULL,
    files TEXT NOT NULL,
    object_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    sample TEXT NOT NULL,
    confirmed_by TEXT REFERENCES person(id),
    confirmed_ms BIGINT,
    agrees BOOLEAN,
    confirm_note TEXT,
    note TEXT
);

-- The newest reading counts; of two of the same moment the one filed later.
CREATE INDEX network_snapshot_read ON network_snapshot (read_ms, filed_ms, id);
CREATE INDEX network_snapshot_sha256 ON network_snapshot (sha256);

CREATE TABLE network_result (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    snapshot_id TEXT NOT NULL REFERENCES network_snapshot(id),
    judged_ms BIGINT NOT NULL,
    as_of TEXT NOT NULL,
    inputs_sha256 TEXT NOT NULL,
    devices BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    unlisted BIGINT NOT NULL,
    unexplained BIGINT NOT NULL,
    object_id TEXT NOT NULL,
    sha256 TEXT NOT NULL
);

CREATE INDEX network_result_snapshot ON network_result (snapshot_id, judged_ms, id);

CREATE TABLE network_answer (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    result_id TEXT NOT NULL REFERENCES network_result(id),
    ordinal BIGINT NOT NULL,
    item TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    basis TEXT,
    from_zones TEXT,
    to_zones TEXT,
    resident BOOLEAN NOT NULL,
    lgwan BOOLEAN NOT NULL,
    internet BOOLEAN NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('proved', 'proved-under', 'refuted', 'unknown')),
    assumptions TEXT
);

CREATE INDEX network_answer_result ON network_answer (result_id, ordinal);

-- 限定の記録の閲覧 (record): one row per person, thing and day
CREATE TABLE limited_view (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    noun TEXT NOT NULL,
    thing_id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    seat TEXT NOT NULL,
    viewed_on TEXT NOT NULL,
    viewed_ms BIGINT NOT NULL
);

CREATE INDEX limited_view_thing ON limited_view (thing_id, person_id, viewed_on);
