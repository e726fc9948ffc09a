//! Files that somebody names.
//!
//! In: a path, and how much of the file is wanted at most. Out: something to read from. Refused: a pipe, a device, a
//! folder.

use std::{
    fs::{self, File},
    io::{self, Read, Take},
    path::Path,
};

/// Opens a file, to be read up to so many bytes and one more: whoever gets the one more knows that it is too large.
pub(crate) fn open(path: &Path, most: usize) -> io::Result<Take<File>> {
    // A look before it is opened: to open a pipe that nobody writes to takes for ever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok(File::open(path)?.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)))
}
