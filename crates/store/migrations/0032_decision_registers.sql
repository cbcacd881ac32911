-- 専決規程, 代決, 委任, 不在, 同一人, 会議体, 適用範囲, 閉庁日 as registers: what their lists are sorted and narrowed by, and what searches
-- look at (derived, can be rebuilt).

CREATE INDEX authority_by_code ON authority (code, id);
CREATE INDEX authority_by_kind ON authority (kind, id);
CREATE INDEX authority_by_valid_from ON authority (valid_from, id);
CREATE INDEX authority_in_kind ON authority (kind, code, id);
CREATE TABLE authority_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX body_by_name ON body (name, id);
CREATE INDEX body_by_valid_from ON body (valid_from, id);
CREATE INDEX body_in_kind ON body (kind, name, id);
CREATE TABLE body_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX body_member_by_valid_from ON body_member (valid_from, id);
CREATE INDEX body_member_in_body_id ON body_member (body_id, valid_from, id);
CREATE TABLE body_member_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX delegation_by_valid_from ON delegation (valid_from, id);
CREATE INDEX delegation_in_unit_id ON delegation (unit_id, valid_from, id);
CREATE TABLE delegation_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX deputy_by_valid_from ON deputy (valid_from, id);
CREATE INDEX deputy_in_position_id ON deputy (position_id, valid_from, id);
CREATE TABLE deputy_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX absence_by_valid_from ON absence (valid_from, id);
CREATE INDEX absence_in_person_id ON absence (person_id, valid_from, id);
CREATE TABLE absence_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX same_person_by_person_id ON same_person (person_id, id);
CREATE TABLE same_person_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX scope_by_valid_from ON scope (valid_from, id);
CREATE INDEX scope_in_unit_id ON scope (unit_id, valid_from, id);
CREATE TABLE scope_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);

CREATE INDEX closing_day_by_day ON closing_day (day, id);
CREATE TABLE closing_day_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);
