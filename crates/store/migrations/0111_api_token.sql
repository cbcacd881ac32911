-- Keys that people make for their programs. Operational, like sessions: the table holds only the hash.
CREATE TABLE api_token (
    id TEXT PRIMARY KEY,
    token_sha256 TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES account(id),
    name TEXT NOT NULL,
    writes BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    used_ms BIGINT NOT NULL
);

CREATE INDEX api_token_account ON api_token (account_id, id);
