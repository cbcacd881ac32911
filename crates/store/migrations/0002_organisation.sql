-- 組織
CREATE TABLE section (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    unit_id TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kana TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('city', 'bureau', 'department', 'division', 'group', 'committee', 'hospital', 'branch')),
    parent_unit_id TEXT,
    managed BOOLEAN NOT NULL,
    sort_key TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- 職員
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    kana TEXT,
    mail TEXT,
    population TEXT NOT NULL CHECK (population IN ('staff', 'contractor')),
    source TEXT NOT NULL,
    joined_on TEXT NOT NULL,
    left_on TEXT,
    search_key TEXT NOT NULL
);

-- 職
CREATE TABLE position (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    rank BIGINT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- 体制
CREATE TABLE role_seat (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    role TEXT NOT NULL,
    position_id TEXT NOT NULL REFERENCES position(id),
    unit_id TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- 配属
CREATE TABLE assignment (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    position_id TEXT NOT NULL REFERENCES position(id),
    unit_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('main', 'concurrent', 'acting', 'leave', 'dispatch')),
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- One period of a unit begins once; the store refuses overlaps.
CREATE UNIQUE INDEX section_period ON section (unit_id, valid_from);
CREATE INDEX section_sort ON section (sort_key);
CREATE UNIQUE INDEX person_number ON person (source, number);
CREATE INDEX person_search ON person (search_key);
CREATE UNIQUE INDEX position_code ON position (code, valid_from);
CREATE INDEX role_seat_role ON role_seat (role);
CREATE INDEX role_seat_position ON role_seat (position_id);
CREATE INDEX assignment_person ON assignment (person_id);
CREATE INDEX assignment_seat ON assignment (position_id, unit_id);
