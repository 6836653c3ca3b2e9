//! Why a file was refused. A file is stored whole or not at all, so that every fault that
//! can be found in one reading is told at once, up to a limit.

use std::fmt;

use crate::header::Header;

/// How many faults of one file are told in full; the others are only counted.
pub const FAULTS_TOLD: usize = 100;

/// What kind of fault it is, for programs; people read the message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCode {
    /// The file has no bytes, or only blank ones.
    EmptyFile,
    /// There is a header and no row below it that could be kept.
    NoRows,
    /// Neither text nor a workbook.
    NotText,
    /// Text in UTF-16.
    Utf16,
    /// A web page, often an error page that was saved under the file's name.
    WebPage,
    /// A workbook that cannot be opened.
    Workbook,
    /// A workbook that needs a password.
    Password,
    /// The file, a line of it or its number of rows or columns is larger than what is read.
    TooLarge,
    /// A NUL character in the text.
    NulCharacter,
    /// Columns are separated by something that this kind of file does not use.
    Delimiter,
    /// It cannot be told what the file is about.
    UnknownKind,
    /// It cannot be told of which year the file is.
    UnknownYear,
    /// The columns exclude what the file's name says.
    ContradictoryName,
    /// Rows are about more than one indicator, priority or year.
    Mixed,
    /// A column that decides is missing.
    MissingColumn,
    /// Two columns have the same name.
    DuplicateColumn,
    /// No layout is known for the indicator and year.
    UnknownLayout,
    /// A row has more or fewer fields than the header.
    RaggedRow,
    /// Something that is no CDS code.
    BadCds,
    /// A record type that does not exist or does not fit the code.
    BadRecordType,
    /// A student group that is blank or unknown on a row that is rated.
    UnknownGroup,
    /// A value that its column cannot have.
    BadValue,
    /// Two rows speak of the same thing.
    DuplicateRow,
    /// The example row of a template.
    ExampleRow,
}

impl FaultCode {
    /// The code as text, such as `ragged-row`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            FaultCode::EmptyFile => "empty-file",
            FaultCode::NoRows => "no-rows",
            FaultCode::NotText => "not-text",
            FaultCode::Utf16 => "utf16",
            FaultCode::WebPage => "web-page",
            FaultCode::Workbook => "workbook",
            FaultCode::Password => "password",
            FaultCode::TooLarge => "too-large",
            FaultCode::NulCharacter => "nul-character",
            FaultCode::Delimiter => "delimiter",
            FaultCode::UnknownKind => "unknown-kind",
            FaultCode::UnknownYear => "unknown-year",
            FaultCode::ContradictoryName => "contradictory-name",
            FaultCode::Mixed => "mixed",
            FaultCode::MissingColumn => "missing-column",
            FaultCode::DuplicateColumn => "duplicate-column",
            FaultCode::UnknownLayout => "unknown-layout",
            FaultCode::RaggedRow => "ragged-row",
            FaultCode::BadCds => "bad-cds",
            FaultCode::BadRecordType => "bad-record-type",
            FaultCode::UnknownGroup => "unknown-group",
            FaultCode::BadValue => "bad-value",
            FaultCode::DuplicateRow => "duplicate-row",
            FaultCode::ExampleRow => "example-row",
        }
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// One reason why a file was refused.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// What kind of fault.
    pub code: FaultCode,
    /// Row of the file or sheet, the first being 1; `None` where the file as a whole is meant.
    pub row: Option<u32>,
    /// Column, as the file's header spells it.
    pub column: Option<String>,
    /// What stands there, shortened where it is long.
    pub value: Option<String>,
    /// What was found, what is expected and what to do.
    pub message: String,
}

impl Fault {
    /// A fault of the file as a whole.
    pub(crate) fn of_file(code: FaultCode, message: impl Into<String>) -> Fault {
        Fault { code, row: None, column: None, value: None, message: message.into() }
    }

    /// A fault of a row.
    pub(crate) fn of_row(code: FaultCode, row: u32, message: impl Into<String>) -> Fault {
        Fault { code, row: Some(row), column: None, value: None, message: message.into() }
    }

    /// The same fault, said of a value in a column.
    pub(crate) fn at(mut self, column: &str, value: &str) -> Fault {
        self.column = Some(column.to_owned());
        self.value = Some(shortened(value));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, &self.column) {
            (Some(row), Some(column)) => write!(f, "row {row}, column {column}: ")?,
            (Some(row), None) => write!(f, "row {row}: ")?,
            (None, Some(column)) => write!(f, "column {column}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)
    }
}

/// A value short enough for a message, without line breaks.
pub(crate) fn shortened(value: &str) -> String {
    shortened_to(value, 60)
}

/// The first letters of a text in one line.
pub(crate) fn shortened_to(text: &str, longest: usize) -> String {
    let mut letters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = letters.by_ref().take(longest).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

/// Faults as they are found.
#[derive(Default, Debug)]
pub(crate) struct Faults {
    told: Vec<Fault>,
    more: usize,
}

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        if self.told.len() < FAULTS_TOLD {
            self.told.push(fault);
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// `Ok` where there is no fault.
    pub(crate) fn into_result(self) -> Result<(), Faults> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    pub(crate) fn into_refusal(self, file_name: &str) -> Refusal {
        Refusal {
            file_name: file_name.to_owned(),
            faults: self.told,
            more: self.more,
            header: None,
        }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Faults {
        Faults { told: vec![fault], more: 0 }
    }
}

/// A file that was refused, with every reason that was found.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The file's name as it was given.
    pub file_name: String,
    /// The first faults, in the order of the file; at most [`FAULTS_TOLD`].
    pub faults: Vec<Fault>,
    /// How many faults there are beyond those.
    pub more: usize,
    /// What the file is and its columns, as far as that was told before the faults.
    #[serde(skip)]
    pub header: Option<Header>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} was refused.", self.file_name)?;
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        if self.more > 0 {
            writeln!(f, "… and {} more.", counted(self.more, "fault"))?;
        }
        f.write_str("Nothing of this file was stored.")
    }
}

impl std::error::Error for Refusal {}

/// `1 row`, `2 rows`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
