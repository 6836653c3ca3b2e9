-- Runs: what was answered, from which releases, under which editions of the rules.

CREATE TABLE edition (
    hash TEXT NOT NULL PRIMARY KEY,
    year INTEGER NOT NULL,
    content TEXT NOT NULL
);

CREATE TABLE run (
    number INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    program_version TEXT NOT NULL,
    answer_count BIGINT NOT NULL
);

CREATE TABLE run_release (
    run INTEGER NOT NULL REFERENCES run (number),
    release INTEGER NOT NULL REFERENCES release (number),
    PRIMARY KEY (run, release)
) WITHOUT ROWID;

CREATE TABLE run_edition (
    run INTEGER NOT NULL REFERENCES run (number),
    year INTEGER NOT NULL,
    hash TEXT NOT NULL REFERENCES edition (hash),
    PRIMARY KEY (run, year)
) WITHOUT ROWID;

-- The text of an answer, once for all runs that answered the same.
CREATE TABLE answer_body (
    hash BLOB NOT NULL PRIMARY KEY,
    content TEXT NOT NULL
);

CREATE TABLE answer (
    run INTEGER NOT NULL REFERENCES run (number),
    year INTEGER NOT NULL,
    cds TEXT NOT NULL,
    county SMALLINT NOT NULL,
    lea_type TEXT NOT NULL,
    eligible_level SMALLINT,
    label TEXT,
    provisional BOOLEAN NOT NULL,
    body_hash BLOB NOT NULL REFERENCES answer_body (hash),
    PRIMARY KEY (run, year, cds)
) WITHOUT ROWID;

CREATE INDEX answer_by_cds ON answer (run, cds);

-- One row at most: the run that readers see.
CREATE TABLE current_run (
    only_row SMALLINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    run INTEGER NOT NULL REFERENCES run (number)
);
