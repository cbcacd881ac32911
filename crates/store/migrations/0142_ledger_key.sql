-- 証跡の鍵
CREATE TABLE ledger_key (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('following', 'alone', 'retired')),
    since_ms BIGINT NOT NULL
);
