//! What kind of container and table a file is, before its rows are read.

use calsos_domain::release::ReleaseKind;
use calsos_domain::student_group::StudentGroup;

use crate::catalogue;
use crate::charter_list;
use crate::fault::{Fault, FaultCode, Faults};
use crate::layouts::Layouts;
use crate::limits::FILE_BYTES_MOST;
use crate::sheet::{Sheet, normalised};
use crate::workbook::Container;
use crate::{text, workbook};

/// The families of files, which are read in different ways.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    Indicator,
    Local,
    List,
    Calpads,
    Successions,
    Directory,
    CharterList,
    GeographicLeads,
    CharterLocations,
    NcesIds,
    /// A catalogue of services, which is no release.
    Services,
}

impl Family {
    pub(crate) fn of_kind(kind: ReleaseKind) -> Family {
        match kind {
            ReleaseKind::Indicator(_) => Family::Indicator,
            ReleaseKind::LocalIndicator(_) => Family::Local,
            ReleaseKind::PublishedList => Family::List,
            ReleaseKind::CalpadsExceptions => Family::Calpads,
            ReleaseKind::Successions => Family::Successions,
            ReleaseKind::Directory => Family::Directory,
            ReleaseKind::CharterList => Family::CharterList,
            ReleaseKind::GeographicLeads => Family::GeographicLeads,
            ReleaseKind::CharterLocations => Family::CharterLocations,
            ReleaseKind::NcesIds => Family::NcesIds,
        }
    }

    /// The family whose header a row looks like.
    pub(crate) fn of_header(names: &[&str], layouts: &Layouts) -> Option<Family> {
        let names: Vec<String> = names.iter().map(|name| normalised(name)).collect();
        let fields: Vec<&str> = names.iter().map(|name| layouts.field(name)).collect();
        let has = |field: &str| fields.contains(&field);
        if has("predecessor") && has("successor") {
            return Some(Family::Successions);
        }
        const OF_DIRECTORY: [&str; 8] = [
            "statustype",
            "doc",
            "district",
            "school",
            "charternum",
            "fundingtype",
            "opendate",
            "lastupdate",
        ];
        if OF_DIRECTORY.iter().filter(|sign| has(sign)).count() >= 4 {
            return Some(Family::Directory);
        }
        if has("county") && has("leadagency") {
            return Some(Family::GeographicLeads);
        }
        if has("cds") && has("locatedin") {
            return Some(Family::CharterLocations);
        }
        if has("cds") && has("ncesdistrict") {
            return Some(Family::NcesIds);
        }
        if (has("cds") || has("cdcode")) && charter_list::is_header(&names) {
            return Some(Family::CharterList);
        }
        if has("cds") && has("certified") {
            return Some(Family::Calpads);
        }
        // The last column of an issue of 2018 and 2019 is called `performance` alone.
        if has("cds") && (has("rating") || has("priority")) {
            return Some(Family::Local);
        }
        let groups = names.iter().filter(|name| group_of_priorities(name).is_some()).count();
        let statuses = names.iter().any(|name| name.starts_with("assistancestatus"));
        if (has("cds") || has("cdcode")) && (groups >= 3 || statuses) {
            return Some(Family::List);
        }
        if !has("cds") && catalogue::is_header(&names) {
            return Some(Family::Services);
        }
        const SIGNS: [&str; 10] = [
            "cds",
            "rtype",
            "studentgroup",
            "reportingyear",
            "charterflag",
            "coeflag",
            "currdenom",
            "currstatus",
            "statuslevel",
            "color",
        ];
        (SIGNS.iter().filter(|sign| has(sign)).count() >= 4).then_some(Family::Indicator)
    }
}

/// The group of a list's column such as `AApriorities` or `MR_PRIORITIES`, normalised.
pub(crate) fn group_of_priorities(name: &str) -> Option<StudentGroup> {
    let group = StudentGroup::parse(name.strip_suffix("priorities")?)?;
    (group != StudentGroup::All).then_some(group)
}

/// A file with more bytes than are read.
fn too_large(length: u64) -> Fault {
    Fault::of_file(
        FaultCode::TooLarge,
        format!(
            "The file has {length} bytes; at most {FILE_BYTES_MOST} are read, and the state's \
             have less. Check that it is the right file."
        ),
    )
}

/// Runs `then` on the table of a file.
///
/// The table may borrow from a text that was decoded here, which is why it is handed on
/// rather than returned.
pub(crate) fn with_sheet<T>(
    bytes: &[u8],
    layouts: &Layouts,
    assumed: Option<Family>,
    then: impl FnOnce(&Sheet<'_>, Option<Family>) -> Result<T, Faults>,
) -> Result<T, Faults> {
    if bytes.len() as u64 > FILE_BYTES_MOST {
        return Err(Faults::from(too_large(bytes.len() as u64)));
    }
    if let Some(container) = Container::of(bytes) {
        let (sheet, family) = workbook::sheet(bytes, container, layouts, assumed)?;
        return then(&sheet, family);
    }
    let decoded = text::decode(bytes)?;
    let (mut sheet, family) = text::sheet(&decoded.text, layouts, assumed)?;
    sheet.windows_1252 = decoded.windows_1252;
    sheet.controls = decoded.controls;
    then(&sheet, family)
}
