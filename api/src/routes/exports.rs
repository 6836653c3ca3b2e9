//! Whole years as files.

use std::ops::Range;
use std::sync::Arc;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, get};

use crate::app::answers::ReadAnswer;
use crate::app::export::Exporter;
use crate::auth::operation::ExportDeterminations;
use crate::cli::{Format, Layout};
use crate::error::AppError;
use crate::output::{objects, write_csv, write_ndjson};
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{apart, has, tagged};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::streamed::{Parts, Streamed};
use crate::snapshot::Snapshot;

/// The determinations of a year as a file
///
/// In columns of the service's own, or in those of the state's published list of the year.
#[utoipa::path(
    tag = "exports", operation_id = "exportDeterminations",
    params(
        ("year" = u16, Query, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
        ("layout" = Option<String>, Query, description = "answers (the default) or published.", example = "published", nullable = false),
        ("format" = Option<String>, Query, description = "csv (the default), ndjson or xlsx.", example = "csv", nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv"),
            (String = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The year has no answers, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/exports/determinations")]
pub(crate) async fn export_determinations(
    request: HttpRequest,
    may: May<ExportDeterminations>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let year = asked.needed_year();
    let layout = asked.optional("layout", "answers or published", |text| match text {
        "answers" => Some(Layout::Answers),
        "published" => Some(Layout::Published),
        _ => None,
    });
    let format = asked.optional("format", "csv, ndjson or xlsx", |text| match text {
        "csv" => Some(Format::Csv),
        "ndjson" => Some(Format::Ndjson),
        "xlsx" => Some(Format::Xlsx),
        _ => None,
    });
    let as_of = asked.as_of(may.latest());
    let year = asked.done_with(year)?;
    let (layout, format) = (layout.unwrap_or(Layout::Answers), format.unwrap_or(Format::Csv));
    let snapshot = may.as_of(as_of).await?;
    snapshot.year(year)?;
    if has(request.headers(), &snapshot.headers.tag) {
        return Ok(tagged(HttpResponse::NotModified(), &snapshot.headers).finish());
    }
    let (media, ending) = match format {
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
        Format::Xlsx => {
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
        }
        Format::Table | Format::Json | Format::Csv => ("text/csv; charset=utf-8", "csv"),
    };
    let name = match layout {
        Layout::Answers => format!("determinations-{year}.{ending}"),
        Layout::Published => format!("determinations-{year}-published.{ending}"),
    };
    let mut response = tagged(HttpResponse::Ok(), &snapshot.headers);
    response.insert_header((CONTENT_TYPE, media));
    response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    if format == Format::Xlsx {
        // Where things are in a workbook stands at its end: it is sent when it is finished.
        let workbook = apart(move || {
            let each = |of, read: &mut ReadAnswer<'_>| snapshot.each_answer(of, read);
            Ok(snapshot.held.export_workbook(year, layout, &each)?)
        });
        return Ok(response.body(workbook.await?));
    }
    let rows = apart(move || {
        let each = |of, read: &mut ReadAnswer<'_>| snapshot.each_answer(of, read);
        let exporter = snapshot.held.exporter(year, layout, &each)?;
        let places = snapshot.index.of_year(Some(year));
        Ok(Rows { places, exporter, format, begun: false, snapshot })
    });
    Ok(response.body(Streamed::of(rows.await?)))
}

/// How many answers are drawn up together.
const TOGETHER: usize = 64;

/// The rows of a year that are still to be sent.
struct Rows {
    snapshot: Arc<Snapshot>,
    exporter: Exporter,
    format: Format,
    places: Range<usize>,
    /// Whether the header was sent.
    begun: bool,
}

impl Parts for Rows {
    fn draw(&mut self) -> Result<Option<Vec<u8>>, AppError> {
        let mut part = Vec::new();
        let header = &self.exporter.header;
        if !self.begun && self.format == Format::Csv {
            write_csv(&mut part, std::slice::from_ref(header))?;
        }
        self.begun = true;
        while part.is_empty() && !self.places.is_empty() {
            let mut rows = Vec::with_capacity(TOGETHER);
            for place in self.places.by_ref().take(TOGETHER) {
                let answered = self.snapshot.answered(place)?;
                rows.extend(self.exporter.row(&self.snapshot.held, &answered)?);
            }
            match self.format {
                Format::Ndjson => write_ndjson(&mut part, &objects(header, &rows))?,
                _ => write_csv(&mut part, &rows)?,
            }
        }
        Ok(Some(part).filter(|part| !part.is_empty()))
    }
}
