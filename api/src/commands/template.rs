//! `calsos template`.

use std::io::Write;

use calsos_ingest::{CATALOGUE_TEMPLATE, TEMPLATES};

use crate::cli::{Global, TemplateAsked};
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

/// A catalogue of services, which is no release.
const SERVICES: &str = "services";
const SERVICES_KIND: &str = "no release";
const SERVICES_ABOUT: &str = "a provider's catalogue of services, for `calsos services import`";

pub(super) fn run(global: &Global, asked: &TemplateAsked) -> Result<(), AppError> {
    let Some(name) = &asked.name else {
        let mut table = Table::new(&["template", "kind", "for"]);
        for template in TEMPLATES {
            let about = template.about.to_owned();
            table.push([template.name.to_owned(), template.kind.code(), about]);
        }
        table.push([SERVICES, SERVICES_KIND, SERVICES_ABOUT].map(str::to_owned));
        return write_table(&mut *screen(), &table, global.format);
    };
    let wanted = name.to_ascii_lowercase();
    let template = TEMPLATES.iter().find(|t| t.name == wanted || t.kind.code() == name.as_str());
    let text = template.map(|template| template.text);
    let catalogue = || (wanted == SERVICES).then_some(CATALOGUE_TEMPLATE);
    let text = text.or_else(catalogue).ok_or_else(|| {
        let names = TEMPLATES.iter().map(|template| template.name).chain([SERVICES]);
        let names = names.collect::<Vec<_>>().join(", ");
        AppError::Usage(format!("'{name}' is no template; there are {names}"))
    })?;
    let mut out = screen();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
