-- Runs: what was answered, from which releases, under which editions of the rules.

CREATE TABLE edition (
    hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    year INTEGER NOT NULL,
    content TEXT COLLATE "C" NOT NULL
);

CREATE TABLE run (
    number INTEGER NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    made_at TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    program_version TEXT COLLATE "C" NOT NULL,
    answer_count BIGINT NOT NULL
);

CREATE TABLE run_release (
    run INTEGER NOT NULL REFERENCES run (number),
    release INTEGER NOT NULL REFERENCES release (number),
    PRIMARY KEY (run, release)
);

CREATE TABLE run_edition (
    run INTEGER NOT NULL REFERENCES run (number),
    year INTEGER NOT NULL,
    hash TEXT COLLATE "C" NOT NULL REFERENCES edition (hash),
    PRIMARY KEY (run, year)
);

-- The text of an answer, once for all runs that answered the same.
CREATE TABLE answer_body (
    hash BYTEA NOT NULL PRIMARY KEY,
    content TEXT COLLATE "C" NOT NULL
);

CREATE TABLE answer (
    run INTEGER NOT NULL REFERENCES run (number),
    year INTEGER NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    county SMALLINT NOT NULL,
    lea_type TEXT COLLATE "C" NOT NULL,
    eligible_level SMALLINT,
    label TEXT COLLATE "C",
    provisional BOOLEAN NOT NULL,
    body_hash BYTEA NOT NULL REFERENCES answer_body (hash),
    PRIMARY KEY (run, year, cds)
);

CREATE INDEX answer_by_cds ON answer (run, cds);

-- One row at most: the run that readers see.
CREATE TABLE current_run (
    only_row SMALLINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    run INTEGER NOT NULL REFERENCES run (number)
);
