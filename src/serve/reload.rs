//! Replaces the policy of a running server by that of a changed configuration.

use super::{policy::Policy, server::Server};
use crate::{
    configuration::{Configuration, ConfigurationError},
    error_text::debug_as_display,
    jwks::HydrateError,
};

/// What a reload did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reload {
    /// The configuration is the one in use.
    Unchanged,
    /// The policy of the configuration is in use.
    Replaced,
}

/// A configuration cannot be used, so the server keeps the one that it has.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The layer cannot be built.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The keys of a user pool cannot be fetched, while the policy in use has keys of all its user pools.
    #[error(transparent)]
    Keys(HydrateError),
}

debug_as_display!(ReloadError);

impl Server {
    /// Replaces the policy by that of another configuration, unless they are equal. Keys of user pools whose settings are
    /// the same are kept, and those of others fetched first. Questions under way are answered by the previous policy.
    ///
    /// # Errors
    ///
    /// [`ReloadError`]; the server keeps its policy.
    pub async fn reload(&self, configuration: &Configuration) -> Result<Reload, ReloadError> {
        let current = self.policy();
        let Some(next) = current.successor(configuration)? else { return Ok(Reload::Unchanged) };
        if let Err(error) = next.hydrate().await {
            // If keys are missing already, the reload may be what mends it.
            if current.is_ready() {
                return Err(ReloadError::Keys(error));
            }
        }
        self.replace_policy(next);
        Ok(Reload::Replaced)
    }

    /// Returns the policy in use.
    pub fn policy(&self) -> Policy {
        Policy::clone(&self.shared_policy().load())
    }
}
