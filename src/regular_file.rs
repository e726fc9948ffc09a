//! Files that somebody names.
//!
//! In: a path, and how much of the file is wanted at most. Out: something to read from. Refused: a pipe, a device, a
//! folder.

use std::{
    fs::{self, File, Metadata, OpenOptions},
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

/// The user whose files this process writes. On systems without Unix permissions nobody is told from anybody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileOwner {
    #[cfg(unix)]
    user: u32,
}

/// Why a file or a directory is not this user's alone to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPrivate {
    /// It is neither this user's nor root's.
    OtherOwner,
    /// Others can write to it.
    WritableByOthers,
}

impl FileOwner {
    /// Finds out by making a file, which shows too that one can be made in the directory. Blocks.
    pub(crate) fn of_files_in(directory: &Path) -> io::Result<Self> {
        let probe = directory.join(format!("{:016x}.tmp", fastrand::u64(..)));
        drop(create_private(&probe)?);
        #[cfg(unix)]
        let user = std::os::unix::fs::MetadataExt::uid(&fs::symlink_metadata(&probe)?);
        fs::remove_file(&probe)?;
        Ok(Self {
            #[cfg(unix)]
            user,
        })
    }

    /// Why others could have written what is in this file or directory, if they could.
    #[cfg(unix)]
    pub(crate) fn objection(self, metadata: &Metadata) -> Option<NotPrivate> {
        use std::os::unix::fs::MetadataExt;

        const WRITABLE_BY_OTHERS: u32 = 0o022;
        if metadata.uid() != self.user && metadata.uid() != 0 {
            return Some(NotPrivate::OtherOwner);
        }
        (metadata.mode() & WRITABLE_BY_OTHERS != 0).then_some(NotPrivate::WritableByOthers)
    }

    #[cfg(not(unix))]
    pub(crate) fn objection(self, _metadata: &Metadata) -> Option<NotPrivate> {
        None
    }
}

/// A new file, for this user alone.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    private().create_new(true).open(path)
}

/// Opens a file to write, for this user alone if it is new.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the new name of a file in this directory last.
#[cfg(unix)]
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
