//! A body that is drawn up while it is sent, off the threads that serve readers. Who reads
//! slowly keeps nobody waiting: the next part is drawn up when the one before was taken.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt::task::{JoinHandle, spawn_blocking};
use actix_web::web::Bytes;

use crate::error::AppError;

/// A part, if there is a further one.
type Part = Result<Option<Vec<u8>>, AppError>;

/// What a body is made of.
pub(crate) trait Parts: Send + Unpin + 'static {
    /// Draws up the next part; `None` after the last.
    fn draw(&mut self) -> Part;
}

/// A body of parts.
pub(crate) struct Streamed<P> {
    /// Absent while a part is drawn up, and after the last.
    parts: Option<P>,
    drawing: Option<JoinHandle<(P, Part)>>,
}

impl<P: Parts> Streamed<P> {
    pub(crate) fn of(parts: P) -> Streamed<P> {
        Streamed { parts: Some(parts), drawing: None }
    }
}

impl<P: Parts> MessageBody for Streamed<P> {
    type Error = AppError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    /// An error ends the connection before the end of the body is said, so that nobody takes
    /// what came for the whole.
    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, AppError>>> {
        let this = self.get_mut();
        if let Some(mut parts) = this.parts.take() {
            this.drawing = Some(spawn_blocking(move || {
                let part = parts.draw();
                (parts, part)
            }));
        }
        let Some(drawing) = &mut this.drawing else { return Poll::Ready(None) };
        let drawn = ready!(Pin::new(drawing).poll(context));
        this.drawing = None;
        Poll::Ready(match drawn {
            Ok((parts, Ok(Some(part)))) => {
                this.parts = Some(parts);
                Some(Ok(part.into()))
            }
            Ok((_, Ok(None))) => None,
            Ok((_, Err(problem))) => {
                log::error!("a body could not be drawn up to its end: {problem}");
                Some(Err(problem))
            }
            Err(stopped) => Some(Err(AppError::Disk {
                what: "drawing up",
                path: "a body".to_owned(),
                cause: stopped.into(),
            })),
        })
    }
}
