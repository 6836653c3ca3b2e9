//! The bodies of requests: how long one may be, and how long it may take to come.

use std::cell::{Cell, RefCell};
use std::future::Future as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use actix_web::web::Bytes;
use futures_core::Stream;

use super::settings::RequestLimits;
use crate::problem::{Kind, Problem};

/// What is wrong with a body, which no handler has to know.
#[derive(Clone, Copy, Debug)]
enum Fault {
    TooLong,
    TooSlow,
}

/// A body under limits, for as long as its request is answered.
#[derive(Clone)]
pub(crate) struct Held {
    body: Rc<RefCell<Limited>>,
    fault: Rc<Cell<Option<Fault>>>,
    limits: RequestLimits,
}

/// Puts the body of a request, if it has one, under the limits.
pub(crate) fn hold(request: &mut ServiceRequest, limits: RequestLimits) -> Option<Held> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return None;
    }
    let limited = Limited {
        payload,
        left: limits.body_bytes,
        end: Box::pin(sleep_until(Instant::now() + limits.body_time)),
    };
    let (body, fault) = (Rc::new(RefCell::new(limited)), Rc::default());
    let held = Held { body, fault, limits };
    request.set_payload(Payload::Stream { payload: Box::pin(held.clone()) });
    Some(held)
}

impl Held {
    /// Why the body was not read to its end, whatever the handler made of that.
    pub(crate) fn problem(&self) -> Option<Problem> {
        self.fault.get().map(|fault| match fault {
            Fault::TooLong => too_long(self.limits.body_bytes),
            Fault::TooSlow => {
                let seconds = self.limits.body_time.as_secs();
                let detail = format!("the body was not there whole within {seconds} seconds");
                Problem::new(Kind::BodyTooSlow, detail)
            }
        })
    }

    /// Keeps hold of the body until the response is sent. A body that nobody has read to its
    /// end then ends the connection: were it let go before, the framework would wait for
    /// chunks of it without an end.
    pub(crate) fn until_sent(self, response: BoxBody) -> BoxBody {
        BoxBody::new(Sent { response, _held: self })
    }
}

pub(crate) fn too_long(most: usize) -> Problem {
    let detail = format!("a body has at most {most} bytes");
    Problem::new(Kind::BodyTooLong, detail)
}

struct Limited {
    payload: Payload,
    /// How many bytes may still come.
    left: usize,
    /// When all must have come.
    end: Pin<Box<Sleep>>,
}

impl Stream for Held {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let mut limited = self.body.borrow_mut();
        if limited.end.as_mut().poll(context).is_ready() {
            self.fault.set(Some(Fault::TooSlow));
            return Poll::Ready(Some(Err(PayloadError::Incomplete(None))));
        }
        let part = ready!(Pin::new(&mut limited.payload).poll_next(context));
        if let Some(Ok(bytes)) = &part {
            match limited.left.checked_sub(bytes.len()) {
                Some(left) => limited.left = left,
                None => {
                    self.fault.set(Some(Fault::TooLong));
                    return Poll::Ready(Some(Err(PayloadError::Overflow)));
                }
            }
        }
        Poll::Ready(part)
    }
}

/// The body of a response, with that of its request.
struct Sent {
    response: BoxBody,
    _held: Held,
}

impl MessageBody for Sent {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.response.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().response).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use actix_web::test::TestRequest;
    use actix_web::web::{Json, JsonConfig, PayloadConfig};
    use actix_web::{FromRequest, HttpRequest};

    use super::*;

    const LIMITS: RequestLimits = RequestLimits {
        query_bytes: 10,
        body_bytes: 20,
        body_time: Duration::from_millis(50),
        upload_time: Duration::from_millis(50),
    };

    /// Parts of a body, after which nothing comes, or the end.
    struct Parts {
        parts: VecDeque<&'static str>,
        ends: bool,
    }

    impl Stream for Parts {
        type Item = Result<Bytes, PayloadError>;

        fn poll_next(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Bytes, PayloadError>>> {
            match self.parts.pop_front() {
                Some(part) => Poll::Ready(Some(Ok(Bytes::from(part)))),
                None if self.ends => Poll::Ready(None),
                None => Poll::Pending,
            }
        }
    }

    /// What a handler gets of a body, and what is wrong with that.
    async fn read<T: FromRequest>(parts: &[&'static str], ends: bool) -> (Option<T>, u16) {
        let parts = Parts { parts: parts.iter().copied().collect(), ends };
        let mut request = TestRequest::post()
            .insert_header(("content-type", "application/json"))
            // Those of the framework are no narrower.
            .app_data(PayloadConfig::new(LIMITS.body_bytes))
            .app_data(JsonConfig::default().limit(LIMITS.body_bytes))
            .to_srv_request();
        request.set_payload(Payload::Stream { payload: Box::pin(parts) });
        let held = hold(&mut request, LIMITS).unwrap();
        let (request, mut payload): (HttpRequest, Payload) = request.into_parts();
        let read = T::from_request(&request, &mut payload).await.ok();
        (read, held.problem().map_or(0, |problem| problem.status().as_u16()))
    }

    #[actix_web::test]
    async fn a_body_within_the_limits_is_read() {
        let (body, status) = read::<Bytes>(&["\"12345678", "901234567", "8\""], true).await;
        assert_eq!((body.unwrap().len(), status), (20, 0));
        let (body, status) = read::<Json<String>>(&["\"12345678", "901234567", "8\""], true).await;
        assert_eq!((body.unwrap().len(), status), (18, 0));
    }

    #[actix_web::test]
    async fn a_body_that_is_too_long_is_refused_whatever_reads_it() {
        for ends in [true, false] {
            let long = ["\"123456789", "012345678", "9\""];
            let (body, status) = read::<Bytes>(&long, ends).await;
            assert_eq!((body, status), (None, 413));
            let (body, status) = read::<Json<String>>(&long, ends).await;
            assert_eq!((body.map(Json::into_inner), status), (None, 413));
        }
    }

    #[actix_web::test]
    async fn a_body_that_does_not_come_to_its_end_is_refused_whatever_reads_it() {
        for parts in [&[][..], &["\"1", "2"]] {
            let start = Instant::now();
            let (body, status) = read::<Bytes>(parts, false).await;
            assert_eq!((body, status), (None, 408));
            let (body, status) = read::<Json<String>>(parts, false).await;
            assert_eq!((body.map(Json::into_inner), status), (None, 408));
            assert!(start.elapsed() < LIMITS.body_time * 20);
        }
    }
}
