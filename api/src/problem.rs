//! Everything that a request can be refused with, as RFC 9457 problem details.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use calsos_domain::support::condition::Refusal;
use calsos_persistence::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::AppError;

/// The media type of problem details.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What is wrong with a request, and what to do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct ProblemDetails {
    /// A URI that names the kind of problem: `urn:calsos:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:calsos:problem:unknown-lea")]
    pub(crate) kind: String,
    /// The kind in a few words, always the same for a code.
    pub(crate) title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub(crate) status: u16,
    /// What was asked, what was found, and what to do.
    pub(crate) detail: String,
    /// The path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) instance: Option<String>,
    /// The kind as a word for programs.
    #[schema(example = "unknown-lea")]
    pub(crate) code: String,
    /// The id of the request, as the header `Request-Id` and the log have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) request_id: Option<String>,
    /// Every fault of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Fault>,
    /// The condition that is missing, as a word for programs, where a step is refused that the
    /// law does not allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "boardApproval")]
    pub(crate) missing: Option<&'static str>,
    /// Where the law asks for it, if it does: `/v1/citations/{id}` has the part before `#`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ec-52072.1")]
    pub(crate) citation: Option<&'static str>,
    /// The word of RFC 6749 for it, where a client asks for a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "invalid_client")]
    pub(crate) error: Option<&'static str>,
    /// The same as `detail`, where a client asks for a token.
    #[serde(rename = "error_description", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) error_description: Option<String>,
    /// What `WWW-Authenticate` says of it.
    #[serde(skip)]
    pub(crate) challenge: Option<String>,
}

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<ProblemDetails>);

/// One fault of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProblemFault)]
pub(crate) struct Fault {
    /// The parameter of the path or the query, or the part of the body.
    #[schema(example = "year")]
    pub(crate) parameter: String,
    /// What is wrong with it, and what is expected.
    pub(crate) detail: String,
}

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    InvalidParameter,
    NoSuchResource,
    UnknownLea,
    UnknownYear,
    YearNotLoaded,
    NoAnswer,
    NotLoaded,
    UnknownRelease,
    UnknownRun,
    UnknownJob,
    UnknownSource,
    UnknownService,
    ServiceDeleted,
    NotIdentified,
    UnknownTemplate,
    TemplateNotValid,
    TemplateFails,
    SameCode,
    NothingDecided,
    NotCaughtUp,
    NotDecidedYet,
    NoSigningKey,
    TooBusy,
    ClientRefused,
    TokenNeeded,
    TokenRefused,
    ScopeNeeded,
    OutOfReach,
    ConditionNeeded,
    ConditionFailed,
    BodyNotValid,
    DigestNotKnown,
    DigestMismatch,
    KeyUsedOtherwise,
    JobEnded,
    UnknownReferral,
    UnknownIntervention,
    UnknownEngagement,
    UnknownRequest,
    RecordDeleted,
    StepRefused,
    StepOfOthers,
    StorageFull,
    MethodNotAllowed,
    CursorExpired,
    CopyAnew,
    FeedBehind,
    QueryTooLong,
    BodyTooLong,
    BodyTooSlow,
    UnsupportedEncoding,
    UnsupportedMediaType,
    TooManyRequests,
    RequestRefused,
    DatabaseUnavailable,
    Internal,
}

impl Kind {
    /// The status, the code and the title.
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Kind::InvalidParameter => {
                (S::BAD_REQUEST, "invalid-parameter", "A parameter is not valid")
            }
            Kind::NoSuchResource => (S::NOT_FOUND, "no-such-resource", "There is no such resource"),
            Kind::UnknownLea => (S::NOT_FOUND, "unknown-lea", "No LEA has this CDS code"),
            Kind::UnknownYear => (S::NOT_FOUND, "unknown-year", "The year has no edition"),
            Kind::YearNotLoaded => {
                (S::NOT_FOUND, "year-not-loaded", "No file of the year is loaded")
            }
            Kind::NoAnswer => (S::NOT_FOUND, "no-answer", "The LEA has no answer for the year"),
            Kind::NotLoaded => (S::NOT_FOUND, "not-loaded", "What the answer needs is not loaded"),
            Kind::UnknownRelease => (S::NOT_FOUND, "unknown-release", "There is no such release"),
            Kind::UnknownRun => (S::NOT_FOUND, "unknown-run", "There is no such run"),
            Kind::UnknownJob => (S::NOT_FOUND, "unknown-job", "There is no such job"),
            Kind::UnknownSource => (S::NOT_FOUND, "unknown-source", "There is no such source"),
            Kind::UnknownService => (S::NOT_FOUND, "unknown-service", "There is no such service"),
            Kind::ServiceDeleted => (S::GONE, "service-deleted", "The service was deleted"),
            Kind::NotIdentified => {
                (S::NOT_FOUND, "not-identified", "The LEA is not identified by the year")
            }
            Kind::UnknownTemplate => {
                (S::NOT_FOUND, "unknown-template", "The county has no template of its own")
            }
            Kind::TemplateNotValid => {
                (S::BAD_REQUEST, "template-not-valid", "The template writes no letter")
            }
            Kind::TemplateFails => {
                (S::CONFLICT, "template-fails", "The county's template writes no letter")
            }
            Kind::SameCode => (S::CONFLICT, "same-code", "The catalogue has a service of the code"),
            Kind::NothingDecided => {
                (S::SERVICE_UNAVAILABLE, "nothing-decided", "Nothing was decided yet")
            }
            Kind::NotCaughtUp => {
                (S::SERVICE_UNAVAILABLE, "not-caught-up", "The service may be behind what was seen")
            }
            Kind::NotDecidedYet => {
                (S::NOT_FOUND, "not-decided-yet", "Nothing was decided yet at the moment")
            }
            Kind::NoSigningKey => {
                (S::SERVICE_UNAVAILABLE, "no-signing-key", "The service issues no tokens yet")
            }
            Kind::TooBusy => (S::SERVICE_UNAVAILABLE, "too-busy", "The service has too much to do"),
            Kind::ClientRefused => (S::UNAUTHORIZED, "client-refused", "The client is refused"),
            Kind::TokenNeeded => (S::UNAUTHORIZED, "token-needed", "A token is needed"),
            Kind::TokenRefused => (S::UNAUTHORIZED, "token-refused", "The token is not accepted"),
            Kind::ScopeNeeded => (S::FORBIDDEN, "scope-needed", "The token does not allow it"),
            Kind::OutOfReach => (S::FORBIDDEN, "out-of-reach", "The agency does not reach it"),
            Kind::ConditionNeeded => {
                (S::PRECONDITION_REQUIRED, "condition-needed", "The header If-Match is needed")
            }
            Kind::ConditionFailed => {
                (S::PRECONDITION_FAILED, "condition-failed", "It has changed since it was read")
            }
            Kind::BodyNotValid => (S::BAD_REQUEST, "body-not-valid", "The body is not valid"),
            Kind::DigestNotKnown => {
                (S::BAD_REQUEST, "digest-not-known", "The digest of the body cannot be checked")
            }
            Kind::DigestMismatch => {
                (S::BAD_REQUEST, "digest-mismatch", "The body did not come as it was sent")
            }
            Kind::KeyUsedOtherwise => (
                S::UNPROCESSABLE_ENTITY,
                "key-used-otherwise",
                "The key of the request was used for another one",
            ),
            Kind::JobEnded => (S::CONFLICT, "job-ended", "The job has ended"),
            Kind::UnknownReferral => {
                (S::NOT_FOUND, "unknown-referral", "There is no such referral")
            }
            Kind::UnknownIntervention => {
                (S::NOT_FOUND, "unknown-intervention", "There is no such intervention")
            }
            Kind::UnknownEngagement => {
                (S::NOT_FOUND, "unknown-engagement", "There is no such engagement")
            }
            Kind::UnknownRequest => (S::NOT_FOUND, "unknown-request", "There is no such request"),
            Kind::RecordDeleted => (S::GONE, "record-deleted", "The record was deleted"),
            Kind::StepRefused => {
                (S::CONFLICT, "step-refused", "A condition of the step is missing")
            }
            Kind::StepOfOthers => {
                (S::FORBIDDEN, "step-of-others", "The step is not the agency's to take")
            }
            Kind::StorageFull => {
                (S::INSUFFICIENT_STORAGE, "storage-full", "There is no room to store it")
            }
            Kind::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method-not-allowed", "The resource has no such method")
            }
            Kind::CursorExpired => (S::GONE, "cursor-expired", "The cursor has expired"),
            Kind::CopyAnew => (S::GONE, "copy-anew", "The copy is to be made anew"),
            Kind::FeedBehind => {
                (S::SERVICE_UNAVAILABLE, "feed-behind", "The feed is not up to date yet")
            }
            Kind::QueryTooLong => (S::URI_TOO_LONG, "query-too-long", "The query is too long"),
            Kind::BodyTooLong => (S::PAYLOAD_TOO_LARGE, "body-too-long", "The body is too long"),
            Kind::BodyTooSlow => (S::REQUEST_TIMEOUT, "body-too-slow", "The body came too slowly"),
            Kind::UnsupportedEncoding => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-encoding",
                "The encoding of the body is not read",
            ),
            Kind::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is not of the kind that is read",
            ),
            Kind::TooManyRequests => {
                (S::TOO_MANY_REQUESTS, "too-many-requests", "The limit of requests is reached")
            }
            Kind::RequestRefused => (S::BAD_REQUEST, "request-refused", "The request was refused"),
            Kind::DatabaseUnavailable => {
                (S::SERVICE_UNAVAILABLE, "database-unavailable", "The database did not answer")
            }
            Kind::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "The service failed"),
        }
    }
}

/// How many parts of a body that are at fault are named in the detail; `errors` has them all.
const NAMED: usize = 10;

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        let (status, code, title) = kind.parts();
        Problem(Box::new(ProblemDetails {
            kind: format!("urn:calsos:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            code: code.to_owned(),
            request_id: None,
            errors: Vec::new(),
            missing: None,
            citation: None,
            error: None,
            error_description: None,
            challenge: None,
        }))
    }

    /// The same under another code.
    pub(crate) fn coded(mut self, code: &str) -> Problem {
        self.0.kind = format!("urn:calsos:problem:{code}");
        code.clone_into(&mut self.0.code);
        self
    }

    /// The same as the answer of a token endpoint, whose members have names of their own.
    pub(crate) fn told_as_oauth(mut self, error: &'static str) -> Problem {
        self.0.error = Some(error);
        self.0.error_description = Some(self.0.detail.clone());
        self
    }

    /// The same with what `WWW-Authenticate` says of it.
    pub(crate) fn challenging(mut self, challenge: String) -> Problem {
        self.0.challenge = Some(challenge);
        self
    }

    /// A step that lacks a condition.
    pub(crate) fn of_refusal(refusal: &Refusal) -> Problem {
        let mut problem = Problem::new(Kind::StepRefused, refusal.to_string());
        problem.0.missing = Some(refusal.condition.code());
        problem.0.citation = refusal.citation;
        problem
    }

    /// A request with faults in its parameters.
    pub(crate) fn of_faults(errors: Vec<Fault>) -> Problem {
        let named: Vec<&str> = errors.iter().map(|fault| fault.parameter.as_str()).collect();
        let detail = format!("these parameters are not valid: {}", named.join(", "));
        let mut problem = Problem::new(Kind::InvalidParameter, detail);
        problem.0.errors = errors;
        problem
    }

    /// A body with faults, each with the part of it that is at fault.
    pub(crate) fn of_body(errors: Vec<Fault>) -> Problem {
        let named: Vec<&str> =
            errors.iter().take(NAMED).map(|fault| fault.parameter.as_str()).collect();
        let more = if errors.len() > NAMED { ", …" } else { "" };
        let detail =
            format!("nothing was stored; these parts are not valid: {}{more}", named.join(", "));
        let mut problem = Problem::new(Kind::BodyNotValid, detail);
        problem.0.errors = errors;
        problem
    }

    /// What the framework refused by itself, such as a path that is no UTF-8.
    pub(crate) fn of_status(status: StatusCode, detail: String) -> Problem {
        let kind = match status {
            StatusCode::PAYLOAD_TOO_LARGE => Kind::BodyTooLong,
            _ if status.is_server_error() => Kind::Internal,
            _ => Kind::RequestRefused,
        };
        let reason = status.canonical_reason().unwrap_or("Refused").to_owned();
        let mut problem = Problem::new(kind, detail);
        problem.0.status = status.as_u16();
        problem.0.title = reason;
        problem
    }

    /// The details, with what is known of the request.
    pub(crate) fn details(self, path: &str, request_id: &str) -> ProblemDetails {
        ProblemDetails {
            instance: Some(path.to_owned()),
            request_id: Some(request_id.to_owned()),
            ..*self.0
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProblemDetails { title, code, detail, .. } = &*self.0;
        write!(f, "{title} ({code}): {detail}")
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// The problem goes with the response, to be written when its request is known.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::new(self.status());
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Problem {
        match error {
            AppError::NotFound(detail) => Problem::new(Kind::NotLoaded, detail),
            AppError::Store(error @ StoreError::Content { .. }) => {
                log::error!("{error}");
                Problem::new(
                    Kind::Internal,
                    "the file that came could not be read back from the disk; nothing was stored. \
                     The service's log says why, under the id of this request",
                )
            }
            AppError::Store(error) if error.is_full() => {
                log::error!("{error}");
                Problem::new(
                    Kind::StorageFull,
                    "there is no room left where the database is; nothing was stored. Make room, \
                     and send it again",
                )
            }
            AppError::Store(error) => {
                log::error!("{error}");
                Problem::new(
                    Kind::DatabaseUnavailable,
                    "the database did not answer as expected; try again in a few seconds",
                )
            }
            other => {
                log::error!("{other}");
                Problem::new(
                    Kind::Internal,
                    "the service could not draw up the answer; its log says why, under the id of \
                     this request",
                )
            }
        }
    }
}
