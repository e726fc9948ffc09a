//! The part of JSON Object Signing and Encryption that a signed token needs: RFC 7515, 7517, 7518.
//!
//! This module does not depend on AWS or HTTP. It parses bytes into types, or returns a small error.

pub(crate) mod algorithm;

pub(crate) mod base64url;

pub(crate) mod compact;

pub(crate) mod header;

pub(crate) mod json;

pub(crate) mod jwk;

pub(crate) mod jwk_set;

pub(crate) mod kid;

pub(crate) mod signature;

pub(crate) use self::signature::sha256;
pub use self::{
    algorithm::Algorithm,
    jwk::KeyRejection,
    jwk_set::{DroppedKey, JwkSet, JwkSetError},
    kid::Kid,
    signature::PublicKey,
};

#[cfg(test)]
pub(crate) mod tests;
