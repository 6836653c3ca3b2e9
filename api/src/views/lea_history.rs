//! One LEA over all years, as it is shown.

use std::collections::BTreeMap;

use calsos_domain::lea::LeaType;
use calsos_domain::release::SuccessionRow;
use calsos_persistence::{LeaCode, LeaNaming, LeaRecord, ReleaseRecord};
use serde::Serialize;

use super::answer::{DeterminationView, PublishedView};
use super::changes::ChangeView;

/// An LEA: who it is, what was answered year by year, and what would be answered if the law
/// looked back through its successions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeaHistoryView {
    /// The code that was asked for.
    pub(crate) cds: String,
    /// The number of the run that answered.
    pub(crate) run: u32,
    pub(crate) identity: IdentityView,
    pub(crate) years: Vec<HistoryYearView>,
    /// Years in which nobody was judged.
    pub(crate) without_determinations: Vec<WithoutView>,
    pub(crate) through_successions: Vec<ThroughView>,
}

/// Who an LEA is. Everything that is known of it besides its determinations belongs here.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityView {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) other_ids: Vec<String>,
    pub(crate) codes: Vec<CodeView>,
    pub(crate) names: Vec<NamingView>,
    pub(crate) successions: Vec<SuccessionView>,
}

/// A code of an LEA and the days between which it is its own.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeView {
    pub(crate) cds: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// The first day on which it was not the LEA's any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
}

/// What a file calls an LEA. Of files that say the same for a year, one stands for all.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamingView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dashboard_year: Option<u16>,
    pub(crate) cds: String,
    pub(crate) name: String,
    pub(crate) county_name: String,
    pub(crate) lea_type: String,
    /// The district or county office whose number a charter's code has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grade_span: Option<String>,
    pub(crate) release: u32,
    pub(crate) kind: String,
    pub(crate) file: String,
}

/// How one LEA follows another.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SuccessionView {
    pub(crate) predecessor: String,
    pub(crate) successor: String,
    pub(crate) kind: String,
    pub(crate) effective: String,
    pub(crate) source: String,
    pub(crate) release: u32,
    pub(crate) row: u32,
}

/// A year's answer, with what the state's list says of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryYearView {
    pub(crate) name: String,
    pub(crate) county_name: String,
    #[serde(flatten)]
    pub(crate) determination: DeterminationView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) published: Option<PublishedView>,
    /// Everything that the list says of the LEA, by the names of the answers; empty where it
    /// does not name it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) published_answers: BTreeMap<String, String>,
}

/// A year in which no determinations were made.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WithoutView {
    pub(crate) dashboard_year: u16,
    pub(crate) reason: String,
}

/// The years of one code as they would be if the law looked back through its successions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThroughView {
    pub(crate) cds: String,
    /// That this is not what the state does.
    pub(crate) note: String,
    /// What counts where several LEAs stand for one: `any` or `each`; none where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reading: Option<String>,
    pub(crate) joined: Vec<JoinedView>,
    pub(crate) years: Vec<ThroughYearView>,
}

/// A year of an LEA that stands for one of its successor.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JoinedView {
    pub(crate) dashboard_year: u16,
    pub(crate) cds: String,
    pub(crate) origin: String,
    /// Groups in two or more state priorities for certain.
    pub(crate) groups: Vec<String>,
    /// `met`, `notMet`, `notKnown`: a method was met.
    pub(crate) eligible: String,
}

/// A year decided again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThroughYearView {
    pub(crate) dashboard_year: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) eligible_level: Option<u8>,
    /// What is another than by the code alone; none where every answer is the same.
    pub(crate) changes: Vec<ChangeView>,
}

impl IdentityView {
    pub(crate) fn of(
        record: &LeaRecord,
        successions: Vec<SuccessionView>,
        releases: &[ReleaseRecord],
    ) -> IdentityView {
        let mut namings: Vec<&LeaNaming> = record.namings().iter().collect();
        namings.sort_by_key(|naming| naming.year);
        IdentityView {
            id: record.id().to_string(),
            other_ids: record.other_ids().iter().map(ToString::to_string).collect(),
            codes: record
                .codes()
                .iter()
                .map(|LeaCode { cds, from, until }| CodeView {
                    cds: cds.to_string(),
                    from: from.map(|day| day.to_string()),
                    until: until.map(|day| day.to_string()),
                })
                .collect(),
            names: namings.into_iter().map(|naming| naming_view(naming, releases)).collect(),
            successions,
        }
    }
}

fn naming_view(naming: &LeaNaming, releases: &[ReleaseRecord]) -> NamingView {
    let LeaNaming { year, release, kind, cds, lea_type, name, county_name, city, grade_span } =
        naming;
    let file = releases.iter().find(|record| record.number == *release);
    NamingView {
        dashboard_year: year.map(|year| year.number()),
        cds: cds.to_string(),
        name: name.clone(),
        county_name: county_name.clone(),
        lea_type: lea_type.code().to_owned(),
        authorizer: (*lea_type == LeaType::Charter).then(|| cds.authorizer().to_string()),
        city: city.clone(),
        grade_span: grade_span.clone(),
        release: release.0,
        kind: kind.code(),
        file: file.map(|record| record.file_name.clone()).unwrap_or_default(),
    }
}

impl SuccessionView {
    pub(crate) fn of(release: u32, row: &SuccessionRow) -> SuccessionView {
        let SuccessionRow { row, predecessor, successor, kind, effective, source } = row;
        SuccessionView {
            predecessor: predecessor.to_string(),
            successor: successor.to_string(),
            kind: kind.code().to_owned(),
            effective: effective.to_string(),
            source: source.clone(),
            release,
            row: *row,
        }
    }
}
