//! Binds a TCP address or a Unix socket, and accepts connections.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use super::{error::ServerError, peer::Listen};

/// A bound listener.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        /// Removed with the listener.
        _file: SocketFile,
    },
}

/// The file of a Unix socket, which is removed at the end, unless another server has replaced it.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// The device and the number of the file on it.
    identity: (u64, u64),
}

#[cfg(unix)]
impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: Self::identity(path)? })
    }

    fn identity(path: &Path) -> io::Result<(u64, u64)> {
        use std::os::unix::fs::MetadataExt;

        std::fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
    }
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        if Self::identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// A connection of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Listener {
    pub(super) async fn bind(listen: &Listen) -> Result<Self, ServerError> {
        let failed = |reason| ServerError::Bind { listen: listen.clone(), reason };
        match listen {
            Listen::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp).map_err(failed),
            #[cfg(unix)]
            Listen::Unix(path) => bind_unix(path).await.map_err(failed),
            #[cfg(not(unix))]
            Listen::Unix(_) => Err(failed(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Returns the address, with the port that was taken.
    pub(super) fn address(&self, listen: &Listen) -> Listen {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(|_| listen.clone(), Listen::Tcp),
            #[cfg(unix)]
            Self::Unix { .. } => listen.clone(),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<(Box<dyn Stream>, Option<SocketAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are small, and the proxy waits for them.
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), Some(peer)))
            }
            #[cfg(unix)]
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), None))
            }
        }
    }
}

/// Binds a socket. A file that a server left behind is replaced; one that a server listens on is not.
#[cfg(unix)]
async fn bind_unix(path: &Path) -> io::Result<Listener> {
    use std::os::unix::fs::FileTypeExt;

    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    // Any other error may come from a server that is busy.
    let is_abandoned = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && tokio::net::UnixStream::connect(path).await.err().is_some_and(is_abandoned) {
        std::fs::remove_file(path)?;
    }
    let listener = tokio::net::UnixListener::bind(path)?;
    Ok(Listener::Unix { listener, _file: SocketFile::new(path)? })
}
