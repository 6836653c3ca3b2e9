//! Single values that files, callers and operators write, each read as it is written.

use std::fmt::{Debug, Display};

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::performance::{Color, Level, TableType, Tenths};
use calsos_domain::release::{LocalRating, PublishedStatus, ReleaseKind, SuccessionKind};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::{DashboardYear, Day};
use calsos_ingest::Assigned;

/// Reads a text as each kind of value.
pub(crate) fn values(text: &str) {
    match CdsCode::parse(text) {
        Ok(cds) => code(cds, text),
        Err(error) => short(&error.to_string()),
    }
    if let Some(county) = CountyCode::parse(text) {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        assert!(digits && text.len() <= 2, "{text:?} is read as county {county}");
        again(county, CountyCode::parse(&county.to_string()));
    }
    if let Some(day) = Day::parse(text) {
        assert_eq!(day.to_string(), text);
    }
    if let Some(year) = DashboardYear::parse(text) {
        assert!((2000..=2099).contains(&year.number()));
        again(year, DashboardYear::parse(&year.to_string()));
        short(&format!("{} {}", year.data_school_year(), year.support_school_year()));
    }
    if let Some(tenths) = Tenths::parse(text) {
        again(tenths, Tenths::parse(&tenths.to_string()));
    }
    if let Some(kind) = ReleaseKind::parse(text) {
        again(kind, ReleaseKind::parse(&kind.code()));
    }
    match text.parse::<Assigned>() {
        Ok(assigned) => {
            let year = assigned.year.map(|year| format!(":{year}")).unwrap_or_default();
            again(assigned, format!("{}{year}", assigned.kind.code()).parse().ok());
        }
        Err(error) => short(&error.to_string()),
    }
    if let Some(group) = StudentGroup::parse(text) {
        again(group, StudentGroup::parse(group.code()));
        again(group, StudentGroup::parse(group.list_code()));
    }
    if let Some(indicator) = Indicator::parse(text) {
        again(indicator, Indicator::parse(indicator.code()));
    }
    if let Some(lea_type) = LeaType::parse(text) {
        assert_eq!(lea_type.code(), text);
    }
    if let Some(color) = Color::parse(text) {
        again(color, Color::parse(color.name()));
    }
    if let Some(table) = TableType::parse(text) {
        again(table, TableType::parse(table.code()));
    }
    if let Some(rating) = LocalRating::parse(text) {
        again(rating, LocalRating::parse(rating.name()));
    }
    if let Some(status) = PublishedStatus::parse(text) {
        assert!(PublishedStatus::ALL.contains(&status));
    }
    if let Some(kind) = SuccessionKind::parse(text) {
        again(kind, SuccessionKind::parse(kind.code()));
    }
    if let Some(level) = text.parse().ok().and_then(Level::new) {
        assert!((1..=5).contains(&level.number()));
    }
}

/// A code is taken apart and put together again.
fn code(cds: CdsCode, text: &str) {
    assert_eq!(cds.to_string(), text);
    let parts = format!("{}{:05}{:07}", cds.county(), cds.district(), cds.school());
    assert_eq!(parts, text, "taken apart");
    let authorizer = cds.authorizer();
    assert!(authorizer.is_district_level() && authorizer.county() == cds.county());
    assert_eq!(authorizer.to_string(), format!("{}0000000", cds.county_district_text()));
    assert_eq!(cds.is_district_level(), cds == authorizer);
}

fn again<T: PartialEq + Debug>(value: T, read: Option<T>) {
    assert_eq!(read, Some(value));
}

fn short(message: &(impl Display + ?Sized)) {
    let message = message.to_string();
    assert!(message.len() <= 1_000, "a message of {} bytes", message.len());
    assert!(!message.chars().any(char::is_control), "a control character in {message:?}");
}
