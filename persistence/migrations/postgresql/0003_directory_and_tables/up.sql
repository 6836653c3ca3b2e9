-- The public schools directory, charter assistance lists, and tables that operators keep.

-- What is kept of a file that is not stored as it is, since columns of it are about people:
-- the bytes in `release_file` are then these, and `release.sha256` stays the file's own.
CREATE TABLE release_kept (
    release INTEGER NOT NULL PRIMARY KEY REFERENCES release (number),
    sha256 TEXT COLLATE "C" NOT NULL,
    byte_length BIGINT NOT NULL
);

CREATE TABLE directory (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    agency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    county_name TEXT COLLATE "C" NOT NULL,
    city TEXT COLLATE "C",
    grade_span TEXT COLLATE "C",
    opened TEXT COLLATE "C",
    closed TEXT COLLATE "C",
    charter_number TEXT COLLATE "C",
    funding TEXT COLLATE "C",
    doc TEXT COLLATE "C",
    doc_name TEXT COLLATE "C",
    nces_district TEXT COLLATE "C",
    nces_school TEXT COLLATE "C",
    PRIMARY KEY (release, place)
);

CREATE INDEX directory_by_cds ON directory (cds);

CREATE TABLE charter_list (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C",
    ec47607 BOOLEAN,
    PRIMARY KEY (release, place)
);

-- A group that a row of a charter list has a column for (`listed`), a letter for, or both,
-- in the list's own year or in the year before (`prior`).
CREATE TABLE charter_list_group (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    prior BOOLEAN NOT NULL,
    student_group TEXT COLLATE "C" NOT NULL,
    listed BOOLEAN NOT NULL,
    letter TEXT COLLATE "C",
    PRIMARY KEY (release, place, prior, student_group),
    FOREIGN KEY (release, place) REFERENCES charter_list (release, place)
);

CREATE TABLE geographic_lead (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    county SMALLINT NOT NULL,
    agency TEXT COLLATE "C" NOT NULL,
    held_from TEXT COLLATE "C",
    held_until TEXT COLLATE "C",
    source TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (release, place)
);

CREATE TABLE charter_location (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    county SMALLINT NOT NULL,
    held_from TEXT COLLATE "C",
    held_until TEXT COLLATE "C",
    source TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (release, place)
);

CREATE TABLE nces_id (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    district TEXT COLLATE "C" NOT NULL,
    school TEXT COLLATE "C",
    PRIMARY KEY (release, place)
);
