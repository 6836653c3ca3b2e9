//! Texts that only one of the two databases could hold are refused for both.

use calsos_domain::release::{LeaMention, ReleaseContents, Rows};

/// Refuses a text with a NUL character, which PostgreSQL cannot hold. `what` is the text's
/// name, such as "the report".
pub(crate) fn without_nul(what: impl FnOnce() -> String, text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err(format!("{} has a NUL character, which no text can have", what()));
    }
    Ok(())
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
        // These have no text of the file's own.
        Rows::Performances(_) | Rows::LocalRatings(_) | Rows::Calpads(_) => {}
    }
    Ok(())
}
