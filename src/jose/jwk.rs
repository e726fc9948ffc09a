//! Parses one JSON Web Key (RFC 7517 §4, RFC 7518 §6.3) and checks that it can verify tokens.

use std::collections::HashMap;

use jsonwebtoken::jwk::{
    self as model, AlgorithmParameters, CommonParameters, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use serde::de::IgnoredAny;

use super::{Algorithm, Kid, PublicKey, base64url};
use crate::limits::{MAX_RSA_MODULUS_BITS, MIN_RSA_EXPONENT, MIN_RSA_MODULUS_BITS};

/// Why a key of a JWK Set is not used. The other keys of the set are still used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRejection {
    /// The key is not a JSON object, or a member is of the wrong type.
    #[error("is not a JWK")]
    Malformed,
    /// `kty` is not `RSA`, or `n` or `e` is missing.
    #[error("is not an RSA key with `n` and `e`")]
    KeyType,
    /// `kid` is absent, empty or longer than 256 bytes.
    #[error("has no usable `kid`")]
    Kid,
    /// `use` is not `sig`, or `key_ops` lacks `verify` (RFC 7517 §4.2, §4.3).
    #[error("is not meant for verifying signatures")]
    Use,
    /// `alg` names an algorithm that is not accepted.
    #[error("is meant for another algorithm")]
    Algorithm,
    /// `n` is not base64url, is even, or has a leading zero octet.
    #[error("has a malformed modulus")]
    Modulus,
    /// `n` is shorter than 2,048 bits or longer than 8,192.
    #[error("has a modulus of a size that is not accepted")]
    ModulusSize,
    /// `e` is not base64url, is even, is below 65,537, or needs more than 33 bits.
    #[error("has an exponent that is not accepted")]
    Exponent,
    /// The key has a private or secret member (RFC 7518 §6.3.2, §6.2.2, §6.4.1), so any reader of the set can sign with
    /// the key.
    #[error("publishes private key material")]
    Private,
    /// Another key of the set has the same `kid` but other material or another algorithm.
    #[error("shares its `kid` with a different key")]
    Ambiguous,
}

/// An accepted key.
#[derive(Debug)]
pub(super) struct Jwk {
    pub(super) kid: Box<str>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    pub(super) public_key: PublicKey,
}

impl Jwk {
    pub(super) fn parse(json: &str) -> Result<Self, KeyRejection> {
        let members: HashMap<String, IgnoredAny> = serde_json::from_str(json).map_err(|_| KeyRejection::Malformed)?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(KeyRejection::Private);
        }
        let jwk: model::Jwk = serde_json::from_str(json).map_err(|_| KeyRejection::Malformed)?;
        let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else { return Err(KeyRejection::KeyType) };
        let kid = jwk.common.key_id.as_deref().and_then(Kid::parse).ok_or(KeyRejection::Kid)?;
        check_use(&jwk.common)?;
        // `alg` is often absent outside Cognito. This is harmless: a key is used with only one algorithm, by default
        // RS256.
        let algorithm = match jwk.common.key_algorithm {
            None | Some(KeyAlgorithm::RS256) => Algorithm::Rs256,
            Some(KeyAlgorithm::RS384) => Algorithm::Rs384,
            Some(KeyAlgorithm::RS512) => Algorithm::Rs512,
            Some(_) => return Err(KeyRejection::Algorithm),
        };
        let modulus = base64url::decode(rsa.n.as_bytes()).map_err(|_| KeyRejection::Modulus)?;
        let exponent = base64url::decode(rsa.e.as_bytes()).map_err(|_| KeyRejection::Exponent)?;
        check_modulus(&modulus)?;
        check_exponent(&exponent)?;
        let public_key = PublicKey::from_rsa(&modulus, &exponent, algorithm).ok_or(KeyRejection::Modulus)?;
        Ok(Self { kid: kid.as_str().into(), modulus, exponent, public_key })
    }

    /// Returns whether both keys have the same name, material and algorithm.
    ///
    /// If they differ, the order of the keys must not decide which tokens are accepted.
    pub(super) fn is(&self, other: &Self) -> bool {
        let is_for_the_same = self.public_key.algorithm() == other.public_key.algorithm();
        self.kid == other.kid && self.modulus == other.modulus && self.exponent == other.exponent && is_for_the_same
    }
}

/// Members of private RSA and EC keys, and of symmetric keys.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn check_use(common: &CommonParameters) -> Result<(), KeyRejection> {
    let for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let for_verifying = match &common.key_operations {
        None => true,
        Some(operations) => operations.contains(&KeyOperations::Verify),
    };
    if for_signatures && for_verifying { Ok(()) } else { Err(KeyRejection::Use) }
}

/// Rejects a leading zero octet (RFC 7518 §6.3.1.1) and even numbers, because an RSA modulus is a product of odd
/// primes.
fn check_modulus(modulus: &[u8]) -> Result<(), KeyRejection> {
    let (Some(first), Some(last)) = (modulus.first(), modulus.last()) else { return Err(KeyRejection::Modulus) };
    if *first == 0 || last % 2 == 0 {
        return Err(KeyRejection::Modulus);
    }
    let unused_bits = usize::try_from(first.leading_zeros()).unwrap_or_default();
    let bits = modulus.len() * 8 - unused_bits;
    if (MIN_RSA_MODULUS_BITS..=MAX_RSA_MODULUS_BITS).contains(&bits) { Ok(()) } else { Err(KeyRejection::ModulusSize) }
}

fn check_exponent(exponent: &[u8]) -> Result<(), KeyRejection> {
    let octets = exponent.len();
    if octets > 5 || exponent.first() == Some(&0) {
        return Err(KeyRejection::Exponent);
    }
    let value = exponent.iter().fold(0, |value, octet| value << 8 | u64::from(*octet));
    let holds = value % 2 == 1 && (MIN_RSA_EXPONENT..1 << 33).contains(&value);
    if holds { Ok(()) } else { Err(KeyRejection::Exponent) }
}
