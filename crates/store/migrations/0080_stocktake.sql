-- 棚卸: campaigns that sections prepare and confirm, and what was said about each row.

ALTER TABLE campaign ADD COLUMN kind TEXT CHECK (kind IN ('request', 'stocktake'));
ALTER TABLE campaign ADD COLUMN register TEXT;
ALTER TABLE campaign ADD COLUMN requirement_id TEXT;

-- The day on which somebody saw that the device is there.
ALTER TABLE device ADD COLUMN checked_on TEXT;

-- 一斉の依頼の課の分 (record)
CREATE TABLE campaign_part (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    campaign_id TEXT NOT NULL REFERENCES campaign(id),
    unit_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'prepared', 'confirmed')),
    population BIGINT,
    found BIGINT,
    changed BIGINT,
    missing BIGINT,
    extra BIGINT,
    seal TEXT,
    prepared_by TEXT REFERENCES person(id),
    prepared_ms BIGINT,
    confirmed_by TEXT REFERENCES person(id),
    confirmed_ms BIGINT,
    batch_id TEXT,
    returned TEXT,
    -- 準備した人は確かめない.
    CHECK (confirmed_by IS NULL OR confirmed_by <> prepared_by)
);

CREATE UNIQUE INDEX campaign_part_of ON campaign_part (campaign_id, unit_id);
CREATE INDEX campaign_part_unit ON campaign_part (unit_id, state);
CREATE INDEX campaign_part_state ON campaign_part (state, campaign_id);
CREATE INDEX campaign_register ON campaign (register, opened_ms);

-- 棚卸の結果 (record)
CREATE TABLE stocktake_entry (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    part_id TEXT NOT NULL REFERENCES campaign_part(id),
    row_id TEXT,
    row_version BIGINT,
    number TEXT NOT NULL,
    name TEXT,
    result TEXT NOT NULL CHECK (result IN ('found', 'changed', 'missing', 'extra', 'withdrawn')),
    means TEXT NOT NULL CHECK (means IN ('look', 'scan')),
    note TEXT,
    seen_by TEXT NOT NULL REFERENCES person(id),
    seen_ms BIGINT NOT NULL,
    settled TEXT CHECK (settled IN ('found', 'gone', 'reported')),
    settled_ms BIGINT
);

CREATE INDEX stocktake_entry_part ON stocktake_entry (part_id, id);
-- One word about a row, changed rather than said twice.
CREATE UNIQUE INDEX stocktake_entry_row ON stocktake_entry (part_id, row_id);
CREATE INDEX stocktake_entry_open ON stocktake_entry (result, part_id);
