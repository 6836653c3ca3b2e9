//! The OpenAPI document, its pages, and the answer where there is no resource.

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, get};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::problem::{Kind, Problem};
use crate::server::Service;

/// The document as OpenAPI 3.1.
#[get("/openapi.json")]
pub(super) async fn openapi(service: Data<Service>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(service.documents.current.clone())
}

/// The document as OpenAPI 3.0, for generators that do not read 3.1.
#[get("/openapi-3.0.json")]
pub(super) async fn openapi_3_0(service: Data<Service>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(service.documents.earlier.clone())
}

/// Pages to read the document and try it out, without a file from elsewhere.
pub(super) fn pages() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json"))
}

/// Says what there is instead: no such resource, or none with this method.
pub(super) async fn no_such_resource(request: HttpRequest, service: Data<Service>) -> HttpResponse {
    let path = request.path();
    if let Some(mut methods) = service.documents.methods_of(path) {
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        let methods = methods.join(", ");
        let detail = format!("{path} has no {}; it has {methods}", request.method());
        let mut response = Problem::new(Kind::MethodNotAllowed, detail).error_response();
        if let Ok(methods) = HeaderValue::from_str(&methods) {
            response.headers_mut().insert(ALLOW, methods);
        }
        return response;
    }
    let detail = format!("{path} is no resource of this service; / and /openapi.json list those");
    Problem::new(Kind::NoSuchResource, detail).error_response()
}
