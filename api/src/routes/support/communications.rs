//! Written communications to LEAs: as documents to print, and the facts that they are made of.

use std::sync::Arc;

use actix_web::http::header::{
    ACCEPT, Accept, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, Header as _,
    HeaderValue, VARY,
};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::cds::{CdsCode, CountyCode};
use sha2::{Digest as _, Sha256};

use super::recommended::no_facts;
use crate::app::support::communications::CommunicationKind;
use crate::app::support::letters::{DOCUMENT_POLICY, document, letter};
use crate::auth::operation::{GetCommunication, ListCommunications, Operation};
use crate::auth::scope::Scope;
use crate::cli::Status;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, drawn, has, tagged};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::snapshot::Snapshot;
use crate::views::support::communication::{CommunicationFacts, CommunicationList};

/// A communication to one LEA
///
/// As a document to print, by the template of the LEA's county; with `Accept: application/json`
/// as the facts that it is made of. A notice and a summary are of LEAs that are identified by the
/// year, in their first or second year of support; a draft of strengths and weaknesses is of any.
/// A spring summary is of the LEA's engagement, and like that for agencies alone that reach the
/// LEA, with the scope `read` or `support`.
#[utoipa::path(
    tag = "communications", operation_id = "getCommunication",
    params(
        ("cds" = String, Path, description = "The LEA's code.", pattern = "^[0-9]{14}$", example = "01800010000000"),
        ("kind" = String, Path, description = "What is to be written.", example = "onePageSummary"),
        ("year" = u16, Query, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
    ),
    responses(
        (status = 200, description = "The document, or its facts.", content(
            (CommunicationFacts = "application/json"),
            (String = "text/html"),
        )),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such answer, the LEA is not identified by it, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}/communications/{kind}")]
pub(crate) async fn get_communication(
    request: HttpRequest,
    may: May<GetCommunication>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (cds, kind) = (asked.path_cds(&path.0), kind_of(&mut asked, &path.1));
    let year = asked.needed_year();
    let ((cds, kind), year) = asked.done_with(cds.zip(kind).zip(year))?;
    let snapshot = may.current()?;
    let place = snapshot.find(cds, year)?;
    let is_identified =
        snapshot.index.entries.get(place).is_some_and(|e| e.status == Status::Differentiated);
    if !is_identified && kind != CommunicationKind::StrengthsAndWeaknesses {
        let detail = format!(
            "{cds} has no differentiated assistance by the {year} Dashboard, so that there is no \
             {}; /v1/determinations?year={year}&status=differentiated lists those that have",
            kind.code()
        );
        return Err(Problem::new(Kind::NotIdentified, detail));
    }
    let shown = Arc::clone(&snapshot);
    let as_json = wants_json(&request);
    let body = apart(move || {
        let facts = facts(&may, &snapshot, place, kind)?.ok_or_else(|| no_engagement(cds))?;
        if as_json {
            return drawn(&facts);
        }
        let title = format!("{}: {}, {year} Dashboard", kind.title(), facts.name);
        let template = may.office().template_of(snapshot.county_of(cds), kind)?;
        let letter = written(&template, &facts)?;
        Ok(document(kind, &title, &[letter]).into_bytes())
    });
    Ok(answered(&request, &shown, as_json, body.await?))
}

/// The communications of a county
///
/// To every LEA in the county that is identified by the year, in one document by code, each from
/// a new page; with `Accept: application/json` the facts of each. A charter school is in the
/// county in which it is located. Of spring summaries, those of engagements that the caller may
/// see.
#[utoipa::path(
    tag = "communications", operation_id = "listCommunications",
    params(
        ("kind" = String, Path, description = "What is to be written.", example = "onePageSummary"),
        ("year" = u16, Query, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
        ("county" = String, Query, description = "The county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01"),
    ),
    responses(
        (status = 200, description = "The document, or its facts.", content(
            (CommunicationList = "application/json"),
            (String = "text/html"),
        )),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The year has no answers, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/communications/{kind}")]
pub(crate) async fn list_communications(
    request: HttpRequest,
    may: May<ListCommunications>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (kind, year) = (kind_of(&mut asked, &path), asked.needed_year());
    let county = asked.needed("county", COUNTY, county);
    let ((kind, year), county) = asked.done_with(kind.zip(year).zip(county))?;
    let snapshot = may.current()?;
    snapshot.year(year)?;
    let shown = Arc::clone(&snapshot);
    let as_json = wants_json(&request);
    let body = apart(move || {
        let mut items = Vec::new();
        for place in snapshot.identified(year, county) {
            items.extend(facts(&may, &snapshot, place, kind)?);
        }
        if as_json {
            return drawn(&CommunicationList { items });
        }
        let title = format!("{}: county {county}, {year} Dashboard", kind.title());
        let template = may.office().template_of(county, kind)?;
        let letters = items.iter().map(|facts| written(&template, facts));
        let letters: Vec<String> = letters.collect::<Result<_, _>>()?;
        Ok(document(kind, &title, &letters).into_bytes())
    });
    Ok(answered(&request, &shown, as_json, body.await?))
}

/// The facts of a communication to an LEA; none of a spring summary where there is no engagement,
/// or the caller may not know of it.
fn facts<O: Operation>(
    may: &May<O>,
    snapshot: &Snapshot,
    place: usize,
    kind: CommunicationKind,
) -> Result<Option<CommunicationFacts>, Problem> {
    let base = may.service().base_url.clone();
    let facts = snapshot.communication(may.office(), place, kind, Some(&base))?;
    let mut facts = facts.ok_or_else(no_facts)?;
    if kind != CommunicationKind::SpringSummary {
        return Ok(Some(facts));
    }
    let Some(entry) = snapshot.index.entries.get(place) else { return Ok(None) };
    let may_read = [Scope::Read, Scope::Support].iter().any(|scope| may.caller.has(*scope));
    if !may_read || !may.reach().is_some_and(|reach| reach.contains(entry.cds)) {
        return Ok(None);
    }
    facts.engagement = may.office().engagement_of(entry.cds, &facts)?;
    Ok(Some(facts).filter(|facts| facts.engagement.is_some()))
}

fn no_engagement(cds: CdsCode) -> Problem {
    let detail = format!(
        "no engagement with {cds} that you may see rests on the support of this year; a spring \
         summary is written of one, for who reaches the LEA and has the scope read or support"
    );
    Problem::new(Kind::UnknownEngagement, detail)
}

/// What is expected of a county, in words.
pub(super) const COUNTY: &str = "a county's number from 01 to 58";

pub(super) fn county(text: &str) -> Option<CountyCode> {
    (text.len() == 2).then(|| CountyCode::parse(text)).flatten()
}

pub(super) fn kind_of(asked: &mut Asked, text: &str) -> Option<CommunicationKind> {
    asked.of_path("kind", text, CommunicationKind::EXPECTED, CommunicationKind::parse)
}

/// A letter by a template that was tried when it was taken, and fails for an LEA all the same.
fn written(template: &str, facts: &CommunicationFacts) -> Result<String, Problem> {
    letter(template, facts).map_err(|fault| {
        let detail = format!(
            "the template of the county writes no letter to {}: {fault}; correct the template, or \
             take it away so that the built-in one holds",
            facts.cds
        );
        Problem::new(Kind::TemplateFails, detail)
    })
}

/// Whether a caller would rather have the facts than the document.
fn wants_json(request: &HttpRequest) -> bool {
    if !request.headers().contains_key(ACCEPT) {
        return false;
    }
    let Ok(accepted) = Accept::parse(request) else { return false };
    let wanted = accepted.ranked().into_iter().find_map(|media| match media.essence_str() {
        "application/json" | "application/*" => Some(true),
        "text/html" | "text/*" | "*/*" => Some(false),
        _ => None,
    });
    wanted.unwrap_or(false)
}

/// Answers with a document or its facts, and not again to whom has them. Templates change
/// without a run, so that the tag is that of the body.
fn answered(
    request: &HttpRequest,
    snapshot: &Snapshot,
    as_json: bool,
    body: Vec<u8>,
) -> HttpResponse {
    let mut tag = String::from("W/\"");
    for byte in Sha256::digest(&body).iter().take(16) {
        tag.push_str(&format!("{byte:02x}"));
    }
    tag.push('"');
    let known = HeaderValue::from_str(&tag).is_ok_and(|tag| has(request.headers(), &tag));
    let response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    let mut response = tagged(response, &snapshot.headers);
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "private, no-cache"));
    response.insert_header((VARY, "Accept, Accept-Encoding, Authorization"));
    if known {
        return response.finish();
    }
    if as_json {
        response.insert_header((CONTENT_TYPE, "application/json"));
    } else {
        response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
        let policy = format!("{DOCUMENT_POLICY}; frame-ancestors 'none'");
        response.insert_header((CONTENT_SECURITY_POLICY, policy));
    }
    response.body(body)
}
