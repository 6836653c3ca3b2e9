//! A database of its own for a test, and made-up values.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::LeaFacts;
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::release::{
    Coverage, LeaMention, ReleaseContents, ReleaseKind, Rows, SuccessionKind, SuccessionRow,
};
use calsos_domain::year::{DashboardYear, Day};
use calsos_persistence::{
    AddJob, AddRelease, AuditOutcome, ChangeRelease, JobKind, JobRecord, NewAudit, NewClient,
    NewJob, NewRelease, NewRun, NewSigningKey, NewSupport, PublicAt, ReleaseChange, ReleaseNumber,
    ReleaseRecord, SeenOfRelease, Store, StoreError, SupportBy, SupportKind, SupportPlace,
    SupportRecord, WriteSupport,
};
use calsos_tests_postgres::Server;
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use jiff::Timestamp;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Clone, Copy)]
pub(crate) enum Backend {
    Sqlite,
    Postgresql(&'static Server),
}

/// Makes tests of functions that take a [`Backend`]: one for each database.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test($crate::support::Backend::Sqlite) })+
        }
        mod postgresql {
            $(#[test] fn $test() {
                if let Some(server) = calsos_tests_postgres::server(stringify!($test)) {
                    super::$test($crate::support::Backend::Postgresql(server))
                }
            })+
        }
    };
}
pub(crate) use on_both;

/// A run without facts.
pub(crate) static NO_FACTS: BTreeMap<CdsCode, LeaFacts> = BTreeMap::new();

/// A database that goes away with this.
pub(crate) struct Database {
    pub(crate) place: Place,
    pub(crate) store: Store,
}

pub(crate) enum Place {
    /// The file `calsos.db` of a directory.
    Sqlite(TempDir),
    Postgresql {
        server: &'static Server,
        name: String,
    },
}

impl Place {
    /// A place where no database is, or an empty one.
    pub(crate) fn new(on: Backend) -> Place {
        match on {
            Backend::Sqlite => Place::Sqlite(TempDir::new().unwrap()),
            Backend::Postgresql(server) => {
                Place::Postgresql { server, name: server.new_database() }
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Place::Sqlite(directory) => {
                format!("sqlite:{}", directory.path().join("calsos.db").display())
            }
            Place::Postgresql { server, name } => server.url(name),
        }
    }

    /// Runs statements as somebody at a console does.
    pub(crate) fn execute(&self, sql: &str) -> QueryResult<()> {
        match self {
            Place::Sqlite(directory) => sqlite(directory).batch_execute(sql),
            Place::Postgresql { .. } => self.postgresql().batch_execute(sql),
        }
    }

    fn postgresql(&self) -> PgConnection {
        PgConnection::establish(&self.url()).unwrap()
    }

    fn load<T>(&self, sql: &str) -> Vec<T>
    where
        T: QueryableByName<Sqlite> + QueryableByName<Pg> + 'static,
    {
        match self {
            Place::Sqlite(directory) => {
                diesel::sql_query(sql).load(&mut sqlite(directory)).unwrap()
            }
            Place::Postgresql { .. } => {
                diesel::sql_query(sql).load(&mut self.postgresql()).unwrap()
            }
        }
    }

    /// The texts that a statement gives as `name`.
    pub(crate) fn names(&self, sql: &str) -> Vec<String> {
        self.load(sql).into_iter().map(|Name { name }| name).collect()
    }

    /// The one number that a statement gives as `count`.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        self.load::<Count>(sql)[0].count
    }

    /// How many rows each table has.
    pub(crate) fn counts(&self) -> BTreeMap<String, i64> {
        let tables = self.names(match self {
            Place::Sqlite(_) => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            Place::Postgresql { .. } => {
                "SELECT relname::text AS name FROM pg_class
                 WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
            }
        });
        tables
            .into_iter()
            .map(|name| {
                let count = self.count(&format!("SELECT count(*) AS count FROM \"{name}\""));
                (name, count)
            })
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Place::Postgresql { server, name } = self {
            server.drop_database(name);
        }
    }
}

/// A connection beside the store, as somebody at a console has it.
pub(crate) fn sqlite(directory: &TempDir) -> SqliteConnection {
    let path = directory.path().join("calsos.db");
    let mut console = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    console.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    console
}

impl Database {
    pub(crate) fn new(on: Backend) -> Database {
        let place = Place::new(on);
        let store = Store::open(&place.url()).unwrap();
        Database { place, store }
    }

    pub(crate) fn url(&self) -> String {
        self.place.url()
    }

    /// Runs statements as somebody at a console does.
    pub(crate) fn execute(&self, sql: &str) {
        self.place.execute(sql).unwrap();
    }

    /// How many rows each table has.
    pub(crate) fn counts(&self) -> BTreeMap<String, i64> {
        self.place.counts()
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

pub(crate) fn add(store: &Store, contents: &ReleaseContents, bytes: &str) -> AddRelease {
    store
        .add_release(&NewRelease {
            contents,
            file_name: "made-up.txt",
            bytes: bytes.as_bytes(),
            kept_bytes: None,
            imported_by: "tester",
            report: "{}",
            public_at: None,
            beside: None,
            audit: None,
        })
        .unwrap()
}

/// Says from when a release is public, where the publication of this number holds.
pub(crate) fn publish_if(
    store: &Store,
    release: ReleaseNumber,
    publication: Option<u32>,
    public_at: PublicAt,
    audit: Option<NewAudit<'_>>,
) -> Result<ChangeRelease, StoreError> {
    let seen = Some(SeenOfRelease { publication, withdrawal: None });
    let change = ReleaseChange { public_at: Some(public_at), withdrawn: None };
    store.change_release(release, seen, &change, "x", audit)
}

/// A run without anything.
pub(crate) fn run() -> NewRun<'static> {
    NewRun {
        by: "tester",
        program_version: "0",
        releases: &[],
        editions: &[],
        facts: &NO_FACTS,
        audit: None,
    }
}

/// A job that nobody asked for before.
pub(crate) fn new_job(kind: JobKind) -> NewJob<'static> {
    NewJob {
        kind,
        actor: "tester",
        issuer: "https://issuer.example",
        agency: "county:07",
        request: "{}",
        once: None,
        audit: None,
    }
}

/// Adds a job with this content.
pub(crate) fn add_job(store: &Store, kind: JobKind, content: &[u8]) -> JobRecord {
    match store.add_job(&new_job(kind), Some(&mut &*content)).unwrap() {
        AddJob::Added(record) => record,
        other => panic!("added before: {other:?}"),
    }
}

/// A referral of a made-up LEA that nobody asked for before.
pub(crate) fn new_support() -> NewSupport<'static> {
    NewSupport {
        place: SupportPlace {
            kind: SupportKind::Referral,
            cds: Some(cds(7, 11, 0)),
            county: Some(cds(7, 11, 0).county()),
        },
        state: "opened",
        content: "{}",
        rests_on: &[],
        by: SupportBy {
            client: "tester",
            issuer: Some("https://issuer.example"),
            agency: Some("county:07"),
        },
        once: None,
        audit: None,
    }
}

/// Makes a record of support.
pub(crate) fn add_support(store: &Store, new: &NewSupport<'_>) -> SupportRecord {
    match store.add_support(new).unwrap() {
        WriteSupport::Done(record) => record,
        other => panic!("not made: {other:?}"),
    }
}

/// An entry of the audit about this operation.
pub(crate) fn entry(operation: &str) -> NewAudit<'_> {
    NewAudit {
        request_id: None,
        actor: "tester",
        issuer: None,
        agency: None,
        scopes: None,
        address: None,
        operation,
        target: "a target",
        outcome: AuditOutcome::Done,
        status: None,
        code: None,
        detail: "",
    }
}

pub(crate) fn new_client(id: &str) -> NewClient<'_> {
    NewClient {
        id,
        name: "A made-up client",
        secret_hash: "$argon2id$made up",
        scopes: "read preview",
        agency: "county:07",
        created_by: "tester",
    }
}

pub(crate) fn key(kid: &str) -> NewSigningKey<'_> {
    NewSigningKey {
        kid,
        algorithm: "EdDSA",
        private_key: b"private",
        public_key: b"public",
        created_by: "tester",
    }
}

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
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
