//! What a test can do to a user pool that is being served.

use std::sync::{PoisonError, RwLock};

/// How a user pool comes by new keys ([`LocalUserPool::rotate_keys`](super::LocalUserPool::rotate_keys)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRotation {
    /// The JWK Set holds the keys before as well: tokens that they signed are still good.
    WithOverlap,
    /// The JWK Set holds the new keys alone.
    AtOnce,
}

/// How a user pool fails to answer ([`LocalUserPool::set_outage`](super::LocalUserPool::set_outage)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// Connections are closed without an answer.
    Refuse,
    /// Requests are not answered.
    Hang,
    /// Every answer is 500.
    InternalServerError,
    /// Every answer is 200 with a page of HTML.
    Garbage,
}

/// The outage that is on, if any.
#[derive(Debug, Default)]
pub(super) struct Switches(RwLock<Option<Outage>>);

impl Switches {
    pub(super) fn outage(&self) -> Option<Outage> {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_outage(&self, outage: Option<Outage>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = outage;
    }
}
