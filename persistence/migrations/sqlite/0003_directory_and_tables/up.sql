-- The public schools directory, charter assistance lists, and tables that operators keep.

-- What is kept of a file that is not stored as it is, since columns of it are about people:
-- the bytes in `release_file` are then these, and `release.sha256` stays the file's own.
CREATE TABLE release_kept (
    release INTEGER NOT NULL PRIMARY KEY REFERENCES release (number),
    sha256 TEXT NOT NULL,
    byte_length BIGINT NOT NULL
);

CREATE TABLE directory (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    agency TEXT NOT NULL,
    status TEXT NOT NULL,
    name TEXT NOT NULL,
    county_name TEXT NOT NULL,
    city TEXT,
    grade_span TEXT,
    opened TEXT,
    closed TEXT,
    charter_number TEXT,
    funding TEXT,
    doc TEXT,
    doc_name TEXT,
    nces_district TEXT,
    nces_school TEXT,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

CREATE INDEX directory_by_cds ON directory (cds);

CREATE TABLE charter_list (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    status TEXT,
    ec47607 BOOLEAN,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

-- A group that a row of a charter list has a column for (`listed`), a letter for, or both,
-- in the list's own year or in the year before (`prior`).
CREATE TABLE charter_list_group (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    prior BOOLEAN NOT NULL,
    student_group TEXT NOT NULL,
    listed BOOLEAN NOT NULL,
    letter TEXT,
    PRIMARY KEY (release, place, prior, student_group),
    FOREIGN KEY (release, place) REFERENCES charter_list (release, place)
) WITHOUT ROWID;

CREATE TABLE geographic_lead (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    county SMALLINT NOT NULL,
    agency TEXT NOT NULL,
    held_from TEXT,
    held_until TEXT,
    source TEXT NOT NULL,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

CREATE TABLE charter_location (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    county SMALLINT NOT NULL,
    held_from TEXT,
    held_until TEXT,
    source TEXT NOT NULL,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

CREATE TABLE nces_id (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    district TEXT NOT NULL,
    school TEXT,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;
