//! The keys at hand, and a note of where the last one that was found came from.

use std::{cell::Cell, sync::Arc};

use crate::{
    decide::Keys,
    jose::{Kid, PublicKey},
    jwks::{KeyOrigin, KeyStore},
    user_pool::Issuer,
};

/// The keys at hand, and a note of where the last one that was found came from.
pub(super) struct NotingKeys<'k> {
    pub(super) keys: &'k KeyStore,
    pub(super) origin: Cell<Option<KeyOrigin>>,
}

impl Keys for NotingKeys<'_> {
    fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>> {
        let (key, origin) = self.keys.find_with_origin(issuer, kid)?;
        self.origin.set(Some(origin));
        Some(key)
    }
}
