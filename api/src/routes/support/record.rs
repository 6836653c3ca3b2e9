//! What holds for every kind of record alike: who sees it, how it is listed, under which condition
//! it is changed, and how it is answered. Who writes it is in `writer`.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse};
use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::support::request::Request;
use calsos_domain::year::Day;
use calsos_persistence::{
    StoreError, SupportChange, SupportEdit, SupportFilter, SupportId, SupportKind, SupportRecord,
    SupportVersion, WriteSupport,
};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::writer::Writer;
use crate::app::moments::today;
use crate::app::support::content;
use crate::app::withdraw::{REASON_EXPECTED, reason};
use crate::auth::agency::Agency;
use crate::auth::operation::Operation;
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::routes::jobs::IDEMPOTENCY_REPLAYED;
use crate::server::answers::{apart, drawn, json};
use crate::server::asked::Asked;
use crate::server::conditions::{Condition, tag_of, versioned, with_tag};
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked};

/// How many letters a text of a record may have.
const TEXT_MOST: usize = 4000;

/// A kind of records, as routes serve it.
#[derive(Clone, Copy)]
pub(super) struct Resource {
    pub(super) kind: SupportKind,
    /// The name of the collection in paths, and of its lists in cursors.
    pub(super) collection: &'static str,
    pub(super) unknown: Kind,
}

impl Resource {
    fn unknown(&self) -> Problem {
        let detail = format!(
            "no record that you may see has this id; /v1/{} lists those that you \
                              may",
            self.collection
        );
        Problem::new(self.unknown, detail)
    }
}

/// Whether a caller may know of a record: its agency reaches the LEA, or is the Collaborative,
/// which has a part in each referral and in whatever rests on one, or is the one that is asked
/// by a request.
fn sees<O: Operation>(may: &May<O>) -> impl Fn(&SupportRecord) -> bool + Send + 'static {
    let reach = may.reach();
    let is_party = matches!(may.agency(), Some(Agency::Ccee));
    let agency = may.agency().map(ToString::to_string);
    move |record| {
        let by_referral = matches!(record.kind, SupportKind::Referral | SupportKind::Intervention);
        let is_asked = || {
            let asked = content::<Request>(record).map(|says| says.asked().to_string()).ok();
            agency.is_some() && asked == agency
        };
        is_party && by_referral
            || record.cds.is_some_and(|cds| reach.as_ref().is_some_and(|reach| reach.contains(cds)))
            || record.kind == SupportKind::Request && is_asked()
    }
}

/// A record that the caller may see, as it is now or was at a moment.
pub(super) async fn visible<O: Operation>(
    may: &May<O>,
    of: Resource,
    id: &str,
    as_of: Option<Timestamp>,
) -> Result<SupportRecord, Problem> {
    let id = SupportId::parse(id).ok_or_else(|| of.unknown())?;
    let (store, sees) = (may.store(), sees(may));
    let record = apart(move || {
        let found = match as_of {
            Some(moment) => store.support_as_of(id, moment),
            None => store.support(id).map(Some),
        };
        match found {
            Ok(Some(record)) if record.kind == of.kind && sees(&record) => Ok(record),
            Ok(_) | Err(StoreError::UnknownSupport(_)) => Err(of.unknown()),
            Err(error) => Err(AppError::from(error).into()),
        }
    });
    let record = record.await?;
    if record.is_deleted() { Err(deleted(&record)) } else { Ok(record) }
}

/// What is left of a record that was deleted: when, by whom and why.
fn deleted(record: &SupportRecord) -> Problem {
    let SupportVersion { at, by_client, by_agency, reason, .. } = &record.version;
    let agency = by_agency.as_deref().map(|agency| format!(" for {agency}")).unwrap_or_default();
    let reason = reason.as_deref().unwrap_or("no reason was given");
    let detail = format!(
        "the record was deleted at {at} by {by_client}{agency}: {reason}. What it said is kept; ask \
         for it as of a moment before that"
    );
    Problem::new(Kind::RecordDeleted, detail)
}

/// What a list wants.
pub(super) struct Wanted {
    cds: Option<CdsCode>,
    county: Option<CountyCode>,
    state: Option<String>,
    pub(super) as_of: Option<Timestamp>,
    page: PageAsked,
    before: Option<u32>,
}

/// Reads what a list wants. `states` are those that records of the kind can be in.
pub(super) fn wanted<O: Operation>(
    request: &HttpRequest,
    may: &May<O>,
    of: Resource,
    states: &[&str],
) -> Result<Wanted, Problem> {
    let mut asked = Asked::of(request);
    let wanted = wanted_in(&mut asked, may, of, states);
    asked.done()?;
    Ok(wanted)
}

/// The same of parameters among which there are others.
pub(super) fn wanted_in<O: Operation>(
    asked: &mut Asked,
    may: &May<O>,
    of: Resource,
    states: &[&str],
) -> Wanted {
    let cds = asked.optional("cds", "a CDS code of 14 digits", |text| text.parse().ok());
    let county = asked.county();
    let expected = format!("one of {}", states.join(", "));
    let state =
        asked.optional("state", &expected, |text| states.contains(&text).then(|| text.to_owned()));
    let as_of = asked.as_of(may.latest());
    let page = PageAsked::without_total(asked);
    let before = page.cursor.as_ref().and_then(|cursor| {
        let after = (cursor.dataset == of.collection).then(|| cursor.after.parse().ok()).flatten();
        if after.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        after
    });
    Wanted { cds, county, state, as_of, page, before }
}

/// The records that a caller wants and may see, and the page that they are.
pub(super) async fn listed<O: Operation>(
    may: &May<O>,
    of: Resource,
    wanted: Wanted,
) -> Result<(Vec<SupportRecord>, Page), Problem> {
    listed_where(may, of, wanted, |_| true).await
}

/// The same of those that something holds for.
pub(super) async fn listed_where<O: Operation>(
    may: &May<O>,
    of: Resource,
    wanted: Wanted,
    holds: impl Fn(&SupportRecord) -> bool + Send + 'static,
) -> Result<(Vec<SupportRecord>, Page), Problem> {
    let (store, sees) = (may.store(), sees(may));
    let Wanted { cds, county, state, as_of, page: PageAsked { limit, .. }, before } = wanted;
    let mut records = apart(move || {
        let filter = SupportFilter {
            kind: of.kind,
            cds,
            county,
            state: state.as_deref(),
            as_of,
            before_sequence: before,
            // One more tells whether there is a next page.
            limit: Some(limit + 1),
        };
        let admits = |record: &SupportRecord| sees(record) && holds(record);
        Ok(store.support_records(&filter, admits).map_err(AppError::from)?)
    })
    .await?;
    let more = records.len() > limit;
    records.truncate(limit);
    let after = records.last().filter(|_| more).map(|last| last.sequence.to_string());
    let next = after.map(|after| Cursor { dataset: of.collection.to_owned(), after }.text());
    Ok((records, Page { limit, next, total: None }))
}

/// Every version of a record.
async fn versions<O: Operation>(
    may: &May<O>,
    id: SupportId,
) -> Result<Vec<SupportVersion>, Problem> {
    let store = may.store();
    apart(move || Ok(store.support_versions(id).map_err(AppError::from)?)).await
}

/// The version that a caller saw, which must still be the one.
pub(super) fn condition(request: &HttpRequest, record: &SupportRecord) -> Result<u32, Problem> {
    let version = record.version.version;
    if Condition::of(request, "the record")?.holds(&tag_of(version)) {
        return Ok(version);
    }
    Err(changed_since(record))
}

fn changed_since(record: &SupportRecord) -> Problem {
    let SupportVersion { version, at, by_client, .. } = &record.version;
    let detail = format!(
        "the record is in version {version}, which {by_client} wrote at {at}; read it again and \
         decide anew. Nothing of yours was stored"
    );
    Problem::new(Kind::ConditionFailed, detail)
}

/// The record that a write left, and whether it was written by an earlier request.
fn written(outcome: WriteSupport) -> Result<(SupportRecord, bool), Problem> {
    match outcome {
        WriteSupport::Done(record) => Ok((record, false)),
        WriteSupport::Again(record) => Ok((record, true)),
        WriteSupport::Otherwise(record) => {
            let detail = format!(
                "this Idempotency-Key was sent with another request at {}; give this one another \
                 key, or send what was sent then",
                record.version.at
            );
            Err(Problem::new(Kind::KeyUsedOtherwise, detail))
        }
        WriteSupport::Stale(record) => Err(changed_since(&record)),
        WriteSupport::Gone(record) => Err(deleted(&record)),
        WriteSupport::RestsOnOther(record) => {
            let detail = format!(
                "the {} {} on which this rests has changed meanwhile; read it again and decide \
                 anew. Nothing of yours was stored",
                record.kind, record.id
            );
            Err(Problem::new(Kind::ConditionFailed, detail))
        }
    }
}

/// Answers who asks for a record, with its versions up to the one that is shown.
pub(super) async fn one<O: Operation, V: Serialize>(
    request: &HttpRequest,
    may: &May<O>,
    (of, id): (Resource, &str),
    view: impl Fn(SupportRecord, Option<Vec<SupportVersion>>) -> Result<V, AppError>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(request);
    let as_of = asked.as_of(may.latest());
    asked.done()?;
    let record = visible(may, of, id, as_of).await?;
    let version = record.version.version;
    let mut versions = versions(may, record.id).await?;
    versions.retain(|known| known.version <= version);
    versioned(request, &tag_of(version), &view(record, Some(versions))?)
}

/// Answers who wrote a record, when what is served knows of it: it may say what an LEA is in, and
/// whom the Collaborative reaches.
pub(super) async fn wrote<O: Operation, V: Serialize>(
    request: &HttpRequest,
    may: &May<O>,
    (of, made): (Resource, bool),
    outcome: WriteSupport,
    view: impl Fn(SupportRecord, Option<Vec<SupportVersion>>) -> Result<V, AppError>,
) -> Result<HttpResponse, Problem> {
    let (record, replayed) = written(outcome)?;
    let may = may.again(request).await?;
    let response = if made { HttpResponse::Created() } else { HttpResponse::Ok() };
    let mut response = with_tag(response, &tag_of(record.version.version));
    if made {
        let place = format!("{}/v1/{}/{}", may.service().base_url, of.collection, record.id);
        response.insert_header((LOCATION, place));
    }
    if replayed {
        response.insert_header((IDEMPOTENCY_REPLAYED, "true"));
    }
    Ok(json(response, drawn(&view(record, None)?)?.into()))
}

/// A body as it is expected.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], expected: &str) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|fault| {
        Problem::new(Kind::BodyNotValid, format!("the body is not {expected} as JSON: {fault}"))
    })
}

/// A CDS code of a body.
pub(super) fn code(text: &str) -> Result<CdsCode, Problem> {
    text.parse().map_err(|fault| Problem::new(Kind::BodyNotValid, format!("cds: {fault}")))
}

/// One of some words of a body.
pub(super) fn word<T>(name: &str, text: &str, found: Option<T>) -> Result<T, Problem> {
    found.ok_or_else(|| {
        let text: String = text.chars().take(60).collect();
        Problem::new(Kind::BodyNotValid, format!("{name} is '{text}', which it cannot be"))
    })
}

/// A text of a body; what is not given is empty.
pub(super) fn text(name: &str, given: Option<String>) -> Result<String, Problem> {
    let text = given.unwrap_or_default();
    let is_odd = |c: char| c.is_control() && c != '\n';
    if text.chars().count() > TEXT_MOST || text.contains(is_odd) {
        let detail = format!(
            "{name} is none; at most {TEXT_MOST} characters are expected, without \
                              control characters but line feeds"
        );
        return Err(Problem::new(Kind::BodyNotValid, detail));
    }
    Ok(text)
}

/// A day of a body that is not ahead of today in California.
pub(super) fn day(text: &str) -> Result<Day, Problem> {
    let refused = |detail: String| Problem::new(Kind::BodyNotValid, detail);
    let day = Day::parse(text).filter(|day| day.to_string().len() == "2099-12-15".len());
    let day = day.ok_or_else(|| refused("on is no day such as 2016-12-15".to_owned()))?;
    match today(Timestamp::now()) {
        Some(today) if day > today => {
            Err(refused(format!("on is {day}, which is ahead of today, {today}")))
        }
        _ => Ok(day),
    }
}

/// Deletes a record, for a reason that the query gives.
pub(super) async fn delete<O: Operation + 'static>(
    request: &HttpRequest,
    may: &May<O>,
    of: Resource,
    id: &str,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(request);
    let reason = asked.optional("reason", REASON_EXPECTED, reason);
    let reason = asked.done_with(reason)?;
    let writer = Writer::of(request, may, 204, None)?;
    let record = visible(may, of, id, None).await?;
    writer.may_delete(&versions(may, record.id).await?)?;
    let expected = condition(request, &record)?;
    let store = may.store();
    let done = apart(move || {
        let change = SupportChange {
            expected: Some(expected),
            edit: SupportEdit::Delete { reason: &reason },
            rests_on: &[],
            by: writer.by(),
            once: None,
            audit: Some(writer.audit()),
        };
        Ok(store.change_support(record.id, &change).map_err(AppError::from)?)
    });
    written(done.await?)?;
    may.again(request).await?;
    let mut response = HttpResponse::NoContent();
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).finish())
}
