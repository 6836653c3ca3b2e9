//! A made-up California: county offices, districts, charters and schools with the files that
//! the state would publish about them, in the state's own layouts.
//!
//! The same seed and sizes give the same bytes on every machine: nothing reads a clock, an
//! environment or a platform's floating-point functions. Which years there are is read from
//! the rulebooks, how files look from `layouts/files.toml`. The published lists are what the
//! rules decide on the made-up facts, each year with the lists before it as history, except
//! for corrections that [`State::about`] names. What is left out: everything that decides
//! (that is the domain's) and everything that reads files (that is ingest's).

mod about;
mod corrections;
mod facts;
mod indicator_files;
mod layouts;
mod lists;
mod model;
mod names;
mod other_files;
mod places;
mod random;
mod services;
mod table;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::LeaFacts;
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::priority::Priority;
use calsos_domain::rulebook::{Edition, Rulebooks};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;
use rust_xlsxwriter::XlsxError;

pub use layouts::{IndicatorLayout, Layouts, ListLayout, LocalLayout};
pub use services::CatalogueFile;
pub use table::Form;

use corrections::Corrections;
use facts::Facts;
use indicator_files::IndicatorFile;
use lists::ListRows;
use model::Model;
use places::Places;

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// So many LEAs, or schools, cannot be made.
    #[error("{asked} {what} were asked for; {least} to {most} can be made")]
    Size {
        /// What was asked for.
        what: &'static str,
        /// How many.
        asked: u32,
        /// The smallest number.
        least: u32,
        /// The largest number.
        most: u32,
    },
    /// The data of the layouts cannot be read.
    #[error("the layouts of the sample's files cannot be read: {0}")]
    Layouts(String),
    /// The built-in rulebooks cannot be read.
    #[error("{0}")]
    Rulebooks(#[from] calsos_domain::rulebook::RulebookFaults),
    /// A workbook cannot be written.
    #[error("a workbook of the sample cannot be written: {0}")]
    Workbook(#[from] XlsxError),
}

/// How large a sample is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampleSize {
    leas: u32,
    schools: u32,
}

impl SampleSize {
    /// About what California has: 58 county offices, a thousand districts, 1,300 charters.
    pub const CALIFORNIA: SampleSize = SampleSize { leas: 2360, schools: 400 };
    /// The 58 county offices and a few others.
    pub const LEAS_LEAST: u32 = 100;
    /// Many times California; beyond it, codes and names would repeat.
    pub const LEAS_MOST: u32 = 40_000;
    /// As many schools as have a code of their own here.
    pub const SCHOOLS_MOST: u32 = 40_000;

    /// So many LEAs in all, and ordinary schools, which the files have and nobody decides.
    ///
    /// # Errors
    /// [`SampleError::Size`] outside 100 to 40,000 LEAs or above 40,000 schools.
    pub fn new(leas: u32, schools: u32) -> Result<SampleSize, SampleError> {
        let check = |what, asked, least, most| {
            let fits = (least..=most).contains(&asked);
            fits.then_some(()).ok_or(SampleError::Size { what, asked, least, most })
        };
        check("LEAs", leas, SampleSize::LEAS_LEAST, SampleSize::LEAS_MOST)?;
        check("schools", schools, 0, SampleSize::SCHOOLS_MOST)?;
        Ok(SampleSize { leas, schools })
    }

    /// So many LEAs, with ordinary schools in California's proportion here.
    ///
    /// # Errors
    /// [`SampleError::Size`] outside 100 to 40,000 LEAs.
    pub fn of_leas(leas: u32) -> Result<SampleSize, SampleError> {
        SampleSize::new(leas, leas / 6)
    }

    /// LEAs in all.
    #[must_use]
    pub fn leas(self) -> u32 {
        self.leas
    }

    /// Ordinary schools.
    #[must_use]
    pub fn schools(self) -> u32 {
        self.schools
    }
}

/// A made-up state.
#[derive(Clone, Debug)]
pub struct State {
    seed: u64,
    size: SampleSize,
    books: Rulebooks,
    layouts: Layouts,
    places: Places,
    model: Model,
    corrections: Option<Corrections>,
}

/// What a file of the sample is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// An indicator of a year.
    Indicator {
        /// Which.
        indicator: Indicator,
        /// Of which year.
        year: DashboardYear,
        /// Whether it is the first issue of a file that was corrected later.
        first_issue: bool,
    },
    /// The local indicators of a priority and year.
    Local(Priority, DashboardYear),
    /// The list of a year; the number tells its issues apart, 0 being the first.
    List(DashboardYear, usize),
    /// Student data that were not certified.
    Calpads(DashboardYear),
    /// LEAs that followed others.
    Successions,
    /// The public schools directory.
    Directory,
    /// The page about the sample, which is for people.
    About,
}

/// A file of the sample before it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileSpec {
    /// What it is about.
    pub subject: Subject,
    /// Its name before the dot.
    pub stem: String,
    /// Whether it is a corrected file.
    reissue: bool,
}

impl FileSpec {
    /// Its name in a form.
    #[must_use]
    pub fn name(&self, form: Form) -> String {
        let ending = match (self.subject, form) {
            (Subject::About, _) => "md",
            (Subject::Calpads(_) | Subject::Successions, _) => "csv",
            (_, Form::Xlsx) => "xlsx",
            (Subject::List(..), Form::Text) => "csv",
            (_, Form::Text) => "txt",
        };
        format!("{}.{ending}", self.stem)
    }

    /// Whether it is there in two forms.
    #[must_use]
    pub fn has_workbook(&self) -> bool {
        !matches!(self.subject, Subject::Calpads(_) | Subject::Successions | Subject::About)
    }

    fn is_reissue(&self) -> bool {
        self.reissue
    }
}

/// A file of the sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SampleFile {
    /// What it is about.
    pub subject: Subject,
    /// Its name.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl State {
    /// A state of about so many LEAs, by the built-in rules.
    ///
    /// # Errors
    /// [`SampleError`] for a size that cannot be made.
    pub fn new(seed: u64, leas: u32) -> Result<State, SampleError> {
        let books = Rulebooks::load(&Rulebooks::built_in_files())?;
        State::by_rules(books, seed, SampleSize::of_leas(leas)?)
    }

    /// A state whose years and lists are those of the rulebooks.
    ///
    /// # Errors
    /// [`SampleError`] where the layouts cannot be read.
    pub fn by_rules(books: Rulebooks, seed: u64, size: SampleSize) -> Result<State, SampleError> {
        let years: Vec<DashboardYear> = books.editions().map(|edition| edition.year).collect();
        let places = Places::new(seed, size, &years);
        let model = Model::new(seed, &books);
        let layouts = Layouts::built_in()?;
        let mut state = State { seed, size, books, layouts, places, model, corrections: None };
        state.corrections = Corrections::find(&state);
        Ok(state)
    }

    /// The files, in an order in which they can be imported: a corrected file comes after the
    /// one that it corrects.
    #[must_use]
    pub fn specs(&self) -> Vec<FileSpec> {
        let mut specs = Vec::new();
        let mut add = |subject, stem: String, reissue| {
            specs.push(FileSpec { subject, stem, reissue });
        };
        for (year, _) in self.books.years() {
            let edition = self.books.edition(year);
            for indicator in Indicator::ALL {
                if !self.has_indicator_file(indicator, year, edition) {
                    continue;
                }
                let stem = self.layouts.indicator_file(indicator, year);
                if self.layouts.is_reissued(indicator, year) {
                    let first = Subject::Indicator { indicator, year, first_issue: true };
                    add(first, stem.clone(), false);
                    let second = Subject::Indicator { indicator, year, first_issue: false };
                    add(second, format!("{stem}_reissued"), true);
                } else {
                    add(Subject::Indicator { indicator, year, first_issue: false }, stem, false);
                }
            }
            for priority in self.layouts.local_priorities() {
                if self.has_local_file(priority, year) {
                    add(Subject::Local(priority, year), format!("Pr{priority}_{year}"), false);
                }
            }
            let Some(edition) = edition else { continue };
            for (issue, list) in self.layouts.lists(year).into_iter().enumerate() {
                add(Subject::List(year, issue), list.name, false);
            }
            if facts::takes_calpads(edition) {
                add(Subject::Calpads(year), format!("calpads{year}"), false);
            }
        }
        add(Subject::Successions, "successions".to_owned(), false);
        add(Subject::Directory, self.layouts.directory().0.to_owned(), false);
        add(Subject::About, "README".to_owned(), false);
        specs
    }

    /// Whether the indicator has a file in a year: one with an edition has those that the
    /// edition names, another those that are described for just this year.
    fn has_indicator_file(
        &self,
        indicator: Indicator,
        year: DashboardYear,
        edition: Option<&Edition>,
    ) -> bool {
        match edition {
            Some(edition) => {
                edition.indicators.contains_key(&indicator)
                    && self.layouts.indicator(indicator, year).is_some()
            }
            None => self.layouts.described_years(indicator).any(|described| described == year),
        }
    }

    fn has_local_file(&self, priority: Priority, year: DashboardYear) -> bool {
        self.books.edition(year).is_some() && self.layouts.local(priority, year).is_some()
    }

    fn indicator_file(
        &self,
        indicator: Indicator,
        year: DashboardYear,
        first_issue: bool,
    ) -> Option<IndicatorFile<'_>> {
        let (model, books, layouts) = (&self.model, &self.books, &self.layouts);
        IndicatorFile::new(model, books, layouts, indicator, year, first_issue)
    }

    /// Writes the files one by one, each in the forms that it has, none kept in memory.
    pub fn files<'a>(
        &'a self,
        forms: &'a [Form],
    ) -> impl Iterator<Item = Result<SampleFile, SampleError>> + 'a {
        let lists = self.lists();
        self.specs().into_iter().flat_map(move |spec| {
            let own: Vec<Form> = if spec.has_workbook() {
                forms.to_vec()
            } else {
                forms.iter().copied().take(1).collect()
            };
            let written: Vec<_> =
                own.into_iter().map(|form| self.write(&spec, form, &lists)).collect();
            written
        })
    }

    /// Writes one file.
    ///
    /// # Errors
    /// [`SampleError::Workbook`] where a workbook cannot be written.
    pub fn file(&self, spec: &FileSpec, form: Form) -> Result<SampleFile, SampleError> {
        let lists = match spec.subject {
            Subject::List(..) => self.lists(),
            _ => ListRows::new(),
        };
        self.write(spec, form, &lists)
    }

    fn write(
        &self,
        spec: &FileSpec,
        form: Form,
        lists: &ListRows,
    ) -> Result<SampleFile, SampleError> {
        let bytes = match spec.subject {
            Subject::Indicator { indicator, year, first_issue } => {
                match self.indicator_file(indicator, year, first_issue) {
                    Some(file) => file.write(&self.places, form)?,
                    None => Vec::new(),
                }
            }
            Subject::Local(priority, year) => match self.layouts.local(priority, year) {
                Some(layout) => self.write_local(priority, year, &layout, form)?,
                None => Vec::new(),
            },
            Subject::List(year, issue) => {
                let layouts = self.layouts.lists(year);
                match self.books.edition(year).zip(layouts.get(issue)) {
                    Some((edition, layout)) => self.write_list(edition, layout, lists, form)?,
                    None => Vec::new(),
                }
            }
            Subject::Calpads(year) => self.write_calpads(year).unwrap_or_default().into_bytes(),
            Subject::Successions => self.write_successions().into_bytes(),
            Subject::Directory => self.write_directory(form)?,
            Subject::About => self.about().into_bytes(),
        };
        Ok(SampleFile { subject: spec.subject, name: spec.name(form), bytes })
    }

    /// The facts of every LEA as the files give them, with its rows of the lists. Their
    /// places (release and row) are not those of files.
    pub fn facts(&self) -> impl Iterator<Item = LeaFacts> + '_ {
        let facts = Facts::new(self);
        self.places.leas.iter().filter_map(move |place| {
            place.kind.lea_type().map(|lea_type| facts.with_lists(place, lea_type))
        })
    }

    /// The rows of every list.
    fn lists(&self) -> ListRows {
        let mut lists = ListRows::new();
        for facts in self.facts().filter(|facts| facts.lea_type != LeaType::Charter) {
            for (year, year_facts) in facts.years {
                if let Some(cited) = year_facts.published {
                    lists.entry(year).or_default().insert(facts.cds, cited.value);
                }
            }
        }
        lists
    }

    /// The one code that the files give and the lists leave out on purpose, with its year:
    /// the only cell, beside the number of groups, where answers and lists differ.
    #[must_use]
    pub fn code_taken_away(&self) -> Option<(DashboardYear, CdsCode, StudentGroup)> {
        let corrections = self.corrections.as_ref()?;
        Some((corrections.year, corrections.taken_away.0, corrections.taken_away.1))
    }

    /// The layouts by which the files are written.
    #[must_use]
    pub fn layouts(&self) -> &Layouts {
        &self.layouts
    }

    /// The rules by which the lists are decided.
    #[must_use]
    pub fn rulebooks(&self) -> &Rulebooks {
        &self.books
    }
}
