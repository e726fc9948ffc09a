//! Stores the directory in memory and, if configured, in a file.
//!
//! A change is made on a copy, written to the file, and only then published. If the new file cannot be put in place,
//! the directory is unchanged. The file is replaced atomically, so a reader sees the state before or after a change.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};

use super::{LocalUserPoolError, directory::Directory};
use crate::regular_file::{FileOwner, NotPrivate, create_private, private, sync_directory};

/// The directory, for concurrent readers and one writer at a time.
pub(super) struct Store {
    directory: ArcSwap<Directory>,
    file: Option<StateFile>,
    turn: Mutex<()>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store with the state in the file; the directory is empty if there is no file yet.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, LocalUserPoolError> {
        let (file, directory) = match path {
            Some(path) => {
                let file = StateFile::open(path)?;
                let directory = file.read()?;
                (Some(file), directory)
            }
            None => (None, Directory::default()),
        };
        Ok(Self { directory: ArcSwap::from_pointee(directory), file, turn: Mutex::new(()) })
    }

    /// Returns the current directory.
    pub(super) fn read(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// Changes the directory. If the change fails or cannot be written, the directory is unchanged.
    pub(super) fn change<T, E: From<LocalUserPoolError>>(
        &self,
        change: impl FnOnce(&mut Directory) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut directory = Directory::clone(&self.read());
        let changed = change(&mut directory)?;
        if let Some(file) = &self.file {
            file.write(&directory)?;
        }
        self.directory.store(Arc::new(directory));
        Ok(changed)
    }
}

/// The state file, with the lock that reserves it for this process.
#[derive(Debug)]
struct StateFile {
    path: PathBuf,
    owner: FileOwner,
    _lock: FileLock,
}

/// A locked file; dropping the value releases the lock.
#[derive(Debug)]
struct FileLock(File);

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child process that another thread is starting inherits a copy of the handle
        // until it executes its program. An error is ignored, since the lock ends with the process.
        drop(self.0.unlock());
    }
}

/// The version of the file, parsed first: this release may not be able to parse the rest.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: u32,
}

/// The content of the file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct State<D> {
    version: u32,
    directory: D,
}

/// Incremented whenever an older release could not read the new file.
const VERSION: u32 = 1;

impl StateFile {
    /// Locks the file for this process. The lock is on a second file, since the state file itself is replaced.
    fn open(path: &Path) -> Result<Self, LocalUserPoolError> {
        let failed = |reason| LocalUserPoolError::File { path: path.to_owned(), reason };
        // Resolves links to one path per file. Otherwise two processes could use the same file, or a link would be
        // replaced.
        let path = match fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(path).is_ok() {
                    let reason = "it is a link to a file that does not exist".to_owned();
                    return Err(LocalUserPoolError::State { path: path.to_owned(), reason });
                }
                let folder = fs::canonicalize(folder(path)).map_err(failed)?;
                folder.join(path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?)
            }
            path => path.map_err(failed)?,
        };
        let owner = private_folder(&path)?;
        let lock = with_ending(&path, ".lock");
        let failed = |reason| LocalUserPoolError::File { path: lock.clone(), reason };
        let file = private().create(true).truncate(false).open(&lock).map_err(failed)?;
        check_owner(owner, &lock, &file.metadata().map_err(failed)?)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, owner, _lock: FileLock(file) }),
            Err(fs::TryLockError::WouldBlock) => Err(LocalUserPoolError::StateInUse { path }),
            Err(fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    fn read(&self) -> Result<Directory, LocalUserPoolError> {
        let failed = |reason| LocalUserPoolError::File { path: self.path.clone(), reason };
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Directory::default()),
            file => file.map_err(failed)?,
        };
        let metadata = file.metadata().map_err(failed)?;
        if let Some(reason) = objection(&metadata) {
            return Err(self.unusable(reason.to_owned()));
        }
        check_owner(self.owner, &self.path, &metadata)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let malformed = |error| self.unusable(place(&error));
        match serde_json::from_str::<Version>(&text).map_err(malformed)?.version {
            VERSION => serde_json::from_str::<State<_>>(&text).map(|state| state.directory).map_err(malformed),
            version => {
                Err(self.unusable(format!("its version is {version}, and this release reads version {VERSION}")))
            }
        }
    }

    /// Writes a new file and renames it to the state file; each step is synced to disk before the next.
    fn write(&self, directory: &Directory) -> Result<(), LocalUserPoolError> {
        let new = with_ending(&self.path, ".new");
        let write = || {
            match fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                // A crash may have left a file that was never put in place.
                Ok(()) | Err(_) => {}
            }
            let mut file = create_private(&new)?;
            file.write_all(&serde_json::to_vec(&State { version: VERSION, directory })?)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|reason| LocalUserPoolError::File { path: self.path.clone(), reason })?;
        // The file is in place, so the change succeeded; only a power failure could undo it.
        if let Err(error) = sync_directory(folder(&self.path)) {
            tracing::warn!(%error, "local user pool: the folder of the state file cannot be synced");
        }
        Ok(())
    }

    fn unusable(&self, reason: String) -> LocalUserPoolError {
        LocalUserPoolError::State { path: self.path.clone(), reason }
    }
}

/// Returns the position of a syntax error. The message itself could contain a secret.
fn place(error: &serde_json::Error) -> String {
    format!("it is malformed at line {} column {}", error.line(), error.column())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the owner of files in the folder of the state file, if no other user can create files there.
fn private_folder(path: &Path) -> Result<FileOwner, LocalUserPoolError> {
    let folder = folder(path);
    let failed = |reason| LocalUserPoolError::File { path: folder.to_owned(), reason };
    let owner = FileOwner::of_files_in(folder).map_err(failed)?;
    let reason = match owner.objection(&fs::metadata(folder).map_err(failed)?) {
        None => return Ok(owner),
        Some(NotPrivate::OtherOwner) => "another user owns its folder: use a folder that this user owns".to_owned(),
        Some(NotPrivate::WritableByOthers) => {
            format!("other users can write to its folder: run `chmod go-w {}`, or use another folder", folder.display())
        }
    };
    Err(LocalUserPoolError::StateNotPrivate { path: path.to_owned(), reason })
}

/// Rejects a file that another user may have written.
fn check_owner(owner: FileOwner, path: &Path, metadata: &fs::Metadata) -> Result<(), LocalUserPoolError> {
    let reason = match owner.objection(metadata) {
        None => return Ok(()),
        Some(NotPrivate::OtherOwner) => "another user owns it: move it away",
        Some(NotPrivate::WritableByOthers) => "other users can write to it: run `chmod 600`",
    };
    Err(LocalUserPoolError::StateNotPrivate { path: path.to_owned(), reason: reason.to_owned() })
}

/// Returns why a file with this metadata is not trusted.
fn objection(metadata: &fs::Metadata) -> Option<&'static str> {
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Some("other users can read or write it, and it contains private keys: run `chmod 600`");
    }
    (!metadata.is_file()).then_some("it is not a regular file")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that is just being started holds a copy of every open file.
    #[test]
    fn a_file_is_free_once_its_store_is_dropped() {
        let folder = std::env::temp_dir().join(format!("cognito-authorizer-{}", std::process::id()));
        fs::DirBuilder::new().create(&folder).unwrap();
        let path = folder.join("pool.json");
        let file = StateFile::open(&path).unwrap();
        let copy = file._lock.0.try_clone().unwrap();
        assert!(matches!(StateFile::open(&path), Err(LocalUserPoolError::StateInUse { .. })));
        drop(file);
        StateFile::open(&path).unwrap();
        drop(copy);
        fs::remove_dir_all(&folder).unwrap();
    }
}
