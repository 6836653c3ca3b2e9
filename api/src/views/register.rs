//! What is known of an LEA besides its results, as it is shown.

use calsos_domain::cds::CdsCode;
use calsos_domain::register::Register;
use calsos_domain::year::Day;
use serde::Serialize;
use utoipa::ToSchema;

/// What holds of an LEA on a day. Each part is absent where no file has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Register)]
pub(crate) struct RegisterView {
    /// The day.
    pub(crate) on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) directory: Option<DirectoryEntryView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) nces: Option<NcesView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) location: Option<PlaceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) geographic_lead: Option<PlaceView>,
}

/// An entry of the directory.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DirectoryEntry)]
pub(crate) struct DirectoryEntryView {
    pub(crate) year: u16,
    /// `Active`, `Closed`, `Merged` or `Pending`.
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) opened: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) closed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) grade_span: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) charter_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) funding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) doc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) doc_name: Option<String>,
    pub(crate) release: u32,
    pub(crate) row: u32,
}

/// Federal ids.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Nces)]
pub(crate) struct NcesView {
    pub(crate) district: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) school: Option<String>,
    pub(crate) release: u32,
    pub(crate) row: u32,
}

/// A county or an agency that an operator's table names.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Place)]
pub(crate) struct PlaceView {
    pub(crate) name: String,
    /// When it was so, such as `from 2023-07-01`.
    pub(crate) held: String,
    pub(crate) source: String,
    pub(crate) release: u32,
    pub(crate) row: u32,
}

impl RegisterView {
    /// What holds on a day.
    pub(crate) fn of(cds: CdsCode, register: &Register, on: Day) -> RegisterView {
        RegisterView {
            on: on.to_string(),
            directory: register.entry_on(on).map(|entry| {
                let record = &entry.record.value;
                DirectoryEntryView {
                    year: entry.year.number(),
                    status: record.status.name().to_owned(),
                    opened: record.opened.map(|day| day.to_string()),
                    closed: record.closed.map(|day| day.to_string()),
                    city: record.city.clone(),
                    grade_span: record.grade_span.clone(),
                    charter_number: record.charter_number.clone(),
                    funding: record.funding.clone(),
                    doc: record.doc.clone(),
                    doc_name: record.doc_name.clone(),
                    release: entry.record.release.0,
                    row: entry.record.row,
                }
            }),
            nces: register.nces_ids().map(|ids| NcesView {
                district: ids.district.to_owned(),
                school: ids.school.map(str::to_owned),
                release: ids.release.0,
                row: ids.row,
            }),
            location: register.location_on(on).map(|cited| PlaceView {
                name: format!("county {}", cited.value.county),
                held: cited.value.held.to_string(),
                source: cited.value.source.clone(),
                release: cited.release.0,
                row: cited.row,
            }),
            geographic_lead: register.geographic_lead_on(cds, on).map(|cited| PlaceView {
                name: cited.value.agency.clone(),
                held: cited.value.held.to_string(),
                source: cited.value.source.clone(),
                release: cited.release.0,
                row: cited.row,
            }),
        }
    }

    /// Each part as a line for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(entry) = &self.directory {
            let mut parts = vec![entry.status.clone()];
            parts.extend(entry.doc_name.clone());
            parts.extend(entry.grade_span.clone());
            parts.extend(entry.city.clone());
            parts.extend(entry.charter_number.as_ref().map(|n| format!("charter number {n}")));
            parts.extend(entry.funding.clone());
            parts.extend(entry.opened.as_ref().map(|day| format!("opened {day}")));
            parts.extend(entry.closed.as_ref().map(|day| format!("closed {day}")));
            let place = format!("[release {}, row {}]", entry.release, entry.row);
            lines.push(format!("Directory of {}: {} {place}", entry.year, parts.join(", ")));
        }
        if let Some(NcesView { district, school, release, row }) = &self.nces {
            let school = school.as_ref().map(|s| format!(", school {s}")).unwrap_or_default();
            lines.push(format!(
                "NCES ids: district {district}{school} [release {release}, row {row}]"
            ));
        }
        let places =
            [("Located in", &self.location), ("Geographic lead agency:", &self.geographic_lead)];
        for (what, place) in places {
            if let Some(PlaceView { name, held, source, release, row }) = place {
                lines.push(format!(
                    "{what} {name} ({held}; {source}) [release {release}, row {row}]"
                ));
            }
        }
        lines
    }
}
