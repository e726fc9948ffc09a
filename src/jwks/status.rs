//! How it stands with the keys.

use std::{sync::Arc, time::Duration};

use crate::user_pool::{Issuer, UserPoolId};

/// How it stands with the keys of one issuer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyStatus {
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// Whether there are keys, and how good they are.
    pub state: KeyState,
    /// How many keys are in use.
    pub keys: usize,
    /// How long ago they were obtained.
    pub age: Option<Duration>,
    /// Counts the different sets of keys that were in use.
    pub generation: u64,
}

/// How good an issuer's keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    /// None were obtained yet, or the last ones are too old to be trusted.
    Missing,
    /// They need not be fetched anew yet.
    Fresh,
    /// They are in use until newer ones are fetched, or until they are too old.
    Stale,
}

/// The keys of some user pools could not be obtained. The authorizer works all the same, and goes on
/// trying: it is for the caller to say whether that is good enough to start with.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the keys of {} could not be obtained; the log says why", names(.user_pools))]
pub struct HydrateError {
    user_pools: Vec<UserPoolId>,
}

impl HydrateError {
    pub(super) fn unless_empty(user_pools: Vec<UserPoolId>) -> Result<(), Self> {
        if user_pools.is_empty() { Ok(()) } else { Err(Self { user_pools }) }
    }

    /// The user pools without keys.
    pub fn user_pools(&self) -> &[UserPoolId] {
        &self.user_pools
    }
}

fn names(user_pools: &[UserPoolId]) -> String {
    user_pools.iter().map(UserPoolId::as_str).collect::<Vec<_>>().join(", ")
}
