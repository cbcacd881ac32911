-- 毎日の記録: one row, one version a day
CREATE TABLE heartbeat (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    day TEXT NOT NULL
);
