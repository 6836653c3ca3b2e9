//! Everything that can end a command, and the exit code that says so.

use std::process::ExitCode;

use calsos_domain::rulebook::RulebookFaults;
use calsos_ingest::LayoutError;
use calsos_persistence::StoreError;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    /// The words of the command do not fit together.
    #[error("{0}")]
    Usage(String),
    /// Files were refused; their faults were shown.
    #[error("{refused} of {asked} files were refused; nothing of them was stored")]
    Refused {
        /// How many were refused.
        refused: usize,
        /// How many were given.
        asked: usize,
    },
    /// Rulebook files have faults.
    #[error("{0}")]
    Rulebooks(#[from] RulebookFaults),
    /// A file of column layouts has a fault.
    #[error("{0}")]
    Layouts(#[from] LayoutError),
    /// What was asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// Computed and published answers differ, and the caller asked to be told by the exit code.
    #[error("{0} cells differ from the published list")]
    Differences(usize),
    /// What is stored does not hold together; what was found was shown.
    #[error(
        "what was found above ({0}) is not as it was stored: the database was damaged or changed \
         from outside. Restore a backup from before, and check that one, too"
    )]
    Damaged(usize),
    /// Something that should not fail has failed.
    #[error("{0}")]
    Failed(String),
    /// The database failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A file could not be read or written.
    #[error("{what} '{path}': {cause}")]
    Disk {
        /// What was being done.
        what: &'static str,
        /// With which file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Output could not be written.
    #[error("the output could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// A stored answer cannot be read back.
    #[error("a stored answer cannot be read: {0}. Run `calsos determine` to make it anew")]
    Answer(#[from] serde_json::Error),
    /// The made-up state could not be made.
    #[error("{0}")]
    Sample(#[from] calsos_sample::SampleError),
    /// A table could not be written as CSV.
    #[error("the table could not be written: {0}")]
    Csv(#[from] csv::Error),
    /// A workbook cannot hold the result.
    #[error("the workbook could not be made: {0} Nothing was written; use --format csv")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

impl AppError {
    /// The documented exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            AppError::Store(StoreError::UnknownClient(_) | StoreError::UnknownRelease(_)) => 4,
            AppError::Store(_)
            | AppError::Failed(_)
            | AppError::Disk { .. }
            | AppError::Output(_)
            | AppError::Answer(_)
            | AppError::Csv(_)
            | AppError::Workbook(_) => 1,
            AppError::Sample(calsos_sample::SampleError::Size { .. }) | AppError::Usage(_) => 2,
            AppError::Sample(_) => 1,
            AppError::Refused { .. } | AppError::Rulebooks(_) | AppError::Layouts(_) => 3,
            AppError::NotFound(_) => 4,
            AppError::Differences(_) => 5,
            AppError::Damaged(_) => 6,
        })
    }

    /// Whether the reader of the output went away, which is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        match self {
            AppError::Output(error) => broken(error),
            AppError::Csv(error) => match error.kind() {
                csv::ErrorKind::Io(error) => broken(error),
                _ => false,
            },
            AppError::Answer(error) => {
                error.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe)
            }
            _ => false,
        }
    }
}
