//! Reads rulebook files and checks them together: every fault with its file and line.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::checks::check_edition;
use super::page::{EditionFiles, Page, RulebookFault, RulebookFaults};
use super::{Citation, RulebookFile, Rulebooks, Source, YearRules, raw};
use crate::colors::{self, ColorTables};
use crate::year::DashboardYear;

/// How the files of colour tables end; before it stands the year.
const COLORS_ENDING: &str = ".colors.toml";

/// The hash by which an edition is known: of its file and that of its colour tables.
#[must_use]
pub fn edition_hash(text: &str, colors_text: &str) -> String {
    hash_of(&[text, colors_text])
}

/// SHA-256 of the texts, each preceded by its length so that no two lists of texts can
/// give the same bytes.
fn hash_of(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn load(files: &[RulebookFile]) -> Result<Rulebooks, RulebookFaults> {
    let mut pages: Vec<Page<'_>> = files.iter().map(Page::new).collect();
    let mut years: BTreeMap<DashboardYear, YearRules> = BTreeMap::new();
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    let mut colors: BTreeMap<DashboardYear, (String, ColorTables)> = BTreeMap::new();
    for page in &mut pages {
        if page.file.name == "sources.toml" {
            load_sources(page, &mut sources);
        } else if page.file.name.ends_with(COLORS_ENDING) {
            load_colors(page, &mut colors);
        }
    }
    for page in &mut pages {
        if page.file.name != "sources.toml" && !page.file.name.ends_with(COLORS_ENDING) {
            load_year(page, &mut years, &colors);
        }
    }
    // A file with a fault has no rules yet: years that it should have made are not missing.
    let all_read = pages.iter().all(|page| page.faults.is_empty());
    for page in &mut pages {
        check_citations(page, &sources);
        if all_read {
            check_years_named(page, &years);
        }
    }
    let mut faults: Vec<RulebookFault> = pages.into_iter().flat_map(|p| p.faults).collect();
    faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    if faults.is_empty() { Ok(Rulebooks { years, sources }) } else { Err(RulebookFaults(faults)) }
}

fn load_sources(page: &mut Page<'_>, sources: &mut BTreeMap<String, Source>) {
    let Some(parsed) = page.parse::<raw::Sources>() else {
        return;
    };
    for raw::Source { id, title, r#where } in parsed.source {
        let source = Source {
            id: id.get_ref().clone(),
            title: title.into_inner(),
            place: r#where.into_inner(),
        };
        if sources.insert(source.id.clone(), source).is_some() {
            page.fault(&id, format!("the source '{}' stands here a second time", id.get_ref()));
        }
    }
}

fn load_colors(page: &mut Page<'_>, colors: &mut BTreeMap<DashboardYear, (String, ColorTables)>) {
    match colors::load(&page.file.name, &page.file.text) {
        Ok(tables) => {
            for cited in tables.sources() {
                page.citations.push((cited.line, Citation::new(cited.id.clone())));
            }
            colors.insert(tables.year(), (page.file.text.clone(), tables));
        }
        Err(faults) => page.faults.extend(faults.into_iter().map(|fault| RulebookFault {
            file: fault.file,
            line: fault.line,
            message: fault.message,
        })),
    }
}

fn load_year(
    page: &mut Page<'_>,
    years: &mut BTreeMap<DashboardYear, YearRules>,
    colors: &BTreeMap<DashboardYear, (String, ColorTables)>,
) {
    let Some(peek) = page.parse::<raw::Peek>() else {
        return;
    };
    let (at, rules) = if peek.no_determinations.is_some() {
        let Some(parsed) = page.parse::<raw::NoDeterminations>() else {
            return;
        };
        let raw::NoDeterminations { year: at, no_determinations, source } = parsed;
        let Some(year) = DashboardYear::new(*at.get_ref()) else {
            page.fault(&at, "a Dashboard year from 2000 to 2099 is expected");
            return;
        };
        let source = page.cite(&source);
        let reason = no_determinations.into_inner();
        (at, YearRules::NoDeterminations { year, reason, source })
    } else {
        let Some(parsed) = page.parse::<raw::Edition>() else {
            return;
        };
        let at = parsed.year.clone();
        let Some((colors_text, tables)) =
            DashboardYear::new(*at.get_ref()).and_then(|year| colors.get(&year).cloned())
        else {
            page.fault(&at, format!("an edition needs its colour tables, YEAR{COLORS_ENDING}"));
            return;
        };
        let files = EditionFiles {
            hash: edition_hash(&page.file.text, &colors_text),
            text: page.file.text.clone(),
            colors_text,
            colors: tables,
        };
        let Some(edition) = check_edition(page, parsed, files) else { return };
        (at, YearRules::Edition(edition))
    };
    let Some(year) = DashboardYear::new(*at.get_ref()) else {
        return;
    };
    if years.insert(year, rules).is_some() {
        page.fault(&at, format!("the year {year} has a file already; one file per year"));
    }
}

fn check_citations(page: &mut Page<'_>, sources: &BTreeMap<String, Source>) {
    for (line, citation) in std::mem::take(&mut page.citations) {
        if !sources.contains_key(citation.source_id()) {
            page.faults.push(RulebookFault {
                file: page.file.name.clone(),
                line,
                message: format!(
                    "the source '{}' is not in sources.toml; add it there or correct the id",
                    citation.source_id()
                ),
            });
        }
    }
}

fn check_years_named(page: &mut Page<'_>, years: &BTreeMap<DashboardYear, YearRules>) {
    for (line, year) in std::mem::take(&mut page.years_named) {
        let problem = match years.get(&year) {
            Some(YearRules::Edition(_)) => continue,
            Some(YearRules::NoDeterminations { .. }) => "is a year without determinations",
            None => "has no edition",
        };
        page.faults.push(RulebookFault {
            file: page.file.name.clone(),
            line,
            message: format!("{year} {problem}, so that no rule can look at it"),
        });
    }
}
