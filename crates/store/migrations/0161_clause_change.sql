-- 条項の分割・統合
CREATE TABLE clause_change (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision(id),
    from_clause_id TEXT NOT NULL REFERENCES clause(id),
    to_clause_id TEXT NOT NULL REFERENCES clause(id),
    how TEXT NOT NULL CHECK (how IN ('split', 'merged'))
);
CREATE INDEX clause_change_revision ON clause_change (revision_id);
CREATE INDEX clause_change_from ON clause_change (from_clause_id);
CREATE INDEX clause_change_to ON clause_change (to_clause_id);
