-- 台帳の仕組み: columns that a city adds, saved views, and the index of added columns.

-- 独自の項目 (record)
CREATE TABLE extra_column (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    register TEXT NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'long', 'int', 'bool', 'date', 'choice')),
    choices TEXT,
    unit TEXT,
    hint TEXT,
    required BOOLEAN NOT NULL,
    retired BOOLEAN NOT NULL
);

CREATE INDEX extra_column_register ON extra_column (register);

-- Values of added columns, for narrowing a list. Derived: made from the rows' `extra`, written with them.
CREATE TABLE extra_index (
    noun TEXT NOT NULL,
    row_id TEXT NOT NULL,
    column_name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (noun, row_id, column_name)
);

CREATE INDEX extra_index_value ON extra_index (column_name, value, row_id);

-- A list as somebody likes to see it: search, filters, sort and columns, as the query of its address. Operational.
CREATE TABLE register_view (
    id TEXT PRIMARY KEY,
    register TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    -- For everybody who may open the register, not only for its maker.
    shared BOOLEAN NOT NULL
);

CREATE INDEX register_view_register ON register_view (register, person_id);

-- The versions that one commit wrote: what an import changed, and what undoing it must find again.
CREATE INDEX row_version_entry ON row_version (entry_id);

-- 情報資産 (record)
CREATE TABLE asset (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    content TEXT,
    form TEXT NOT NULL CHECK (form IN ('electronic', 'paper', 'both', 'equipment')),
    confidentiality TEXT NOT NULL CHECK (confidentiality IN ('3A', '3B', '3C', '2', '1', '3')),
    integrity TEXT NOT NULL CHECK (integrity IN ('2', '1')),
    availability TEXT NOT NULL CHECK (availability IN ('2', '1')),
    personal_data TEXT NOT NULL CHECK (personal_data IN ('none', 'personal', 'sensitive', 'my_number')),
    persons BIGINT,
    zone TEXT NOT NULL CHECK (zone IN ('resident', 'lgwan', 'internet', 'separate', 'cloud', 'none')),
    place TEXT,
    users TEXT,
    reason TEXT,
    handling TEXT,
    keeping TEXT CHECK (keeping IN ('1', '3', '5', '10', '30', 'permanent', 'use')),
    dispose_on TEXT,
    outsourced BOOLEAN NOT NULL,
    checked_on TEXT,
    note TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    extra TEXT
);

CREATE INDEX asset_number ON asset (number, id);
CREATE UNIQUE INDEX asset_key ON asset (number);
CREATE INDEX asset_name ON asset (name, id);
CREATE INDEX asset_confidentiality ON asset (confidentiality, id);
CREATE INDEX asset_valid_from ON asset (valid_from, id);
CREATE INDEX asset_unit ON asset (unit_id, number, id);
CREATE INDEX asset_class_number ON asset (confidentiality, number, id);
CREATE INDEX asset_zone ON asset (zone, number, id);
CREATE INDEX asset_form ON asset (form, number, id);
CREATE INDEX asset_personal_data ON asset (personal_data, number, id);

-- What searches of 情報資産 look at. Derived: can be rebuilt from asset. Narrow, so that a search reads little.
CREATE TABLE asset_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);
