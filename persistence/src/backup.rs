//! Whole copies of an embedded database, and a database of such a copy. A server's own tools
//! do this for PostgreSQL.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::check::file_faults;
use crate::connection::{Address, Connection, known_versions, noted, sqlite};
use crate::error::StoreError;
use crate::store::Store;

/// A copy that was made and looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many bytes it has.
    pub bytes: u64,
    /// How many releases are in it.
    pub releases: u64,
    /// How many runs are in it.
    pub runs: u64,
}

/// The migration that a file seems to have which a restored copy took the place of: whoever
/// waits to open it is refused, and opens the copy the next time.
const REPLACED: &str = "of a copy that was restored meanwhile; begin anew";

/// Copies the embedded database of an address to a file, while others read and write it: the
/// copy is what was committed when it began. It is written beside the file's place, looked
/// through, and only then given its name.
///
/// # Errors
/// [`StoreError::Copy`] where the address is a server's, the database is not there, the file is
/// there and is not to be replaced, or the copy cannot be written or is not sound. No file of
/// that name is left then that was not there before.
pub fn backup(url: &str, to: &Path, replace: bool) -> Result<Copied, StoreError> {
    let failed = |problem: String| StoreError::Copy { doing: "making a backup", problem };
    let from = embedded(url, "pg_dump --format=custom --file=FILE DATABASE").map_err(failed)?;
    there(&from, "the database").map_err(failed)?;
    let to = std::path::absolute(to).map_err(|cause| failed(cause.to_string()))?;
    free(&to, replace).map_err(failed)?;
    if is_same(&from, &to) {
        return Err(failed(format!(
            "'{}' is the database itself; name another file",
            to.display()
        )));
    }
    let beside = Beside::make(&to).map_err(failed)?;
    let mut connection = sqlite::connect(text(&from).map_err(failed)?).map_err(failed)?;
    is_ours(&mut connection).map_err(failed)?;
    let copied = diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(text(&beside.path).map_err(failed)?)
        .execute(&mut connection);
    copied.map_err(|error| failed(sqlite::explained(&error)))?;
    drop(connection);
    let copied = beside.looked_through().map_err(failed)?;
    free(&to, replace).map_err(failed)?;
    beside.take_place(&to).map_err(failed)?;
    Ok(copied)
}

/// Puts a copy that [`backup`] made in the place of the embedded database of an address. The
/// copy stays as it is; it is looked through before anything is changed.
///
/// # Errors
/// [`StoreError::Copy`] where the address is a server's; the file is not there, is none of
/// ours, is damaged, or was made by a newer version of the program; a database is there and is
/// not to be replaced, is none of ours, or is used by another process. Nothing is changed then.
pub fn restore(url: &str, from: &Path, replace: bool) -> Result<Copied, StoreError> {
    let failed = |problem: String| StoreError::Copy { doing: "restoring a backup", problem };
    let restored = "createdb NEW, and pg_restore --exit-on-error --no-owner --dbname=NEW FILE";
    let to = embedded(url, restored).map_err(failed)?;
    there(from, "the backup").map_err(failed)?;
    if has_content(&with_suffix(from, "-wal")) {
        return Err(failed(format!(
            "beside '{}' is a log that is not in it yet: it is a database and no finished backup. \
             Make one of it with `calsos backup`",
            from.display()
        )));
    }
    if is_same(from, &to) {
        return Err(failed(format!("'{}' is the database itself", to.display())));
    }
    free(&to, replace).map_err(failed)?;
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|cause| {
        failed(format!("the directory '{}' cannot be made ({cause})", folder.display()))
    })?;
    let mut beside = Beside::make(&to).map_err(failed)?;
    let copied = File::open(from).and_then(|mut file| io::copy(&mut file, &mut beside.file));
    copied.map_err(|cause| failed(format!("it cannot be copied ({cause})")))?;
    let copied = beside.looked_through().map_err(failed)?;
    if to.exists() {
        let mut alone = hold_alone(&to).map_err(failed)?;
        beside.take_place(&to).map_err(failed)?;
        // The database is replaced already. Only who opened the old file since it was held, and
        // waits, still has to be told.
        let _ = diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES (?)")
            .bind::<Text, _>(REPLACED)
            .execute(&mut alone)
            .and_then(|_rows| alone.batch_execute("COMMIT"));
    } else {
        no_log_is_left(&to).map_err(failed)?;
        beside.take_place(&to).map_err(failed)?;
    }
    // What follows in the feed gets numbers that something else had after the backup was made.
    Store::open(url)?.begin_feed_anew()?;
    Ok(copied)
}

/// The file of an embedded database; for a server's, what to do instead.
fn embedded(url: &str, instead: &str) -> Result<PathBuf, String> {
    match Address::parse(url).map_err(|error| error.to_string())? {
        Address::Sqlite(path) => {
            std::path::absolute(path).map_err(|cause| format!("its path cannot be used ({cause})"))
        }
        Address::Postgresql(_) => Err(format!(
            "the database is on a PostgreSQL server, whose own programs do it: {instead} \
             (docs/operations.md has the whole of it)"
        )),
    }
}

fn there(path: &Path, what: &str) -> Result<(), String> {
    match fs::metadata(path) {
        Ok(about) if about.is_file() => Ok(()),
        Ok(_) => Err(format!("{what} '{}' is no regular file", path.display())),
        Err(cause) => Err(format!("{what} '{}' cannot be read ({cause})", path.display())),
    }
}

/// Refuses a name that a file has which is not to be replaced.
fn free(path: &Path, replace: bool) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(format!("'{}' cannot be used ({cause})", path.display())),
        Ok(_) if !replace => Err(format!(
            "'{}' is there already and was left as it is; name another file, or add --replace",
            path.display()
        )),
        Ok(about) if about.is_file() => Ok(()),
        Ok(_) => Err(format!("'{}' is there and no regular file; name another", path.display())),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.len() > 0)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A log without its database would be taken for that of the copy.
fn no_log_is_left(path: &Path) -> Result<(), String> {
    let logs = ["-wal", "-journal"].map(|suffix| with_suffix(path, suffix));
    match logs.iter().find(|log| has_content(log)) {
        Some(log) => Err(format!(
            "'{}' is left of a database that is not there; move it away first",
            log.display()
        )),
        None => Ok(()),
    }
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| format!("the path '{}' is not UTF-8", path.display()))
}

fn is_ours(connection: &mut SqliteConnection) -> Result<(), String> {
    let explained = |error: diesel::result::Error| sqlite::explained(&error);
    let ours: Number = diesel::sql_query(
        "SELECT count(*) AS number FROM sqlite_master WHERE type = 'table' AND name IN \
         ('__diesel_schema_migrations', 'release', 'run', 'answer')",
    )
    .get_result(connection)
    .map_err(explained)?;
    if ours.number == 4 { Ok(()) } else { Err("it is no database of this program".to_owned()) }
}

/// Holds an embedded database so that no other process uses it. Nothing of the hold is written
/// beside it, where it would be taken for a log of what comes in its place.
fn hold_alone(path: &Path) -> Result<SqliteConnection, String> {
    let refused = |words: String| {
        format!(
            "whether nobody uses '{}' could not be made sure ({words}). End every process that uses \
             it, such as `calsos serve`, and try again; if nobody uses it, move it away with its \
             -wal and -shm. Nothing was changed",
            path.display()
        )
    };
    let explained = |error: diesel::result::Error| refused(sqlite::explained(&error));
    let mut connection =
        SqliteConnection::establish(text(path)?).map_err(|error| refused(error.to_string()))?;
    is_ours(&mut connection).map_err(refused)?;
    // SQLite leaves the write-ahead log only where no other connection is open.
    let alone = |connection: &mut SqliteConnection| -> QueryResult<bool> {
        let mode: Mode =
            diesel::sql_query("PRAGMA journal_mode = MEMORY").get_result(connection)?;
        Ok(mode.journal_mode == "memory")
    };
    let busy = || refused("another process uses it".to_owned());
    if !alone(&mut connection).map_err(explained)? {
        return Err(busy());
    }
    connection
        .batch_execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .map_err(explained)?;
    if alone(&mut connection).map_err(explained)? { Ok(connection) } else { Err(busy()) }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

/// A file under a name of its own beside the place that it is to take. It goes where it does
/// not come to that.
struct Beside {
    path: PathBuf,
    file: File,
}

impl Beside {
    /// An empty one, which only its owner may read: signing keys are in it.
    fn make(place: &Path) -> Result<Beside, String> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let path = place.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(file) => Ok(Beside { path, file }),
            Err(cause) => Err(format!("'{}' cannot be made ({cause})", path.display())),
        }
    }

    /// Refuses a copy that is not whole, sound and ours.
    fn looked_through(&self) -> Result<Copied, String> {
        let unsynced = |cause: io::Error| format!("the copy cannot be written ({cause})");
        self.file.sync_all().map_err(unsynced)?;
        let explained = |error: diesel::result::Error| sqlite::explained(&error);
        let mut connection =
            SqliteConnection::establish(text(&self.path)?).map_err(|error| error.to_string())?;
        connection.batch_execute("PRAGMA query_only = ON").map_err(explained)?;
        is_ours(&mut connection)?;
        if let Some(fault) = file_faults(&mut connection).map_err(explained)?.first() {
            return Err(format!(
                "the copy is damaged: {}, {}: {}",
                fault.table, fault.row, fault.problem
            ));
        }
        let mut count = |table: &str| -> Result<u64, String> {
            let found: Number =
                diesel::sql_query(format!("SELECT count(*) AS number FROM {table}"))
                    .get_result(&mut connection)
                    .map_err(explained)?;
            Ok(u64::try_from(found.number).unwrap_or(0))
        };
        let (releases, runs) = (count("release")?, count("run")?);
        let known = known_versions();
        let versions = noted(&mut Connection::Sqlite(connection)).map_err(explained)?;
        if let Some(newer) = versions.iter().find(|version| !known.contains(version)) {
            return Err(format!(
                "it has the migration {newer}, which this version of the program does not know: a \
                 newer version made it. Run that version or a newer one"
            ));
        }
        let bytes = self.file.metadata().map_err(unsynced)?.len();
        Ok(Copied { bytes, releases, runs })
    }

    /// Gives it the name of its place, so that a power cut leaves the one or the other.
    fn take_place(self, place: &Path) -> Result<(), String> {
        let failed = |cause: io::Error| format!("the copy cannot be given its name ({cause})");
        fs::rename(&self.path, place).map_err(failed)?;
        let folder = place.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // Mostly it is not there, having taken its place.
            let _ = fs::remove_file(with_suffix(&self.path, suffix));
        }
    }
}
