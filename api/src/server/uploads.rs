//! Files that callers send: they go to the disk as they come, and are never in memory whole.

use std::fs::File;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Seek as _, Write as _};
use std::path::PathBuf;
use std::pin::Pin;

use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::web::Payload;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_core::Stream as _;
use sha2::{Digest as _, Sha256};

use super::answers::apart;
use crate::app::jobs::sha256_text;
use crate::problem::{Kind, Problem};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// The one algorithm by which a body is checked, as RFC 9530 names it.
const ALGORITHM: &str = "sha-256";

/// How many bytes are gathered before they are written.
const GATHERED: usize = 1024 * 1024;

/// A file that came whole. It has no name in its folder, and is gone with this, also where the
/// process is killed.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) file: File,
    pub(crate) byte_length: u64,
    /// In 64 small hexadecimal digits.
    pub(crate) sha256: String,
}

/// The SHA-256 that the caller says the body has, if it says one.
pub(crate) fn digest_said(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Problem> {
    let mut unknown = Vec::new();
    let mut said = None;
    for value in headers.get_all(CONTENT_DIGEST) {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        for member in text.split(',').map(str::trim) {
            let (name, value) = member.split_once('=').unwrap_or((member, ""));
            if name != ALGORITHM {
                unknown.push(name.to_owned());
                continue;
            }
            let bytes = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
            let bytes = bytes.and_then(|text| STANDARD.decode(text).ok());
            let bytes = bytes.filter(|bytes| bytes.len() == 32);
            said = Some(bytes.ok_or_else(|| {
                let detail = "Content-Digest has no SHA-256 as sha-256=:BASE64:, with the 32 bytes \
                              of it in Base64 between colons";
                Problem::new(Kind::DigestNotKnown, detail)
            })?);
        }
    }
    match unknown.first() {
        Some(name) if said.is_none() => {
            let name: String = name.chars().take(40).collect();
            let detail =
                format!("Content-Digest has '{name}', which is not checked here; {ALGORITHM} is");
            Err(Problem::new(Kind::DigestNotKnown, detail))
        }
        _ => Ok(said),
    }
}

/// Takes a body to a file in a folder, and checks that it is what was sent. How long it may be,
/// and how long it may take, is held elsewhere (`bodies`).
pub(crate) async fn receive(
    mut payload: Payload,
    folder: PathBuf,
    said: Option<Vec<u8>>,
) -> Result<Upload, Problem> {
    let mut spool = apart(move || {
        let file = tempfile::tempfile_in(&folder).map_err(|cause| cannot_spool(&cause))?;
        Ok(Spool { file, hash: Sha256::new(), gathered: Vec::new(), byte_length: 0 })
    })
    .await?;
    while let Some(part) = poll_fn(|context| Pin::new(&mut payload).poll_next(context)).await {
        let part = part.map_err(|fault| {
            Problem::new(Kind::RequestRefused, format!("the body did not come whole: {fault}"))
        })?;
        spool.gathered.extend_from_slice(&part);
        if spool.gathered.len() >= GATHERED {
            spool = apart(move || spool.written()).await?;
        }
    }
    let spool = apart(move || {
        let mut spool = spool.written()?;
        spool.file.rewind().map_err(|cause| cannot_spool(&cause))?;
        Ok(spool)
    })
    .await?;
    if spool.byte_length == 0 {
        return Err(Problem::new(Kind::BodyNotValid, "the body is empty; send the file as it is"));
    }
    let digest = spool.hash.finalize();
    let sha256 = sha256_text(&digest);
    if said.is_some_and(|said| said != digest.as_slice()) {
        let detail = format!(
            "the body that came has {} bytes and the SHA-256 {sha256}, which is not what \
             Content-Digest says; nothing was stored. Send it again",
            spool.byte_length
        );
        return Err(Problem::new(Kind::DigestMismatch, detail));
    }
    Ok(Upload { file: spool.file, byte_length: spool.byte_length, sha256 })
}

/// A file that is still coming.
struct Spool {
    file: File,
    hash: Sha256,
    /// What has come and is not written yet.
    gathered: Vec<u8>,
    byte_length: u64,
}

impl Spool {
    fn written(mut self) -> Result<Spool, Problem> {
        self.file.write_all(&self.gathered).map_err(|cause| cannot_spool(&cause))?;
        self.hash.update(&self.gathered);
        self.byte_length += self.gathered.len() as u64;
        self.gathered.clear();
        Ok(self)
    }
}

fn cannot_spool(cause: &io::Error) -> Problem {
    log::error!("a file that is being sent cannot be kept: {cause}");
    match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            let detail = "there is no room for the file where it waits until it is whole; nothing \
                          was stored. Make room in the folder of --spool, and send it again";
            Problem::new(Kind::StorageFull, detail)
        }
        _ => Problem::new(
            Kind::Internal,
            "the file cannot be kept until it is whole; the service's log says why, and --spool \
             says in which folder",
        ),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn said(values: &[&str]) -> Result<Option<Vec<u8>>, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_DIGEST, HeaderValue::from_str(value).unwrap());
        }
        digest_said(&headers).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_digest_that_is_known_is_found_among_others() {
        let hash = [7_u8; 32];
        let known = format!("sha-256=:{}:", STANDARD.encode(hash));
        assert_eq!(said(&[]), Ok(None));
        for values in [
            vec![known.as_str()],
            vec!["sha-512=:YWJj:", &known],
            vec![&format!("{known}, unixsum=:YQ==:")],
            vec![&format!("md5=:YQ==:,{known}")],
        ] {
            assert_eq!(said(&values), Ok(Some(hash.to_vec())), "{values:?}");
        }
    }

    #[test]
    fn a_digest_that_cannot_be_checked_is_never_taken_for_one_that_fits() {
        for value in ["sha-512=:YWJj:", "md5=:YQ==:", "", "x", "SHA-256=:YQ==:"] {
            let problem = said(&[value]).unwrap_err();
            assert!(problem.contains("digest-not-known") && problem.contains("sha-256 is"));
        }
        let short = format!("sha-256=:{}:", STANDARD.encode([7_u8; 31]));
        let bare = format!("sha-256={}", STANDARD.encode([7_u8; 32]));
        for value in ["sha-256", "sha-256=", "sha-256=::", "sha-256=:!:", &short, &bare] {
            let problem = said(&[value]).unwrap_err();
            assert!(problem.contains("32 bytes"), "{problem}");
        }
    }
}
