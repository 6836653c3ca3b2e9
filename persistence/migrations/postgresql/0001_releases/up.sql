-- Releases: files of the state, kept for ever and never changed.
-- Texts are compared and ordered by their bytes in every column, as SQLite does it, whatever
-- the language of the database.
-- `place` counts a release's rows from 0 and keeps their order; `file_row` is the row
-- of the file, which a workbook of several sheets can have twice.

CREATE TABLE release (
    number INTEGER NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    year INTEGER,
    file_date TEXT COLLATE "C",
    statewide BOOLEAN NOT NULL,
    file_name TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL UNIQUE,
    byte_length BIGINT NOT NULL,
    rows_kept BIGINT NOT NULL,
    leas_named BIGINT NOT NULL,
    imported_at TEXT COLLATE "C" NOT NULL,
    imported_by TEXT COLLATE "C" NOT NULL,
    report TEXT COLLATE "C" NOT NULL
);

-- The file itself, compressed. Apart from `release`, so that listing releases reads no file.
CREATE TABLE release_file (
    release INTEGER NOT NULL PRIMARY KEY REFERENCES release (number),
    compression TEXT COLLATE "C" NOT NULL,
    bytes BYTEA NOT NULL
);

CREATE TABLE release_county (
    release INTEGER NOT NULL REFERENCES release (number),
    charters BOOLEAN NOT NULL,
    county SMALLINT NOT NULL,
    PRIMARY KEY (release, charters, county)
);

-- Without a reference to `release`, as are `lea` and `lea_mention`: PostgreSQL asks for the
-- release of each row apart, which takes longer than storing the 150,000 rows of a statewide
-- file does.
CREATE TABLE performance (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    student_group TEXT COLLATE "C" NOT NULL,
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
    table_type TEXT COLLATE "C",
    alternative_school BOOLEAN,
    PRIMARY KEY (release, place)
);

CREATE TABLE local_rating (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    rating TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (release, place)
);

CREATE TABLE published (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    group_count BIGINT,
    status TEXT COLLATE "C" NOT NULL,
    ec52072 BOOLEAN,
    ec52071f BOOLEAN,
    PRIMARY KEY (release, place)
);

-- A group that a published row has a column for (`listed`), a letter for, or both.
CREATE TABLE published_group (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    student_group TEXT COLLATE "C" NOT NULL,
    listed BOOLEAN NOT NULL,
    letter TEXT COLLATE "C",
    PRIMARY KEY (release, place, student_group),
    FOREIGN KEY (release, place) REFERENCES published (release, place)
);

CREATE TABLE published_earlier_status (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    year INTEGER NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (release, place, year),
    FOREIGN KEY (release, place) REFERENCES published (release, place)
);

CREATE TABLE published_method (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    method SMALLINT NOT NULL,
    met BOOLEAN NOT NULL,
    PRIMARY KEY (release, place, method),
    FOREIGN KEY (release, place) REFERENCES published (release, place)
);

CREATE TABLE calpads (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    certified BOOLEAN NOT NULL,
    PRIMARY KEY (release, place)
);

CREATE TABLE succession (
    release INTEGER NOT NULL REFERENCES release (number),
    place INTEGER NOT NULL,
    file_row BIGINT NOT NULL,
    predecessor TEXT COLLATE "C" NOT NULL,
    successor TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    effective TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (release, place)
);

-- One row for each code that a file ever named. An id never changes and never moves to
-- another code: which codes are one LEA is read from the successions.
CREATE TABLE lea (
    cds TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    first_release INTEGER NOT NULL
);

CREATE TABLE lea_mention (
    release INTEGER NOT NULL,
    place INTEGER NOT NULL,
    cds TEXT COLLATE "C" NOT NULL,
    lea_type TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    county_name TEXT COLLATE "C" NOT NULL,
    city TEXT COLLATE "C",
    grade_span TEXT COLLATE "C",
    PRIMARY KEY (release, place)
);
