//! Rows in the binary format of PostgreSQL's `COPY`: a header, for each row how many values it
//! has, for each value its length and its bytes, and an end.
//!
//! diesel writes rows so too, each value by way of its own types. The rows of an indicator
//! file are too many for that.

use std::io::{self, Write};

/// A signature, flags and the length of an extension; there are neither of both.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// How many bytes are gathered before they are given to the connection.
const GATHERED: usize = 64 * 1024;

/// Takes rows, each value by value in the order of the columns.
pub(super) struct BinaryCopy<'w> {
    out: &'w mut dyn Write,
    gathered: Vec<u8>,
}

impl<'w> BinaryCopy<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> BinaryCopy<'w> {
        BinaryCopy { out, gathered: HEADER.to_vec() }
    }

    /// Begins a row of so many values.
    pub(super) fn row(&mut self, values: i16) -> io::Result<()> {
        if self.gathered.len() >= GATHERED {
            self.out.write_all(&self.gathered)?;
            self.gathered.clear();
        }
        self.gathered.extend_from_slice(&values.to_be_bytes());
        Ok(())
    }

    /// A value of a `SMALLINT` column.
    pub(super) fn small(&mut self, value: Option<i16>) {
        self.value(value.map(i16::to_be_bytes).as_ref().map(<[u8; 2]>::as_slice));
    }

    /// A value of an `INTEGER` column.
    pub(super) fn integer(&mut self, value: Option<i32>) {
        self.value(value.map(i32::to_be_bytes).as_ref().map(<[u8; 4]>::as_slice));
    }

    /// A value of a `BIGINT` column.
    pub(super) fn big(&mut self, value: Option<i64>) {
        self.value(value.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }

    /// A value of a `BOOLEAN` column.
    pub(super) fn boolean(&mut self, value: Option<bool>) {
        self.value(value.map(|value| [u8::from(value)]).as_ref().map(<[u8; 1]>::as_slice));
    }

    /// A value of a `TEXT` column: a few characters, as a file's own texts are not.
    pub(super) fn short_text(&mut self, value: Option<&str>) {
        self.value(value.map(str::as_bytes));
    }

    /// Ends the rows.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.gathered.extend_from_slice(&(-1_i16).to_be_bytes());
        self.out.write_all(&self.gathered)
    }

    fn value(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => {
                // Short by what the callers give.
                let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
                self.gathered.extend_from_slice(&length.to_be_bytes());
                self.gathered.extend_from_slice(bytes);
            }
            None => self.gathered.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }
}
