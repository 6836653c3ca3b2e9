//! Workbooks: what is around their tables.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::files::check;

/// The name tells kind and year, which rows need not.
const NAME: &str = "suspdownload2023.xlsx";

/// The bytes of an `.xlsx` or `.xls`.
pub(crate) fn workbook(bytes: &[u8]) {
    check(NAME, bytes, None);
}

/// The parts of an `.xlsx`, in the order in which they are in most need of being tried.
const PARTS: [&str; 6] = [
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "_rels/.rels",
];

/// What each part says where nothing else is given.
const PLAIN: [&str; 6] = [
    "<worksheet><sheetData/></worksheet>",
    "<sst/>",
    "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>",
    "<workbook><sheets><sheet name=\"SUSP2023\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
    "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/\
     officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
     </Relationships>",
    "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/\
     officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
     </Relationships>",
];

/// The parts of an `.xlsx`, with a NUL between one and the next: what archives and packing
/// would hide from the fuzzer.
pub(crate) fn workbook_parts(bytes: &[u8]) {
    let mut given = bytes.split(|byte| *byte == 0);
    let parts = PLAIN.map(|plain| given.next().unwrap_or(plain.as_bytes()).to_vec());
    if let Some(archive) = archive(&parts, CompressionMethod::Stored) {
        check(NAME, &archive, None);
    }
}

/// What is repeated in a packed part.
const PATTERNS: [&[u8]; 16] = [
    b" ",
    b"<",
    b"\0",
    b"&amp;",
    b"<si/>",
    b"<si><t>some text</t></si>",
    b"<si><r><t xml:space=\"preserve\"> </t></r></si>",
    b"<row r=\"1\"/>",
    b"<row>",
    b"<c r=\"A1\" t=\"inlineStr\"><is><t>some text</t></is></c>",
    b"<c r=\"XFD1048576\" t=\"s\"><v>0</v></c>",
    b"<c t=\"s\"><v>1</v></c>",
    b"<c><v>45000.5</v></c>",
    b"<xf numFmtId=\"14\"/><numFmt numFmtId=\"200\" formatCode=\"yyyy\"/>",
    b"<sheet name=\"x\" sheetId=\"1\" r:id=\"rId1\"/><definedName name=\"a\">1</definedName>",
    b"<mergeCell ref=\"A1:XFD1048576\"/>",
];

/// What stands before and behind the repeated, for each part.
const AROUND: [(&str, &str); 6] = [
    ("<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>", "</sheetData></worksheet>"),
    ("<sst><si><t>some text</t></si>", "</sst>"),
    ("<styleSheet><numFmts/><cellXfs>", "</cellXfs></styleSheet>"),
    ("<workbook><sheets><sheet name=\"x\" r:id=\"rId1\"/>", "</sheets></workbook>"),
    (
        "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/\
         officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>",
        "</Relationships>",
    ),
    (
        "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/\
         officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>",
        "</Relationships>",
    ),
];

/// How many bytes the parts of a packed workbook unpack to at most: some thousand times as many
/// as are given, and few enough to be tried often.
const UNPACKED_MOST: usize = 1024 * 1024;

/// Workbooks that unpack to much more than they have, and may say something else. Each four
/// bytes are an instruction: the part, what is repeated in it, and how often, or what the
/// archive says of its size.
pub(crate) fn packed_workbook(bytes: &[u8]) {
    let mut repeated: [Vec<u8>; 6] = Default::default();
    let mut said: [Option<u32>; 6] = [None; 6];
    let mut room = UNPACKED_MOST;
    for instruction in bytes.chunks_exact(4).take(64) {
        let [part, what, low, high] = instruction else { continue };
        let number = u32::from(u16::from_le_bytes([*low, *high]));
        let at = usize::from(*part) % PARTS.len();
        if *what >= 0xf0 {
            if let Some(said) = said.get_mut(at) {
                *said = Some(number << (*what & 0xf));
            }
            continue;
        }
        let pattern = PATTERNS.get(usize::from(*what) % PATTERNS.len()).copied();
        let (pattern, times) = (pattern.unwrap_or_default(), usize::try_from(number).unwrap_or(0));
        let length = pattern.len() * times;
        if let (Some(room_left), Some(content)) = (room.checked_sub(length), repeated.get_mut(at)) {
            content.extend(pattern.repeat(times));
            room = room_left;
        }
    }
    let mut parts = PLAIN.map(|plain| plain.as_bytes().to_vec());
    for ((part, content), (before, behind)) in parts.iter_mut().zip(&repeated).zip(AROUND) {
        if !content.is_empty() {
            *part = [before.as_bytes(), content, behind.as_bytes()].concat();
        }
    }
    let Some(mut archive) = archive(&parts, CompressionMethod::Deflated) else { return };
    for (at, size) in said.into_iter().enumerate() {
        if let Some(size) = size {
            say_size(&mut archive, at, size);
        }
    }
    check(NAME, &archive, None);
}

/// An archive of the parts of a workbook.
fn archive(parts: &[Vec<u8>; 6], method: CompressionMethod) -> Option<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(method);
    let options = match method {
        CompressionMethod::Deflated => options.compression_level(Some(1)),
        _ => options,
    };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in PARTS.into_iter().zip(parts) {
        writer.start_file(name, options).ok()?;
        writer.write_all(content).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}

/// Has an archive say of a part that it unpacks to so many bytes, in its directory.
fn say_size(archive: &mut [u8], part: usize, size: u32) {
    let mark = b"PK\x01\x02";
    let entries = archive.windows(4).enumerate().filter(|(_, bytes)| bytes == mark);
    let Some(start) = entries.map(|(at, _)| at).nth(part) else { return };
    if let Some(field) = archive.get_mut(start + 24..start + 28) {
        field.copy_from_slice(&size.to_le_bytes());
    }
}

const SECTOR: usize = 512;
const END_OF_CHAIN: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;

/// The stream of records of an `.xls`.
pub(crate) fn old_workbook(bytes: &[u8]) {
    check("suspdownload2023.xls", &compound_file(bytes), None);
}

/// A compound file of the plainest form: a sector for the table of sectors, one for the
/// directory, the others for the stream.
pub(crate) fn compound_file(bytes: &[u8]) -> Vec<u8> {
    // As many sectors as one sector of the table names, and as many as need no smaller ones.
    let mut stream = bytes.get(..120 * SECTOR).unwrap_or(bytes).to_vec();
    stream.resize(stream.len().max(8 * SECTOR).next_multiple_of(SECTOR), 0);
    let sectors = u32::try_from(stream.len() / SECTOR).unwrap_or(0);

    let mut file = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    file.extend([0; 16]);
    file.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    numbers(&mut file, [0, 1, 1, 0, 4096, END_OF_CHAIN, 0, END_OF_CHAIN, 0, 0]);
    numbers(&mut file, [FREE; 108]);

    let used = [0xffff_fffd, END_OF_CHAIN].into_iter();
    let chain = (3..2 + sectors).chain([END_OF_CHAIN]);
    numbers(&mut file, used.chain(chain).chain(std::iter::repeat(FREE)).take(128));

    entry(&mut file, "Root Entry", 5, 1, (END_OF_CHAIN, 0));
    let length = u32::try_from(stream.len()).unwrap_or(0);
    entry(&mut file, "Workbook", 2, FREE, (2, length));
    entry(&mut file, "", 0, FREE, (0, 0));
    entry(&mut file, "", 0, FREE, (0, 0));
    file.extend(stream);
    file
}

fn numbers(file: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    file.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
}

/// An entry of a compound file's directory.
fn entry(file: &mut Vec<u8>, name: &str, kind: u8, child: u32, (start, length): (u32, u32)) {
    let mut letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let named = if name.is_empty() { 0 } else { u8::try_from(letters.len() + 2).unwrap_or(0) };
    letters.resize(64, 0);
    file.extend(letters);
    file.extend([named, 0, kind, 1]);
    numbers(file, [FREE, FREE, child]);
    file.extend([0; 36]);
    numbers(file, [start, length, 0]);
}
