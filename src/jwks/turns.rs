//! The limit on concurrent fetches, over all issuers of an authorizer and of authorizers that are used together.

use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use crate::limits::{MAX_CONCURRENT_FETCHES, TURNS_OF_FIRST_FETCHES};

/// Limits how many fetches run at a time. Clones share the limit.
///
/// Some turns are reserved for the first fetch of an issuer. Tokens with made-up key ids can cause repeated fetches for
/// the other issuers, and these fetches must not delay the first request for a new issuer.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Lanes>);

#[derive(Debug)]
struct Lanes {
    /// For any fetch, in the order of arrival.
    any: Semaphore,
    /// For the first fetch of an issuer.
    first: Semaphore,
    rounds: u32,
}

impl Turns {
    /// Creates the turns for this many issuers, each of which has at most one fetch under way.
    pub(crate) fn new(issuers: usize) -> Self {
        let of_any = MAX_CONCURRENT_FETCHES - TURNS_OF_FIRST_FETCHES;
        let rounds = u32::try_from(issuers.div_ceil(of_any).max(1)).unwrap_or(u32::MAX);
        let (any, first) = (Semaphore::new(of_any), Semaphore::new(TURNS_OF_FIRST_FETCHES));
        Self(Arc::new(Lanes { any, first, rounds }))
    }

    /// Returns how many fetches in a row a fetch waits for at most, itself included.
    pub(super) fn rounds(&self) -> u32 {
        self.0.rounds
    }

    /// Waits for a turn, which lasts until the permit is dropped.
    pub(super) async fn next(&self, is_first: bool) -> Option<SemaphorePermit<'_>> {
        // An error means that the semaphore was closed, which never happens.
        if !is_first {
            return self.0.any.acquire().await.ok();
        }
        let (mut first, mut any) = (pin!(self.0.first.acquire()), pin!(self.0.any.acquire()));
        let either = |context: &mut Context<'_>| -> Poll<Result<SemaphorePermit<'_>, AcquireError>> {
            match first.as_mut().poll(context) {
                Poll::Pending => any.as_mut().poll(context),
                turn => turn,
            }
        };
        poll_fn(either).await.ok()
    }
}
