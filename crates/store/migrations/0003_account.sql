-- アカウント
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id),
    login TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('local', 'directory', 'oidc')),
    state TEXT NOT NULL CHECK (state IN ('active', 'locked', 'disabled')),
    privileged BOOLEAN NOT NULL
);

-- 認証手段
CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account(id),
    kind TEXT NOT NULL CHECK (kind IN ('password', 'totp', 'passkey', 'recovery')),
    label TEXT,
    registered_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    countersigned_by TEXT REFERENCES person(id)
);

CREATE UNIQUE INDEX account_login ON account (login);
CREATE INDEX account_person ON account (person_id);
CREATE INDEX credential_account ON credential (account_id);
