//! Key rotations and outages for tests.

use std::sync::{PoisonError, RwLock};

/// How a user pool rotates its keys ([`LocalUserPool::rotate_keys`](super::LocalUserPool::rotate_keys)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRotation {
    /// The JWK Set contains the previous keys as well: their tokens stay valid.
    WithOverlap,
    /// The JWK Set contains the new keys only.
    AtOnce,
}

/// How a user pool fails to respond ([`LocalUserPool::set_outage`](super::LocalUserPool::set_outage)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// Connections are closed without a response.
    Refuse,
    /// Requests do not get a response.
    Hang,
    /// Every response has the status 500.
    InternalServerError,
    /// Every response has the status 200 and an HTML page as its body.
    Garbage,
}

/// The active outage, if any.
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
