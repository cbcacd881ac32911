-- A spreadsheet on its way into a register, and what became of it. Operational: the changes themselves are records.
CREATE TABLE register_import (
    id TEXT PRIMARY KEY,
    register TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    created_ms BIGINT NOT NULL,
    -- 名前を並べたもの, for people.
    file_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'applied', 'undone')),
    -- The cells read and how they were mapped, as JSON; empty once applied.
    body TEXT NOT NULL,
    -- The commit that wrote it: what undoing looks for.
    batch_id TEXT,
    -- 追加 n件、変更 n件: what was done, in words.
    summary TEXT NOT NULL
);

CREATE INDEX register_import_register ON register_import (register, created_ms);

-- Which heading is which column, by the shape of a file once mapped by hand.
CREATE TABLE register_mapping (
    register TEXT NOT NULL,
    -- SHA-256 of the folded headings.
    shape TEXT NOT NULL,
    mapping TEXT NOT NULL,
    PRIMARY KEY (register, shape)
);
