//! Signature verification: the only place of the verifier that names the cryptographic library.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RsaPublicKeyComponents,
    },
};

use super::Algorithm;

/// A public key in the form that the cryptographic library works with, made once and kept.
///
/// `Debug` shows its algorithm alone.
pub struct PublicKey {
    parsed: ParsedPublicKey,
    algorithm: Algorithm,
}

impl PublicKey {
    /// Takes an RSA key by modulus and exponent, both big-endian and without leading zero octets,
    /// of a size that [`jwk`](super::jwk) has checked. `None` if the library refuses it.
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

    /// The one algorithm that the key is used with (RFC 8725 §3.1).
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key as a `SubjectPublicKeyInfo` (RFC 5280 §4.1), written by the library that works with it.
    #[cfg(feature = "__internals")]
    pub(crate) fn subject_public_key_info(&self) -> &[u8] {
        self.parsed.as_ref()
    }

    /// The proof that `signature` is this key's over `signing_input` (RFC 7518 §3.3).
    pub(crate) fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Option<SignatureHeld> {
        self.parsed.verify_sig(signing_input, signature).ok().map(|()| SignatureHeld(()))
    }
}

/// Proof that a signature held. Nothing but [`PublicKey::verify`] makes one, so code that needs it
/// cannot forget the check.
#[derive(Debug)]
pub(crate) struct SignatureHeld(());

/// The SHA-256 of a text.
pub(crate) fn sha256(text: &[u8]) -> impl AsRef<[u8]> {
    digest(&SHA256, text)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
