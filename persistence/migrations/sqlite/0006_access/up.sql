-- Who may see what, and who did what: from when releases are public, the clients that may ask
-- for tokens, the keys that sign those, and the audit.

-- What was said about when a release is public, one row for each time that something was said;
-- the latest holds. NULL: not before it is said otherwise. Nothing said: the date of the
-- release's edition holds.
CREATE TABLE publication (
    sequence INTEGER NOT NULL PRIMARY KEY,
    release INTEGER NOT NULL REFERENCES release (number),
    public_at TEXT,
    set_at TEXT NOT NULL,
    set_by TEXT NOT NULL
);

CREATE TABLE client (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    agency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    secret_changed_at TEXT NOT NULL,
    disabled_at TEXT
) WITHOUT ROWID;

-- No token is signed with a key from `retired_at` on; its public part is served until
-- `served_until`, after which the row goes.
CREATE TABLE signing_key (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    private_key BLOB NOT NULL,
    public_key BLOB NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    retired_at TEXT,
    served_until TEXT
) WITHOUT ROWID;

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    request_id TEXT,
    actor TEXT NOT NULL,
    issuer TEXT,
    agency TEXT,
    scopes TEXT,
    address TEXT,
    operation TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status SMALLINT,
    code TEXT,
    detail TEXT NOT NULL
) WITHOUT ROWID;

-- Has every column that entries are chosen by, so that few entries are read in vain.
CREATE INDEX audit_by_time ON audit (at, actor, operation, outcome);

-- What was written stays as it is.
CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is only ever added to');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is only ever added to');
END;

-- REPLACE would delete without asking the trigger above.
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'the audit is only ever added to');
END;
