//! `calsos rulebook`.

use std::io::Write;

use calsos_domain::rulebook::{Rulebooks, YearRules};
use calsos_domain::year::DashboardYear;

use crate::app::{rulebook_file, rulebook_files};
use crate::cli::{Format, Global, Rulebook};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_table};

pub(super) fn run(global: &Global, asked: &Rulebook) -> Result<(), AppError> {
    let mut files = rulebook_files(global.editions.as_deref())?;
    match asked {
        Rulebook::Show { year: None } => show_years(&Rulebooks::load(&files)?, global.format),
        Rulebook::Show { year: Some(year) } => {
            show_year(&Rulebooks::load(&files)?, *year, global.format)
        }
        Rulebook::Check { files: paths } => {
            for path in paths {
                let file = rulebook_file(path)?;
                // A file of the same name is checked in the place of the built-in one.
                files.retain(|known| known.name != file.name);
                files.push(file);
            }
            let books = Rulebooks::load(&files)?;
            let mut out = screen();
            if global.format != Format::Table {
                let view = serde_json::json!({
                    "files": files.len(),
                    "editions": books.editions().count(),
                    "yearsWithoutDeterminations": books.years().count() - books.editions().count(),
                });
                return write_json(&mut *out, &view);
            }
            writeln!(
                out,
                "{} files are without fault: {} editions, {} years without determinations",
                files.len(),
                books.editions().count(),
                books.years().count() - books.editions().count()
            )?;
            out.flush()?;
            Ok(())
        }
    }
}

fn show_years(books: &Rulebooks, format: Format) -> Result<(), AppError> {
    let mut table =
        Table::new(&["year", "public", "groups", "criteria", "methods", "hash", "note"]);
    for (year, rules) in books.years() {
        table.push(match rules {
            YearRules::Edition(edition) => vec![
                year.to_string(),
                edition.public_date.map(|d| d.to_string()).unwrap_or_default(),
                edition.groups.len().to_string(),
                edition.criteria.len().to_string(),
                edition.methods.len().to_string(),
                edition.hash.clone(),
                format!("{} open points", edition.open_points.len()),
            ],
            YearRules::NoDeterminations { reason, .. } => {
                let mut row = vec![year.to_string()];
                row.extend(std::iter::repeat_n(String::new(), 5));
                row.push(reason.clone());
                row
            }
        });
    }
    write_table(&mut *screen(), &table, format)
}

/// The rules of a year are shown as their file has them: it is written to be read.
fn show_year(books: &Rulebooks, year: DashboardYear, format: Format) -> Result<(), AppError> {
    let mut out = screen();
    match books.year(year) {
        None => Err(AppError::NotFound(format!(
            "there is no edition for {year}; `calsos rulebook show` lists the years"
        ))),
        Some(YearRules::NoDeterminations { reason, .. }) => {
            writeln!(out, "{year}: {reason}")?;
            out.flush()?;
            Ok(())
        }
        Some(YearRules::Edition(edition)) if format == Format::Table => {
            write!(out, "{}", edition.text)?;
            writeln!(out, "\n# content hash {}", edition.hash)?;
            out.flush()?;
            Ok(())
        }
        Some(YearRules::Edition(edition)) => {
            let view = serde_json::json!({
                "dashboardYear": year.number(),
                "hash": edition.hash,
                "files": {
                    (format!("{year}.toml")): edition.text,
                    (format!("{year}.colors.toml")): edition.colors_text,
                },
            });
            write_json(&mut *out, &view)
        }
    }
}
