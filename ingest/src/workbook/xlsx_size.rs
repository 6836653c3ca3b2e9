//! What an `.xlsx` unpacks to, before it is opened.
//!
//! The library believes what a workbook says of itself and keeps some of its parts in memory
//! whole. Here each part is unpacked once and thrown away, so that nothing is opened whose
//! parts are larger than they say, or would have to be kept in too many pieces.

use std::io::{Cursor, Read};

use memchr::{memchr, memchr2, memmem};
use zip::ZipArchive;

use super::corrupt;
use crate::fault::{Fault, FaultCode};
use crate::limits::{XLSX_BYTES_MOST, XLSX_PARTICULARS_MOST, XLSX_PARTS_MOST, XLSX_TEXTS_MOST};

/// Refuses a workbook that would take more memory or time than any of the state's.
pub(super) fn check(bytes: &[u8]) -> Result<(), Fault> {
    // Each part has this mark in the archive's directory, which is read as a whole.
    let parts = memmem::find_iter(bytes, b"PK\x01\x02").take(XLSX_PARTS_MOST + 1).count();
    if parts > XLSX_PARTS_MOST {
        return Err(too_large(format!("has more than {XLSX_PARTS_MOST} parts")));
    }
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| corrupt(&error.to_string()))?;
    let mut said = 0_u64;
    for at in 0..archive.len() {
        let part = archive.by_index_raw(at).map_err(|e| corrupt(&e.to_string()))?;
        said = said.saturating_add(part.size());
    }
    if said > XLSX_BYTES_MOST {
        return Err(too_large(format!("unpacks to more than {} MB", XLSX_BYTES_MOST / 1_000_000)));
    }

    // A part that unpacks to more than it says is an error of its own.
    let mut tags = Tags::default();
    let mut buffer = vec![0; 64 * 1024];
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).map_err(|e| corrupt(&e.to_string()))?;
        tags.part_starts();
        loop {
            let length = part.read(&mut buffer).map_err(|e| corrupt(&e.to_string()))?;
            if length == 0 {
                break;
            }
            tags.take(buffer.get(..length).unwrap_or_default())?;
        }
    }
    Ok(())
}

fn too_large(what: String) -> Fault {
    Fault::of_file(
        FaultCode::Workbook,
        format!(
            "The workbook {what}; none of the state's is so large. Give the text form of the same \
             file."
        ),
    )
}

/// The start tags of a workbook's parts whose content the library keeps, counted.
#[derive(Default)]
struct Tags {
    texts: usize,
    particulars: usize,
    /// What was read of a tag that went over the end of a piece.
    open: Option<Vec<u8>>,
}

/// How much of a tag is looked at: its name, and what the shared texts say of their number.
const TAG_BYTES: usize = 4096;

impl Tags {
    fn part_starts(&mut self) {
        self.open = None;
    }

    /// Takes the next piece of a part.
    fn take(&mut self, piece: &[u8]) -> Result<(), Fault> {
        let mut rest = piece;
        if let Some(mut tag) = self.open.take() {
            let near = rest.get(..TAG_BYTES.saturating_sub(tag.len())).unwrap_or(rest);
            let end = memchr2(b'<', b'>', near);
            let length = end.unwrap_or(near.len());
            tag.extend_from_slice(near.get(..length).unwrap_or_default());
            if end.is_none() && tag.len() < TAG_BYTES {
                self.open = Some(tag);
                return Ok(());
            }
            rest = rest.get(length..).unwrap_or_default();
            self.tag(&tag, rest.first() == Some(&b'>'))?;
        }
        while let Some(start) = memchr(b'<', rest) {
            rest = rest.get(start + 1..).unwrap_or_default();
            let near = rest.get(..TAG_BYTES).unwrap_or(rest);
            // No byte is looked at for two tags: a part may be of `<` alone.
            let length = match memchr2(b'<', b'>', near) {
                Some(end) => end,
                None if near.len() == TAG_BYTES => TAG_BYTES,
                None => {
                    self.open = Some(near.to_vec());
                    return Ok(());
                }
            };
            let tag = near.get(..length).unwrap_or_default();
            rest = rest.get(length..).unwrap_or_default();
            self.tag(tag, length < TAG_BYTES && rest.first() == Some(&b'>'))?;
        }
        Ok(())
    }

    /// Counts a tag, given without its angle brackets; whether it ends behind what is given.
    fn tag(&mut self, tag: &[u8], ends: bool) -> Result<(), Fault> {
        let name = tag.split(|b| b.is_ascii_whitespace() || *b == b'/').next().unwrap_or_default();
        let local = name.rsplit(|b| *b == b':').next().unwrap_or_default();
        match local {
            b"si" => self.texts += 1,
            // The library makes room for as many as are said to be there, of which nothing is
            // known where the end of the tag cannot be seen.
            b"sst" if !ends || in_quotes(tag) || said_unique(tag) > XLSX_TEXTS_MOST => {
                self.texts = usize::MAX
            }
            b"sheet" | b"definedName" | b"Relationship" | b"numFmt" | b"xf" | b"font" | b"fill"
            | b"border" => self.particulars += 1,
            _ => {}
        }
        if self.texts > XLSX_TEXTS_MOST {
            return Err(too_large(format!("has more than {XLSX_TEXTS_MOST} texts")));
        }
        if self.particulars > XLSX_PARTICULARS_MOST {
            return Err(too_large(format!(
                "has more than {XLSX_PARTICULARS_MOST} sheets, names, relations and formats"
            )));
        }
        Ok(())
    }
}

/// Whether a tag is cut inside quotation marks, where an angle bracket ends nothing.
fn in_quotes(tag: &[u8]) -> bool {
    let quote = tag.iter().fold(None, |quote, byte| match (quote, byte) {
        (None, b'"' | b'\'') => Some(*byte),
        (Some(mark), byte) if mark == *byte => None,
        (quote, _) => quote,
    });
    quote.is_some()
}

/// The largest number that a tag gives as `uniqueCount`.
fn said_unique(tag: &[u8]) -> usize {
    let number = |at: usize| {
        let behind = tag.get(at..).unwrap_or_default();
        let digits = behind.iter().skip_while(|b| !b.is_ascii_digit());
        digits.take_while(|b| b.is_ascii_digit()).fold(0_usize, |number, b| {
            number.saturating_mul(10).saturating_add(usize::from(b - b'0'))
        })
    };
    memmem::find_iter(tag, b"uniqueCount").map(number).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a part in pieces of each length.
    fn counted(part: &[u8]) -> (usize, usize) {
        let whole = |length: usize| {
            let mut tags = Tags::default();
            tags.part_starts();
            part.chunks(length).for_each(|piece| tags.take(piece).unwrap());
            (tags.texts, tags.particulars)
        };
        let expected = whole(part.len());
        for length in 1..part.len() {
            assert_eq!(whole(length), expected, "in pieces of {length}");
        }
        expected
    }

    #[test]
    fn tags_are_counted_also_where_a_piece_ends_inside_one() {
        let part = b"<sst uniqueCount=\"2\"><si><t>a < b</t></si><x:si/><size/><si\n/></sst>";
        assert_eq!(counted(part), (3, 0));
        let part = b"<sheets><sheet name=\"si\"/></sheets><r:Relationship Id='a'/><xfs/>";
        assert_eq!(counted(part), (0, 2));
    }

    #[test]
    fn what_is_no_tag_is_gone_through_once() {
        // Each of these was once looked at together with the 4,095 behind it.
        let part = vec![b'<'; 4_000_000];
        let begun = std::time::Instant::now();
        let mut tags = Tags::default();
        part.chunks(64 * 1024).for_each(|piece| tags.take(piece).unwrap());
        assert_eq!((tags.texts, tags.particulars), (0, 0));
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    }

    #[test]
    fn as_many_texts_as_the_limit_are_taken_and_not_one_more() {
        let most = XLSX_TEXTS_MOST;
        let said = |count: usize| {
            let tag = format!("<sst count=\"1\" uniqueCount = '{count}'>");
            Tags::default().take(tag.as_bytes())
        };
        assert_eq!(said(most), Ok(()));
        assert!(said(most + 1).unwrap_err().message.contains("2000000 texts"));
        assert!(said(usize::MAX).is_err());
        let mut tags = Tags { texts: most - 1, ..Tags::default() };
        assert_eq!(tags.take(b"<si>"), Ok(()));
        assert!(tags.take(b"<si>").is_err());
        let long = format!("<sst {} uniqueCount='9'>", "x".repeat(TAG_BYTES));
        assert!(Tags::default().take(long.as_bytes()).is_err());
        for hidden in [b"<sst x='<' uniqueCount='9'>", b"<sst x='>' uniqueCount='9'>"] {
            assert!(Tags::default().take(hidden).is_err());
        }
        assert!(Tags::default().take(b"<sst x='\"' uniqueCount='9'>").is_ok());
    }

    #[test]
    fn as_many_particulars_as_the_limit_are_taken_and_not_one_more() {
        let mut tags = Tags { particulars: XLSX_PARTICULARS_MOST - 1, ..Tags::default() };
        assert_eq!(tags.take(b"<sheet/>"), Ok(()));
        assert!(tags.take(b"<xf/>").is_err());
    }
}
