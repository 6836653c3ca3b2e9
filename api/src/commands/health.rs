//! `calsos health`.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::cli::Health;
use crate::error::AppError;
use crate::output::screen;

/// How long the service may take for each step: less than an image's health check gives it.
const WAIT: Duration = Duration::from_secs(4);

/// How much of the answer is read: more than its first line.
const HEAD_BYTES: u64 = 1024;

pub(super) fn run(asked: &Health) -> Result<(), AppError> {
    let address = reached(asked.listen);
    let status = status(address, &asked.path)
        .map_err(|cause| AppError::Failed(format!("no answer from {address}: {cause}")))?;
    writeln!(screen(), "{}: {status}", asked.path)?;
    if status == "200" { Ok(()) } else { Err(AppError::Failed("200 was expected".to_owned())) }
}

/// Where a service that listens on an address is reached from the same machine.
fn reached(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    listen
}

/// The status with which a path is answered.
fn status(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut head = Vec::new();
    stream.take(HEAD_BYTES).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head);
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    status.map(str::to_owned).ok_or_else(|| io::Error::other("what answers speaks no HTTP"))
}
