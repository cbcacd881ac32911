-- Certificates (職員カード) become a kind of credential, and keys that are found by their own id are kept beside it.
-- SQLite cannot change a CHECK, so both tables are made anew; the order keeps every reference whole.
CREATE TABLE credential_new (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account(id),
    kind TEXT NOT NULL CHECK (kind IN ('password', 'totp', 'passkey', 'recovery', 'certificate')),
    label TEXT,
    registered_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    countersigned_by TEXT REFERENCES person(id),
    handle TEXT,
    public_key TEXT
);

INSERT INTO credential_new (id, version, account_id, kind, label, registered_ms, revoked_ms, countersigned_by)
    SELECT id, version, account_id, kind, label, registered_ms, revoked_ms, countersigned_by FROM credential;

CREATE TABLE credential_secret_new (
    credential_id TEXT PRIMARY KEY REFERENCES credential_new(id),
    secret TEXT NOT NULL,
    one_time BOOLEAN NOT NULL,
    -- The last TOTP step, or the last count of a passkey, that was accepted: nothing works twice.
    last_step BIGINT NOT NULL
);

INSERT INTO credential_secret_new (credential_id, secret, one_time, last_step)
    SELECT credential_id, secret, one_time, last_step FROM credential_secret;

DROP TABLE credential_secret;
DROP TABLE credential;
ALTER TABLE credential_new RENAME TO credential;
ALTER TABLE credential_secret_new RENAME TO credential_secret;

CREATE INDEX credential_account ON credential (account_id);
-- One key, one account.
CREATE UNIQUE INDEX credential_handle ON credential (handle) WHERE handle IS NOT NULL AND revoked_ms IS NULL;

-- Accounts that the city's directory or provider vouches for.
ALTER TABLE account ADD COLUMN external_id TEXT;
ALTER TABLE account ADD COLUMN resident_zone BOOLEAN;
CREATE UNIQUE INDEX account_external ON account (kind, external_id) WHERE external_id IS NOT NULL;

-- What was shown in this log-in, and when the person last proved to be at the screen (step-up).
ALTER TABLE session ADD COLUMN methods TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN stepped_up_ms BIGINT NOT NULL DEFAULT 0;

-- A question that waits for its answer: a passkey's challenge, an OpenID redirect. Bound to one browser by a
-- cookie of which only the hash is kept; taken away by the first answer.
CREATE TABLE ceremony (
    token_sha256 TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('passkey', 'passkey_new', 'oidc')),
    account_id TEXT REFERENCES account(id),
    data TEXT NOT NULL,
    ends_ms BIGINT NOT NULL
);

-- When an account was last used (動かないアカウントの棚卸).
CREATE TABLE account_use (
    account_id TEXT PRIMARY KEY REFERENCES account(id),
    used_ms BIGINT NOT NULL
);

-- The directory as last read: what lies there, whether it may still log in, whom it belongs to here.
CREATE TABLE directory_entry (
    external_id TEXT PRIMARY KEY,
    login TEXT NOT NULL,
    number TEXT,
    enabled BOOLEAN NOT NULL,
    seen_ms BIGINT NOT NULL,
    person_id TEXT REFERENCES person(id)
);

CREATE INDEX directory_entry_person ON directory_entry (person_id);

-- How the last readings of the directory went.
CREATE TABLE directory_sync (
    id TEXT PRIMARY KEY,
    read_ms BIGINT NOT NULL,
    failed_ms BIGINT,
    fault TEXT
);
