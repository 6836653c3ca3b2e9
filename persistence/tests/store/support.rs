//! A database of its own for a test, and made-up values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use calsos_domain::cds::CdsCode;
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::release::{
    Coverage, LeaMention, ReleaseContents, ReleaseKind, Rows, SuccessionKind, SuccessionRow,
};
use calsos_domain::year::{DashboardYear, Day};
use calsos_persistence::{AddRelease, NewRelease, ReleaseRecord, Store};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tempfile::TempDir;

/// A database in a directory that goes away with it.
pub(crate) struct Database {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
}

impl Database {
    pub(crate) fn new() -> Database {
        let directory = TempDir::new().unwrap();
        let store = Store::open(&url(&directory)).unwrap();
        Database { directory, store }
    }

    pub(crate) fn url(&self) -> String {
        url(&self.directory)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("calsos.db")
    }

    /// A connection beside the store, as somebody at a console has it.
    pub(crate) fn console(&self) -> SqliteConnection {
        let mut console = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        console.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        console
    }

    /// How many rows each table has.
    pub(crate) fn counts(&self) -> BTreeMap<String, i64> {
        let mut console = self.console();
        let tables: Vec<Name> = diesel::sql_query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )
        .load(&mut console)
        .unwrap();
        tables
            .into_iter()
            .map(|Name { name }| {
                let count: Count =
                    diesel::sql_query(format!("SELECT count(*) AS count FROM \"{name}\""))
                        .get_result(&mut console)
                        .unwrap();
                (name, count.count)
            })
            .collect()
    }

    /// Stores contents as a file with these bytes.
    pub(crate) fn add(&self, contents: &ReleaseContents, bytes: &str) -> ReleaseRecord {
        match add(&self.store, contents, bytes) {
            AddRelease::Added(record) => record,
            AddRelease::AlreadyStored(record) => panic!("stored before: {record:?}"),
        }
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

fn url(directory: &TempDir) -> String {
    format!("sqlite:{}", directory.path().join("calsos.db").display())
}

pub(crate) fn add(store: &Store, contents: &ReleaseContents, bytes: &str) -> AddRelease {
    store
        .add_release(&NewRelease {
            contents,
            file_name: "made-up.txt",
            bytes: bytes.as_bytes(),
            kept_bytes: None,
            imported_by: "tester",
            report: "{}",
        })
        .unwrap()
}

pub(crate) fn year(number: u16) -> DashboardYear {
    DashboardYear::new(number).unwrap()
}

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// A made-up code: county, a district number below 100, a school.
pub(crate) fn cds(county: u8, district: u8, school: u32) -> CdsCode {
    CdsCode::parse(&format!("{county:02}000{district:02}{school:07}")).unwrap()
}

pub(crate) fn mention(cds: CdsCode, name: &str) -> LeaMention {
    LeaMention {
        cds,
        lea_type: if cds.is_district_level() { LeaType::District } else { LeaType::Charter },
        name: name.to_owned(),
        county_name: String::new(),
        city: None,
        grade_span: None,
    }
}

/// A file without rows of this kind and year that names these LEAs.
pub(crate) fn naming(
    kind: ReleaseKind,
    year: DashboardYear,
    leas: Vec<LeaMention>,
) -> ReleaseContents {
    let rows = match kind {
        ReleaseKind::Indicator(_) => Rows::Performances(Vec::new()),
        ReleaseKind::LocalIndicator(_) => Rows::LocalRatings(Vec::new()),
        ReleaseKind::PublishedList => Rows::Published(Vec::new()),
        ReleaseKind::CalpadsExceptions => Rows::Calpads(Vec::new()),
        ReleaseKind::Successions => Rows::Successions(Vec::new()),
        ReleaseKind::Directory => Rows::Directory(Vec::new()),
        ReleaseKind::CharterList => Rows::CharterList(Vec::new()),
        ReleaseKind::GeographicLeads => Rows::GeographicLeads(Vec::new()),
        ReleaseKind::CharterLocations => Rows::CharterLocations(Vec::new()),
        ReleaseKind::NcesIds => Rows::NcesIds(Vec::new()),
    };
    ReleaseContents {
        kind,
        year: Some(year),
        file_date: None,
        coverage: Coverage { statewide: true, ..Coverage::default() },
        leas,
        rows,
    }
}

/// A small indicator file.
pub(crate) fn small_file() -> ReleaseContents {
    naming(
        ReleaseKind::Indicator(Indicator::Susp),
        year(2090),
        vec![mention(cds(7, 11, 0), "Made-up Unified"), mention(cds(7, 11, 5), "Made-up Charter")],
    )
}

pub(crate) fn succession(
    predecessor: CdsCode,
    successor: CdsCode,
    kind: SuccessionKind,
    effective: &str,
) -> SuccessionRow {
    SuccessionRow {
        row: 2,
        predecessor,
        successor,
        kind,
        effective: day(effective),
        source: "made up".to_owned(),
    }
}

pub(crate) fn successions(rows: Vec<SuccessionRow>) -> ReleaseContents {
    ReleaseContents {
        kind: ReleaseKind::Successions,
        year: None,
        file_date: None,
        coverage: Coverage::default(),
        leas: Vec::new(),
        rows: Rows::Successions(rows),
    }
}
