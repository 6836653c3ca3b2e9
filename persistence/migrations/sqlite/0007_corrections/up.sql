-- Releases over time: which of two goes before where one is statewide and the other is of
-- counties, which were withdrawn, and moments that never go back.

-- What was said at its import of a release beside those that it met: wins or yields. NULL: it
-- met none, or an earlier version stored it.
ALTER TABLE release ADD COLUMN beside TEXT;

-- What was said about whether a release is withdrawn, one row for each time that something was
-- said; the latest holds. Nothing said: it is not.
CREATE TABLE withdrawal (
    sequence INTEGER NOT NULL PRIMARY KEY,
    release INTEGER NOT NULL REFERENCES release (number),
    withdrawn BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    set_at TEXT NOT NULL,
    set_by TEXT NOT NULL
);

-- The last moment that was stored, which the next one lies after whatever the clock says. No
-- row: none was.
CREATE TABLE moment (
    only_row SMALLINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    last TEXT NOT NULL
);

INSERT INTO moment (only_row, last)
SELECT 1, newest.last FROM (
    SELECT max(stored.at) AS last FROM (
        SELECT imported_at AS at FROM release
        UNION ALL SELECT made_at FROM run
        UNION ALL SELECT set_at FROM publication
        UNION ALL SELECT created_at FROM client
        UNION ALL SELECT changed_at FROM client
        UNION ALL SELECT secret_changed_at FROM client
        UNION ALL SELECT disabled_at FROM client
        UNION ALL SELECT created_at FROM signing_key
        UNION ALL SELECT retired_at FROM signing_key
        UNION ALL SELECT at FROM audit
    ) AS stored
) AS newest WHERE newest.last IS NOT NULL;
