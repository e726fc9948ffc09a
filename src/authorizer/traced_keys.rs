//! Cached keys that record the origin of the last key that was found.

use std::{cell::Cell, sync::Arc};

use crate::{
    decide::Keys,
    jose::{Kid, PublicKey},
    jwks::{KeyOrigin, KeyStore},
    user_pool::Issuer,
};

/// A key store that records the origin of the last key that was found.
pub(super) struct TracedKeys<'k> {
    keys: &'k KeyStore,
    origin: Cell<Option<KeyOrigin>>,
}

impl<'k> TracedKeys<'k> {
    pub(super) fn new(keys: &'k KeyStore) -> Self {
        Self { keys, origin: Cell::new(None) }
    }

    /// Returns the origin of the last key that was found.
    pub(super) fn origin(&self) -> Option<KeyOrigin> {
        self.origin.get()
    }
}

impl Keys for TracedKeys<'_> {
    fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>> {
        let (key, origin) = self.keys.find_with_origin(issuer, kid)?;
        self.origin.set(Some(origin));
        Some(key)
    }
}
