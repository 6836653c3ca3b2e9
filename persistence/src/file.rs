//! A release's own bytes: hashed, compressed and back.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

/// The name in the column `compression` of what [`compress`] makes.
pub(crate) const ZLIB: &str = "zlib";

/// The hash by which a file is known, in 64 small hexadecimal digits.
pub(crate) fn sha256_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The same hash as bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Compressed at the fastest level: twice as much space as the best, in a tenth of the time.
pub(crate) fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// At most `length` bytes and one, so that a damaged file cannot fill the memory.
pub(crate) fn decompress(bytes: &[u8], length: u64) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    ZlibDecoder::new(bytes).take(length.saturating_add(1)).read_to_end(&mut content)?;
    Ok(content)
}
