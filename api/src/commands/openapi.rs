//! `calsos openapi`.

use std::io::Write;

use crate::cli::{Openapi, OpenapiVersion};
use crate::error::AppError;
use crate::openapi::documents;
use crate::output::screen;

pub(super) fn run(asked: &Openapi) -> Result<(), AppError> {
    let documents = documents();
    let mut out = screen();
    out.write_all(match asked.version {
        OpenapiVersion::V31 => &documents.current,
        OpenapiVersion::V30 => &documents.earlier,
    })?;
    out.flush()?;
    Ok(())
}
