//! `calsos check` finds one flipped byte in any stored cell, and nothing where none was flipped.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use calsos_domain::cds::CdsCode;
use calsos_persistence::{
    NewSupport, Once, Store, SupportBy, SupportChange, SupportEdit, SupportKind, SupportPlace,
    WriteSupport,
};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, indicator_text, list_text};
use calsos_tests::shared::files;
use serde_json::Value;

/// Tables in which a flipped byte is not looked for, and why.
const EXEMPT: [(&str, &str); 10] = [
    ("__diesel_schema_migrations", "the version is compared when the database is opened"),
    ("audit", "says who did what; the database itself refuses to change it"),
    ("feed_event", "what was told of changes; with another start of the feed it is told anew"),
    ("feed_item", "a hash that is another one is told as a change that was none"),
    ("feed_state", "another id or place makes those who follow copy anew"),
    ("job", "says how far what was asked for is; what came of it is in other tables"),
    ("job_part", "is gone with its job, which compares the hash of the file"),
    ("moment", "only what is stored later follows on it"),
    ("client", "says who may ask; a client whose row was changed is refused or made anew"),
    ("signing_key", "a token that was signed with another key is refused"),
];

/// Cells are chosen by this; another number chooses others.
const SEED: u64 = 20;

/// Between the fields of what a console answers.
const BETWEEN: &str = "\u{1f}";

/// A database's console, with which anybody may change what the program would not.
enum Console<'p> {
    Sqlite(PathBuf),
    Postgresql(&'p Program),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Bytes,
    Truth,
    Number,
}

struct Column {
    table: String,
    name: String,
    kind: Kind,
    is_key: bool,
}

/// One stored value: the literals of its row's key, and the value in hexadecimal digits, or as
/// a number.
struct Cell {
    key: Vec<(String, String)>,
    value: String,
}

impl Console<'_> {
    fn of(program: &Program) -> Console<'_> {
        match program.on_server() {
            Some(_) => Console::Postgresql(program),
            None => Console::Sqlite(program.database()),
        }
    }

    /// Runs statements, with no reference or check in the way; what the database said where it
    /// refuses.
    fn run(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let mut command = match self {
            Console::Sqlite(path) => {
                let mut command = Command::new("sqlite3");
                command.args(["-batch", "-bail", "-noheader", "-list", "-separator", BETWEEN]);
                command.arg(path).arg(format!("PRAGMA ignore_check_constraints = ON; {sql}"));
                command
            }
            Console::Postgresql(program) => {
                let (server, name) = program.on_server().unwrap();
                let mut command = server.psql(name);
                command.args(["-F", BETWEEN, "-c"]);
                command.arg(format!("SET session_replication_role = replica; {sql}"));
                command
            }
        };
        let output = command.output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let said = String::from_utf8(output.stdout).unwrap();
        Ok(said.lines().map(|line| line.split(BETWEEN).map(str::to_owned).collect()).collect())
    }

    fn columns(&self) -> Vec<Column> {
        let sql = match self {
            Console::Sqlite(_) => {
                "SELECT m.name, p.name, lower(p.type), p.pk > 0
                 FROM sqlite_master m, pragma_table_info(m.name) p
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.cid"
            }
            Console::Postgresql(_) => {
                "SELECT c.relname, a.attname, format_type(a.atttypid, NULL),
                     CASE WHEN a.attnum = ANY (i.indkey) THEN 1 ELSE 0 END
                 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                     AND NOT a.attisdropped
                 JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                 ORDER BY c.relname, a.attnum"
            }
        };
        let rows = self.run(sql).unwrap().into_iter();
        rows.map(|row| Column {
            table: row[0].clone(),
            name: row[1].clone(),
            kind: match row[2].as_str() {
                "blob" | "bytea" => Kind::Bytes,
                "boolean" => Kind::Truth,
                "integer" | "smallint" | "bigint" => Kind::Number,
                _ => Kind::Text,
            },
            is_key: row[3] == "1",
        })
        .collect()
    }

    /// How many values a column has.
    fn count(&self, column: &Column) -> u64 {
        let sql = format!("SELECT count(*) FROM {} WHERE {}", column.table, self.is_there(column));
        self.run(&sql).unwrap()[0][0].parse().unwrap()
    }

    fn is_there(&self, column: &Column) -> String {
        let name = &column.name;
        match column.kind {
            Kind::Text | Kind::Bytes => format!("{name} IS NOT NULL AND length({name}) > 0"),
            Kind::Truth | Kind::Number => format!("{name} IS NOT NULL"),
        }
    }

    /// The value of a column in the row with this number among those that have one.
    fn cell(&self, column: &Column, keys: &[String], number: u64) -> Cell {
        let name = &column.name;
        let (literal, value) = match self {
            Console::Sqlite(_) => (
                "quote",
                match column.kind {
                    Kind::Text | Kind::Bytes => format!("hex(CAST({name} AS BLOB))"),
                    Kind::Truth | Kind::Number => name.clone(),
                },
            ),
            Console::Postgresql(_) => (
                "quote_nullable",
                match column.kind {
                    Kind::Text => format!("encode(convert_to({name}, 'UTF8'), 'hex')"),
                    Kind::Bytes => format!("encode({name}, 'hex')"),
                    Kind::Truth => format!("{name}::int"),
                    Kind::Number => name.clone(),
                },
            ),
        };
        let literals: Vec<String> = keys.iter().map(|key| format!("{literal}({key})")).collect();
        let sql = format!(
            "SELECT {}, {value} FROM {} WHERE {} ORDER BY {} LIMIT 1 OFFSET {number}",
            literals.join(", "),
            column.table,
            self.is_there(column),
            keys.join(", ")
        );
        let mut row = self.run(&sql).unwrap().remove(0);
        let value = row.pop().unwrap();
        Cell { key: keys.iter().cloned().zip(row).collect(), value }
    }

    fn literal(&self, kind: Kind, value: &str) -> String {
        match (self, kind) {
            (_, Kind::Number) => value.to_owned(),
            (Console::Sqlite(_), Kind::Text) => format!("CAST(X'{value}' AS TEXT)"),
            (Console::Sqlite(_), Kind::Bytes) => format!("X'{value}'"),
            (Console::Sqlite(_), Kind::Truth) => value.to_owned(),
            (Console::Postgresql(_), Kind::Text) => {
                format!("convert_from('\\x{value}'::bytea, 'UTF8')")
            }
            (Console::Postgresql(_), Kind::Bytes) => format!("'\\x{value}'::bytea"),
            (Console::Postgresql(_), Kind::Truth) => format!("{value}::boolean"),
        }
    }

    fn set(&self, column: &Column, key: &[(String, String)], value: &str) -> Result<(), String> {
        let at: Vec<String> = key.iter().map(|(name, of)| format!("{name} = {of}")).collect();
        let sql = format!(
            "UPDATE {} SET {} = {} WHERE {}",
            column.table,
            column.name,
            self.literal(column.kind, value),
            at.join(" AND ")
        );
        self.run(&sql).map(|_nothing| ())
    }
}

/// Numbers that look random, the same from the same seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// The value with one byte flipped.
fn flipped(random: &mut Random, kind: Kind, value: &str, on_sqlite: bool) -> String {
    match kind {
        // PostgreSQL keeps nothing but the two; SQLite keeps any number.
        Kind::Truth if !on_sqlite => (1 - value.parse::<u8>().unwrap()).to_string(),
        Kind::Truth | Kind::Number => {
            (value.parse::<i64>().unwrap() ^ (1 << random.below(8))).to_string()
        }
        Kind::Text | Kind::Bytes => {
            let mut bytes: Vec<u8> = (0..value.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&value[at..at + 2], 16).unwrap())
                .collect();
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << random.below(8);
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        }
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}

/// Files of every kind that the program reads, two runs, and what was said of when files are
/// public. Every LEA is made up.
fn stored(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    program.import(files(&example("county"), &[".txt", ".csv"]));
    let directory = "CDSCode\tStatusType\tCounty\tDistrict\tSchool\tCity\tZip\tOpenDate\tClosedDate\t\
                     Charter\tCharterNum\tFundingType\tDOC\tDOCType\tGSoffered\tNCESDist\tNCESSchool\t\
                     AdmFName1\tLastUpDate\n\
                     58900010000000\tActive\tMade-up\tQuartz Valley Unified\tNo Data\tSome City\t9\t\
                     07/01/1990\tNo Data\tNo Data\tNo Data\tNo Data\t54\tUnified School District\tK-12\t\
                     0699999\tNo Data\tWilhelmina\t06/26/2023\n\
                     58900010000001\tClosed\tMade-up\tQuartz Valley Unified\tQuartz Charter\tSome City\t\
                     9\t07/01/1999\t06/30/2021\tY\t0001\tDirectly funded\t54\tUnified School District\t\
                     K-8\t0699999\t99999\tWilhelmina\t06/26/2023\n";
    let tables: [(&str, &str); 7] = [
        ("pubschls.txt", directory),
        ("calpads.csv", "cds,certified,year\n58900010000000,N,2023\n58900020000000,Y,2023\n"),
        (
            "successions.csv",
            "predecessor_cds,successor_cds,kind,effective_date,source\n\
             58900020000000,58900030000000,renumbered,2024-07-01,state directory\n",
        ),
        (
            "leads.csv",
            "county,lead_agency,from,until,source\n\
             58,Made-up County Office of Education,2023-07-01,2026-06-30,letter of the state\n",
        ),
        (
            "locations.csv",
            "cds,located_in,from,until,source\n\
             58900010000001,57,2023-07-01,2024-06-30,charter petition\n",
        ),
        ("nces.csv", "cds,nces_district,nces_school\n58900010000001,0699999,99999\n"),
        (
            "charters.csv",
            "CDS,Schoolname,ReportYear,AAcurrent,ELcurrent,SWDcurrent,HIprior,HOMprior,SEDprior,\
             EC47607_2023,AssistanceStatus2023\n\
             58900010000001,Quartz Charter,2023,*,D,E,,B,*,Y,Differentiated Assistance\n",
        ),
    ];
    program.import(tables.map(|(name, text)| program.write(name, text)));
    program.import(with_rare_columns(&program));
    program.succeed(["determine"]);
    program.import(files(&example("held-back"), &[".txt"]));
    program.succeed(["determine"]);
    // The whole state beside the county's file, and another that is withdrawn.
    let leas: Vec<String> = (1..=30).map(|county| format!("{county:02}999990000000")).collect();
    let rated: Vec<_> = leas.iter().map(|lea| (lea.as_str(), "ALL", 4)).collect();
    let state = program.write_indicator("SUSP", 2023, &rated);
    program.succeed(["import", "--beside", "yields", state.to_str().unwrap()]);
    program.succeed(["withdraw", "1", "--reason", "a made-up reason"]);
    program.succeed(["publish", "1", "--at", "closed"]);
    program.succeed(["publish", "2", "--at", "2024-01-01"]);
    let client = ["--name", "Office", "--scope", "read", "--agency", "county:27"];
    program.succeed(["client", "create", "office"].into_iter().chain(client));
    program.succeed(["key", "ensure"]);
    with_support(&program);
    program
}

/// A record of support, made and then changed with a reason. On SQLite the triggers that keep it
/// as it is are taken away, as whoever owns the file can do.
fn with_support(program: &Program) {
    let store = Store::open(&program.address()).unwrap();
    let cds = CdsCode::parse("58900010000000").unwrap();
    let once = Once { key: "a-key", request_hash: "a hash", since: jiff::Timestamp::UNIX_EPOCH };
    let by = SupportBy {
        client: "office",
        issuer: Some("https://issuer.example"),
        agency: Some("county:58"),
    };
    let place =
        SupportPlace { kind: SupportKind::Referral, cds: Some(cds), county: Some(cds.county()) };
    let new = NewSupport {
        place,
        state: "opened",
        content: "{}",
        rests_on: &[],
        by,
        once: Some(once),
        audit: None,
    };
    let WriteSupport::Done(record) = store.add_support(&new).unwrap() else { panic!() };
    let edit = SupportEdit::Change { state: "opened", content: "{}", reason: Some("a mistake") };
    let change =
        SupportChange { expected: Some(1), edit, rests_on: &[], by, once: None, audit: None };
    store.change_support(record.id, &change).unwrap();
    if let console @ Console::Sqlite(_) = Console::of(program) {
        for table in ["support_record", "support_version"] {
            for kept in ["updated", "deleted"] {
                console.run(&format!("DROP TRIGGER {table}_is_not_{kept}")).unwrap();
            }
        }
    }
}

/// An indicator file and a list with cells in columns that the county's files leave blank or
/// have not.
fn with_rare_columns(program: &Program) -> [PathBuf; 2] {
    let rows = [("58900010000000", "ALL", 3), ("58900010000000", "SWD", 2)];
    let text = indicator_text("CHRO", 2024, &rows);
    let header: Vec<&str> = text.lines().next().unwrap().split('\t').collect();
    let lines = text.lines().enumerate().map(|(number, line)| {
        let mut cells: Vec<&str> = line.split('\t').collect();
        for (cell, name) in cells.iter_mut().zip(&header) {
            if number > 0 && ["certifyflag", "dataerrorflag", "dass_flag"].contains(name) {
                *cell = "N";
            }
        }
        cells.extend(if number == 0 { ["hscutpoints", "flag95pct"] } else { ["N", "Y"] });
        cells.join("\t") + "\n"
    });
    let indicator = program.write("chronicdownload2024.txt", lines.collect::<String>());
    let listed = [("58900010000000", "Differentiated Assistance", [].as_slice())];
    let list = list_text("LCFF Eligibility File", 2024, &listed);
    let lines = list.lines().zip(["", ",EC52071f_2024", ",\"Y\""]);
    let list: String = lines.map(|(line, more)| format!("{line}{more}\n")).collect();
    [indicator, program.write("assistancestatus24.csv", list)]
}

fn checked(program: &Program) -> (i32, Value, String) {
    let ran = program.run(["check", "--format", "json"]);
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_default(), ran.err)
}

/// As what a flipped byte of a table may be found, where it is not the table itself: rows that
/// are kept in several tables are one row of a file.
fn nearest(table: &str) -> &str {
    match table {
        "published_group" | "published_earlier_status" | "published_method" => "published",
        "charter_list_group" => "charter_list",
        other => other,
    }
}

fn one_flipped_byte_in_any_cell_is_found(on: Backend) {
    let program = stored(on);
    let (code, report, err) = checked(&program);
    assert_eq!((code, &report["findings"]), (0, &Value::Array(Vec::new())), "{err}");
    assert_eq!(report["runs"], 3);
    let console = Console::of(&program);
    let on_sqlite = matches!(console, Console::Sqlite(_));
    let columns = console.columns();
    let mut keys: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for column in columns.iter().filter(|column| column.is_key) {
        keys.entry(&column.table).or_default().push(column.name.clone());
    }
    let columns: Vec<(&Column, u64)> = columns
        .iter()
        .filter(|column| EXEMPT.iter().all(|(exempt, _)| *exempt != column.table))
        .map(|column| (column, console.count(column)))
        .collect();
    let without = columns.iter().filter(|(_, count)| *count == 0);
    let without: Vec<String> =
        without.map(|(column, _)| format!("{}.{}", column.table, column.name)).collect();
    assert!(without.is_empty(), "no value to flip a byte of: {without:?}");
    let mut random = Random(SEED);
    let (mut found, mut missed) = (0, Vec::new());
    for (column, count) in columns {
        let (table, name) = (column.table.as_str(), column.name.as_str());
        // The checks are the same on both: every column on one of them, and some on the other.
        if !on_sqlite && random.below(3) > 0 {
            continue;
        }
        // A key that is taken, or bytes that are no text, are refused by the database.
        let flip = (0..50).find_map(|_| {
            let cell = console.cell(column, &keys[table], random.below(count));
            let value = flipped(&mut random, column.kind, &cell.value, on_sqlite);
            console.set(column, &cell.key, &value).ok().map(|()| (cell, value))
        });
        let Some((cell, value)) = flip else {
            // The one row that there is has the one number that it may have.
            assert_eq!((table, name), ("current_run", "only_row"));
            continue;
        };
        let (code, report, err) = checked(&program);
        let told: Vec<&str> = report["findings"]
            .as_array()
            .map(|all| all.iter().filter_map(|one| one["table"].as_str()).collect())
            .unwrap_or_default();
        // Of a changed seal nobody can tell whether it or what it seals was changed.
        let near = |told: &&str| table == "seal" || [table, nearest(table)].contains(told);
        if code != 6 || !told.iter().any(near) {
            missed.push(format!(
                "{table}.{name} {:?}: {} -> {value}: code {code}, {told:?} {err}",
                cell.key, cell.value
            ));
        }
        found += 1;
        let mut key = cell.key.clone();
        for (of, literal) in &mut key {
            if of == name {
                *literal = console.literal(column.kind, &value);
            }
        }
        console.set(column, &key, &cell.value).unwrap();
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(found > if on_sqlite { 150 } else { 40 }, "{found} cells");
    let (code, report, err) = checked(&program);
    assert_eq!(code, 0, "as it was: {report} {err}");
}

/// A flipped byte of the file itself is found, wherever it lies, unless the database gives the
/// same rows all the same: not all bytes of a file are used, and some are comments.
#[test]
fn one_flipped_byte_of_the_file_is_found_or_changes_nothing() {
    let program = stored(Backend::Sqlite);
    let path = program.database();
    let console = Console::of(&program);
    let columns = console.columns();
    let mut tables: Vec<&str> = columns.iter().map(|column| column.table.as_str()).collect();
    tables.dedup();
    tables.retain(|table| EXEMPT.iter().all(|(exempt, _)| exempt != table));
    let dumped = || {
        let dump = format!(".dump {}", tables.join(" "));
        let output = Command::new("sqlite3").arg(&path).arg(dump).output().unwrap();
        let rows = output.stdout.split(|byte| *byte == b'\n');
        let rows: Vec<Vec<u8>> =
            rows.filter(|line| line.starts_with(b"INSERT ")).map(<[u8]>::to_vec).collect();
        (output.status.success(), rows)
    };
    // All of it is in the file, and nothing in its log.
    console.run("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let (whole, before) = (fs::read(&path).unwrap(), dumped());
    let mut random = Random(SEED);
    let mut found = 0;
    for _ in 0..60 {
        let mut bytes = whole.clone();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        fs::write(&path, bytes).unwrap();
        let ran = program.run(["check"]);
        match ran.code {
            0 => assert!(dumped() == before, "byte {at}"),
            1 | 6 => found += 1,
            code => panic!("byte {at}: code {code}, {}", ran.err),
        }
        for log in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{log}", path.display()));
        }
    }
    assert!(found > 20, "{found} of 60");
    fs::write(&path, whole).unwrap();
    assert_eq!(program.run(["check"]).code, 0);
}

/// A row that is gone, and one that was never stored.
fn rows_that_are_gone_or_too_many_are_found(on: Backend) {
    let program = stored(on);
    let console = Console::of(&program);
    for (sql, table) in [
        ("DELETE FROM performance WHERE place = 3", "performance"),
        ("DELETE FROM publication WHERE sequence = 2", "seal"),
        ("DELETE FROM answer WHERE run = 1 AND year = 2023", "answer"),
        ("DELETE FROM seal WHERE subject = 'run' AND number = 2", "run"),
        ("INSERT INTO run_release SELECT 1, max(number) FROM release", "run_release"),
        ("DELETE FROM current_run", "current_run"),
        ("DELETE FROM support_version WHERE version = 2", "seal"),
    ] {
        console.run(sql).unwrap();
        let (code, report, _) = checked(&program);
        assert_eq!(code, 6, "{sql}");
        let found = report["findings"].as_array().unwrap();
        assert!(found.iter().any(|one| one["table"] == table), "{sql}: {report}");
    }
    let ran = program.run(["check"]);
    assert!(ran.out.contains("not sound"), "{}", ran.out);
    assert!(ran.err.contains("Restore a backup"), "{}", ran.err);
}

/// One run is checked with the releases that it read, and no other.
fn one_run_is_checked_by_itself(on: Backend) {
    let program = stored(on);
    let report = program.json(["check", "--run", "1"]);
    let all = program.json(["check"]);
    assert_eq!((&report["runs"], &all["runs"]), (&1.into(), &3.into()));
    let count = |report: &Value| report["releases"].as_u64().unwrap();
    assert_eq!(count(&report) + 2, count(&all));
    let ran = program.run(["check", "--run", "7"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
}

on_both![
    one_flipped_byte_in_any_cell_is_found,
    rows_that_are_gone_or_too_many_are_found,
    one_run_is_checked_by_itself,
];
