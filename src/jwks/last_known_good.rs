//! Stores keys in files, so that a service can start while the network is down.
//!
//! A file is written atomically and accessible only to this user. A file is ignored if it is incomplete, belongs to
//! another issuer or address, is older than the hard maximum age, is a link, or is writable by users other than this
//! one and root: its content decides which tokens are accepted. For the same reason, the directory must belong to this
//! user or root, and must not be writable by others. On systems without Unix permissions, owners and permissions are
//! not checked.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::key_set::KeySet;
use crate::{
    jose::JwkSet,
    limits::MAX_JWK_SET_BYTES,
    regular_file::{FileOwner, create_private, sync_directory},
    time::UnixTime,
    user_pool::Issuer,
};

/// The directory of the files, one for each issuer.
#[derive(Clone, Debug)]
pub(crate) struct LastKnownGood {
    directory: PathBuf,
    owner: FileOwner,
}

/// The content of a file.
#[derive(Deserialize, Serialize)]
struct Content<'a> {
    issuer: String,
    jwks_uri: String,
    /// Seconds since the epoch.
    obtained_at: u64,
    #[serde(borrow)]
    jwk_set: &'a RawValue,
}

/// Why a file is ignored or not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("`{}` cannot be read or written: {reason}", .path.display())]
    System { path: PathBuf, reason: io::Error },
    #[error("`{}` is a link, or another user can write to it or its directory", .path.display())]
    NotSafe { path: PathBuf },
    #[error("`{}` is incomplete: delete it", .path.display())]
    Malformed { path: PathBuf },
    #[error("`{}` holds the keys of another issuer or address: delete it", .path.display())]
    OtherIssuer { path: PathBuf },
    #[error("`{}` was written {seconds} seconds ago, which is too long", .path.display())]
    TooOld { path: PathBuf, seconds: u64 },
    #[error("`{}` was written in the future: check the clock", .path.display())]
    Future { path: PathBuf },
}

impl LastKnownGood {
    /// Uses a directory, which must be writable by this user only. Blocks.
    pub(crate) fn new(directory: PathBuf) -> io::Result<Self> {
        let owner = FileOwner::of_files_in(&directory)?;
        let made = Self { directory, owner };
        if made.is_private(&fs::metadata(&made.directory)?) {
            Ok(made)
        } else {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "another user owns it or can write to it"))
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Reads the keys of an issuer and their age; `None` if there is no file. Blocks.
    pub(super) fn read(
        &self,
        issuer: &Issuer,
        now: UnixTime,
        hard_age: Duration,
    ) -> Result<Option<(KeySet, Duration)>, FileError> {
        let path = self.path(issuer);
        let file = match self.open(&path) {
            Ok(Some(file)) => file,
            Ok(None) => return Err(FileError::NotSafe { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(reason) => return Err(FileError::System { path, reason }),
        };
        let mut text = String::new();
        // A valid file is never longer than two JWK Sets.
        let limit = u64::try_from(MAX_JWK_SET_BYTES.saturating_mul(2)).unwrap_or(u64::MAX);
        if let Err(reason) = file.take(limit).read_to_string(&mut text) {
            return Err(FileError::System { path, reason });
        }
        let Ok(content) = serde_json::from_str::<Content<'_>>(&text) else { return Err(FileError::Malformed { path }) };
        if content.issuer != issuer.name() || content.jwks_uri != issuer.jwks_uri() {
            return Err(FileError::OtherIssuer { path });
        }
        let Some(seconds) = now.as_secs().checked_sub(content.obtained_at) else {
            return Err(FileError::Future { path });
        };
        if seconds >= hard_age.as_secs() {
            return Err(FileError::TooOld { path, seconds });
        }
        let document = Bytes::from(content.jwk_set.get().to_owned());
        let obtained = UnixTime::from_secs(content.obtained_at);
        match JwkSet::parse(&document) {
            Ok(set) if !set.is_empty() => {
                Ok(Some((KeySet { generation: 0, set, document, etag: None, obtained }, Duration::from_secs(seconds))))
            }
            _ => Err(FileError::Malformed { path }),
        }
    }

    /// Writes the keys of an issuer. Blocks.
    ///
    /// The file is replaced as a whole. An error removes it, because an older file could bring back keys that the
    /// issuer has removed since.
    pub(super) fn write(&self, issuer: &Issuer, document: &[u8], obtained: UnixTime) -> Result<(), FileError> {
        let path = self.path(issuer);
        let content = || {
            let jwk_set = serde_json::from_slice(document)?;
            let (name, jwks_uri) = (issuer.name().to_owned(), issuer.jwks_uri().to_owned());
            serde_json::to_vec(&Content { issuer: name, jwks_uri, obtained_at: obtained.as_secs(), jwk_set })
        };
        let new = path.with_extension("tmp");
        let replace = |content: Vec<u8>| {
            // A crash may have left this file behind.
            let _ = fs::remove_file(&new);
            let mut file = create_private(&new)?;
            file.write_all(&content)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            sync_directory(&self.directory)
        };
        content().map_err(io::Error::from).and_then(replace).map_err(|reason| {
            for leftover in [&new, &path] {
                // A file that cannot be removed usually does not exist.
                let _ = fs::remove_file(leftover);
            }
            FileError::System { path, reason }
        })
    }

    /// Opens a file that is not a link and that only this user or root can write to; `None` for any other file.
    fn open(&self, path: &Path) -> io::Result<Option<File>> {
        // In a private directory, no other user can replace the file between two checks.
        if !self.is_private(&fs::metadata(&self.directory)?) || !fs::symlink_metadata(path)?.is_file() {
            return Ok(None);
        }
        let file = File::open(path)?;
        let is_private = self.is_private(&file.metadata()?);
        Ok(is_private.then_some(file))
    }

    fn is_private(&self, metadata: &fs::Metadata) -> bool {
        self.owner.objection(metadata).is_none()
    }

    /// Returns the path of an issuer's file: a readable name, and a hash to distinguish issuers that share the name.
    fn path(&self, issuer: &Issuer) -> PathBuf {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
        let name = issuer.name().chars().map(|character| if is_plain(character) { character } else { '_' });
        let name: String = name.take(160).collect();
        // FNV-1a is enough: the hash protects no secret, and the file names its issuer.
        let number = issuer
            .name()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        self.directory.join(format!("{name}-{number:016x}.json"))
    }
}
