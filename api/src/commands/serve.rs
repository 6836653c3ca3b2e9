//! `calsos serve`.

use std::io::Write;

use crate::app::Office;
use crate::cli::Serve;
use crate::error::AppError;
use crate::output::screen;
use crate::server::{Settings, serve};

pub(super) fn run(office: Office, asked: &Serve) -> Result<(), AppError> {
    let Serve { listen, metrics, public_url, origins, log_json } = asked;
    let settings = Settings {
        listen: *listen,
        metrics: *metrics,
        public_url: public_url.clone(),
        origins: origins.clone(),
        log_json: *log_json,
    };
    serve(office, &settings, |address| {
        let mut out = screen();
        let known = public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        // Who started the service without a screen does without this line.
        let _ = writeln!(out, "Serving on http://{address}; see {known}/docs/");
        let _ = out.flush();
    })
}
