-- The record of support: referrals, interventions, engagements and whatever else people decide
-- and do after a determination. A record is never changed: each change is a further version of
-- it, and the newest one holds. A deletion is a version, too.

CREATE TABLE support_record (
    sequence INTEGER NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    -- The LEA that it is about, and the county; NULL where it is about none.
    cds TEXT COLLATE "C",
    county SMALLINT
);

CREATE INDEX support_record_by_kind ON support_record (kind, sequence);
CREATE INDEX support_record_by_lea ON support_record (cds, sequence);

-- `version` counts from 1 within a record, `sequence` over all of them in the order of the
-- commits. `content` is JSON, of which the database knows nothing. `idempotency_key` and
-- `request_hash` tell that a caller asks for the same again.
CREATE TABLE support_version (
    sequence INTEGER NOT NULL PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES support_record (sequence),
    version INTEGER NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    at TEXT COLLATE "C" NOT NULL,
    by_client TEXT COLLATE "C" NOT NULL,
    by_issuer TEXT COLLATE "C",
    by_agency TEXT COLLATE "C",
    idempotency_key TEXT COLLATE "C",
    request_hash TEXT COLLATE "C",
    UNIQUE (record, version)
);

CREATE INDEX support_version_by_key ON support_version (idempotency_key)
WHERE idempotency_key IS NOT NULL;

-- What was written stays as it is.
CREATE FUNCTION support_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of support is only ever added to';
END
$$;

CREATE TRIGGER support_record_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON support_record
FOR EACH STATEMENT EXECUTE FUNCTION support_is_only_added_to();

CREATE TRIGGER support_version_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON support_version
FOR EACH STATEMENT EXECUTE FUNCTION support_is_only_added_to();
