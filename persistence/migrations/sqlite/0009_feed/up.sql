-- The feed of what has changed, for who keeps a copy: one for the public and one for who sees
-- everything, told by the same numbers.

-- What was told last of each determination: the hash of what is shown of it; NULL where the
-- stream does not have it.
CREATE TABLE feed_item (
    year INTEGER NOT NULL,
    cds TEXT NOT NULL,
    public_hash BLOB,
    full_hash BLOB,
    PRIMARY KEY (year, cds)
) WITHOUT ROWID;

-- What has become of a determination in each of the streams; NULL: nothing, or no longer kept.
CREATE TABLE feed_event (
    sequence BIGINT NOT NULL PRIMARY KEY,
    year INTEGER NOT NULL,
    cds TEXT NOT NULL,
    county SMALLINT NOT NULL,
    public_change TEXT,
    full_change TEXT,
    at TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX feed_event_public ON feed_event (sequence) WHERE public_change IS NOT NULL;
CREATE INDEX feed_event_county ON feed_event (county, sequence);

-- One row at most: which feed it is, the number that was given last, up to which number each
-- stream is no longer kept, the name of what was told, and as of which moment.
CREATE TABLE feed_state (
    only_row SMALLINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    feed TEXT NOT NULL,
    newest BIGINT NOT NULL,
    public_pruned BIGINT NOT NULL,
    full_pruned BIGINT NOT NULL,
    told TEXT NOT NULL,
    told_as_of TEXT NOT NULL
);
