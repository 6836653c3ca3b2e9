//! What is kept compressed, and unpacked where it is asked for.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::error::{Failure, StoreError};
use crate::file;

/// Compressed bytes, with the length and the hash of what they are.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    compressed: bool,
    length: u64,
    bytes: Box<[u8]>,
    hash: Box<[u8]>,
}

/// A text, packed. Copies share it.
#[derive(Clone, Debug)]
pub struct PackedText(Arc<Packed>);

/// Packs bytes; their length besides, as a column has it.
pub(crate) fn pack(bytes: &[u8]) -> std::io::Result<(Vec<u8>, i64)> {
    Ok((file::compress(bytes)?, i64::try_from(bytes.len()).unwrap_or(i64::MAX)))
}

/// What is said where something cannot be packed.
pub(crate) fn not_packed(cause: std::io::Error) -> Failure {
    StoreError::Database { doing: "compressing a run", problem: cause.into() }.into()
}

impl Packed {
    pub(crate) fn new(compressed: bool, length: u64, bytes: Vec<u8>, hash: &[u8]) -> Packed {
        Packed { compressed, length, bytes: bytes.into(), hash: hash.into() }
    }

    /// The hash of what was packed.
    pub(crate) fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// How many bytes it takes.
    pub(crate) fn packed_length(&self) -> usize {
        self.bytes.len() + self.hash.len()
    }

    /// The bytes, if they are those that were packed.
    pub(crate) fn unpack(&self, table: &'static str) -> Result<Vec<u8>, StoreError> {
        let corrupt = |problem: String| {
            let mut row = String::from("hash ");
            for byte in self.hash.iter().take(8) {
                // Writing to a text cannot fail.
                let _ = write!(row, "{byte:02x}");
            }
            StoreError::Corrupt { table, row, problem }
        };
        let content = if self.compressed {
            file::decompress(&self.bytes, self.length)
                .map_err(|cause| corrupt(format!("content cannot be decompressed: {cause}")))?
        } else {
            self.bytes.to_vec()
        };
        if file::sha256(&content) != *self.hash {
            return Err(corrupt("content has another hash than its own".to_owned()));
        }
        Ok(content)
    }
}

impl PackedText {
    pub(crate) fn new(compressed: bool, length: u64, bytes: Vec<u8>, hash: &[u8]) -> PackedText {
        PackedText(Arc::new(Packed::new(compressed, length, bytes, hash)))
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn packed_length(&self) -> usize {
        self.0.packed_length()
    }

    /// The SHA-256 of the text, by which equal texts are told.
    #[must_use]
    pub fn hash(&self) -> &[u8] {
        self.0.hash()
    }

    /// The text.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it is not the text that was stored.
    pub fn text(&self) -> Result<String, StoreError> {
        String::from_utf8(self.0.unpack("answer_body")?).map_err(|cause| StoreError::Corrupt {
            table: "answer_body",
            row: "a text".to_owned(),
            problem: cause.to_string(),
        })
    }
}
