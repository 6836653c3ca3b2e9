-- Answers are kept compressed, with what lists show of them beside, and a run keeps what it
-- was decided from, LEA by LEA: a service that starts reads these and unpacks one where it is
-- asked for. Texts from before stay as they are, uncompressed.

ALTER TABLE answer_body RENAME TO answer_body_before;

CREATE TABLE answer_body (
    hash BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL,
    compression TEXT NOT NULL,
    byte_length BIGINT NOT NULL,
    summary TEXT
);

INSERT INTO answer_body (hash, content, compression, byte_length, summary)
SELECT hash, CAST(content AS BLOB), 'none', length(CAST(content AS BLOB)), NULL
FROM answer_body_before;

CREATE TABLE answer_again (
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

INSERT INTO answer_again SELECT * FROM answer;
DROP TABLE answer;
DROP TABLE answer_body_before;
ALTER TABLE answer_again RENAME TO answer;
CREATE INDEX answer_by_cds ON answer (run, cds);

-- The facts of an LEA, once for all runs that had the same. `format` says how they are packed.
CREATE TABLE facts_body (
    hash BLOB NOT NULL PRIMARY KEY,
    format SMALLINT NOT NULL,
    byte_length BIGINT NOT NULL,
    content BLOB NOT NULL
);

CREATE TABLE run_facts (
    run INTEGER NOT NULL REFERENCES run (number),
    cds TEXT NOT NULL,
    facts_hash BLOB NOT NULL REFERENCES facts_body (hash),
    PRIMARY KEY (run, cds)
) WITHOUT ROWID;
