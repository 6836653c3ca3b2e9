//! A rulebook file being checked, and the faults that it collects.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;

use super::{Citation, RulebookFile};
use crate::colors::ColorTables;
use crate::year::DashboardYear;

/// A fault of a rulebook file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulebookFault {
    /// The file's name.
    pub file: String,
    /// The line, the first being 1.
    pub line: usize,
    /// What is wrong and what is expected.
    pub message: String,
}

impl fmt::Display for RulebookFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// All faults that loading found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RulebookFaults(pub Vec<RulebookFault>);

impl fmt::Display for RulebookFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fault) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

/// A file being checked: collects its faults, and the citations and windows that can be
/// checked only when every file is read.
pub(super) struct Page<'a> {
    pub(super) file: &'a RulebookFile,
    pub(super) faults: Vec<RulebookFault>,
    pub(super) citations: Vec<(usize, Citation)>,
    pub(super) years_named: Vec<(usize, DashboardYear)>,
}

impl<'a> Page<'a> {
    pub(super) fn new(file: &'a RulebookFile) -> Page<'a> {
        Page { file, faults: Vec::new(), citations: Vec::new(), years_named: Vec::new() }
    }

    fn line(&self, span: &Range<usize>) -> usize {
        line_of(&self.file.text, span.start)
    }

    pub(super) fn fault<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        let line = self.line(&at.span());
        self.faults.push(RulebookFault {
            file: self.file.name.clone(),
            line,
            message: message.into(),
        });
    }

    pub(super) fn cite(&mut self, text: &Spanned<String>) -> Citation {
        let citation = Citation::new(text.get_ref().clone());
        self.citations.push((self.line(&text.span()), citation.clone()));
        citation
    }

    pub(super) fn name_year(&mut self, year: &Spanned<u16>) -> Option<DashboardYear> {
        let Some(named) = DashboardYear::new(*year.get_ref()) else {
            self.fault(year, format!("{} is no Dashboard year (2000 to 2099)", year.get_ref()));
            return None;
        };
        self.years_named.push((self.line(&year.span()), named));
        Some(named)
    }

    pub(super) fn parse<T: DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(&self.file.text) {
            Ok(value) => Some(value),
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                self.faults.push(RulebookFault {
                    file: self.file.name.clone(),
                    line: line_of(&self.file.text, start),
                    message: error.message().replace('\n', " "),
                });
                None
            }
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

/// What an edition keeps of its files.
pub(super) struct EditionFiles {
    pub(super) hash: String,
    pub(super) text: String,
    pub(super) colors_text: String,
    pub(super) colors: ColorTables,
}
