//! The command line's words.

pub(crate) mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::facts::Beside;
use calsos_domain::lea::LeaType;
use calsos_domain::priority::Priority;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_domain::year::{DashboardYear, Day};
use calsos_ingest::Assigned;
use calsos_persistence::PublicAt;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use serve::Serve;

use crate::app::support::communications::CommunicationKind;
use crate::app::{moments, withdraw};
use crate::auth::agency::Agency;
use crate::auth::scope::Scope;

const EXAMPLES: &str = "\
Examples:
  calsos import downloads/*.txt lists/*.xlsx    take in the state's files
  calsos determine                              decide every LEA of every year
  calsos list --year 2023 --county 27           who is eligible, and at which level
  calsos explain CDS --year 2023                why, down to the cell and the section of law
  calsos reconcile --year 2023                  compare with the state's list, cell by cell
  calsos history CDS                            one LEA over all years
  calsos diff                                   what the last run answers otherwise
  calsos export --year 2023 --layout published --format csv --out 2023.csv

Exit codes:
  0  done
  1  the database, a disk or the output failed
  2  the words of the command were wrong
  3  a file was refused; its faults were shown and nothing of it was stored
  4  what was asked for is not there (an unknown LEA, a year without files, no run yet)
  5  reconcile --fail-on-difference found differences
  6  check found something that is not as it was stored";

/// California's System of Support, decided from the state's files
#[derive(Debug, Parser)]
#[command(name = "calsos", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The database: sqlite:PATH, or postgresql://USER@HOST/DATABASE [default: a file in your
    /// data directory]
    ///
    /// A PostgreSQL password is better kept in the variable PGPASSWORD, or in a file that
    /// PGPASSFILE names, than in the address. A server on another machine is spoken to with TLS,
    /// for which the program must be built with the system's client library; '?plaintext=allowed'
    /// at the end of the address does without, where the way there is protected otherwise.
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// A folder of further rulebooks (YEAR.toml, YEAR.colors.toml, sources.toml) and columns
    /// (columns.toml), added to the built-in ones
    #[arg(long, global = true, env = "CALSOS_EDITIONS", value_name = "DIR")]
    pub(crate) editions: Option<PathBuf>,
    /// How results are shown
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Ndjson,
    /// An Excel workbook, into the file that --out names (list, reconcile and export)
    Xlsx,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take in the state's files
    ///
    /// Kind, indicator and year are told from each file's content, then its sheet's name, then
    /// its own name. A file that cannot be understood whole is refused with its faults, and
    /// nothing of it is stored; the other files are. Importing a file again changes nothing.
    Import(Import),
    /// Decide every LEA of every year from the files in force
    Determine(Determine),
    /// Explain one LEA's determination, rule by rule
    Explain(Explain),
    /// List determinations
    List(List),
    /// Count determinations of a year
    Summary(OneYear),
    /// Compare determinations with the state's published list, cell by cell
    Reconcile(Reconcile),
    /// Write determinations of a year to a file
    Export(Export),
    /// Show one LEA over all years
    ///
    /// Who it is, what was answered year by year, what each answer looked back on, and what
    /// the state published. Where a succession of LEAs is loaded, what the answers would be if
    /// the law looked back through it stands beside.
    History(History),
    /// Show what level of support one LEA is in, and was in, by what is public
    ///
    /// Level 2 follows a determination from the day on which its Dashboard was public; of each
    /// year the state's list counts where one is loaded, else what was computed.
    Support(Support),
    /// Show the files that were imported and which of them are in force
    Releases,
    /// Show the runs that decided
    Runs,
    /// Show what one run answers otherwise than another
    Diff(Diff),
    /// Show or check the rules
    #[command(subcommand)]
    Rulebook(Rulebook),
    /// Write the template of a table that an operator keeps, or list the templates
    ///
    /// A template is CSV: a header and one example row, which has to be replaced: a table that
    /// still has it is refused.
    Template(TemplateAsked),
    /// Write the files of a made-up California, the same bytes from the same words
    ///
    /// Indicator files, local indicators, lists, a directory and operator tables in the state's
    /// own layouts, for every year that has rules. Everything but the counties' names is made
    /// up. A README beside the files says what is in them on purpose.
    Sample(Sample),
    /// Answer over HTTP: determinations, their reasons, the rules and the files
    ///
    /// What another process imports and decides meanwhile is taken up by itself. The log
    /// (RUST_LOG=info) has a line for each request. What is set is checked at the start, and
    /// every fault of it named at once.
    Serve(Serve),
    /// Ask the service on this machine whether it lives, as a container's health check does
    ///
    /// It ends with 1 unless the answer is 200.
    Health(Health),
    /// Say from when what files show is public
    ///
    /// A file is public from the day on which its year's Dashboard came out, unless something
    /// else is said of it. Until then the service shows what rests on it to nobody but those who
    /// may see it before.
    Publish(Publish),
    /// Withdraw a wrong file, or reinstate it, and decide again
    ///
    /// Nothing is deleted: the file is kept and stands in no later run. Run again where the
    /// program ended between the two, or decide again: the same comes of it.
    Withdraw(Withdraw),
    /// Catalogues of services that providers offer
    #[command(subcommand)]
    Services(Services),
    /// Write communications on what LEAs are identified for, as HTML to print
    ///
    /// One file for each LEA, by the template of its county. Any browser makes the PDF. What is
    /// not public yet is written, too, and says so.
    Communications(Communications),
    /// Clients that may ask the service for tokens
    #[command(subcommand)]
    Client(Client),
    /// Keys with which the service signs tokens
    #[command(subcommand)]
    Key(Key),
    /// Prove that what is stored holds together
    ///
    /// Each file is read again and compared with its rows, and each run is decided again from
    /// them by its own editions. What was changed from outside, to the single byte, is named with
    /// its table and row, and the exit code is 6. Others may use the database meanwhile.
    Check(Check),
    /// Copy an embedded database to a file, while others use it
    ///
    /// The copy is looked through before it gets its name. A database of PostgreSQL is copied
    /// with pg_dump.
    Backup(CopyAsked),
    /// Put a backup in the place of an embedded database that nobody uses
    ///
    /// The backup is looked through before anything is changed, and stays as it is.
    Restore(CopyAsked),
    /// Write the OpenAPI document of the service
    Openapi(Openapi),
    /// See it all at work: make California up, import it, decide it, and explain an answer
    ///
    /// Works on a database of its own, which each demo makes anew, unless --database names
    /// another without files. DATABASE_URL is left alone.
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// What is asked for: /healthz, or /readyz for whether readers are served
    #[arg(default_value = "/healthz", value_name = "PATH", value_parser = path)]
    pub(crate) path: String,
    /// Where the service listens
    #[arg(long, env = "CALSOS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
}

fn path(text: &str) -> Result<String, String> {
    let sound = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    if sound { Ok(text.to_owned()) } else { Err("a path such as /readyz is expected".to_owned()) }
}

#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// The folder to write to; it must be empty or not there yet
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) world: World,
    /// The form of the files
    #[arg(long, value_enum, default_value_t = SampleForm::Text)]
    pub(crate) form: SampleForm,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct World {
    /// Another number makes another state
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many LEAs: 58 county offices, and of the others 42 % districts, the rest charters
    #[arg(long, value_name = "N", default_value_t = calsos_sample::SampleSize::CALIFORNIA.leas())]
    pub(crate) leas: u32,
    /// How many ordinary schools, which are in the files and never decided [default: a sixth of
    /// the LEAs]
    #[arg(long, value_name = "N")]
    pub(crate) schools: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SampleForm {
    /// Text, as the state publishes it
    Text,
    /// Workbooks
    Xlsx,
    /// Both
    Both,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Only this run and its files, by number or id [default: all that is stored]
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CopyAsked {
    /// The backup's file
    pub(crate) file: PathBuf,
    /// Replace what is there: the file by a backup, or the database by what is restored
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) world: World,
    /// Keep the files in this folder; it must be empty or not there yet
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Where to serve the result until Ctrl-C [default: 127.0.0.1:8080, or a free port where
    /// another program has it]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// End without serving
    #[arg(long, conflicts_with = "listen")]
    pub(crate) no_serve: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The releases, by number or id; `calsos releases` shows them
    #[arg(value_name = "RELEASES", required_unless_present = "year")]
    pub(crate) releases: Vec<String>,
    /// Every release of this Dashboard year
    #[arg(long, value_parser = year, conflicts_with = "releases")]
    pub(crate) year: Option<DashboardYear>,
    /// From when: a day of California such as 2025-12-15, a moment with its offset such as
    /// 2025-12-15T10:00:00-08:00, now, or closed
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) at: PublicAt,
    /// Who says it, for the record
    #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
    pub(crate) by: String,
}

#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// The release, by number or id; `calsos releases` shows them
    #[arg(value_name = "RELEASE")]
    pub(crate) release: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: String,
    /// Reinstate a release that was withdrawn
    #[arg(long)]
    pub(crate) undo: bool,
    /// Who says it, for the record
    #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
    pub(crate) by: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Services {
    /// Load a provider's catalogue in the place of what was there
    ///
    /// The file is a table, CSV or a workbook; `calsos template services` writes one to fill in.
    /// Services are told by their codes: those that are not in the file any more are ended and
    /// stay to be read. A file with faults is refused whole, and the same file again changes
    /// nothing.
    Import {
        /// The table
        file: PathBuf,
        /// Whose catalogue it is: county:NN, geographicLead:NAME, ccee, state, selpa:CODE,
        /// equityLead:NAME, expertLead:NAME or other:NAME [default: the provider in its first
        /// row]
        #[arg(long, value_name = "PROVIDER", value_parser = provider)]
        provider: Option<ServiceProvider>,
        /// Say what would change, and store nothing
        #[arg(long)]
        dry_run: bool,
        /// Who loads it, for the record
        #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
        by: String,
    },
    /// List services
    List {
        /// Only those of this provider
        #[arg(long, value_name = "PROVIDER", value_parser = provider)]
        provider: Option<ServiceProvider>,
        /// Also those that are not to be had any more
        #[arg(long)]
        with_ended: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Make a client; its secret is shown once and kept nowhere
    ///
    /// Makes the first signing key, too, where there is none.
    Create {
        /// Its id, of letters, digits, - and .
        #[arg(value_parser = client_id)]
        id: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// What it may do: read, preview, import, publish, support, admin, with commas between
        #[arg(long, value_delimiter = ',', required = true, value_parser = scope)]
        scope: Vec<Scope>,
        /// For whom it asks: state, spi, ccee, county:NN, geographicLead:NAME, selpa:CODE,
        /// authorizer:CDS or lea:CDS
        #[arg(long, value_parser = agency)]
        agency: Agency,
        /// Who makes it, for the record
        #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
        by: String,
    },
    /// List the clients
    List,
    /// Give a client another secret; the one before is refused from now on
    Rotate {
        /// The client
        id: String,
        /// Who does it, for the record
        #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
        by: String,
    },
    /// End a client: it gets no token, and services refuse those that it has within two seconds
    Disable {
        /// The client
        id: String,
        /// Who does it, for the record
        #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
        by: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// List the keys
    List,
    /// Make a key where none signs yet, as before the service is first started; else leave it
    Ensure {
        /// Who does it, for the record
        #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
        by: String,
    },
    /// Make the key that signs from now on; the one before is served until its last token has
    /// ended
    Rotate {
        /// Who does it, for the record
        #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
        by: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Openapi {
    /// The version of OpenAPI
    #[arg(long, value_enum, default_value_t = OpenapiVersion::V31)]
    pub(crate) version: OpenapiVersion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OpenapiVersion {
    /// OpenAPI 3.1
    #[value(name = "3.1")]
    V31,
    /// OpenAPI 3.0, for generators that do not read 3.1
    #[value(name = "3.0")]
    V30,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files
    #[arg(required = true, value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    /// What the files are, where they do not say it themselves: KIND:YEAR, such as ELA:2022,
    /// LOCAL6:2023, LIST:2019, CHARTERLIST:2023 or DIRECTORY:2018
    #[arg(long = "as", value_name = "KIND:YEAR")]
    pub(crate) assigned: Option<Assigned>,
    /// From when what the files show is public, where that is not the day of their year's
    /// Dashboard: a day of California such as 2025-12-15, a moment with its offset such as
    /// 2025-12-15T10:00:00-08:00, now, or closed. For files that are stored already, there is
    /// `calsos publish`
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) public_at: Option<PublicAt>,
    /// Which goes before for the LEAs of whom both speak, where a file is statewide and releases
    /// of its kind and year that are stored are of counties, or the other way round: wins, the
    /// file; yields, those that are stored. Unsaid, such a file is refused
    #[arg(long, value_name = "WINS|YIELDS", value_parser = beside)]
    pub(crate) beside: Option<Beside>,
    /// Who imports, for the record
    #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
    pub(crate) by: String,
}

#[derive(Debug, Args)]
pub(crate) struct Determine {
    /// Who decides, for the record
    #[arg(long, env = "CALSOS_USER", value_name = "NAME", default_value_t = user())]
    pub(crate) by: String,
}

fn user() -> String {
    std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The LEA's 14-digit CDS code
    pub(crate) cds: CdsCode,
    /// The Dashboard year [default: the newest one with an answer]
    #[arg(long, value_parser = year)]
    pub(crate) year: Option<DashboardYear>,
    /// As it was answered at a moment with its offset, such as 2016-12-12T17:00:00-08:00, or at
    /// the end of a day in California, such as 2016-12-12 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = as_of)]
    pub(crate) as_of: Option<Timestamp>,
    /// Only the summary, without the tree of all rules
    #[arg(long)]
    pub(crate) brief: bool,
    /// The original rows of the files behind the cells that decide
    #[arg(long)]
    pub(crate) rows: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this Dashboard year
    #[arg(long, value_parser = year)]
    pub(crate) year: Option<DashboardYear>,
    /// As it was answered at a moment with its offset, such as 2016-12-12T17:00:00-08:00, or at
    /// the end of a day in California, such as 2016-12-12 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = as_of)]
    pub(crate) as_of: Option<Timestamp>,
    /// Only this county, 01 to 58
    #[arg(long, value_parser = county)]
    pub(crate) county: Option<CountyCode>,
    /// Only LEAs of this type
    #[arg(long = "type", value_parser = lea_type)]
    pub(crate) lea_type: Option<LeaType>,
    /// Only LEAs with this status
    #[arg(long, value_enum)]
    pub(crate) status: Option<Status>,
    /// Only LEAs at this level of support, 1 to 3
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) level: Option<u8>,
    /// Only LEAs where this student group has a code (TOM is accepted for MR)
    #[arg(long, value_parser = group)]
    pub(crate) group: Option<StudentGroup>,
    /// Only LEAs where a student group is in this state priority
    #[arg(long, value_parser = priority)]
    pub(crate) priority: Option<Priority>,
    /// Only LEAs that met this method, M1 to M4
    #[arg(long)]
    pub(crate) method: Option<String>,
    /// Only LEAs that met a test over several years
    #[arg(long)]
    pub(crate) sustained_need: bool,
    /// Only answers that a missing file could change
    #[arg(long)]
    pub(crate) provisional: bool,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Status {
    /// Not eligible
    General,
    /// Eligible for differentiated assistance
    Differentiated,
    /// Not known for want of files
    NotKnown,
    /// No decision is made on LEAs of the kind in the year
    NotJudged,
}

#[derive(Debug, Args)]
pub(crate) struct TemplateAsked {
    /// The template; none lists them
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OneYear {
    /// The Dashboard year
    #[arg(long, value_parser = year)]
    pub(crate) year: DashboardYear,
}

#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// The Dashboard year
    #[arg(long, value_parser = year)]
    pub(crate) year: DashboardYear,
    /// What the computed side rests on
    #[arg(long, value_enum, default_value_t = ReconcileBasis::Files)]
    pub(crate) basis: ReconcileBasis,
    /// Show every difference and cell that is not known, not only the first of a kind
    #[arg(long)]
    pub(crate) all: bool,
    /// End with exit code 5 when a cell differs
    #[arg(long)]
    pub(crate) fail_on_difference: bool,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReconcileBasis {
    /// The indicator files, as if the list did not exist
    Files,
    /// The list's own codes: whether its methods, labels and flags follow from them
    Codes,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The Dashboard year
    #[arg(long, value_parser = year)]
    pub(crate) year: DashboardYear,
    /// The columns
    #[arg(long, value_enum, default_value_t = Layout::Answers)]
    pub(crate) layout: Layout,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// Everything that is answered, every kind of LEA
    Answers,
    /// The columns of the state's list of that year, districts and county offices; `*` is no
    /// code, a blank is not known, and a last column says why
    Published,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// The LEA's 14-digit CDS code, present or former
    pub(crate) cds: CdsCode,
}

#[derive(Debug, Args)]
pub(crate) struct Communications {
    /// noticeOfIdentification, onePageSummary, strengthsAndWeaknesses or springSummary
    #[arg(value_parser = communication)]
    pub(crate) kind: CommunicationKind,
    /// The Dashboard year
    #[arg(long, value_parser = year)]
    pub(crate) year: DashboardYear,
    /// To this LEA, by its 14-digit CDS code
    #[arg(long, value_name = "CDS", required_unless_present = "county")]
    pub(crate) lea: Option<CdsCode>,
    /// To every LEA that is identified in this county, 01 to 58
    #[arg(long, value_parser = county, conflicts_with = "lea")]
    pub(crate) county: Option<CountyCode>,
    /// The folder that the files are written to; those of the same names are replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Support {
    /// The LEA's 14-digit CDS code
    pub(crate) cds: CdsCode,
    /// Only what held on this day of California, YYYY-MM-DD
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) effective_on: Option<Day>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The run to compare with, by number or id [default: the one before the other]
    #[arg(value_name = "RUN")]
    pub(crate) before: Option<String>,
    /// The run that is compared, by number or id [default: the current one]
    #[arg(value_name = "RUN")]
    pub(crate) after: Option<String>,
    /// Show every LEA that changed, not only the first
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rulebook {
    /// Show the rules of a year, or which years there are
    Show {
        /// The Dashboard year
        #[arg(value_parser = year)]
        year: Option<DashboardYear>,
    },
    /// Check rulebook files together with the built-in ones
    Check {
        /// The files; none checks the built-in ones and those of --editions
        files: Vec<PathBuf>,
    },
}

fn moment(text: &str) -> Result<PublicAt, String> {
    moments::parse(text).ok_or_else(|| format!("{} is expected", moments::EXPECTED))
}

fn beside(text: &str) -> Result<Beside, String> {
    Beside::parse(text).ok_or_else(|| "wins or yields is expected".to_owned())
}

fn reason(text: &str) -> Result<String, String> {
    withdraw::reason(text).ok_or_else(|| format!("{} is expected", withdraw::REASON_EXPECTED))
}

fn as_of(text: &str) -> Result<Timestamp, String> {
    let now = Timestamp::now();
    match moments::as_of(text, now) {
        Some(moment) if moment <= now => Ok(moment),
        Some(_) => Err("it is ahead of now: nobody knows it yet".to_owned()),
        None => Err(format!("{} is expected", moments::AS_OF)),
    }
}

/// A day on which something held: none ahead of today.
fn day(text: &str) -> Result<Day, String> {
    let day = moments::day(text).ok_or_else(|| format!("{} is expected", moments::DAY))?;
    match moments::today(Timestamp::now()) {
        Some(today) if day > today => Err("it is ahead of today: nobody knows it yet".to_owned()),
        _ => Ok(day),
    }
}

fn client_id(text: &str) -> Result<String, String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let good = (1..=100).contains(&text.len()) && text.chars().all(sound);
    let expected = "1 to 100 letters, digits, '-', '.' and '_' are expected";
    if good { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| {
        let known = Scope::ALL.map(Scope::code).join(", ");
        format!("one of {known} is expected")
    })
}

fn agency(text: &str) -> Result<Agency, String> {
    Agency::parse(text).ok_or_else(|| format!("{} is expected", Agency::EXPECTED))
}

fn provider(text: &str) -> Result<ServiceProvider, String> {
    ServiceProvider::parse(text).ok_or_else(|| format!("{} is expected", ServiceProvider::EXPECTED))
}

fn year(text: &str) -> Result<DashboardYear, String> {
    text.parse()
        .ok()
        .and_then(DashboardYear::new)
        .ok_or_else(|| "a Dashboard year of four digits is expected, such as 2023".to_owned())
}

fn county(text: &str) -> Result<CountyCode, String> {
    CountyCode::parse(text).ok_or_else(|| "a county's number is expected, 01 to 58".to_owned())
}

fn communication(text: &str) -> Result<CommunicationKind, String> {
    CommunicationKind::parse(text)
        .ok_or_else(|| format!("expected {}", CommunicationKind::EXPECTED))
}

fn lea_type(text: &str) -> Result<LeaType, String> {
    LeaType::parse(text).ok_or_else(|| "expected district, countyOffice or charter".to_owned())
}

fn group(text: &str) -> Result<StudentGroup, String> {
    StudentGroup::parse(text)
        .filter(|group| *group != StudentGroup::All)
        .ok_or_else(|| "a student group's code is expected, such as SWD".to_owned())
}

fn priority(text: &str) -> Result<Priority, String> {
    text.parse()
        .ok()
        .and_then(Priority::new)
        .ok_or_else(|| "a state priority is expected, 1 to 10".to_owned())
}
