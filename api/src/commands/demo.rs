//! `calsos demo`: the whole way of a year's files at the scale of the state.
//!
//! Nothing here is special to the demo but where the files come from: they are imported,
//! decided and explained by the same use cases as any others.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, IsTerminal, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use calsos_domain::cds::CdsCode;
use calsos_domain::year::DashboardYear;
use calsos_ingest::{CatalogueRead, read_catalogue};
use calsos_persistence::{AnswerFilter, SupportBy};
use calsos_sample::{Form, State, Subject};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{explain, sample};
use crate::app::clients::by_command;
use crate::app::import::Imported;
use crate::app::support::services::Writing;
use crate::app::{Office, database_file, disk};
use crate::cli::{Demo, Explain, Format, Global};
use crate::error::AppError;
use crate::output::{Table, screen, write_table};
use crate::server::serve;
use crate::server::settings::{LISTEN, Settings};

/// Who imports and decides, for the record.
const BY: &str = "demo";

pub(super) fn run(global: &Global, asked: &Demo) -> Result<(), AppError> {
    if global.format != Format::Table {
        return Err(AppError::Usage(
            "`calsos demo` is for people and has no other form; `calsos sample` with `import` \
             and `determine` do the same for programs"
                .to_owned(),
        ));
    }
    let kept = asked.keep.as_deref();
    let temporary;
    let folder: &Path = match kept {
        Some(folder) => {
            sample::empty_folder(folder)?;
            folder
        }
        None => {
            temporary = tempfile::tempdir()
                .map_err(|cause| disk("making a folder in", &std::env::temp_dir(), cause))?;
            temporary.path()
        }
    };
    let began = Instant::now();
    let state = sample::state(global, asked.world)?;
    let mut spent = Spent { making: began.elapsed(), ..Spent::default() };
    let address = database(global)?;
    let office = Office::open(Some(&address), global.editions.as_deref())?;
    if !office.store.releases()?.is_empty() {
        return Err(AppError::Usage(format!(
            "the database {address} has files already, and a demo would mix made-up ones with \
             them; name an empty one, or leave --database out"
        )));
    }
    let taken = take_in(&office, &state, folder, kept.is_some(), &mut spent)?;
    offer_services(&office, &state)?;
    let began = Instant::now();
    let run = office.determine(BY)?;
    spent.deciding = began.elapsed();

    let mut out = screen();
    let Taken { files, rows, compared, agreeing } = taken;
    writeln!(
        out,
        "A made-up California: {files} files with {rows} rows were imported and {} answers \
         decided.\nColours and levels of {agreeing} of {compared} rows are as the tables give \
         them; the others have a stated reason.\nTime: {:.1} s to make the files, {:.1} s to \
         import them, {:.1} s to decide.\n",
        run.answer_count,
        spent.making.as_secs_f64(),
        spent.importing.as_secs_f64(),
        spent.deciding.as_secs_f64()
    )?;
    let newest = summary(&mut *out, &office)?;
    out.flush()?;
    let Some(newest) = newest else { return Ok(()) };
    let example = example(&office, newest)?;
    if let Some(cds) = example {
        writeln!(out, "\nOne answer, in brief (`calsos explain`):\n")?;
        out.flush()?;
        drop(out);
        let brief = Explain { cds, year: Some(newest), as_of: None, brief: true, rows: false };
        explain::run(&office, global, &brief)?;
        out = screen();
    }
    try_next(&mut *out, &address, newest, example, kept)?;
    out.flush()?;
    drop(out);
    if asked.no_serve { Ok(()) } else { serve_it(office, asked.listen, newest, example) }
}

/// Serves the answers until the process is told to end.
fn serve_it(
    office: Office,
    listen: Option<SocketAddr>,
    newest: DashboardYear,
    example: Option<CdsCode>,
) -> Result<(), AppError> {
    let listen = match listen {
        Some(named) => named,
        None => match TcpListener::bind(LISTEN) {
            Err(cause) if cause.kind() == ErrorKind::AddrInUse => SocketAddr::new(LISTEN.ip(), 0),
            _ => LISTEN,
        },
    };
    let settings = Settings { listen, ..Settings::default() };
    serve(office, &settings, |address| {
        let mut out = screen();
        let base = format!("http://{address}");
        let mut urls = vec![
            format!("{base}/docs/"),
            format!("{base}/v1/determinations?year={newest}&level=3"),
        ];
        if let Some(cds) = example {
            urls.insert(1, format!("{base}/v1/leas/{cds}/determinations/{newest}"));
        }
        // Who started the demo without a screen does without these lines.
        let _ = writeln!(out, "\nServing it on {base} until Ctrl-C. Worth opening:");
        for url in urls {
            let _ = writeln!(out, "  {url}");
        }
        let _ = out.flush();
    })
}

/// The database of the demo: its own, made anew, unless the command line names another. One
/// that the environment names is the user's own, which a demo leaves alone.
fn database(global: &Global) -> Result<String, AppError> {
    let in_environment = std::env::var("DATABASE_URL").ok();
    if let Some(named) = global.database.as_ref().filter(|d| in_environment.as_ref() != Some(d)) {
        return Ok(named.clone());
    }
    let address = database_file("demo.sqlite")?;
    let file = PathBuf::from(address.trim_start_matches("sqlite:"));
    for ending in ["", "-wal", "-shm"] {
        let mut path = file.clone().into_os_string();
        path.push(ending);
        let path = PathBuf::from(path);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(disk("removing the former demo's database", &path, cause)),
        }
    }
    Ok(address)
}

#[derive(Default)]
struct Spent {
    making: Duration,
    importing: Duration,
    deciding: Duration,
}

#[derive(Default)]
struct Taken {
    files: usize,
    rows: u64,
    /// Rows whose colours and levels could be computed, and where they are as computed.
    compared: usize,
    agreeing: usize,
}

/// Makes the files one by one and imports each; without `keep` it is removed at once.
fn take_in(
    office: &Office,
    state: &State,
    folder: &Path,
    keep: bool,
    spent: &mut Spent,
) -> Result<Taken, AppError> {
    let progress = Progress::new(state.specs().len());
    let mut taken = Taken::default();
    let mut began = Instant::now();
    for file in state.files(&[Form::Text]) {
        let file = file?;
        let path = folder.join(&file.name);
        fs::write(&path, &file.bytes).map_err(|cause| disk("writing", &path, cause))?;
        spent.making += began.elapsed();
        began = Instant::now();
        progress.next(&file.name);
        if file.subject != Subject::About {
            match office.import(&path, None, None, None, BY)? {
                Imported::Added { report, colors, .. } => {
                    taken.files += 1;
                    taken.rows += u64::from(report.rows_read);
                    if let Some(colors) = colors {
                        taken.compared += colors.compared;
                        taken.agreeing += colors.agreeing;
                    }
                }
                Imported::AlreadyStored(_) => {}
                Imported::Met(met) => {
                    writeln!(anstream::stderr(), "{}: {met}", file.name)?;
                    return Err(AppError::Refused { refused: 1, asked: 1 });
                }
                Imported::Refused { refusal, .. } => {
                    writeln!(anstream::stderr(), "{refusal}")?;
                    return Err(AppError::Refused { refused: 1, asked: 1 });
                }
            }
        }
        if !keep {
            fs::remove_file(&path).map_err(|cause| disk("removing", &path, cause))?;
        }
        spent.importing += began.elapsed();
        began = Instant::now();
    }
    progress.finish();
    Ok(taken)
}

/// Loads the catalogues of the county offices.
fn offer_services(office: &Office, state: &State) -> Result<(), AppError> {
    for catalogue in state.catalogues() {
        let text = catalogue.text.as_bytes();
        let read = read_catalogue(&catalogue.name, text, None, &office.layouts);
        let CatalogueRead { provider, services, notes: _ } = match read {
            Ok(read) => read,
            Err(refusal) => {
                writeln!(anstream::stderr(), "{refusal}")?;
                return Err(AppError::Refused { refused: 1, asked: 1 });
            }
        };
        let target = format!("catalogue of {provider}");
        let writing = Writing {
            by: SupportBy { client: BY, issuer: None, agency: None },
            audit: by_command(BY, "calsos demo", &target),
        };
        office.load_catalogue(&provider, &services, None, false, writing)?;
    }
    Ok(())
}

/// A bar on a terminal; elsewhere a line now and then.
struct Progress {
    bar: ProgressBar,
    lines: bool,
}

/// So many files stand between two lines.
const LINE_EVERY: u64 = 10;

impl Progress {
    fn new(files: usize) -> Progress {
        let lines = !std::io::stderr().is_terminal();
        let bar = ProgressBar::new(files as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files  {wide_msg}") {
            bar.set_style(style);
        }
        if lines {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Progress { bar, lines }
    }

    fn next(&self, name: &str) {
        self.bar.inc(1);
        self.bar.set_message(name.to_owned());
        if self.lines && self.bar.position().is_multiple_of(LINE_EVERY) {
            let length = self.bar.length().unwrap_or_default();
            // Progress that cannot be shown is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{} of {length} files", self.bar.position());
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
        if self.lines {
            let _ = writeln!(std::io::stderr(), "all files are imported; deciding");
        }
    }
}

/// Counts by year. Gives the newest year that has answers.
fn summary(out: &mut dyn Write, office: &Office) -> Result<Option<DashboardYear>, AppError> {
    let mut table = Table::new(&[
        "year",
        "LEAs",
        "districts",
        "in DA",
        "county offices",
        "in DA",
        "charters",
        "in DA",
        "level 3",
    ]);
    let mut newest = None;
    for edition in office.books.editions() {
        let filter = AnswerFilter { year: Some(edition.year), ..AnswerFilter::default() };
        let answers = office.answers(&filter)?;
        if answers.is_empty() {
            continue;
        }
        newest = Some(edition.year);
        // Judged LEAs and those in differentiated assistance, by type.
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut third = 0;
        for answered in &answers {
            let view = &answered.view;
            if view.judged {
                let (judged, assisted) = counts.entry(view.lea_type.as_str()).or_default();
                *judged += 1;
                *assisted += usize::from(view.differentiated.as_deref() == Some("met"));
                third += usize::from(view.eligible_level == Some(3));
            }
        }
        let mut row = vec![edition.year.to_string(), answers.len().to_string()];
        for lea_type in ["district", "countyOffice", "charter"] {
            let (judged, assisted) = counts.get(lea_type).copied().unwrap_or_default();
            row.extend([judged.to_string(), assisted.to_string()]);
        }
        row.push(third.to_string());
        table.push(row);
    }
    write_table(out, &table, Format::Table)?;
    writeln!(out, "DA is Differentiated Assistance (level 2); level 3 is decided beside it.")?;
    Ok(newest)
}

/// A district in differentiated assistance whose answer is short: one group, nothing else.
fn example(office: &Office, year: DashboardYear) -> Result<Option<CdsCode>, AppError> {
    let filter = AnswerFilter { year: Some(year), ..AnswerFilter::default() };
    let answers = office.answers(&filter)?;
    let assisted = |level: u8| {
        answers.iter().find(|answered| {
            let view = &answered.view;
            view.lea_type == "district"
                && view.eligible_level == Some(level)
                && view.coded_groups().count() == 1
        })
    };
    Ok(assisted(2).or_else(|| answers.first()).map(|answered| answered.cds))
}

/// Commands that work as they stand, on the demo's database.
fn try_next(
    out: &mut dyn Write,
    address: &str,
    newest: DashboardYear,
    example: Option<CdsCode>,
    kept: Option<&Path>,
) -> Result<(), AppError> {
    let called = std::env::args().next().unwrap_or_default();
    let program = if called.contains(std::path::MAIN_SEPARATOR) { &called } else { "calsos" };
    let program = format!("{} --database {}", quoted(program), quoted(address));
    writeln!(out, "\nTry next:")?;
    let mut commands = vec![
        format!("list --year {newest} --level 3"),
        format!("list --year {newest} --status differentiated --group SWD"),
        format!("reconcile --year {newest}"),
        format!("summary --year {newest}"),
        "releases".to_owned(),
    ];
    if let Some(cds) = example {
        commands.insert(0, format!("explain {cds} --year {newest}"));
    }
    for command in commands {
        writeln!(out, "  {program} {command}")?;
    }
    if let Some(folder) = kept {
        writeln!(out, "The files are in {}.", folder.display())?;
    }
    Ok(())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-+=@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
