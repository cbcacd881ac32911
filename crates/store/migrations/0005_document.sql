-- 文書
CREATE TABLE document (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('policy', 'standard', 'procedure')),
    title TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal', 'limited', 'secret')),
    owner_unit_id TEXT,
    review_months BIGINT NOT NULL,
    reviewed_on TEXT
);

-- 版
CREATE TABLE revision (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    document_id TEXT NOT NULL REFERENCES document(id),
    number BIGINT NOT NULL,
    edition TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'pending', 'approved', 'withdrawn')),
    revised_on TEXT,
    effective_on TEXT,
    source_name TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    body TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    decision_id TEXT REFERENCES decision(id),
    approved_ms BIGINT
);

-- 改定履歴
CREATE TABLE revision_entry (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision(id),
    ordinal BIGINT NOT NULL,
    edition TEXT NOT NULL,
    revised_on TEXT,
    effective_on TEXT,
    sections TEXT,
    summary TEXT
);

-- 取込みの注意
CREATE TABLE revision_warning (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision(id),
    ordinal BIGINT NOT NULL,
    line BIGINT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL
);

-- 条項
CREATE TABLE clause (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    document_id TEXT NOT NULL REFERENCES document(id),
    first_label TEXT NOT NULL
);

-- 条文
CREATE TABLE clause_text (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision(id),
    clause_id TEXT NOT NULL REFERENCES clause(id),
    ordinal BIGINT NOT NULL,
    label TEXT NOT NULL,
    parent_clause_id TEXT REFERENCES clause(id),
    heading TEXT,
    text TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal', 'limited', 'secret')),
    definition BOOLEAN NOT NULL,
    line BIGINT NOT NULL
);

-- 用語
CREATE TABLE term (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision(id),
    clause_id TEXT REFERENCES clause(id),
    term TEXT NOT NULL,
    definition TEXT NOT NULL
);

-- 制定主体
CREATE TABLE adoption (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision(id),
    body TEXT NOT NULL,
    decided_on TEXT NOT NULL,
    file_number TEXT
);

-- 公表
CREATE TABLE publication (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision(id),
    url TEXT NOT NULL,
    published_on TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id)
);

CREATE UNIQUE INDEX revision_number ON revision (document_id, number);
-- One draft or pending revision per document at a time.
CREATE UNIQUE INDEX revision_open ON revision (document_id) WHERE state IN ('draft', 'pending');
CREATE UNIQUE INDEX revision_entry_order ON revision_entry (revision_id, ordinal);
CREATE UNIQUE INDEX revision_warning_order ON revision_warning (revision_id, ordinal);
CREATE INDEX clause_document ON clause (document_id);
CREATE UNIQUE INDEX clause_text_clause ON clause_text (revision_id, clause_id);
CREATE UNIQUE INDEX clause_text_order ON clause_text (revision_id, ordinal);
CREATE INDEX clause_text_by_clause ON clause_text (clause_id);
CREATE INDEX term_revision ON term (revision_id);
CREATE UNIQUE INDEX adoption_body ON adoption (revision_id, body);
CREATE INDEX publication_revision ON publication (revision_id);
