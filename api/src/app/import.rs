//! Takes in files.

use std::fmt;
use std::path::Path;

use calsos_domain::colors::ColorAudit;
use calsos_domain::facts::{Beside, ReleaseHead, ReleaseNumber, Superseded, meets, superseded};
use calsos_domain::release::ReleaseContents;
use calsos_ingest::{Assigned, FileReport, Header, HeaderChange, Input, Refusal, Understood, read};
use calsos_persistence::{AddRelease, JobDone, NewAudit, NewRelease, PublicAt, ReleaseRecord};

use super::clients::by_command;
use super::release_states::{coverage_words, head};
use super::{Office, input_file};
use crate::error::AppError;

/// What became of a file.
pub(crate) enum Imported {
    /// It is a release now.
    Added {
        record: ReleaseRecord,
        report: Box<FileReport>,
        colors: Option<ColorAudit>,
        header: Option<HeaderNote>,
    },
    /// The same bytes were imported before; nothing changed.
    AlreadyStored(ReleaseRecord),
    /// It meets releases beside which it must be said which goes before; nothing of it was
    /// stored.
    Met(Met),
    /// It cannot be understood whole; nothing of it was stored.
    Refused { refusal: Refusal, header: Option<HeaderNote> },
}

/// A file that meets releases, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    /// What it is, such as `SUSP 2090`.
    what: String,
    /// The LEAs that it speaks about.
    coverage: String,
    /// The releases that it meets, each with its number, file and LEAs.
    others: Vec<String>,
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Met { what, coverage, others } = self;
        write!(
            f,
            "it is {what} ({coverage}) and meets {}. Where one file is statewide and the other is \
             of counties, say which goes before for the LEAs of whom both speak: `calsos import \
             --beside wins FILES…` where that is this one, `--beside yields` where those that are \
             stored go on; or withdraw what is wrong with `calsos withdraw RELEASE --reason …`. \
             Nothing of it was stored",
            others.join(", ")
        )
    }
}

impl Met {
    /// The same for who sent the file over HTTP, and may not know of the releases.
    pub(crate) fn to_sender(&self) -> String {
        let Met { what, coverage, others: _ } = self;
        format!(
            "it is {what} ({coverage}), and where one file of a kind and year is statewide and \
             another of counties, it must be said which goes before for the LEAs of whom both \
             speak: send it again with beside=wins where that is this one, or beside=yields where \
             what is stored goes on"
        )
    }
}

/// A file that was understood, and what else is stored with it.
#[derive(Clone, Copy)]
pub(crate) struct FileToStore<'a> {
    pub(crate) input: Input<'a>,
    pub(crate) understood: &'a Understood,
    pub(crate) public_at: Option<PublicAt>,
    /// What is to hold where it is statewide and stored releases of its kind and year are of
    /// counties, or the other way round.
    pub(crate) beside: Option<Beside>,
    pub(crate) by: &'a str,
    pub(crate) audit: NewAudit<'a>,
}

/// How a file's header differs from that of a release of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderNote {
    /// The release that it was compared with.
    pub(crate) release: u32,
    /// That release's year.
    pub(crate) year: Option<u16>,
    /// The differences that the layouts do not know of; never empty.
    pub(crate) change: HeaderChange,
}

/// What a stored report says of a file's header; those of earlier versions say nothing.
#[derive(serde::Deserialize)]
struct ReportedColumns {
    #[serde(default)]
    columns: Vec<String>,
}

impl Office {
    /// Imports one file, all or nothing. `beside` says what is to hold where it is statewide
    /// and stored releases of its kind and year are of counties, or the other way round.
    pub(crate) fn import(
        &self,
        path: &Path,
        assigned: Option<Assigned>,
        public_at: Option<PublicAt>,
        beside: Option<Beside>,
        by: &str,
    ) -> Result<Imported, AppError> {
        let bytes = input_file::read(path)?;
        let file_name =
            path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let input = Input { file_name: &file_name, bytes: &bytes, assigned };
        let understood = match read(&input, &self.layouts) {
            Ok(understood) => understood,
            Err(refusal) => {
                let header = refusal.header.as_ref().map(|header| self.header_note(header, None));
                let header = header.transpose()?.flatten();
                return Ok(Imported::Refused { refusal, header });
            }
        };
        let audit = by_command(by, "calsos import", &file_name);
        let file = FileToStore { input, understood: &understood, public_at, beside, by, audit };
        Ok(match self.store_file(&file, None)? {
            Err(met) => Imported::Met(met),
            Ok(AddRelease::AlreadyStored(record)) => Imported::AlreadyStored(record),
            Ok(AddRelease::Added(record)) => {
                let colors = self.audit_colors(&understood.contents);
                let columns = understood.report.columns.clone();
                let header = Header { kind: record.kind, year: record.year, columns };
                let header = self.header_note(&header, Some(record.number))?;
                Imported::Added { record, report: Box::new(understood.report), colors, header }
            }
        })
    }

    /// Stores a file that was understood, and with it the end of the job, if there is one, that
    /// it is stored for; or says which releases it meets, and stores nothing.
    pub(crate) fn store_file(
        &self,
        file: &FileToStore<'_>,
        job: Option<JobDone<'_>>,
    ) -> Result<Result<AddRelease, Met>, AppError> {
        let FileToStore { input, understood, public_at, beside, by, audit } = *file;
        let report = serde_json::to_string(&understood.report)?;
        let new = NewRelease {
            contents: &understood.contents,
            file_name: input.file_name,
            bytes: input.bytes,
            kept_bytes: understood.kept_bytes.as_deref(),
            imported_by: by,
            report: &report,
            public_at,
            beside,
            audit: Some(audit),
        };
        let met = |stored: &[ReleaseRecord]| match beside {
            None => met(&understood.contents, stored),
            Some(_) => None,
        };
        Ok(self.store.add_release_if(&new, job, met)?)
    }

    /// Compares a header with that of the nearest release of the same kind: of the same year
    /// or the nearest earlier one, else of the nearest later one; of releases of one year
    /// with the newest. `None` where there is none, or nothing that the layouts do not know.
    fn header_note(
        &self,
        header: &Header,
        own: Option<ReleaseNumber>,
    ) -> Result<Option<HeaderNote>, AppError> {
        let mut others: Vec<(ReleaseRecord, Vec<String>)> = Vec::new();
        for record in self.standing()? {
            if record.kind == header.kind && Some(record.number) != own {
                let ReportedColumns { columns } = serde_json::from_str(&record.report)?;
                if !columns.is_empty() {
                    others.push((record, columns));
                }
            }
        }
        let age = |record: &ReleaseRecord| (record.year, record.number);
        let not_later = |record: &ReleaseRecord| match (record.year, header.year) {
            (Some(year), Some(own)) => year <= own,
            _ => true,
        };
        let earlier = others.iter().filter(|(r, _)| not_later(r)).max_by_key(|(r, _)| age(r));
        let later = || {
            let later = others.iter().filter(|(r, _)| !not_later(r));
            later.min_by_key(|(r, _)| (r.year, std::cmp::Reverse(r.number)))
        };
        let Some((record, columns)) = earlier.or_else(later) else { return Ok(None) };
        let other = Header { kind: record.kind, year: record.year, columns: columns.clone() };
        let change = header.changes_since(&other, &self.layouts);
        Ok((!change.is_empty()).then(|| HeaderNote {
            release: record.number.0,
            year: record.year.map(|year| year.number()),
            change,
        }))
    }

    /// Checks the published colours of an indicator file against the year's tables.
    fn audit_colors(&self, contents: &ReleaseContents) -> Option<ColorAudit> {
        self.books.edition(contents.year?)?.colors.audit(contents)
    }

    /// Where releases speak about the same LEAs, which of them is in force.
    pub(crate) fn superseded(&self) -> Result<Vec<Superseded>, AppError> {
        let heads: Vec<ReleaseHead> = self.standing()?.iter().map(head).collect();
        Ok(superseded(&heads))
    }
}

/// What a file meets among stored releases that stand, if anything.
fn met(contents: &ReleaseContents, stored: &[ReleaseRecord]) -> Option<Met> {
    let met = stored.iter().filter(|record| !record.is_withdrawn());
    let met: Vec<String> = met
        .filter(|record| meets(contents, &head(record)))
        .map(|record| {
            let coverage = coverage_words(&record.coverage);
            format!("release {} ({}, {coverage})", record.number, record.file_name)
        })
        .collect();
    let year = contents.year.map(|year| format!(" {year}")).unwrap_or_default();
    (!met.is_empty()).then(|| Met {
        what: format!("{}{year}", contents.kind.code()),
        coverage: coverage_words(&contents.coverage),
        others: met,
    })
}
