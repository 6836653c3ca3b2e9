-- Answers are kept compressed, with what lists show of them beside, and a run keeps what it
-- was decided from, LEA by LEA: a service that starts reads these and unpacks one where it is
-- asked for. Texts from before stay as they are, uncompressed.

ALTER TABLE answer_body
    ALTER COLUMN content TYPE BYTEA USING convert_to(content, 'UTF8'),
    ADD COLUMN compression TEXT COLLATE "C" NOT NULL DEFAULT 'none',
    ADD COLUMN byte_length BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN summary TEXT COLLATE "C";
UPDATE answer_body SET byte_length = octet_length(content);
ALTER TABLE answer_body
    ALTER COLUMN compression DROP DEFAULT,
    ALTER COLUMN byte_length DROP DEFAULT,
    -- It is compressed already.
    ALTER COLUMN content SET STORAGE EXTERNAL;

-- The facts of an LEA, once for all runs that had the same. `format` says how they are packed.
CREATE TABLE facts_body (
    hash BYTEA NOT NULL PRIMARY KEY,
    format SMALLINT NOT NULL,
    byte_length BIGINT NOT NULL,
    content BYTEA NOT NULL
);
ALTER TABLE facts_body ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE run_facts (
    run INTEGER NOT NULL REFERENCES run (number),
    cds TEXT COLLATE "C" NOT NULL,
    facts_hash BYTEA NOT NULL REFERENCES facts_body (hash),
    PRIMARY KEY (run, cds)
);
