//! Keys kept in files, so that a service can start while the network is away.
//!
//! A file is written atomically and for its owner alone. It is ignored if it is not whole, of another
//! issuer, older than keys may get, a link, or not the owner's alone to write: what is in it decides
//! who may come in. On systems without Unix permissions the last of these is not looked at.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{jose::JwkSet, limits::MAX_JWK_SET_BYTES, time::UnixTime, user_pool::Issuer};

/// The directory that holds the files, one for each issuer.
#[derive(Clone, Debug)]
pub(crate) struct LastKnownGood {
    directory: PathBuf,
    /// Age from which keys are not trusted any more.
    hard_age: Duration,
}

/// What a file holds.
#[derive(Deserialize, Serialize)]
struct Content<'a> {
    issuer: String,
    /// Seconds since the epoch.
    obtained_at: u64,
    #[serde(borrow)]
    jwk_set: &'a RawValue,
}

/// Keys that were found.
pub(super) struct Found {
    pub(super) set: JwkSet,
    pub(super) document: Bytes,
    pub(super) age: Duration,
}

/// Why a file is ignored, or not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("`{}` cannot be read or written", .path.display())]
    System { path: PathBuf, source: io::Error },
    #[error("`{}` is a link, or it or its directory can be written by others: make both the owner's alone", .path.display())]
    NotSafe { path: PathBuf },
    #[error("`{}` is not whole: delete it", .path.display())]
    Malformed { path: PathBuf },
    #[error("`{}` holds the keys of another issuer: delete it", .path.display())]
    OtherIssuer { path: PathBuf },
    #[error("`{}` was written {seconds} seconds ago, which is too long", .path.display())]
    TooOld { path: PathBuf, seconds: u64 },
    #[error("`{}` was written in the future: is the clock right?", .path.display())]
    Future { path: PathBuf },
}

impl LastKnownGood {
    pub(crate) fn new(directory: PathBuf, hard_age: Duration) -> Self {
        Self { directory, hard_age }
    }

    /// The keys of an issuer; `None` if there is no file. Blocks.
    pub(super) fn read(&self, issuer: &Issuer, now: UnixTime) -> Result<Option<Found>, FileError> {
        let path = self.path(issuer);
        let file = match open_safely(&path) {
            Ok(Some(file)) => file,
            Ok(None) => return Err(FileError::NotSafe { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError::System { path, source }),
        };
        let mut text = String::new();
        // Twice a JWK Set is more than the file ever has.
        let limit = u64::try_from(MAX_JWK_SET_BYTES.saturating_mul(2)).unwrap_or(u64::MAX);
        if let Err(source) = file.take(limit).read_to_string(&mut text) {
            return Err(FileError::System { path, source });
        }
        let Ok(content) = serde_json::from_str::<Content<'_>>(&text) else { return Err(FileError::Malformed { path }) };
        if content.issuer != issuer.name() {
            return Err(FileError::OtherIssuer { path });
        }
        let Some(seconds) = now.as_secs().checked_sub(content.obtained_at) else {
            return Err(FileError::Future { path });
        };
        if seconds >= self.hard_age.as_secs() {
            return Err(FileError::TooOld { path, seconds });
        }
        let document = Bytes::from(content.jwk_set.get().to_owned());
        match JwkSet::parse(&document) {
            Ok(set) if !set.is_empty() => Ok(Some(Found { set, document, age: Duration::from_secs(seconds) })),
            _ => Err(FileError::Malformed { path }),
        }
    }

    /// Keeps the keys of an issuer. Either the whole file is there afterwards or what was there
    /// before. Blocks.
    pub(super) fn write(&self, issuer: &Issuer, document: &[u8], now: UnixTime) -> Result<(), FileError> {
        let path = self.path(issuer);
        let content = || {
            let jwk_set = serde_json::from_slice(document)?;
            serde_json::to_vec(&Content { issuer: issuer.name().to_owned(), obtained_at: now.as_secs(), jwk_set })
        };
        let new = path.with_extension(format!("{:016x}.tmp", fastrand::u64(..)));
        let written = content().map_err(io::Error::from).and_then(|content| replace(&path, &new, &content));
        written.map_err(|source| {
            // What cannot be removed was mostly not made.
            let _ = fs::remove_file(&new);
            FileError::System { path, source }
        })
    }

    /// Names of issuers are addresses; two that lead to one name are told apart by the content.
    fn path(&self, issuer: &Issuer) -> PathBuf {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
        let name = issuer.name().chars().map(|character| if is_plain(character) { character } else { '_' });
        self.directory.join(name.take(200).collect::<String>()).with_extension("json")
    }
}

fn replace(path: &Path, new: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(new, path)
}

/// Opens a file that is no link and that only its owner can have written; `None` if it is another.
#[cfg(unix)]
fn open_safely(path: &Path) -> io::Result<Option<File>> {
    use std::os::unix::fs::MetadataExt;

    const WRITABLE_BY_OTHERS: u32 = 0o022;
    let named = fs::symlink_metadata(path)?;
    if !named.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    let opened = file.metadata()?;
    // Between the two looks somebody could have put a link there.
    let is_same = (named.dev(), named.ino()) == (opened.dev(), opened.ino());
    let directory = fs::metadata(path.parent().unwrap_or(Path::new(".")))?;
    let is_private = [&opened, &directory].iter().all(|one| one.mode() & WRITABLE_BY_OTHERS == 0);
    let is_owners = opened.uid() == directory.uid();
    Ok((is_same && is_private && is_owners).then_some(file))
}

#[cfg(not(unix))]
fn open_safely(path: &Path) -> io::Result<Option<File>> {
    let is_file = fs::symlink_metadata(path)?.is_file();
    if is_file { File::open(path).map(Some) } else { Ok(None) }
}
