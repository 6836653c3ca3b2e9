-- The record of support: referrals, interventions, engagements and whatever else people decide
-- and do after a determination. A record is never changed: each change is a further version of
-- it, and the newest one holds. A deletion is a version, too.

CREATE TABLE support_record (
    sequence INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    -- The LEA that it is about, and the county; NULL where it is about none.
    cds TEXT,
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
    what TEXT NOT NULL,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    reason TEXT,
    at TEXT NOT NULL,
    by_client TEXT NOT NULL,
    by_issuer TEXT,
    by_agency TEXT,
    idempotency_key TEXT,
    request_hash TEXT,
    UNIQUE (record, version)
);

CREATE INDEX support_version_by_key ON support_version (idempotency_key)
WHERE idempotency_key IS NOT NULL;

-- What was written stays as it is.
CREATE TRIGGER support_record_is_not_updated BEFORE UPDATE ON support_record
BEGIN
    SELECT RAISE(ABORT, 'the record of support is only ever added to');
END;

CREATE TRIGGER support_record_is_not_deleted BEFORE DELETE ON support_record
BEGIN
    SELECT RAISE(ABORT, 'the record of support is only ever added to');
END;

-- REPLACE would delete without asking the trigger above.
CREATE TRIGGER support_record_is_not_replaced BEFORE INSERT ON support_record
WHEN EXISTS (
    SELECT 1 FROM support_record
    WHERE sequence = NEW.sequence OR id = NEW.id
)
BEGIN
    SELECT RAISE(ABORT, 'the record of support is only ever added to');
END;

CREATE TRIGGER support_version_is_not_updated BEFORE UPDATE ON support_version
BEGIN
    SELECT RAISE(ABORT, 'the record of support is only ever added to');
END;

CREATE TRIGGER support_version_is_not_deleted BEFORE DELETE ON support_version
BEGIN
    SELECT RAISE(ABORT, 'the record of support is only ever added to');
END;

-- REPLACE would delete without asking the trigger above.
CREATE TRIGGER support_version_is_not_replaced BEFORE INSERT ON support_version
WHEN EXISTS (
    SELECT 1 FROM support_version
    WHERE sequence = NEW.sequence OR (record = NEW.record AND version = NEW.version)
)
BEGIN
    SELECT RAISE(ABORT, 'the record of support is only ever added to');
END;
