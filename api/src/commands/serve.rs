//! `calsos serve`.

use std::io::Write;

use super::office;
use crate::cli::Global;
use crate::cli::serve::Serve;
use crate::error::AppError;
use crate::output::screen;
use crate::server::serve;
use crate::server::settings::Settings;

pub(super) fn run(global: &Global, asked: &Serve) -> Result<(), AppError> {
    let settings = Settings::read(asked)?;
    serve(office(global)?, &settings, |address| {
        let mut out = screen();
        let known = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        // Who started the service without a screen does without this line.
        let _ = writeln!(out, "Serving on http://{address}; see {known}/docs/");
        let _ = out.flush();
    })
}
