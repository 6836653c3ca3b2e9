//! Takes in files.

use std::path::Path;

use calsos_domain::colors::ColorAudit;
use calsos_domain::facts::{ReleaseHead, Superseded, superseded};
use calsos_domain::release::ReleaseContents;
use calsos_ingest::{Assigned, FileReport, Input, Refusal, read};
use calsos_persistence::{AddRelease, NewRelease, ReleaseRecord};

use super::{Office, input_file};
use crate::error::AppError;

/// What became of a file.
pub(crate) enum Imported {
    /// It is a release now.
    Added { record: ReleaseRecord, report: Box<FileReport>, colors: Option<ColorAudit> },
    /// The same bytes were imported before; nothing changed.
    AlreadyStored(ReleaseRecord),
    /// It cannot be understood whole; nothing of it was stored.
    Refused(Refusal),
}

impl Office {
    /// Imports one file, all or nothing.
    pub(crate) fn import(
        &self,
        path: &Path,
        assigned: Option<Assigned>,
        by: &str,
    ) -> Result<Imported, AppError> {
        let bytes = input_file::read(path)?;
        let file_name =
            path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let input = Input { file_name: &file_name, bytes: &bytes, assigned };
        let understood = match read(&input, &self.layouts) {
            Ok(understood) => understood,
            Err(refusal) => return Ok(Imported::Refused(refusal)),
        };
        let report = serde_json::to_string(&understood.report)?;
        let added = self.store.add_release(&NewRelease {
            contents: &understood.contents,
            file_name: &file_name,
            bytes: &bytes,
            imported_by: by,
            report: &report,
        })?;
        Ok(match added {
            AddRelease::Added(record) => {
                let colors = self.audit_colors(&understood.contents);
                Imported::Added { record, report: Box::new(understood.report), colors }
            }
            AddRelease::AlreadyStored(record) => Imported::AlreadyStored(record),
        })
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
