//! The signals of a service. They are caught from the moment that this is made.

use std::io;

/// The signals that end a server, and the one that makes it read its configuration again.
#[cfg(unix)]
pub(crate) struct Signals {
    pub(crate) end: End,
    pub(crate) reload: Hangup,
}

#[cfg(unix)]
pub(crate) struct End {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
pub(crate) struct Hangup(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let end = End { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        Ok(Self { end, reload: Hangup(signal(SignalKind::hangup())?) })
    }
}

#[cfg(unix)]
impl End {
    /// Waits for SIGTERM or SIGINT (Ctrl-C).
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(unix)]
impl Hangup {
    /// Waits for SIGHUP.
    pub(crate) async fn wait(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
pub(crate) struct Signals {
    pub(crate) end: End,
    pub(crate) reload: Hangup,
}

#[cfg(not(unix))]
pub(crate) struct End;

#[cfg(not(unix))]
pub(crate) struct Hangup;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { end: End, reload: Hangup })
    }
}

#[cfg(not(unix))]
impl End {
    /// Waits for Ctrl-C.
    pub(crate) async fn wait(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}

#[cfg(not(unix))]
impl Hangup {
    /// Waits for ever: there is no such signal.
    pub(crate) async fn wait(&mut self) {
        std::future::pending().await
    }
}
