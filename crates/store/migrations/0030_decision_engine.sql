-- 会議体
CREATE TABLE body (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('committee', 'csirt', 'window', 'other')),
    quorum BIGINT NOT NULL CHECK (quorum >= 1),
    final_instance BOOLEAN NOT NULL,
    duty TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- 会議体の構成員
CREATE TABLE body_member (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    body_id TEXT NOT NULL REFERENCES body(id),
    person_id TEXT NOT NULL REFERENCES person(id),
    duty TEXT NOT NULL CHECK (duty IN ('chair', 'vice_chair', 'member', 'clerk')),
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- 会議
CREATE TABLE meeting (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    body_id TEXT NOT NULL REFERENCES body(id),
    number BIGINT NOT NULL,
    held_on TEXT NOT NULL,
    place TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('called', 'held', 'cancelled')),
    present TEXT,
    minutes TEXT
);

-- 議題
CREATE TABLE agenda_item (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    meeting_id TEXT NOT NULL REFERENCES meeting(id),
    ordinal BIGINT NOT NULL,
    title TEXT NOT NULL,
    decision_id TEXT REFERENCES decision(id),
    result TEXT NOT NULL CHECK (result IN ('open', 'approved', 'returned', 'noted', 'postponed')),
    ayes BIGINT,
    noes BIGINT,
    resolution TEXT
);

-- 専決規程
CREATE TABLE authority (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    classes TEXT,
    persons_min BIGINT,
    persons_max BIGINT,
    zone TEXT,
    amount_min BIGINT,
    amount_max BIGINT,
    division TEXT NOT NULL,
    route TEXT NOT NULL,
    answer_days BIGINT NOT NULL,
    expires_days BIGINT NOT NULL,
    venue TEXT NOT NULL CHECK (venue IN ('inner', 'external')),
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- 委任
CREATE TABLE delegation (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    position_id TEXT NOT NULL REFERENCES position(id),
    unit_id TEXT NOT NULL,
    delegate_id TEXT NOT NULL REFERENCES person(id),
    kinds TEXT NOT NULL,
    reason TEXT NOT NULL,
    granted_by TEXT NOT NULL REFERENCES person(id),
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL
);

-- 代決の順序
CREATE TABLE deputy (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    position_id TEXT NOT NULL REFERENCES position(id),
    unit_id TEXT,
    ordinal BIGINT NOT NULL,
    deputy_position_id TEXT NOT NULL REFERENCES position(id),
    deputy_unit_id TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- 不在
CREATE TABLE absence (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    reason TEXT NOT NULL,
    recorded_by TEXT NOT NULL REFERENCES person(id),
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL
);

-- 同一人
CREATE TABLE same_person (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    other_id TEXT NOT NULL REFERENCES person(id),
    reason TEXT NOT NULL
);

ALTER TABLE decision ADD COLUMN series TEXT;
ALTER TABLE decision ADD COLUMN ordinal BIGINT;
ALTER TABLE decision ADD COLUMN unit_id TEXT;
ALTER TABLE decision ADD COLUMN authority_id TEXT REFERENCES authority(id);
ALTER TABLE decision ADD COLUMN division TEXT;
ALTER TABLE decision ADD COLUMN facts TEXT;
ALTER TABLE decision ADD COLUMN alike TEXT;
ALTER TABLE decision ADD COLUMN venue TEXT CHECK (venue IN ('inner', 'external'));
ALTER TABLE decision ADD COLUMN done_ms BIGINT;

ALTER TABLE decision_step ADD COLUMN seat_key TEXT;
ALTER TABLE decision_step ADD COLUMN body_id TEXT REFERENCES body(id);
ALTER TABLE decision_step ADD COLUMN opened_ms BIGINT;
ALTER TABLE decision_step ADD COLUMN answer_by TEXT;
ALTER TABLE decision_step ADD COLUMN mode TEXT CHECK (mode IN ('self', 'deputy', 'delegate', 'body', 'external'));
ALTER TABLE decision_step ADD COLUMN for_id TEXT REFERENCES person(id);
ALTER TABLE decision_step ADD COLUMN note TEXT;

-- What waits for a seat, in the order of application: the list of 50,000 open rows reads only its own page.
CREATE INDEX decision_step_seat ON decision_step (seat_key, decision_id) WHERE state = 'open';
CREATE INDEX decision_step_late ON decision_step (answer_by) WHERE state = 'open';
CREATE INDEX decision_applicant ON decision (applicant_id, id);
CREATE INDEX decision_kind ON decision (kind, state, closed_ms);
CREATE INDEX decision_unit ON decision (unit_id, id);
CREATE UNIQUE INDEX decision_series ON decision (series, ordinal);
-- The same thing is never decided twice, here and outside together.
CREATE UNIQUE INDEX decision_once ON decision (subject_noun, subject_id, subject_sha256) WHERE state = 'approved';

CREATE INDEX body_member_body ON body_member (body_id);
CREATE INDEX body_member_person ON body_member (person_id);
CREATE UNIQUE INDEX meeting_number ON meeting (body_id, number);
CREATE UNIQUE INDEX agenda_item_order ON agenda_item (meeting_id, ordinal);
CREATE INDEX agenda_item_decision ON agenda_item (decision_id);
CREATE INDEX authority_kind ON authority (kind);
CREATE INDEX delegation_delegate ON delegation (delegate_id);
CREATE INDEX deputy_deputy ON deputy (deputy_position_id);
CREATE INDEX deputy_position ON deputy (position_id);
CREATE INDEX absence_person ON absence (person_id);
CREATE INDEX same_person_person ON same_person (person_id);
CREATE INDEX same_person_other ON same_person (other_id);

-- Operational: the last document number of a section's year. Rebuilt from the decisions if it is lost.
CREATE TABLE number_series (
    series TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

-- Operational: what one page showed to one person for deciding together. Nothing else can be decided with it.
CREATE TABLE decision_batch (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    shown TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);
