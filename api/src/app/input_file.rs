//! Reads a file that is to be imported: once, whole and never more than the limit.
//!
//! Only regular files are read. A pipe may never end and has no name to keep; one without a
//! writer would be waited for without end, and so it is not even opened.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use calsos_ingest::FILE_BYTES_MOST;

use super::disk;
use crate::error::AppError;

/// The bytes of a file.
///
/// # Errors
/// [`AppError::Disk`] where it is no regular file, is larger than [`FILE_BYTES_MOST`], cannot
/// be read, or changes while it is read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    read_regular(path).map_err(|cause| disk("reading", path, cause))
}

fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    check(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Another file may have taken the name meanwhile.
    let before = file.metadata()?;
    check(&before)?;
    content(&file, &before)
}

fn check(about: &Metadata) -> io::Result<()> {
    if !about.is_file() {
        return Err(io::Error::other(format!("it is {}", what_else(about))));
    }
    if about.len() > FILE_BYTES_MOST {
        return Err(io::Error::other(format!(
            "it has {} bytes; at most {FILE_BYTES_MOST} are read, and the state's files have less. \
             Check that it is the right file",
            about.len()
        )));
    }
    Ok(())
}

/// What something is that is no regular file, and what to do.
fn what_else(about: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;

        let kind = about.file_type();
        if kind.is_fifo() || kind.is_socket() {
            return "a pipe and no regular file; save what comes through it to a file, and name that";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device and no regular file; save what it gives to a file, and name that";
        }
    }
    if about.is_dir() {
        "a folder and no regular file; name the files in it"
    } else {
        "no regular file; name the file itself"
    }
}

/// What an open file holds, if it is the same from beginning to end.
fn content(file: &File, before: &Metadata) -> io::Result<Vec<u8>> {
    let length = usize::try_from(before.len()).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length)?;
    file.take(FILE_BYTES_MOST + 1).read_to_end(&mut bytes)?;
    let after = file.metadata()?;
    let read = bytes.len() as u64;
    if read != before.len()
        || after.len() != before.len()
        || after.modified().ok() != before.modified().ok()
    {
        return Err(io::Error::other(format!(
            "it changed while it was read (it had {} bytes, then {}); wait until it is complete, \
             and import it again",
            before.len(),
            read.max(after.len())
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file_of(length: u64) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.txt");
        File::create(&path).unwrap().set_len(length).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_of_the_limit_is_read_and_one_of_a_byte_more_is_not() {
        let (_folder, path) = file_of(FILE_BYTES_MOST);
        assert_eq!(read_regular(&path).unwrap().len() as u64, FILE_BYTES_MOST);
        let (_folder, path) = file_of(FILE_BYTES_MOST + 1);
        let error = read_regular(&path).unwrap_err().to_string();
        assert!(error.contains("it has 268435457 bytes; at most 268435456"), "{error}");
    }

    #[test]
    fn a_file_that_grows_or_shrinks_while_it_is_read_is_not_taken() {
        let change = |change: fn(&mut File)| {
            let (_folder, path) = file_of(100);
            let file = File::open(&path).unwrap();
            let before = file.metadata().unwrap();
            change(&mut File::options().append(true).open(&path).unwrap());
            content(&file, &before)
        };
        assert_eq!(change(|_| {}).unwrap().len(), 100);
        let error = change(|file| file.write_all(b"more").unwrap()).unwrap_err().to_string();
        assert!(error.contains("it changed while it was read (it had 100 bytes, then 104)"));
        assert!(change(|file| file.set_len(50).unwrap()).is_err());
        // Files of the system say that they are empty, and are not.
        #[cfg(target_os = "linux")]
        assert!(read_regular(Path::new("/proc/self/status")).is_err());
    }
}
