-- 組織の引き継ぎ: sections that were merged, split or given up, and which carries on what they were.
CREATE TABLE succession (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    unit_id TEXT NOT NULL,
    successor_id TEXT NOT NULL,
    main BOOLEAN NOT NULL,
    valid_from TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'carried', 'cancelled')),
    CHECK (unit_id <> successor_id)
);

-- What a section was goes to one place.
CREATE UNIQUE INDEX succession_main ON succession (unit_id) WHERE main AND state <> 'cancelled';
CREATE INDEX succession_due ON succession (valid_from) WHERE state = 'planned';
