//! The wait for the end of a fetch.

use tokio::sync::watch;

use super::refresh::Sequence;

/// Reports when a fetch has ended, successfully or not.
#[derive(Debug)]
pub(crate) struct FetchEnd {
    pub(super) ended: watch::Receiver<Sequence>,
    pub(super) sequence: Sequence,
    /// Whether the fetch was under way before the request joined it. Its response may then be older than the missing
    /// key.
    pub(crate) is_joined: bool,
}

impl FetchEnd {
    /// Waits for the end of the fetch.
    ///
    /// No timer bounds the wait, so any executor can poll it. The wait ends because the fetch has a time-out, and
    /// because the fetch reports its end even when its task panics or is dropped with its runtime or its authorizer.
    /// Only a runtime that exists but polls no tasks can prolong the wait. A later fetch then ends it; that fetch may
    /// start once this one counts as lost.
    pub(crate) async fn wait(mut self) {
        // An error means that the authorizer was dropped, so no fetch can end any more.
        let _ = self.ended.wait_for(|ended| *ended >= self.sequence).await;
    }
}
