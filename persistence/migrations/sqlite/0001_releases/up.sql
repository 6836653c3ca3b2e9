-- Releases: files of the state, kept for ever and never changed.
-- `place` counts a release's rows from 0 and keeps their order; `file_row` is the row
-- of the file, which a workbook of several sheets can have twice.

CREATE TABLE release (
    number INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    year INTEGER,
    file_date TEXT,
    statewide BOOLEAN NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    byte_length BIGINT NOT NULL,
    rows_kept BIGINT NOT NULL,
    leas_named BIGINT NOT NULL,
    imported_at TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    report TEXT NOT NULL
);

-- The file itself, compressed. Apart from `release`, so that listing releases reads no file.
CREATE TABLE release_file (
    release INTEGER NOT NULL PRIMARY KEY REFERENCES release (number),
    compression TEXT NOT NULL,
    bytes BLOB NOT NULL
);

CREATE TABLE release_county (
    release INTEGER NOT NULL REFERENCES release (number),
    charters BOOLEAN NOT NULL,
    county SMALLINT NOT NULL,
    PRIMARY KEY (release, charters, county)
) WITHOUT ROWID;

CREATE TABLE performance (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    student_group TEXT NOT NULL,
    status INTEGER,
    change INTEGER,
    prior_status INTEGER,
    status_level SMALLINT,
    change_level SMALLINT,
    color SMALLINT,
    box_number INTEGER,
    numerator BIGINT,
    denominator BIGINT,
    prior_numerator BIGINT,
    prior_denominator BIGINT,
    accountability_met BOOLEAN,
    size_met BOOLEAN,
    small_denominator BOOLEAN,
    not_certified BOOLEAN,
    data_error BOOLEAN,
    participation_capped BOOLEAN,
    high_school_cuts BOOLEAN,
    table_type TEXT,
    alternative_school BOOLEAN,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

CREATE TABLE local_rating (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    rating TEXT NOT NULL,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

CREATE TABLE published (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    group_count BIGINT,
    status TEXT NOT NULL,
    ec52072 BOOLEAN,
    ec52071f BOOLEAN,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

-- A group that a published row has a column for (`listed`), a letter for, or both.
CREATE TABLE published_group (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    student_group TEXT NOT NULL,
    listed BOOLEAN NOT NULL,
    letter TEXT,
    PRIMARY KEY (release, place, student_group),
    FOREIGN KEY (release, place) REFERENCES published (release, place)
) WITHOUT ROWID;

CREATE TABLE published_earlier_status (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    year INTEGER NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (release, place, year),
    FOREIGN KEY (release, place) REFERENCES published (release, place)
) WITHOUT ROWID;

CREATE TABLE published_method (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    method SMALLINT NOT NULL,
    met BOOLEAN NOT NULL,
    PRIMARY KEY (release, place, method),
    FOREIGN KEY (release, place) REFERENCES published (release, place)
) WITHOUT ROWID;

CREATE TABLE calpads (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT NOT NULL,
    certified BOOLEAN NOT NULL,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

CREATE TABLE succession (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    predecessor TEXT NOT NULL,
    successor TEXT NOT NULL,
    kind TEXT NOT NULL,
    effective TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;

-- One row for each code that a file ever named. An id never changes and never moves to
-- another code: which codes are one LEA is read from the successions.
CREATE TABLE lea (
    cds TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    first_release INTEGER NOT NULL REFERENCES release (number)
) WITHOUT ROWID;

CREATE TABLE lea_mention (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    cds TEXT NOT NULL,
    lea_type TEXT NOT NULL,
    name TEXT NOT NULL,
    county_name TEXT NOT NULL,
    city TEXT,
    grade_span TEXT,
    PRIMARY KEY (release, place)
) WITHOUT ROWID;
