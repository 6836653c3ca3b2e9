-- Who may see what, and who did what: from when releases are public, the clients that may ask
-- for tokens, the keys that sign those, and the audit.

-- What was said about when a release is public, one row for each time that something was said;
-- the latest holds. NULL: not before it is said otherwise. Nothing said: the date of the
-- release's edition holds.
CREATE TABLE publication (
    sequence INTEGER NOT NULL PRIMARY KEY,
    release INTEGER NOT NULL REFERENCES release (number),
    public_at TEXT COLLATE "C",
    set_at TEXT COLLATE "C" NOT NULL,
    set_by TEXT COLLATE "C" NOT NULL
);

CREATE TABLE client (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    secret_hash TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    agency TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    changed_at TEXT COLLATE "C" NOT NULL,
    secret_changed_at TEXT COLLATE "C" NOT NULL,
    disabled_at TEXT COLLATE "C"
);

-- No token is signed with a key from `retired_at` on; its public part is served until
-- `served_until`, after which the row goes.
CREATE TABLE signing_key (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm TEXT COLLATE "C" NOT NULL,
    private_key BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    retired_at TEXT COLLATE "C",
    served_until TEXT COLLATE "C"
);

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C",
    actor TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C",
    agency TEXT COLLATE "C",
    scopes TEXT COLLATE "C",
    address TEXT COLLATE "C",
    operation TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    status SMALLINT,
    code TEXT COLLATE "C",
    detail TEXT COLLATE "C" NOT NULL
);

-- Has every column that entries are chosen by, so that few entries are read in vain.
CREATE INDEX audit_by_time ON audit (at, actor, operation, outcome);

-- What was written stays as it is.
CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever added to';
END
$$;

CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
