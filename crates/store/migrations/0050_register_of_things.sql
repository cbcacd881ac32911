-- 情報システム・機器・記録媒体, and where 情報資産 lie.

-- The information system or medium that holds the asset.
ALTER TABLE asset ADD COLUMN system_id TEXT;
ALTER TABLE asset ADD COLUMN medium_id TEXT;
CREATE INDEX asset_system ON asset (system_id, number, id);
CREATE INDEX asset_medium ON asset (medium_id, number, id);

-- 情報システム (record)
CREATE TABLE system (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    manager TEXT,
    purpose TEXT,
    zone TEXT NOT NULL CHECK (zone IN ('resident', 'lgwan', 'internet', 'separate', 'cloud', 'none')),
    cloud TEXT NOT NULL CHECK (cloud IN ('none', 'government', 'private', 'public')),
    vendor TEXT,
    contract_to TEXT,
    procedure_id TEXT,
    rto_hours BIGINT,
    rpo_hours BIGINT,
    backup TEXT NOT NULL CHECK (backup IN ('none', 'same', 'apart', 'offline')),
    backed_up_on TEXT,
    restored_on TEXT,
    encrypted BOOLEAN NOT NULL,
    checked_on TEXT,
    note TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    extra TEXT
);

CREATE UNIQUE INDEX system_key ON system (number);
CREATE INDEX system_number ON system (number, id);
CREATE INDEX system_name ON system (name, id);
CREATE INDEX system_valid_from ON system (valid_from, id);
CREATE INDEX system_by_unit_id ON system (unit_id, number, id);
CREATE INDEX system_by_zone ON system (zone, number, id);
CREATE INDEX system_by_cloud ON system (cloud, number, id);
CREATE INDEX system_by_backup ON system (backup, number, id);

-- What searches of 情報システム look at. Derived.
CREATE TABLE system_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

-- 機器・端末 (record)
CREATE TABLE device (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('pc', 'mobile', 'server', 'network', 'printer', 'other')),
    state TEXT NOT NULL CHECK (state IN ('registered', 'unknown', 'stored')),
    unit_id TEXT,
    holder TEXT,
    owner TEXT NOT NULL CHECK (owner IN ('city', 'lease', 'private')),
    zone TEXT NOT NULL CHECK (zone IN ('resident', 'lgwan', 'internet', 'separate', 'cloud', 'none')),
    system_id TEXT,
    carried_out BOOLEAN NOT NULL,
    os TEXT,
    os_support_to TEXT,
    login TEXT NOT NULL CHECK (login IN ('none', 'password', 'mfa')),
    usb TEXT NOT NULL CHECK (usb IN ('locked', 'listed', 'open')),
    encrypted BOOLEAN NOT NULL,
    wipeable BOOLEAN NOT NULL,
    protection TEXT NOT NULL CHECK (protection IN ('none', 'antivirus', 'edr')),
    settings_locked BOOLEAN NOT NULL,
    pattern_on TEXT,
    agent_on TEXT,
    patched_on TEXT,
    scanned_on TEXT,
    seen_on TEXT,
    note TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    extra TEXT
);

CREATE UNIQUE INDEX device_key ON device (number);
CREATE INDEX device_number ON device (number, id);
CREATE INDEX device_name ON device (name, id);
CREATE INDEX device_valid_from ON device (valid_from, id);
CREATE INDEX device_by_unit_id ON device (unit_id, number, id);
CREATE INDEX device_by_zone ON device (zone, number, id);
CREATE INDEX device_by_kind ON device (kind, number, id);
CREATE INDEX device_by_state ON device (state, number, id);
CREATE INDEX device_by_protection ON device (protection, number, id);
CREATE INDEX device_by_login ON device (login, number, id);
CREATE INDEX device_by_system ON device (system_id, number, id);

-- What searches of 機器・端末 look at. Derived.
CREATE TABLE device_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

-- 記録媒体 (record)
CREATE TABLE medium (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('usb', 'disk', 'card', 'optical', 'tape', 'other')),
    unit_id TEXT NOT NULL,
    class_allowed TEXT NOT NULL CHECK (class_allowed IN ('3A', '3B', '3C', '2', '1', '3')),
    state TEXT NOT NULL CHECK (state IN ('stored', 'lent', 'unneeded', 'erased', 'destroyed', 'lost')),
    encrypted BOOLEAN NOT NULL,
    locked BOOLEAN NOT NULL,
    place TEXT,
    long_term BOOLEAN NOT NULL,
    write_protected BOOLEAN NOT NULL,
    apart BOOLEAN NOT NULL,
    holder TEXT,
    permit TEXT,
    lent_on TEXT,
    due_on TEXT,
    returned_on TEXT,
    unneeded_on TEXT,
    emptied_on TEXT,
    method TEXT CHECK (method IN ('delete', 'overwrite', 'crypto', 'degauss', 'physical')),
    emptied_by TEXT,
    witness TEXT,
    disposal_permit TEXT,
    checked_on TEXT,
    note TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    extra TEXT
);

CREATE UNIQUE INDEX medium_key ON medium (number);
CREATE INDEX medium_number ON medium (number, id);
CREATE INDEX medium_name ON medium (name, id);
CREATE INDEX medium_valid_from ON medium (valid_from, id);
CREATE INDEX medium_by_unit_id ON medium (unit_id, number, id);
CREATE INDEX medium_by_state ON medium (state, number, id);
CREATE INDEX medium_by_kind ON medium (kind, number, id);
CREATE INDEX medium_by_class_allowed ON medium (class_allowed, number, id);

-- What searches of 記録媒体 look at. Derived.
CREATE TABLE medium_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);
