//! The keys of a user pool, and the JWK Set that it publishes ([behaviour §7.1](crate::docs::behaviour)).

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

use super::{LocalUserPoolError, cryptography::SigningKey, switches::KeyRotation};

/// The current keys, and the previous keys if they are still published.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct SigningKeys {
    pair: LazyKeyPair,
    before: Option<LazyKeyPair>,
}

/// A key pair that is generated when it is first used or written to a file. Generating takes a tenth of a second, which
/// a user pool that signs nothing does not spend. Clones share the pair.
#[derive(Clone, Debug, Default)]
struct LazyKeyPair(Arc<OnceLock<KeyPair>>);

/// One key for each type of token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct KeyPair {
    id_token: SigningKey,
    access_token: SigningKey,
}

impl SigningKeys {
    /// Returns the keys after a rotation.
    pub(super) fn rotated(&self, rotation: KeyRotation) -> Self {
        let before = match rotation {
            KeyRotation::WithOverlap => Some(self.pair.clone()),
            KeyRotation::AtOnce => None,
        };
        Self { pair: LazyKeyPair::default(), before }
    }

    pub(super) fn of_id_tokens(&self) -> Result<&SigningKey, LocalUserPoolError> {
        Ok(&self.pair.make()?.id_token)
    }

    pub(super) fn of_access_tokens(&self) -> Result<&SigningKey, LocalUserPoolError> {
        Ok(&self.pair.make()?.access_token)
    }

    /// Finds a published key by its key id.
    pub(super) fn find(&self, key_id: &str) -> Option<&SigningKey> {
        self.made().find(|key| key.key_id() == key_id)
    }

    /// Generates the current keys unless they already exist.
    pub(super) fn make(&self) -> Result<(), LocalUserPoolError> {
        self.pair.make().map(|_| ())
    }

    /// Returns the JWK Set document; `None` until the current keys are generated.
    pub(super) fn jwk_set(&self) -> Option<impl Serialize> {
        self.pair.0.get()?;
        Some(PublishedJwkSet { keys: self.made().map(PublishedJwk::new).collect() })
    }

    /// Returns the generated keys: only these can have signed a token.
    fn made(&self) -> impl Iterator<Item = &SigningKey> {
        let pairs = [Some(&self.pair), self.before.as_ref()].into_iter().flatten();
        pairs.filter_map(|pair| pair.0.get()).flat_map(|pair| [&pair.id_token, &pair.access_token])
    }
}

impl LazyKeyPair {
    fn make(&self) -> Result<&KeyPair, LocalUserPoolError> {
        if let Some(pair) = self.0.get() {
            return Ok(pair);
        }
        let pair = KeyPair { id_token: SigningKey::generate()?, access_token: SigningKey::generate()? };
        Ok(self.0.get_or_init(|| pair))
    }
}

impl Serialize for LazyKeyPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.make().map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LazyKeyPair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Arc::new(KeyPair::deserialize(deserializer)?.into())))
    }
}

#[derive(Serialize)]
struct PublishedJwkSet {
    keys: Vec<PublishedJwk>,
}

#[derive(Serialize)]
struct PublishedJwk {
    alg: &'static str,
    e: String,
    kid: String,
    kty: &'static str,
    n: String,
    r#use: &'static str,
}

impl PublishedJwk {
    fn new(key: &SigningKey) -> Self {
        let kid = key.key_id().to_owned();
        Self { alg: "RS256", e: key.exponent(), kid, kty: "RSA", n: key.modulus(), r#use: "sig" }
    }
}
