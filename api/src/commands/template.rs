//! `calsos template`.

use std::io::Write;

use calsos_ingest::TEMPLATES;

use crate::cli::{Global, TemplateAsked};
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

pub(super) fn run(global: &Global, asked: &TemplateAsked) -> Result<(), AppError> {
    let Some(name) = &asked.name else {
        let mut table = Table::new(&["template", "kind", "for"]);
        for template in TEMPLATES {
            let about = template.about.to_owned();
            table.push([template.name.to_owned(), template.kind.code(), about]);
        }
        return write_table(&mut *screen(), &table, global.format);
    };
    let wanted = name.to_ascii_lowercase();
    let template = TEMPLATES.iter().find(|t| t.name == wanted || t.kind.code() == name.as_str());
    let template = template.ok_or_else(|| {
        let names: Vec<&str> = TEMPLATES.iter().map(|template| template.name).collect();
        AppError::Usage(format!("'{name}' is no template; there are {}", names.join(", ")))
    })?;
    let mut out = screen();
    out.write_all(template.text.as_bytes())?;
    out.flush()?;
    Ok(())
}
