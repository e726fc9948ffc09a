//! The user pool's own keys: the only place of the local user pool that names the cryptographic
//! library.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::LocalUserPoolError;

/// An RSA-2048 key and the name that it is published under.
#[derive(Debug)]
pub(super) struct SigningKey {
    key_id: String,
    key_pair: KeyPair,
}

impl SigningKey {
    /// A new key. Its name is standard base64, as Cognito's are, so it may hold `/`, `+` and `=`.
    pub(super) fn generate() -> Result<Self, LocalUserPoolError> {
        let mut name = [0; 32];
        fastrand::fill(&mut name);
        let key_pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| LocalUserPoolError::Key)?;
        Ok(Self { key_id: STANDARD.encode(name), key_pair })
    }

    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// `n` of the JWK.
    pub(super) fn modulus(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key_pair.public_key().modulus().big_endian_without_leading_zero())
    }

    /// `e` of the JWK.
    pub(super) fn exponent(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key_pair.public_key().exponent().big_endian_without_leading_zero())
    }

    /// An RS256 signature in base64url.
    pub(super) fn sign(&self, signing_input: &str) -> Result<String, LocalUserPoolError> {
        let mut signature = vec![0; self.key_pair.public_modulus_len()];
        self.key_pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signing_input.as_bytes(), &mut signature)
            .map_err(|_| LocalUserPoolError::Key)?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Compares two secrets in a time that does not depend on where they differ.
pub(super) fn secrets_equal(a: &str, b: &str) -> bool {
    verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}
