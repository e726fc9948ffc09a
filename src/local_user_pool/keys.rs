//! The keys of a user pool, and the JWK Set that it publishes ([behaviour §7.1](crate::docs::behaviour)).

use serde::{Deserialize, Serialize};

use super::{LocalUserPoolError, cryptography::SigningKey, switches::KeyRotation};

/// The keys in use, and those before them that are still published.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Keys {
    pair: KeyPair,
    before: Option<KeyPair>,
}

/// One key for each kind of token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct KeyPair {
    id_token: SigningKey,
    access_token: SigningKey,
}

impl KeyPair {
    fn generate() -> Result<Self, LocalUserPoolError> {
        Ok(Self { id_token: SigningKey::generate()?, access_token: SigningKey::generate()? })
    }
}

impl Keys {
    /// New keys. Making them takes a while.
    pub(super) fn generate() -> Result<Self, LocalUserPoolError> {
        Ok(Self { pair: KeyPair::generate()?, before: None })
    }

    /// The keys that follow these.
    pub(super) fn rotated(&self, new: Self, rotation: KeyRotation) -> Self {
        let before = match rotation {
            KeyRotation::WithOverlap => Some(self.pair.clone()),
            KeyRotation::AtOnce => None,
        };
        Self { pair: new.pair, before }
    }

    pub(super) fn of_id_tokens(&self) -> &SigningKey {
        &self.pair.id_token
    }

    pub(super) fn of_access_tokens(&self) -> &SigningKey {
        &self.pair.access_token
    }

    /// A key that is published, by its name.
    pub(super) fn find(&self, key_id: &str) -> Option<&SigningKey> {
        self.published().find(|key| key.key_id() == key_id)
    }

    /// The JWK Set document.
    pub(super) fn jwk_set(&self) -> impl Serialize {
        JwkSet { keys: self.published().map(Jwk::new).collect() }
    }

    fn published(&self) -> impl Iterator<Item = &SigningKey> {
        let pairs = [Some(&self.pair), self.before.as_ref()].into_iter().flatten();
        pairs.flat_map(|pair| [&pair.id_token, &pair.access_token])
    }
}

#[derive(Serialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Serialize)]
struct Jwk {
    alg: &'static str,
    e: String,
    kid: String,
    kty: &'static str,
    n: String,
    r#use: &'static str,
}

impl Jwk {
    fn new(key: &SigningKey) -> Self {
        let kid = key.key_id().to_owned();
        Self { alg: "RS256", e: key.exponent(), kid, kty: "RSA", n: key.modulus(), r#use: "sig" }
    }
}
