//! The JWK Set document (RFC 7517 §5).
//!
//! Each key is checked separately, so an unusable key does not affect the others.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Kid, PublicKey,
    jwk::{Jwk, KeyRejection},
};
use crate::error_text::debug_as_display;
use crate::limits::{MAX_JWK_SET_BYTES, MAX_JWK_SET_KEYS};

/// The usable keys of a JWK Set.
///
/// ```
/// use cognito_authorizer::keys::JwkSet;
///
/// let set = JwkSet::parse(br#"{"keys":[{"kty":"RSA","kid":"a"}]}"#)?;
/// assert!(set.is_empty());
/// assert_eq!(set.dropped()[0].reason().to_string(), "is not an RSA key with `n` and `e`");
/// # Ok::<(), cognito_authorizer::keys::JwkSetError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<(Box<str>, Arc<PublicKey>)>,
    dropped: Vec<DroppedKey>,
}

impl JwkSet {
    /// Parses a JWK Set document.
    ///
    /// # Errors
    ///
    /// Returns [`JwkSetError`] if the document is not a JWK Set, or exceeds the [`limits`](crate::limits). An unusable
    /// key is not an error: [`dropped`](Self::dropped) lists it.
    pub fn parse(document: &[u8]) -> Result<Self, JwkSetError> {
        if document.len() > MAX_JWK_SET_BYTES {
            return Err(JwkSetError::TooLong);
        }
        // Checks the whole document, including the parts that are not parsed below.
        let text = std::str::from_utf8(document).map_err(|_| JwkSetError::Malformed)?;
        // serde would also accept an array that contains the array of keys.
        if !text.trim_start().starts_with('{') {
            return Err(JwkSetError::Malformed);
        }
        let document: Document<'_> = serde_json::from_str(text).map_err(|_| JwkSetError::Malformed)?;
        if document.keys.len() > MAX_JWK_SET_KEYS {
            return Err(JwkSetError::TooManyKeys);
        }
        let mut dropped = Vec::new();
        let mut parsed: Vec<(usize, Jwk)> = Vec::new();
        for (index, json) in document.keys.iter().enumerate() {
            match Jwk::parse(json.get()) {
                // A key that is listed twice counts once.
                Ok(key) if parsed.iter().any(|(_, other)| other.is(&key)) => {}
                Ok(key) => parsed.push((index, key)),
                Err(reason) => dropped.push(DroppedKey { index, reason }),
            }
        }
        // Two different keys with the same `kid` are ambiguous, so neither is used.
        let is_unique = |key: &Jwk| parsed.iter().filter(|(_, other)| other.kid == key.kid).count() == 1;
        let unique: Vec<bool> = parsed.iter().map(|(_, key)| is_unique(key)).collect();
        let mut keys = Vec::new();
        for ((index, key), unique) in parsed.into_iter().zip(unique) {
            if unique {
                keys.push((key.kid, Arc::new(key.public_key)));
            } else {
                dropped.push(DroppedKey { index, reason: KeyRejection::Ambiguous });
            }
        }
        Ok(Self { keys, dropped })
    }

    /// Returns the key with this `kid`.
    pub fn find(&self, kid: Kid<'_>) -> Option<&Arc<PublicKey>> {
        self.keys.iter().find(|(own, _)| **own == *kid.as_str()).map(|(_, key)| key)
    }

    /// Returns the number of usable keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns whether the set has no usable keys.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Explains why the set has no usable keys.
    pub(crate) fn why_empty(&self) -> String {
        let reasons = self.dropped.iter().map(|dropped| format!("key {} {}", dropped.index, dropped.reason));
        let reasons: Vec<String> = reasons.collect();
        if reasons.is_empty() { "it is empty".to_owned() } else { reasons.join(", ") }
    }

    /// Returns the unusable keys of the document.
    pub fn dropped(&self) -> &[DroppedKey] {
        &self.dropped
    }
}

/// An unusable key of a JWK Set document.
///
/// ```
/// use cognito_authorizer::keys::{JwkSet, KeyRejection};
///
/// let keys = JwkSet::parse(br#"{"keys":[{"kty":"EC","kid":"a","crv":"P-256"}]}"#)?;
/// assert!(keys.is_empty());
/// assert_eq!(keys.dropped()[0].reason(), KeyRejection::KeyType);
/// # Ok::<(), cognito_authorizer::keys::JwkSetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedKey {
    index: usize,
    reason: KeyRejection,
}

impl DroppedKey {
    /// Returns the position of the key in the document's `keys`, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the reason why the key is unusable.
    pub fn reason(&self) -> KeyRejection {
        self.reason
    }
}

/// Why a document is not accepted as a JWK Set.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkSetError {
    /// The document is not a JSON object with an array `keys`.
    #[error("the document is not a JWK Set: expected a JSON object with an array `keys`")]
    Malformed,
    /// The document is longer than 150,000 bytes.
    #[error("the document is longer than {MAX_JWK_SET_BYTES} bytes")]
    TooLong,
    /// The document has more than 100 keys.
    #[error("the document holds more than {MAX_JWK_SET_KEYS} keys")]
    TooManyKeys,
}

debug_as_display!(JwkSetError);

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}
