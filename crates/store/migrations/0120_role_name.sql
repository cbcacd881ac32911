-- What the city calls the roles of the guideline.
CREATE TABLE role_name (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('ciso', 'chief_officer', 'officer', 'manager', 'system_manager', 'system_operator', 'section_staff', 'secretariat', 'committee', 'csirt', 'audit_chief', 'auditor', 'cloud_manager', 'system_administrator')),
    name TEXT NOT NULL
);
CREATE UNIQUE INDEX role_name_key ON role_name (role);
CREATE INDEX role_name_role ON role_name (role, id);
CREATE TABLE role_name_search (
    id TEXT PRIMARY KEY,
    s0 BIGINT NOT NULL,
    s1 BIGINT NOT NULL,
    s2 BIGINT NOT NULL,
    s3 BIGINT NOT NULL,
    search_key TEXT NOT NULL
);
