-- Operational tables: never ledgered, written through store::Op. Losing them loses comfort, not the record.

-- Log-ins that are open. Only a hash of the cookie is kept, so a copied database opens no session.
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    token_sha256 TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES account(id),
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    -- Who has given a password but no second factor yet may go nowhere but to the second step.
    stage TEXT NOT NULL CHECK (stage IN ('password', 'enrol', 'full')),
    agent TEXT NOT NULL
);

CREATE INDEX session_account ON session (account_id);

-- The secret half of a credential: an argon2id hash or a TOTP key. Never in the ledger, never in the history.
CREATE TABLE credential_secret (
    credential_id TEXT PRIMARY KEY REFERENCES credential(id),
    secret TEXT NOT NULL,
    -- A password that must be changed at the first log-in.
    one_time BOOLEAN NOT NULL,
    -- The last TOTP step that was accepted: the same code does not work twice.
    last_step BIGINT NOT NULL
);

-- Failed log-ins by login name or address. Survives a restart.
CREATE TABLE login_limit (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    window_from_ms BIGINT NOT NULL,
    blocked_until_ms BIGINT NOT NULL
);

-- What a committed change may have made out of date; the evaluator takes rows away when it has caught up.
CREATE TABLE dirty (
    id TEXT PRIMARY KEY,
    noun TEXT NOT NULL,
    -- The requirement concerned, where the row names one; empty otherwise.
    focus TEXT NOT NULL
);

-- When a check was last computed and when its answer can next change by itself.
CREATE TABLE check_run (
    check_id TEXT PRIMARY KEY,
    check_version BIGINT NOT NULL,
    evaluated_ms BIGINT NOT NULL,
    next_change_ms BIGINT
);

CREATE INDEX check_run_due ON check_run (next_change_ms);

-- A policy file that was uploaded and read, not yet saved as a draft revision.
CREATE TABLE import_draft (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account(id),
    created_ms BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    parsed TEXT NOT NULL
);

-- Sealed files on disk: one key each, so that destroying the key destroys the file in every backup made after.
CREATE TABLE object_key (
    object_id TEXT PRIMARY KEY,
    identity TEXT NOT NULL
);
