//! Opens and creates regular files.
//!
//! `open` takes a path and the maximum number of bytes to read. It rejects pipes, devices and directories.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Take},
    path::Path,
};

/// Opens a file for reading, up to one byte past the limit so that the caller can detect an oversized file.
pub(crate) fn open(path: &Path, most: usize) -> io::Result<Take<File>> {
    // Checked before the file is opened: opening a pipe without a writer blocks forever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok(File::open(path)?.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)))
}

/// The user that owns the files of this process. On systems without Unix permissions, users are not distinguished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileOwner {
    #[cfg(unix)]
    user: u32,
}

/// Why users other than this one can write to a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPrivate {
    /// The owner is neither this user nor root.
    OtherOwner,
    /// Other users can write to the file or directory.
    WritableByOthers,
}

impl FileOwner {
    /// Determines the user by creating a file, which also shows that the directory is writable. Blocks.
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

    /// Returns why other users can write to this file or directory; `None` if they cannot.
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

/// Creates a file that only this user can access.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    private().create_new(true).open(path)
}

/// Returns options that open a file for writing. A new file is accessible only to this user.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the rename of a file in this directory durable.
#[cfg(unix)]
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
