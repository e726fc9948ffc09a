//! The status of the keys.

use std::{sync::Arc, time::Duration};

use crate::error_text::debug_as_display;
use crate::user_pool::{Issuer, UserPoolId};

/// The status of one issuer's keys.
///
/// A user pool has two issuers unless it was configured with one, and the keys of one issuer are enough. The other
/// issuer's keys are usually `Missing`, because no token names that issuer.
///
/// ```
/// use cognito_authorizer::{Authorizer, keys::KeyState};
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
/// for status in authorizer.key_status() {
///     assert_eq!(status.state, KeyState::Missing);
///     println!("{}: {} keys", status.issuer.name(), status.keys);
/// }
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyStatus {
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// Whether keys are cached, and how fresh they are.
    pub state: KeyState,
    /// The number of keys in use.
    pub keys: usize,
    /// How long ago the keys were fetched; `None` if no keys are in use.
    pub age: Option<Duration>,
    /// Counts the different documents that were in use.
    pub generation: u64,
    /// Why the last fetch failed, if it did.
    pub failure: Option<String>,
}

/// How fresh an issuer's keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    /// No keys were fetched yet, or the last ones are too old to be trusted.
    Missing,
    /// The keys are in use, and no refresh is due.
    Fresh,
    /// The keys are in use until newer ones are fetched, or until they are too old.
    Stale,
}

/// The error if the keys of some user pools could not be fetched.
///
/// The authorizer still works, and retries. The caller decides whether to start without these keys.
#[derive(Clone, thiserror::Error)]
#[error("no keys for {}", reasons(.missing))]
pub struct HydrateError {
    missing: Vec<(UserPoolId, String)>,
}

debug_as_display!(HydrateError);

impl HydrateError {
    pub(super) fn unless_empty(missing: Vec<(UserPoolId, String)>) -> Result<(), Self> {
        if missing.is_empty() { Ok(()) } else { Err(Self { missing }) }
    }

    /// Merges several errors, and names each user pool once.
    pub(crate) fn of_all(errors: Vec<Self>) -> Result<(), Self> {
        let mut missing: Vec<_> = errors.into_iter().flat_map(|error| error.missing).collect();
        missing.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        missing.dedup_by(|(one, _), (other, _)| one == other);
        Self::unless_empty(missing)
    }

    /// The user pools without keys, in ascending order.
    pub fn user_pools(&self) -> impl Iterator<Item = &UserPoolId> {
        self.missing.iter().map(|(user_pool, _)| user_pool)
    }
}

fn reasons(missing: &[(UserPoolId, String)]) -> String {
    missing.iter().map(|(user_pool, reason)| format!("{user_pool} ({reason})")).collect::<Vec<_>>().join(", ")
}
