-- 引継書: what went from one holder of a seat to the next, as it stood on the day it was handed over.
CREATE TABLE handover (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    position_id TEXT NOT NULL REFERENCES position(id),
    unit_id TEXT NOT NULL,
    from_id TEXT NOT NULL REFERENCES person(id),
    to_id TEXT REFERENCES person(id),
    content TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    handed_ms BIGINT NOT NULL,
    received_ms BIGINT,
    -- Signed on paper: who entered that.
    paper_by TEXT REFERENCES person(id)
);

CREATE INDEX handover_from ON handover (from_id, id);
CREATE INDEX handover_to ON handover (to_id, id);
CREATE INDEX handover_unit ON handover (unit_id, id);
