//! Signature verification: the only module of the verifier that names the cryptographic library.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RsaPublicKeyComponents,
    },
};

use super::Algorithm;

/// A public key, parsed once into the form of the cryptographic library.
///
/// `Debug` shows only the algorithm.
pub struct PublicKey {
    parsed: ParsedPublicKey,
    algorithm: Algorithm,
}

impl PublicKey {
    /// Creates an RSA key from its modulus and exponent; `None` if the library rejects the key.
    ///
    /// Both numbers are big-endian without leading zero octets, and [`jwk`](super::jwk) has checked their size.
    pub(super) fn from_rsa(modulus: &[u8], exponent: &[u8], algorithm: Algorithm) -> Option<Self> {
        let components = RsaPublicKeyComponents { n: modulus, e: exponent };
        let parameters = match algorithm {
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
        };
        let parsed = components.to_parsed_public_key(parameters).ok()?;
        Some(Self { parsed, algorithm })
    }

    /// Returns the only algorithm that the key is used with (RFC 8725 §3.1).
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the key as a `SubjectPublicKeyInfo` (RFC 5280 §4.1), encoded by the cryptographic library.
    #[cfg(feature = "__internals")]
    pub(crate) fn subject_public_key_info(&self) -> &[u8] {
        self.parsed.as_ref()
    }

    /// Verifies that `signature` is this key's signature over `signing_input` (RFC 7518 §3.3).
    pub(crate) fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Option<SignatureHeld> {
        self.parsed.verify_sig(signing_input, signature).ok().map(|()| SignatureHeld(()))
    }
}

/// Proof that a signature is valid.
///
/// Only [`PublicKey::verify`] creates this proof, so code that needs it cannot skip the verification.
#[derive(Debug)]
pub(crate) struct SignatureHeld(());

/// Returns the SHA-256 of a text.
pub(crate) fn sha256(text: &[u8]) -> impl AsRef<[u8]> {
    digest(&SHA256, text)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
