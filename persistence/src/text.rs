//! Texts that only one of the two databases could hold are refused for both.

use calsos_domain::directory::DirectoryRow;
use calsos_domain::release::{LeaMention, ReleaseContents, Rows};

use crate::error::StoreError;

/// Refuses a text with a NUL character, which PostgreSQL cannot hold. `what` is the text's
/// name, such as "the report".
pub(crate) fn without_nul(what: impl FnOnce() -> String, text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err(format!("{} has a NUL character, which no text can have", what()));
    }
    Ok(())
}

/// The same for several texts that are stored together, each with its name.
///
/// # Errors
/// [`StoreError::Refused`].
pub(crate) fn texts_without_nul(
    asked: &'static str,
    texts: &[(&'static str, &str)],
) -> Result<(), StoreError> {
    texts.iter().try_for_each(|(what, text)| {
        without_nul(|| (*what).to_owned(), text)
            .map_err(|problem| StoreError::Refused { asked: asked.to_owned(), problem })
    })
}

/// The same for every text that a file says.
pub(crate) fn contents_without_nul(contents: &ReleaseContents) -> Result<(), String> {
    for mention in &contents.leas {
        let LeaMention { cds, lea_type: _, name, county_name, city, grade_span } = mention;
        without_nul(|| format!("the name of {cds}"), name)?;
        without_nul(|| format!("the county's name of {cds}"), county_name)?;
        without_nul(|| format!("the city of {cds}"), city.as_deref().unwrap_or_default())?;
        let grade_span = grade_span.as_deref().unwrap_or_default();
        without_nul(|| format!("the grade span of {cds}"), grade_span)?;
    }
    match &contents.rows {
        Rows::Successions(rows) => {
            for row in rows {
                without_nul(|| format!("the source in row {}", row.row), &row.source)?;
            }
        }
        Rows::Published(rows) => {
            for row in rows {
                for (group, code) in &row.codes {
                    let what = || format!("the code of {} in row {}", group.code(), row.row);
                    without_nul(what, code.encode_utf8(&mut [0; 4]))?;
                }
            }
        }
        Rows::CharterList(rows) => {
            for row in rows {
                for (group, code) in row.current.codes.iter().chain(&row.prior.codes) {
                    let what = || format!("the code of {} in row {}", group.code(), row.row);
                    without_nul(what, code.encode_utf8(&mut [0; 4]))?;
                }
            }
        }
        Rows::Directory(rows) => {
            for row in rows {
                without_nul(|| format!("what row {} says", row.row), &texts_of_entry(row))?;
            }
        }
        Rows::GeographicLeads(rows) => {
            for row in rows {
                without_nul(|| format!("the agency in row {}", row.row), &row.agency)?;
                without_nul(|| format!("the source in row {}", row.row), &row.source)?;
            }
        }
        Rows::CharterLocations(rows) => {
            for row in rows {
                without_nul(|| format!("the source in row {}", row.row), &row.source)?;
            }
        }
        Rows::NcesIds(rows) => {
            for row in rows {
                let school = row.school.as_deref().unwrap_or_default();
                without_nul(|| format!("the id in row {}", row.row), &row.district)?;
                without_nul(|| format!("the id in row {}", row.row), school)?;
            }
        }
        // These have no text of the file's own.
        Rows::Performances(_) | Rows::LocalRatings(_) | Rows::Calpads(_) => {}
    }
    Ok(())
}

/// Every text of a directory's row, one after the other.
fn texts_of_entry(row: &DirectoryRow) -> String {
    let DirectoryRow {
        row: _,
        cds: _,
        agency: _,
        status: _,
        name,
        county_name,
        city,
        grade_span,
        opened: _,
        closed: _,
        charter_number,
        funding,
        doc,
        doc_name,
        nces_district,
        nces_school,
    } = row;
    let optional =
        [city, grade_span, charter_number, funding, doc, doc_name, nces_district, nces_school];
    let optional = optional.into_iter().filter_map(Option::as_deref);
    [name.as_str(), county_name].into_iter().chain(optional).collect()
}
