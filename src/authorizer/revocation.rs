//! The service's check for revoked tokens.

use std::{fmt, sync::Arc};

use crate::claims::Claims;

/// Tells whether the token with these claims was revoked.
#[derive(Clone)]
pub(super) struct RevocationCheck(Arc<dyn Fn(&Claims) -> bool + Send + Sync>);

impl RevocationCheck {
    pub(super) fn new(is_revoked: impl Fn(&Claims) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_revoked))
    }

    pub(super) fn is_revoked(&self, claims: &Claims) -> bool {
        (self.0)(claims)
    }
}

impl fmt::Debug for RevocationCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationCheck").finish_non_exhaustive()
    }
}
