//! The templates by which a county office writes communications, in the place of the built-in
//! ones.

use calsos_domain::cds::CountyCode;
use calsos_persistence::{
    SupportChange, SupportEdit, SupportFilter, SupportId, SupportKind, SupportPlace, SupportRecord,
    SupportSet, SupportStep, WriteSupport, WriteSupports,
};
use serde::{Deserialize, Serialize};

use super::communications::CommunicationKind;
use super::letters::built_in;
use super::services::Writing;
use crate::app::Office;
use crate::error::AppError;

/// A template as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    template: String,
}

/// A template of a county's own.
#[derive(Clone, Debug)]
pub(crate) struct OwnTemplate {
    id: SupportId,
    version: u32,
    pub(crate) template: String,
}

/// The strong tag of the built-in template.
pub(crate) const BUILT_IN: &str = "\"built-in\"";

impl OwnTemplate {
    /// The strong tag of its version.
    pub(crate) fn tag(&self) -> String {
        tag_of(&self.id, self.version)
    }

    fn of(record: &SupportRecord) -> Result<OwnTemplate, AppError> {
        let Content { template } = super::content(record)?;
        Ok(OwnTemplate { id: record.id, version: record.version.version, template })
    }
}

/// The strong tag of a version: of a template that was deleted and written anew another one.
fn tag_of(id: &SupportId, version: u32) -> String {
    format!("\"{id}-{version}\"")
}

/// What became of a template that was to be written.
#[derive(Debug)]
pub(crate) enum WriteTemplate {
    Done(OwnTemplate),
    /// It is another than was expected; nothing changed.
    Otherwise,
}

/// What is stored of a county's templates: those of a kind have its code for a state.
fn filter(county: CountyCode, kind: CommunicationKind) -> SupportFilter<'static> {
    SupportFilter {
        county: Some(county),
        state: Some(kind.code()),
        ..SupportFilter::of(SupportKind::CommunicationTemplate)
    }
}

impl Office {
    /// A county's own template of a kind, if it has one.
    pub(crate) fn own_template(
        &self,
        county: CountyCode,
        kind: CommunicationKind,
    ) -> Result<Option<OwnTemplate>, AppError> {
        let records = self.store.support_records(&filter(county, kind), |_| true)?;
        records.first().map(OwnTemplate::of).transpose()
    }

    /// The template by which communications of a county are written.
    pub(crate) fn template_of(
        &self,
        county: CountyCode,
        kind: CommunicationKind,
    ) -> Result<String, AppError> {
        let own = self.own_template(county, kind)?;
        Ok(own.map_or_else(|| built_in(kind).to_owned(), |own| own.template))
    }

    /// Puts a template in the place of the one that the county has. `expected` is the tag of the
    /// one that is replaced; without it, whichever is there.
    pub(crate) fn write_template(
        &self,
        (county, kind): (CountyCode, CommunicationKind),
        template: &str,
        expected: Option<&str>,
        writing: Writing<'_>,
    ) -> Result<WriteTemplate, AppError> {
        let content = serde_json::to_string(&Content { template: template.to_owned() })?;
        let state = kind.code().to_owned();
        let set = SupportSet {
            filter: filter(county, kind),
            by: writing.by,
            once: None,
            audit: Some(writing.audit),
        };
        let written = self.store.write_supports(&set, |records| {
            let held = records.first();
            let tag = held.map(|record| tag_of(&record.id, record.version.version));
            if expected.is_some_and(|expected| expected != tag.as_deref().unwrap_or(BUILT_IN)) {
                return Err(());
            }
            let place = SupportPlace {
                kind: SupportKind::CommunicationTemplate,
                cds: None,
                county: Some(county),
            };
            Ok(match held {
                Some(same) if same.version.content == content => Vec::new(),
                Some(held) => {
                    vec![SupportStep::Change { id: held.id, state, content, reason: None }]
                }
                None => vec![SupportStep::Add { place, state, content }],
            })
        })?;
        match written {
            WriteSupports::Not(()) => Ok(WriteTemplate::Otherwise),
            WriteSupports::Done(records) => {
                let own = records.first().map(OwnTemplate::of).transpose()?;
                Ok(WriteTemplate::Done(own.ok_or_else(lost)?))
            }
            // No key tells that the same was asked before.
            WriteSupports::Again(record) | WriteSupports::Otherwise(record) => {
                Ok(WriteTemplate::Done(OwnTemplate::of(&record)?))
            }
        }
    }

    /// Takes a county's own template away, so that the built-in one holds again.
    pub(crate) fn delete_template(
        &self,
        own: &OwnTemplate,
        reason: &str,
        writing: Writing<'_>,
    ) -> Result<WriteTemplate, AppError> {
        let change = SupportChange {
            expected: Some(own.version),
            edit: SupportEdit::Delete { reason },
            rests_on: &[],
            by: writing.by,
            once: None,
            audit: Some(writing.audit),
        };
        match self.store.change_support(own.id, &change)? {
            WriteSupport::Done(_) => Ok(WriteTemplate::Done(own.clone())),
            WriteSupport::Stale(_)
            | WriteSupport::Gone(_)
            | WriteSupport::Again(_)
            | WriteSupport::Otherwise(_)
            | WriteSupport::RestsOnOther(_) => Ok(WriteTemplate::Otherwise),
        }
    }
}

/// What was stored and cannot be found again.
fn lost() -> AppError {
    AppError::Failed("a template that was written was not given back by the database".to_owned())
}
