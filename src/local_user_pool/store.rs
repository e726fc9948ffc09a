//! Where the directory is kept: in memory, and in a file if one is asked for.
//!
//! A change is made on a copy, written, and only then seen: what could not be written did not happen. The file is
//! replaced in one step, so whoever reads it finds the state before a change or the state after it.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};

use super::{LocalUserPoolError, directory::Directory};

/// The directory, for many readers and one writer at a time.
pub(super) struct Store {
    directory: RwLock<Arc<Directory>>,
    file: Option<StateFile>,
    turn: Mutex<()>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Store {
    /// What the file holds, or nothing if there is no file yet.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, LocalUserPoolError> {
        let (file, directory) = match path {
            Some(path) => {
                let file = StateFile::open(path)?;
                let directory = file.read()?;
                (Some(file), directory)
            }
            None => (None, Directory::default()),
        };
        Ok(Self { directory: RwLock::new(Arc::new(directory)), file, turn: Mutex::new(()) })
    }

    /// The directory as it is now.
    pub(super) fn read(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the directory: all of the change, or nothing if it fails or cannot be written.
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
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
        Ok(changed)
    }
}

/// The file, and the lock that says that it is ours.
#[derive(Debug)]
struct StateFile {
    path: PathBuf,
    _lock: File,
}

/// What stands in it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct State<D> {
    /// Counts up when an older version could not read it.
    version: u32,
    directory: D,
}

const VERSION: u32 = 1;

impl StateFile {
    /// Takes the file for this process alone. The lock is on a file next to it, since the file itself is replaced.
    fn open(path: &Path) -> Result<Self, LocalUserPoolError> {
        let lock = with_ending(path, ".lock");
        let failed = |source| LocalUserPoolError::File { path: lock.clone(), source };
        let file = private().create(true).truncate(false).open(&lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(fs::TryLockError::WouldBlock) => Err(LocalUserPoolError::StateInUse { path: path.to_owned() }),
            Err(fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    fn read(&self) -> Result<Directory, LocalUserPoolError> {
        let path = self.path.clone();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Directory::default()),
            Err(source) => return Err(LocalUserPoolError::File { path, source }),
        };
        let state: State<Directory> = serde_json::from_str(&text)
            .map_err(|error| LocalUserPoolError::State { path: path.clone(), reason: place(&error) })?;
        match state.version {
            VERSION => Ok(state.directory),
            version => {
                let reason = format!("its version is {version}, and this release reads version {VERSION}");
                Err(LocalUserPoolError::State { path, reason })
            }
        }
    }

    /// Writes a new file next to it and puts that in its place, each step on disk before the next.
    fn write(&self, directory: &Directory) -> Result<(), LocalUserPoolError> {
        let new = with_ending(&self.path, ".new");
        let write = || {
            match fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                // One that a crash left behind is of no use.
                Ok(()) | Err(_) => {}
            }
            let mut file = private().create_new(true).open(&new)?;
            file.write_all(&serde_json::to_vec(&State { version: VERSION, directory })?)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            sync_folder(&self.path)
        };
        write().map_err(|source| LocalUserPoolError::File { path: self.path.clone(), source })
    }
}

/// Where the mistake is. What it is could show a secret.
fn place(error: &serde_json::Error) -> String {
    format!("it is malformed at line {} column {}", error.line(), error.column())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// For its owner alone: it holds private keys and client secrets.
#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

/// A new name is on disk when the folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
