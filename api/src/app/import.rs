//! Takes in files.

use std::path::Path;

use calsos_domain::colors::ColorAudit;
use calsos_domain::facts::{ReleaseHead, ReleaseNumber, Superseded, superseded};
use calsos_domain::release::ReleaseContents;
use calsos_ingest::{Assigned, FileReport, Header, HeaderChange, Input, Refusal, read};
use calsos_persistence::{AddRelease, NewRelease, PublicAt, ReleaseRecord};

use super::clients::by_command;
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
    /// It cannot be understood whole; nothing of it was stored.
    Refused { refusal: Refusal, header: Option<HeaderNote> },
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
    /// Imports one file, all or nothing.
    pub(crate) fn import(
        &self,
        path: &Path,
        assigned: Option<Assigned>,
        public_at: Option<PublicAt>,
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
        let report = serde_json::to_string(&understood.report)?;
        let added = self.store.add_release(&NewRelease {
            contents: &understood.contents,
            file_name: &file_name,
            bytes: &bytes,
            kept_bytes: understood.kept_bytes.as_deref(),
            imported_by: by,
            report: &report,
            public_at,
            audit: Some(by_command(by, "calsos import", &file_name)),
        })?;
        Ok(match added {
            AddRelease::Added(record) => {
                let colors = self.audit_colors(&understood.contents);
                let columns = understood.report.columns.clone();
                let header = Header { kind: record.kind, year: record.year, columns };
                let header = self.header_note(&header, Some(record.number))?;
                Imported::Added { record, report: Box::new(understood.report), colors, header }
            }
            AddRelease::AlreadyStored(record) => Imported::AlreadyStored(record),
        })
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
        for record in self.store.releases()? {
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
        let heads: Vec<ReleaseHead> = self.store.releases()?.iter().map(head).collect();
        Ok(superseded(&heads))
    }
}

/// What the rules need to know of a release before its rows.
pub(crate) fn head(record: &ReleaseRecord) -> ReleaseHead {
    ReleaseHead {
        number: record.number,
        kind: record.kind,
        year: record.year,
        file_date: record.file_date,
        coverage: record.coverage.clone(),
    }
}
