-- Seals: hashes of what was stored, beside it, so that `calsos check` finds what was changed
-- from outside also where nothing else is known of it, such as who imported a file and when.
-- The program sets them, and those of what was there before when it brings a database up to
-- date: a migration that changes a sealed table deletes its seals, which are then set anew.

CREATE TABLE seal (
    -- The table that is sealed.
    subject TEXT COLLATE "C" NOT NULL,
    -- The number of the release, run or publication whose rows of it are sealed.
    number INTEGER NOT NULL,
    sha256 BYTEA NOT NULL,
    PRIMARY KEY (subject, number)
);

-- Of a packed text or packed facts the seal is in their own row, which several runs share.
ALTER TABLE answer_body ADD COLUMN seal BYTEA NOT NULL DEFAULT '\x';
ALTER TABLE facts_body ADD COLUMN seal BYTEA NOT NULL DEFAULT '\x';
