//! The wait for the end of a fetch.

use tokio::sync::watch;

use super::refresh::Sequence;

/// Tells when a fetch has ended, well or not.
#[derive(Debug)]
pub(crate) struct FetchEnd {
    pub(super) ended: watch::Receiver<Sequence>,
    pub(super) sequence: Sequence,
    /// Whether the fetch was under way before it was asked for, so that it may bring what was
    /// published before then.
    pub(crate) is_joined: bool,
}

impl FetchEnd {
    /// Waits for the end of the fetch.
    ///
    /// No timer bounds the wait, so any executor can poll it. It ends because the fetch has a time-out, and because the
    /// fetch reports its end even when its task panics or is dropped with its runtime or its authorizer. Only a runtime
    /// that exists but polls no tasks can prolong the wait: until a later fetch, which may start once this one counts as
    /// lost, has ended.
    pub(crate) async fn wait(mut self) {
        // An error means that the authorizer is gone, so no fetch can end any more.
        let _ = self.ended.wait_for(|ended| *ended >= self.sequence).await;
    }
}
