-- What was asked for and is done later, by whichever process comes to it first.

-- A process that works on a job holds it until `lease_until` and goes on renewing that; one
-- whose time is over is taken up by another, with the next `attempt`. Nothing is stored for an
-- attempt that is not the last. `died` counts the attempts that came to no end.
CREATE TABLE job (
    sequence BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    issuer TEXT NOT NULL,
    agency TEXT NOT NULL,
    request TEXT NOT NULL,
    idempotency_key TEXT,
    request_hash TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    stage TEXT NOT NULL,
    progress_done BIGINT,
    progress_total BIGINT,
    attempt INTEGER NOT NULL,
    died INTEGER NOT NULL,
    worker TEXT,
    lease_until TEXT,
    release INTEGER REFERENCES release (number),
    run INTEGER REFERENCES run (number),
    repeated BOOLEAN NOT NULL,
    code TEXT,
    detail TEXT,
    result TEXT
) WITHOUT ROWID;

CREATE INDEX job_by_state ON job (state, sequence);
CREATE INDEX job_by_key ON job (idempotency_key) WHERE idempotency_key IS NOT NULL;

-- The file that a job is to take in, in parts; they go when the job ends.
CREATE TABLE job_part (
    job BIGINT NOT NULL REFERENCES job (sequence),
    part INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (job, part)
);
