//! What a caller says that it has read, before it changes it.

use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_MATCH, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::answers::{drawn, has, json};
use crate::problem::{Kind, Problem};

/// Which state of something a caller means to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Whichever there is.
    Any,
    /// The one of this tag.
    Tag(String),
}

impl Condition {
    /// Reads `If-Match`, without which nothing is changed. `what` is changed.
    pub(crate) fn of(request: &HttpRequest, what: &str) -> Result<Condition, Problem> {
        let mut given = request.headers().get_all(IF_MATCH);
        match (given.next(), given.next()) {
            (Some(tag), None) if tag.as_bytes() == b"*" => Ok(Condition::Any),
            // What is no text is the tag of nothing.
            (Some(tag), None) => Ok(Condition::Tag(tag.to_str().unwrap_or_default().to_owned())),
            _ => Err(Problem::new(
                Kind::ConditionNeeded,
                format!(
                    "send If-Match once with the ETag of {what} as you read it, so that nobody's \
                     change is lost unseen"
                ),
            )),
        }
    }

    /// Whether the state of a tag is meant.
    pub(crate) fn holds(&self, tag: &str) -> bool {
        match self {
            Condition::Any => true,
            Condition::Tag(of) => of == tag,
        }
    }
}

/// The strong tag of a version.
pub(crate) fn tag_of(version: u32) -> String {
    format!("\"{version}\"")
}

/// Answers with something that has a strong tag, and not again to whom has it.
pub(crate) fn versioned(
    request: &HttpRequest,
    tag: &str,
    body: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let known = HeaderValue::from_str(tag).is_ok_and(|tag| has(request.headers(), &tag));
    if known {
        return Ok(with_tag(HttpResponse::NotModified(), tag).finish());
    }
    Ok(json(with_tag(HttpResponse::Ok(), tag), drawn(body)?.into()))
}

/// A response with a strong tag. Whoever keeps it asks again whether it is still the one.
pub(crate) fn with_tag(mut response: HttpResponseBuilder, tag: &str) -> HttpResponseBuilder {
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "private, no-cache"));
    response.insert_header((VARY, "Accept-Encoding, Authorization"));
    response
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_change_says_which_version_it_is_of() {
        let of = |tags: &[&str]| {
            let mut request = TestRequest::patch();
            for tag in tags {
                request = request.append_header((IF_MATCH, *tag));
            }
            Condition::of(&request.to_http_request(), "it").map_err(|problem| problem.status())
        };
        assert_eq!(of(&["*"]), Ok(Condition::Any));
        let third = of(&["\"3\""]).unwrap();
        assert!(third.holds(&tag_of(3)) && !third.holds(&tag_of(30)));
        // A weak tag says that something of the same meaning was read, which is not enough.
        assert!(!of(&["W/\"3\""]).unwrap().holds(&tag_of(3)));
        for none in [&[][..], &["\"3\"", "\"4\""]] {
            assert_eq!(of(none).unwrap_err().as_u16(), 428);
        }
    }
}
