//! The server that the service is compared with: the framework with nothing but a handler that
//! gives bytes from memory. It is this program, started again with another word.

use std::fs;
use std::path::Path;
use std::process::Command;

use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::servers::Server;

/// The word that makes this program the bare server, before the folder of its bodies.
pub(super) const WORD: &str = "--bare";

/// Starts it with what it answers at the path of lists, and at every other.
pub(super) fn start(folder: &Path, one: &[u8], list: &[u8]) -> Server {
    fs::write(folder.join("one"), one).unwrap();
    fs::write(folder.join("list"), list).unwrap();
    Server::start(Command::new(std::env::current_exe().unwrap()).arg(WORD).arg(folder))
}

/// Serves; as many workers as the service has, which leaves them to the framework too.
pub(super) fn serve(folder: &str) {
    let body = |name: &str| Bytes::from(fs::read(Path::new(folder).join(name)).unwrap());
    let (one, list) = (body("one"), body("list"));
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let (one, list) = (one.clone(), list.clone());
            App::new()
                .route("/v1/determinations", web::get().to(move || answer(list.clone())))
                .default_service(web::to(move || answer(one.clone())))
        })
        .bind("127.0.0.1:0")
        .unwrap();
        println!("Serving on http://{}", server.addrs()[0]);
        server.run().await.unwrap();
    });
}

async fn answer(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body)
}
