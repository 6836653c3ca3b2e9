-- Between which places of an indicator file the rows of an LEA stand: they are mostly one
-- after another, so that one LEA is read without the others. An index of every row would
-- take as long to make as the rows themselves.
CREATE TABLE performance_lea (
    release INTEGER NOT NULL REFERENCES release (number),
    cds TEXT NOT NULL,
    first_place INTEGER NOT NULL,
    last_place INTEGER NOT NULL,
    PRIMARY KEY (release, cds)
) WITHOUT ROWID;

INSERT INTO performance_lea (release, cds, first_place, last_place)
SELECT release, cds, min(place), max(place) FROM performance GROUP BY release, cds;
