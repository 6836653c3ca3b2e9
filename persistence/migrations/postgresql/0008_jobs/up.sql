-- What was asked for and is done later, by whichever process comes to it first.

-- A process that works on a job holds it until `lease_until` and goes on renewing that; one
-- whose time is over is taken up by another, with the next `attempt`. Nothing is stored for an
-- attempt that is not the last. `died` counts the attempts that came to no end.
CREATE TABLE job (
    sequence BIGINT NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    agency TEXT COLLATE "C" NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C",
    request_hash TEXT COLLATE "C",
    created_at TEXT COLLATE "C" NOT NULL,
    started_at TEXT COLLATE "C",
    finished_at TEXT COLLATE "C",
    stage TEXT COLLATE "C" NOT NULL,
    progress_done BIGINT,
    progress_total BIGINT,
    attempt INTEGER NOT NULL,
    died INTEGER NOT NULL,
    worker TEXT COLLATE "C",
    lease_until TEXT COLLATE "C",
    release INTEGER REFERENCES release (number),
    run INTEGER REFERENCES run (number),
    repeated BOOLEAN NOT NULL,
    code TEXT COLLATE "C",
    detail TEXT COLLATE "C",
    result TEXT COLLATE "C"
);

CREATE INDEX job_by_state ON job (state, sequence);
CREATE INDEX job_by_key ON job (idempotency_key) WHERE idempotency_key IS NOT NULL;

-- The file that a job is to take in, in parts; they go when the job ends.
CREATE TABLE job_part (
    job BIGINT NOT NULL REFERENCES job (sequence),
    part INTEGER NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (job, part)
);

-- They are there for minutes: to compress them would take longer than it saves.
ALTER TABLE job_part ALTER COLUMN bytes SET STORAGE EXTERNAL;
