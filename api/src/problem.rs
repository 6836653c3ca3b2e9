//! Everything that a request can be refused with, as RFC 9457 problem details.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
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
}

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<ProblemDetails>);

/// One fault of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProblemFault)]
pub(crate) struct Fault {
    /// The parameter of the path or the query.
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
    UnknownSource,
    NothingDecided,
    MethodNotAllowed,
    CursorExpired,
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
            Kind::UnknownSource => (S::NOT_FOUND, "unknown-source", "There is no such source"),
            Kind::NothingDecided => {
                (S::SERVICE_UNAVAILABLE, "nothing-decided", "Nothing was decided yet")
            }
            Kind::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method-not-allowed", "The resource has no such method")
            }
            Kind::CursorExpired => (S::GONE, "cursor-expired", "The cursor has expired"),
            Kind::RequestRefused => (S::BAD_REQUEST, "request-refused", "The request was refused"),
            Kind::DatabaseUnavailable => {
                (S::SERVICE_UNAVAILABLE, "database-unavailable", "The database did not answer")
            }
            Kind::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "The service failed"),
        }
    }
}

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
        }))
    }

    /// A request with faults in its parameters.
    pub(crate) fn of_faults(errors: Vec<Fault>) -> Problem {
        let named: Vec<&str> = errors.iter().map(|fault| fault.parameter.as_str()).collect();
        let detail = format!("these parameters are not valid: {}", named.join(", "));
        let mut problem = Problem::new(Kind::InvalidParameter, detail);
        problem.0.errors = errors;
        problem
    }

    /// What the framework refused by itself, such as a path that is no UTF-8.
    pub(crate) fn of_status(status: StatusCode, detail: String) -> Problem {
        let kind = if status.is_server_error() { Kind::Internal } else { Kind::RequestRefused };
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

    fn status(&self) -> StatusCode {
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
