//! The state of the keys.

use std::{sync::Arc, time::Duration};

use crate::error_text::debug_as_display;
use crate::user_pool::{Issuer, UserPoolId};

/// The state of the keys of one issuer.
///
/// A user pool has two issuers unless it was given one, and the keys of one of them are enough: the
/// other one's are mostly `Missing`, because no token names it.
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
    /// Whether there are keys, and how good they are.
    pub state: KeyState,
    /// How many keys are in use.
    pub keys: usize,
    /// How long ago they were obtained.
    pub age: Option<Duration>,
    /// Counts the different documents that were in use.
    pub generation: u64,
    /// Why the last fetch brought nothing, if it did not.
    pub failure: Option<String>,
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
#[derive(Clone, thiserror::Error)]
#[error("no keys of {}", reasons(.missing))]
pub struct HydrateError {
    missing: Vec<(UserPoolId, String)>,
}

debug_as_display!(HydrateError);

impl HydrateError {
    pub(super) fn unless_empty(missing: Vec<(UserPoolId, String)>) -> Result<(), Self> {
        if missing.is_empty() { Ok(()) } else { Err(Self { missing }) }
    }

    /// What all of these say, each user pool once.
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
