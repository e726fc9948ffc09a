//! The bound on fetches of an authorizer at a time, over all its issuers.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::limits::MAX_CONCURRENT_FETCHES;

/// Gives fetches their turn, in the order in which they ask. Clones share the turns.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    permits: Arc<Semaphore>,
    rounds: u32,
}

impl Turns {
    /// Turns for so many issuers, each of which has at most one fetch under way.
    pub(super) fn new(issuers: usize) -> Self {
        let rounds = issuers.div_ceil(MAX_CONCURRENT_FETCHES).max(1);
        Self {
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT_FETCHES)),
            rounds: u32::try_from(rounds).unwrap_or(u32::MAX),
        }
    }

    /// How many fetches in a row a fetch waits for at most, itself included.
    pub(super) fn rounds(&self) -> u32 {
        self.rounds
    }

    /// Waits for a turn, which lasts until the permit is dropped.
    pub(super) async fn next(&self) -> Option<SemaphorePermit<'_>> {
        // An error means that the semaphore was closed, which nothing does.
        self.permits.acquire().await.ok()
    }
}
